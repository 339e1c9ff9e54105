import { parseBroker } from '../host-port.ts';
import { boolean, choice, duration, integer, list, number, size, text } from '../option-type.ts';
import { option, optional } from '../option.ts';

const maxInt = 2 ** 31 - 1;

/** Kafka's producer, by the names of its own configuration with `kafka.` in front, and how transactions are grouped. */
export const kafkaOptions = {
  'kafka.bootstrap.servers': optional(list('HOST:PORT,…', parseBroker), {
    summary: 'Brokers to start from.',
    origin: 'kafka',
  }),
  'kafka.client.id': optional(text('NAME'), {
    summary: 'Name of this process in the logs and quotas of the brokers.',
    derived: 'heaviside.<client_id>',
    origin: 'kafka',
  }),
  'kafka.acks': option(choice(['all', '-1', '1', '0']), 'all', {
    summary:
      'Acknowledgements that a write waits for: of all in-sync replicas (all, -1), of the leader (1), none (0).',
    note: 'Less than all is raised to all unless delivery=at_least_once is given.',
    origin: 'kafka',
  }),
  'kafka.batch.size': option(size(0, maxInt), 512 * 1024, {
    summary: 'Largest batch of records for one partition; 0 sends each record by itself.',
    origin: 'kafka',
  }),
  'kafka.linger.ms': option(duration(0, 600_000), 0, {
    summary: 'Longest time that a batch waits to fill while a commit is under way.',
    origin: 'kafka',
  }),
  'kafka.buffer.memory': option(size(64 * 1024), 32 * 1024 * 1024, {
    summary: 'Bound on the records in memory; at the bound the reading of the binlog pauses.',
    origin: 'kafka',
  }),
  'kafka.max.block.ms': option(duration(0, Number.MAX_SAFE_INTEGER), 60_000, {
    summary: 'A longer wait for room in kafka.buffer.memory, or for metadata, counts as exhausted.',
    origin: 'kafka',
  }),
  'kafka.max.request.size': option(size(1024, maxInt), 1024 * 1024, {
    summary:
      'Largest request to a broker. A larger record goes alone: max.message.bytes of the topic decides whether it is taken.',
    origin: 'kafka',
  }),
  'kafka.compression.type': option(choice(['none', 'gzip', 'snappy', 'lz4', 'zstd']), 'none', {
    summary: 'Compression of the batches.',
    origin: 'kafka',
  }),
  'kafka.retries': option(integer(0, maxInt), maxInt, {
    summary:
      'Accepted; a batch is tried again until it is written or the leadership ends, whatever the number: giving up would lose it.',
    origin: 'kafka',
  }),
  'kafka.retry.backoff.ms': option(duration(0), 100, {
    summary: 'Wait before a retry; the first one where the waits grow.',
    origin: 'kafka',
  }),
  'kafka.retry.backoff.multiplier': option(number(1, 100), 1, {
    summary: 'Factor from one wait to the next; 1: the waits are all the same.',
    derived: "1; 2 where kafka.retry.backoff.max.ms is given, as Kafka's",
    origin: 'guide',
  }),
  'kafka.max.retry.backoff.ms': optional(duration(0), {
    summary: 'Longest wait before a retry.',
    derived: 'kafka.retry.backoff.max.ms, or 32000',
    origin: 'guide',
  }),
  'kafka.retry.backoff.max.ms': optional(duration(0), {
    summary: "Kafka's name for kafka.max.retry.backoff.ms.",
    origin: 'kafka',
  }),
  'kafka.request.timeout.ms': option(duration(100), 3000, {
    summary:
      'Time for a broker to answer; then the outcome counts as unknown and the position record decides.',
    note: "Kafka's default is 30000; shorter, because a lost answer must not cost a failover half a minute.",
    origin: 'kafka',
  }),
  'kafka.delivery.timeout.ms': option(duration(100), 120_000, {
    summary: 'Time for a batch with all its retries before it counts as failed; it is kept and tried again.',
    origin: 'kafka',
  }),
  'kafka.max.in.flight.requests.per.connection': option(integer(1, 1000), 5, {
    summary: 'Unanswered writes to a broker; 5 at most with idempotence.',
    origin: 'kafka',
  }),
  'kafka.enable.idempotence': option(boolean(), true, {
    summary: 'Let the brokers drop what a retry sends twice; always on under exactly_once.',
    derived: 'true; false where at_least_once runs without acks=all',
    origin: 'kafka',
  }),
  'kafka.transaction.timeout.ms': option(duration(1000, 900_000), 15_000, {
    summary:
      'Age at which the brokers abort an open Kafka transaction; within their transaction.max.timeout.ms.',
    origin: 'kafka',
  }),
  kafka_version: optional(text('VERSION'), {
    summary: 'Accepted without effect: the versions are agreed with the brokers.',
    origin: 'maxwell',
  }),
  transactional_id: optional(text('NAME'), {
    summary: 'Transactional id of the cluster, the same on all replicas: what fences a deposed leader.',
    derived: 'heaviside.<client_id>',
    origin: 'heaviside',
  }),
  kafka_transaction_max_ms: option(duration(1, 60_000), 100, {
    summary:
      'Longest time that source transactions gather for one Kafka transaction; when idle it commits at once.',
    origin: 'heaviside',
  }),
  kafka_transaction_max_bytes: option(size(1024), 8 * 1024 * 1024, {
    summary: 'Largest Kafka transaction; a source transaction above it is split.',
    derived: '8388608, at most half of kafka.buffer.memory',
    origin: 'heaviside',
  }),
  kafka_transaction_max_partitions: option(integer(1, 10_000), 100, {
    summary: 'Partitions in one Kafka transaction; each adds about 0.1 ms to its commit.',
    origin: 'heaviside',
  }),
  kafka_topic_create: option(boolean(), true, {
    summary: 'Create the topics that are missing.',
    origin: 'heaviside',
  }),
  kafka_topic_partitions: option(integer(1, 100_000), 4, {
    summary: 'Partitions of a topic that is created.',
    origin: 'heaviside',
  }),
  kafka_topic_replication_factor: option(integer(-1, 32_767), -1, {
    summary: "Copies of a topic that is created; -1: the brokers' default.",
    origin: 'heaviside',
  }),
} as const;
