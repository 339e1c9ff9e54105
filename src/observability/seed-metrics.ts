import type { LabelledValue, MetricDefinition } from './metric-definition.ts';

const direction = (name: string, value: number | null): readonly LabelledValue[] =>
  value === null ? [] : [{ labels: { direction: name }, value }];

/** The names that dashboards and alert rules for Maxwell use. All "rates" and averages are over the last 30 seconds. */
export const seedMetrics: readonly MetricDefinition[] = [
  {
    name: 'maxwell_lag_in_seconds',
    kind: 'gauge',
    help: 'Now minus the commit time of the oldest change that is not yet in Kafka; grows when the source falls silent; absent on a standby.',
    read: ({ readings }) => readings.lagSeconds,
  },
  {
    name: 'maxwell_binlog_position',
    kind: 'gauge',
    help: "Byte offset in the source's binlog file up to which everything is in Kafka; absent on a standby.",
    read: ({ readings }) => readings.binlogOffset,
  },
  {
    name: 'maxwell_messages_per_second',
    kind: 'gauge',
    help: 'Records committed in Kafka a second.',
    read: (view) => view.rate('records'),
  },
  {
    name: 'maxwell_tables_processed',
    kind: 'gauge',
    help: 'Distinct tables of which this process has written a record.',
    read: ({ readings }) => readings.tablesProcessed,
  },
  {
    name: 'maxwell_memory_usage',
    kind: 'gauge',
    help: 'Resident memory of the process in bytes.',
    read: ({ usage }) => usage.residentBytes,
  },
  {
    name: 'maxwell_cpu_usage',
    kind: 'gauge',
    help: 'Cores that the process keeps busy: 1 is one core.',
    read: (view) => view.rate('cpuSeconds'),
  },
  {
    name: 'maxwell_disk_io',
    kind: 'gauge',
    help: 'Bytes a second that the process reads from and writes to storage; absent where /proc/self/io cannot be read.',
    labels: ['direction'],
    read: (view) => [
      ...direction('read', view.usage.diskReadBytes === null ? null : view.rate('diskReadBytes')),
      ...direction('write', view.usage.diskWrittenBytes === null ? null : view.rate('diskWrittenBytes')),
    ],
  },
  {
    name: 'maxwell_network_io',
    kind: 'gauge',
    help: 'Bytes a second received from the source and transmitted to Kafka.',
    labels: ['direction'],
    read: (view) => [
      ...direction('receive', view.rate('sourceBytes')),
      ...direction('transmit', view.rate('requestBytes')),
    ],
  },
  {
    name: 'kafka_producer_record_send_rate',
    kind: 'gauge',
    help: 'Records committed in Kafka a second.',
    read: (view) => view.rate('records'),
  },
  {
    name: 'kafka_producer_byte_rate',
    kind: 'gauge',
    help: 'Bytes of record batches sent a second, after compression.',
    read: (view) => view.rate('batchBytes'),
  },
  {
    name: 'kafka_producer_batch_size_avg',
    kind: 'gauge',
    help: 'Average bytes of a partition batch, after compression; 0 while none is sent.',
    read: (view) => view.average('batchBytes', 'batches'),
  },
  {
    name: 'kafka_producer_request_latency_avg',
    kind: 'gauge',
    help: 'Average milliseconds from a Produce request to its answer; 0 while none is sent.',
    read: (view) => view.average('requestSeconds', 'requests') * 1000,
  },
  {
    name: 'kafka_producer_record_queue_time_avg',
    kind: 'gauge',
    help: 'Average milliseconds from the first record in a batch to the first request that sends it; 0 while none is sent.',
    read: (view) => view.average('recordQueueSeconds', 'records') * 1000,
  },
  {
    name: 'kafka_producer_request_size_avg',
    kind: 'gauge',
    help: 'Average bytes of a Produce request; 0 while none is sent.',
    read: (view) => view.average('requestBytes', 'requests'),
  },
  {
    name: 'kafka_producer_record_error_rate',
    kind: 'gauge',
    help: 'Records a second whose attempt was aborted or answered with an error; under exactly_once they are written again and none is lost.',
    read: (view) => view.rate('failedRecords'),
  },
  {
    name: 'kafka_producer_record_retry_rate',
    kind: 'gauge',
    help: 'Records a second that are written once more after a failed attempt.',
    read: (view) => view.rate('retriedRecords'),
  },
  {
    name: 'kafka_producer_buffer_exhausted_rate',
    kind: 'gauge',
    help: 'Waits a second for room in the buffer that were longer than kafka.max.block.ms; nothing is dropped.',
    read: (view) => view.rate('bufferExhaustedWaits'),
  },
  {
    name: 'kafka_producer_failed_authentication_rate',
    kind: 'gauge',
    help: 'Logins a second that a broker refused.',
    read: (view) => view.rate('failedAuthentications'),
  },
];
