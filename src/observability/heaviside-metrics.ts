import { snapshotMetrics } from './snapshot-metrics.ts';
import { breakerStates, roles, type LabelledValue, type MetricDefinition } from './metric-definition.ts';
import { verifyDefinitions } from './verify-metrics.ts';

const oneOf = <T extends string>(label: string, values: readonly T[], current: T): readonly LabelledValue[] =>
  values.map((value) => ({ labels: { [label]: value }, value: value === current ? 1 : 0 }));

const flag = (value: boolean | null): number | null => (value === null ? null : Number(value));

/** `mysql-bin.000123` → 123. */
function binlogFileNumber(file: string | null): number | null {
  const digits = file?.match(/\.(\d+)$/)?.[1];
  return digits === undefined ? null : Number(digits);
}

const latencyBuckets = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];
const takeoverBuckets = [0.05, 0.1, 0.25, 0.5, 1, 2, 3, 5, 7, 10, 15, 30, 60];

/** The metrics that events write to; named, because code refers to them. */
export const eventMetrics = {
  errors: {
    name: 'heaviside_errors_total',
    kind: 'counter',
    help: 'Errors by their code (docs/errors.md).',
    labels: ['code'],
  },
  kafkaTransactions: {
    name: 'heaviside_kafka_transactions_total',
    kind: 'counter',
    help: 'Kafka transactions by outcome; unknown: the answer to the commit was lost, and the position record tells what became of it.',
    labels: ['outcome'],
  },
  kafkaTransactionSeconds: {
    name: 'heaviside_kafka_transaction_seconds',
    kind: 'histogram',
    help: 'Seconds from the first request of a committed Kafka transaction to the answer to its commit.',
    buckets: latencyBuckets,
  },
  takeoverSeconds: {
    name: 'heaviside_takeover_seconds',
    kind: 'histogram',
    help: 'Seconds that each step of a takeover took from the lease on, and the whole of it (phase total); the fence includes the read of the position.',
    labels: ['phase'],
    buckets: takeoverBuckets,
  },
  takeoverLastSeconds: {
    name: 'heaviside_takeover_last_seconds',
    kind: 'gauge',
    help: 'The same of the last takeover by this replica.',
    labels: ['phase'],
  },
  failovers: {
    name: 'heaviside_failovers_total',
    kind: 'counter',
    help: 'Unplanned takeovers by this replica.',
  },
  switchovers: {
    name: 'heaviside_switchovers_total',
    kind: 'counter',
    help: 'Planned takeovers by this replica.',
  },
  redisRollbacks: {
    name: 'heaviside_redis_rollbacks_total',
    kind: 'counter',
    help: 'Takeovers that found Redis behind the position record: emptied, failed over without its last writes, or restored from a backup.',
  },
  buildInfo: {
    name: 'heaviside_build_info',
    kind: 'gauge',
    help: 'Always 1; the labels tell the versions.',
    labels: ['version', 'node'],
  },
} as const satisfies Record<string, MetricDefinition>;

/** The metrics that are computed when they are scraped. */
export const stateMetrics: readonly MetricDefinition[] = [
  ...snapshotMetrics,
  {
    name: 'heaviside_role',
    kind: 'gauge',
    help: '1 at the role that this replica has.',
    labels: ['role'],
    read: ({ readings }) => oneOf('role', roles, readings.role),
  },
  {
    name: 'heaviside_leader',
    kind: 'gauge',
    help: '1 while this replica leads.',
    read: ({ readings }) => flag(readings.role === 'leader'),
  },
  {
    name: 'heaviside_epoch',
    kind: 'gauge',
    help: 'The fencing number of the last leadership that this replica knows of.',
    read: ({ readings }) => readings.epoch,
  },
  {
    name: 'heaviside_blocked',
    kind: 'gauge',
    help: '1 while the cluster is blocked and waits for an operator.',
    read: ({ readings }) => flag(readings.isBlocked),
  },
  {
    name: 'heaviside_refused',
    kind: 'gauge',
    help: '1 while this replica waits, because it met a condition under which it must not replicate.',
    read: ({ readings }) => flag(readings.isRefused),
  },
  {
    name: 'heaviside_lag_seconds',
    kind: 'gauge',
    help: 'The same as maxwell_lag_in_seconds.',
    read: ({ readings }) => readings.lagSeconds,
  },
  {
    name: 'heaviside_position_age_seconds',
    kind: 'gauge',
    help: 'Seconds since this leader last committed a position record, which it does every 30 s on an idle source too; absent on a standby.',
    read: ({ readings }) => readings.positionAgeSeconds,
  },
  {
    name: 'heaviside_last_commit_timestamp_seconds',
    kind: 'gauge',
    help: 'Seconds since 1970: when the newest transaction that is in Kafka was committed at the source.',
    read: ({ readings }) => readings.lastCommitTimestampSeconds,
  },
  {
    name: 'heaviside_binlog_file_number',
    kind: 'gauge',
    help: 'Number of the binlog file that maxwell_binlog_position refers to.',
    read: ({ readings }) => binlogFileNumber(readings.binlogFile),
  },
  {
    name: 'heaviside_rows_total',
    kind: 'counter',
    help: 'Rows whose records are committed in Kafka.',
    labels: ['operation'],
    read: ({ counters }) => [
      { labels: { operation: 'insert' }, value: counters.insertedRows },
      { labels: { operation: 'update' }, value: counters.updatedRows },
      { labels: { operation: 'delete' }, value: counters.deletedRows },
    ],
  },
  {
    name: 'heaviside_rows_filtered_total',
    kind: 'counter',
    help: 'Rows that a filter left out.',
    read: ({ counters }) => counters.filteredRows,
  },
  {
    name: 'heaviside_rows_undecodable_total',
    kind: 'counter',
    help: 'Rows that on_decode_error=skip passed over.',
    read: ({ counters }) => counters.undecodableRows,
  },
  {
    name: 'heaviside_transactions_total',
    kind: 'counter',
    help: 'Source transactions that are done with: in Kafka, or without anything to write.',
    read: ({ counters }) => counters.transactions,
  },
  {
    name: 'heaviside_records_total',
    kind: 'counter',
    help: 'Records committed in Kafka, position records not counted.',
    read: ({ counters }) => counters.records,
  },
  {
    name: 'heaviside_bytes_total',
    kind: 'counter',
    help: 'Bytes of key and value of those records, before compression.',
    read: ({ counters }) => counters.recordBytes,
  },
  {
    name: 'heaviside_source_bytes_total',
    kind: 'counter',
    help: 'Bytes of the binlog stream read from the source.',
    read: ({ counters }) => counters.sourceBytes,
  },
  {
    name: 'heaviside_kafka_bytes_total',
    kind: 'counter',
    help: 'Bytes of Produce requests sent to Kafka.',
    read: ({ counters }) => counters.requestBytes,
  },
  {
    name: 'heaviside_spill_bytes_total',
    kind: 'counter',
    help: 'Bytes of large transactions written to spill files.',
    read: ({ counters }) => counters.spillBytes,
  },
  {
    name: 'heaviside_buffer_bytes',
    kind: 'gauge',
    help: 'Bytes of records that wait in batches.',
    read: ({ readings }) => readings.bufferBytes,
  },
  {
    name: 'heaviside_buffer_limit_bytes',
    kind: 'gauge',
    help: 'The bound on heaviside_buffer_bytes and heaviside_queue_bytes together (kafka.buffer.memory).',
    read: ({ readings }) => readings.bufferLimitBytes,
  },
  {
    name: 'heaviside_buffer_exhausted_total',
    kind: 'counter',
    help: 'Waits for room in the buffer that were longer than kafka.max.block.ms.',
    read: ({ counters }) => counters.bufferExhaustedWaits,
  },
  {
    name: 'heaviside_queue_bytes',
    kind: 'gauge',
    help: 'Bytes of source transactions that are read and not yet encoded.',
    read: ({ readings }) => readings.queueBytes,
  },
  {
    name: 'heaviside_queue_limit_bytes',
    kind: 'gauge',
    help: 'The bound on heaviside_queue_bytes, at which the binlog is paused.',
    read: ({ readings }) => readings.queueLimitBytes,
  },
  {
    name: 'heaviside_breaker_state',
    kind: 'gauge',
    help: '1 at the state of the circuit breaker before Kafka.',
    labels: ['state'],
    read: ({ readings }) => oneOf('state', breakerStates, readings.breakerState),
  },
  {
    name: 'heaviside_checkpoint_age_seconds',
    kind: 'gauge',
    help: 'Seconds since the last checkpoint was written to Redis or position_file; absent on a standby.',
    read: ({ readings }) => readings.checkpointAgeSeconds,
  },
  {
    name: 'heaviside_redis_up',
    kind: 'gauge',
    help: '1 while a majority of the Redis nodes answers; absent without HA.',
    read: ({ readings }) => flag(readings.isRedisUp),
  },
  {
    name: 'heaviside_source_connected',
    kind: 'gauge',
    help: '1 while the binlog stream is open; absent on a standby.',
    read: ({ readings }) => flag(readings.isSourceConnected),
  },
  {
    name: 'heaviside_binlog_retention_seconds',
    kind: 'gauge',
    help: 'Seconds for which the source keeps its binlogs; absent on a standby, and where they are purged by hand only.',
    read: ({ readings }) => readings.binlogRetentionSeconds,
  },
  ...verifyDefinitions,
];
