import type { MetricDefinition } from '../src/observability/metric-definition.ts';
import { metricTable } from '../src/observability/metrics.ts';

function section(title: string, prefix: string): string {
  const rows = metricTable
    .filter(({ name }) => name.startsWith(prefix))
    .map(({ name, kind, labels = [], help }: MetricDefinition) => {
      const labelText = labels.map((label) => `\`${label}\``).join(', ');
      return `| \`${name}\` | ${kind} | ${labelText} | ${help} |`;
    });
  return [`## ${title}`, '', '| name | type | labels | meaning |', '|---|---|---|---|', ...rows].join('\n');
}

/** docs/metrics.md, from the table of metrics. */
export function renderMetricsMarkdown(): string {
  return [
    '# Metrics',
    '',
    '`/metrics` (and `/prometheus`) gives these in the text format of Prometheus. Rates and averages are over the last 30 seconds. A metric that has nothing to say is absent: a standby has no lag. Generated from the table in `src/observability/` by `npm run docs`.',
    '',
    section("Replication, under Maxwell's names", 'maxwell_'),
    '',
    section("Producer, under the Kafka client's names", 'kafka_producer_'),
    '',
    section('Heaviside', 'heaviside_'),
    '',
    'With `metrics_jvm=true`, the metrics of Node.js itself (`nodejs_*`, `process_*`) follow.',
    '',
  ].join('\n');
}
