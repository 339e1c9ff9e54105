import type { MetricDefinition } from '../src/observability/metric-definition.ts';
import { maxwellMetrics } from '../src/observability/maxwell-metrics.ts';
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

/** The names that Maxwell itself gives. */
function maxwellSection(): string {
  const rows = maxwellMetrics.map(
    ({ name, kind, help }) => `| \`MaxwellMetrics_${name}\` | ${kind} | ${help} |`,
  );
  return [
    "## Maxwell's own names",
    '',
    'Behind `metrics_prefix` (MaxwellMetrics), as on the `/prometheus` page of Maxwell: its counters are gauges, its meters counters, its timers and histograms summaries (in seconds) with the quantiles 0.5, 0.75, 0.95, 0.98, 0.99 and 0.999 of the last 1,028 values. `/metrics` is the same text page, where Maxwell has JSON. `replication.queue.time` and `transaction.execution_time` are not there: nothing waits in that queue on a thread of its own, and the beginning of a transaction is not in its GTID event.',
    '',
    '| name | type | meaning |',
    '|---|---|---|',
    ...rows,
  ].join('\n');
}

/** docs/metrics.md, from the table of metrics. */
export function renderMetricsMarkdown(): string {
  return [
    '# Metrics',
    '',
    '`/metrics` (and `/prometheus`) gives these in the text format of Prometheus. Rates and averages are over the last 30 seconds. Every sample but those under `metrics_prefix` has the label `client_id`, so that several clusters can be told apart. A metric that has nothing to say is absent: a standby has no lag. Generated from the table in `src/observability/` by `npm run docs`.',
    '',
    section("Replication, under Maxwell's names", 'maxwell_'),
    '',
    section("Producer, under the Kafka client's names", 'kafka_producer_'),
    '',
    section('Heaviside', 'heaviside_'),
    '',
    maxwellSection(),
    '',
    'With `metrics_jvm=true`, the metrics of Node.js itself (`nodejs_*`, `process_*`) follow.',
    '',
  ].join('\n');
}
