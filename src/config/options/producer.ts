import { choice, list, text } from '../option-type.ts';
import { option, optional } from '../option.ts';
import { topicTemplateProblem } from '../topic-name.ts';

const producers = ['kafka', 'stdout', 'file'] as const;
const refusedProducers = Object.fromEntries(
  [
    'kinesis',
    'sqs',
    'sns',
    'nats',
    'pubsub',
    'bigquery',
    'rabbitmq',
    'redis',
    'custom',
    'none',
    'profiler',
    'buffer',
  ].map((name) => [
    name,
    `${name} is a producer of Maxwell that Heaviside does not have: ${producers.join(', ')}`,
  ]),
);

const topic = () => text('TOPIC', topicTemplateProblem);

/** Where records go, and what happens to those that cannot go there. */
export const producerOptions = {
  producer: optional(choice(producers, refusedProducers), {
    summary: 'Where records go.',
    derived: 'kafka where kafka.bootstrap.servers is given, otherwise stdout',
    origin: 'maxwell',
    shapesStream: true,
  }),
  producer_type: option(choice(['async', 'sync']), 'async', {
    summary:
      'Whether batches overlap (async), or each waits for the acknowledgement of the one before (sync).',
    origin: 'guide',
  }),
  delivery: optional(choice(['exactly_once', 'at_least_once']), {
    summary:
      'exactly_once writes records and position in one Kafka transaction; at_least_once writes as kafka.acks says.',
    note: 'Consumers of an exactly_once stream read with isolation.level=read_committed.',
    derived: 'exactly_once with Kafka, which raises kafka.acks to all',
    origin: 'heaviside',
  }),
  output_file: optional(text('PATH'), { summary: 'File that producer=file appends to.', origin: 'maxwell' }),
  producer_partition_by: option(
    choice(['database', 'table', 'primary_key', 'transaction_id', 'thread_id', 'column', 'random']),
    'database',
    {
      summary: 'What decides the partition of a record.',
      note: 'Rows of one key stay in order with database, table, primary_key and unchanging columns; they do not with random, transaction_id and thread_id.',
      origin: 'maxwell',
      shapesStream: true,
    },
  ),
  producer_partition_columns: optional(list('COLUMNS'), {
    summary: 'Columns whose values decide the partition with producer_partition_by=column.',
    origin: 'maxwell',
    shapesStream: true,
  }),
  producer_partition_by_fallback: option(
    choice(['database', 'table', 'primary_key', 'transaction_id']),
    'table',
    {
      summary: 'What decides the partition of a row that has none of the columns.',
      origin: 'maxwell',
      shapesStream: true,
    },
  ),
  kafka_topic: option(topic(), 'maxwell', {
    summary: 'Topic of the records, in which %{database}, %{table} and %{type} may stand.',
    note: 'With %{type} the changes of one row go to several topics and have no order among them.',
    origin: 'maxwell',
    shapesStream: true,
  }),
  ddl_kafka_topic: optional(topic(), {
    summary: 'Topic of the DDL records of output_ddl, in which %{database}, %{table} and %{type} may stand.',
    derived: 'kafka_topic',
    origin: 'maxwell',
    shapesStream: true,
  }),
  dead_letter_topic: optional(topic(), {
    summary:
      'Topic of what stands for a record that is left out (on_record_too_large, on_decode_error): its key and the reason.',
    note: '%{database} and %{table} may stand in it. The records are JSON, with output_format=avro too.',
    origin: 'maxwell',
    shapesStream: true,
  }),
  on_record_too_large: optional(choice(['fail', 'dead_letter', 'skip']), {
    summary: 'What happens to a record that is larger than the topic takes.',
    derived: 'dead_letter where dead_letter_topic is given, otherwise fail',
    origin: 'heaviside',
    shapesStream: true,
  }),
  on_decode_error: option(choice(['fail', 'skip']), 'fail', {
    summary:
      'What happens at a row that cannot be decoded: the cluster stops there, or the row is passed over and logged.',
    note: 'After a stop, `heaviside position skip` passes over its whole transaction. With skip, the other rows of the transaction are written, and dead_letter_topic, if given, gets the key and the reason. Encoding takes twice as long.',
    origin: 'heaviside',
    shapesStream: true,
  }),
  on_partition_change: option(choice(['fail', 'accept']), 'fail', {
    summary:
      'What happens when the partition count of a topic has grown, so that keys move to other partitions.',
    origin: 'heaviside',
    shapesStream: true,
  }),
  kafka_key_format: option(choice(['hash', 'array']), 'hash', {
    summary: 'Form of the record key: an object or an array.',
    origin: 'maxwell',
    shapesStream: true,
  }),
  kafka_partition_hash: option(choice(['default', 'murmur3']), 'default', {
    summary: 'Hash that makes a partition number: that of Java strings, or MurmurHash3.',
    origin: 'maxwell',
    shapesStream: true,
  }),
} as const;
