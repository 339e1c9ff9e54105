import type { MetricView } from './metric-definition.ts';
import type { SampleReservoir } from './sample-reservoir.ts';
import type { TransactionSamples } from './transaction-samples.ts';

/** A metric under the name that Maxwell's Prometheus page gives it, behind the prefix. */
export interface MaxwellMetric {
  readonly name: string;
  readonly kind: 'gauge' | 'counter' | 'summary';
  /** One sentence. */
  readonly help: string;
  /** Null: absent. */
  readonly read?: (view: MetricView, samples: TransactionSamples) => number | null;
  /** What a summary shows. */
  readonly reservoir?: (samples: TransactionSamples) => SampleReservoir;
}

const rowCount = ({ counters }: MetricView): number =>
  counters.insertedRows + counters.updatedRows + counters.deletedRows + counters.filteredRows;

/** Maxwell's counters are gauges on its page, and its meters are counters. */
export const maxwellMetrics: readonly MaxwellMetric[] = [
  {
    name: 'messages_succeeded',
    kind: 'gauge',
    help: 'Records committed in Kafka.',
    read: ({ counters }) => counters.records,
  },
  {
    name: 'messages_failed',
    kind: 'gauge',
    help: 'Records of attempts that failed; each is written again.',
    read: ({ counters }) => counters.failedRecords,
  },
  {
    name: 'messages_succeeded_meter_total',
    kind: 'counter',
    help: 'The same as messages_succeeded.',
    read: ({ counters }) => counters.records,
  },
  {
    name: 'messages_failed_meter_total',
    kind: 'counter',
    help: 'The same as messages_failed.',
    read: ({ counters }) => counters.failedRecords,
  },
  { name: 'row_count', kind: 'gauge', help: 'Rows that are done with, filtered ones too.', read: rowCount },
  { name: 'row_meter_total', kind: 'counter', help: 'The same as row_count.', read: rowCount },
  {
    name: 'replication_lag',
    kind: 'gauge',
    help: 'maxwell_lag_in_seconds in milliseconds; absent on a standby.',
    read: ({ readings }) => (readings.lagSeconds === null ? null : Math.round(readings.lagSeconds * 1000)),
  },
  {
    name: 'inflightmessages_count',
    kind: 'gauge',
    help: 'Source transactions that were read and are not yet in Kafka.',
    read: ({ readings }) => readings.waitingTransactions,
  },
  {
    name: 'message_publish_time',
    kind: 'summary',
    help: 'Seconds from the first write of a Kafka transaction to the answer to its commit.',
    reservoir: (samples) => samples.publishSeconds,
  },
  {
    name: 'message_publish_age',
    kind: 'summary',
    help: 'Seconds from the commit of a transaction at the source to the end of its commit in Kafka.',
    reservoir: (samples) => samples.ageSeconds,
  },
  {
    name: 'message_publish_age_slo_violation',
    kind: 'gauge',
    help: 'Transactions whose age was over metrics_age_slo.',
    read: (_, samples) => samples.sloViolations,
  },
  {
    name: 'transaction_row_count',
    kind: 'summary',
    help: 'Rows of a source transaction.',
    reservoir: (samples) => samples.rows,
  },
];

const shares = [0.5, 0.75, 0.95, 0.98, 0.99, 0.999];

function samplesOf(
  metric: MaxwellMetric,
  name: string,
  view: MetricView,
  samples: TransactionSamples,
): string[] {
  const reservoir = metric.reservoir?.(samples);
  if (reservoir !== undefined) {
    const quantiles = reservoir.quantiles(shares);
    return [
      ...shares.map((share, index) => `${name}{quantile="${share}"} ${quantiles[index] ?? 0}`),
      `${name}_count ${reservoir.count}`,
    ];
  }
  const value = metric.read?.(view, samples) ?? null;
  return value === null ? [] : [`${name} ${value}`];
}

/** The metrics in Prometheus's text format. @param prefix option metrics_prefix; what no name may hold becomes `_` */
export function renderMaxwellMetrics(prefix: string, view: MetricView, samples: TransactionSamples): string {
  const start = prefix.replaceAll(/[^A-Za-z0-9_:]/gu, '_');
  return maxwellMetrics
    .flatMap((metric) => {
      const name = `${start}_${metric.name}`;
      const values = samplesOf(metric, name, view, samples);
      if (values.length === 0) return [];
      return [`# HELP ${name} ${metric.help}`, `# TYPE ${name} ${metric.kind}`, ...values];
    })
    .map((line) => `${line}\n`)
    .join('');
}
