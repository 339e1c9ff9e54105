import { when, type Contradiction } from './contradiction.ts';

const delivery: readonly Contradiction[] = [
  {
    reads: ['delivery', 'kafka.acks'],
    check: (v) =>
      when(
        v.delivery === 'exactly_once' && v['kafka.acks'] !== 'all',
        `delivery=exactly_once needs kafka.acks=all, not ${v['kafka.acks']}`,
      ),
  },
  {
    reads: ['delivery', 'kafka.enable.idempotence'],
    check: (v) =>
      when(
        v.delivery === 'exactly_once' && !v['kafka.enable.idempotence'],
        'delivery=exactly_once needs kafka.enable.idempotence=true',
      ),
  },
  {
    reads: ['delivery', 'kafka.enable.idempotence', 'kafka.max.in.flight.requests.per.connection'],
    check: (v) =>
      when(
        (v.delivery === 'exactly_once' || v['kafka.enable.idempotence']) &&
          v['kafka.max.in.flight.requests.per.connection'] > 5,
        `kafka.max.in.flight.requests.per.connection=${v['kafka.max.in.flight.requests.per.connection']} must be 5 at most with ` +
          (v.delivery === 'exactly_once' ? 'delivery=exactly_once' : 'kafka.enable.idempotence=true'),
      ),
  },
  {
    reads: ['delivery', 'kafka.enable.idempotence', 'kafka.acks'],
    check: (v) =>
      when(
        v.delivery === 'at_least_once' && v['kafka.enable.idempotence'] && v['kafka.acks'] !== 'all',
        `kafka.enable.idempotence=true needs kafka.acks=all, not ${v['kafka.acks']}`,
      ),
  },
];

const times: readonly Contradiction[] = [
  {
    reads: ['kafka.max.retry.backoff.ms', 'kafka.retry.backoff.max.ms'],
    check: (v) =>
      when(
        v['kafka.retry.backoff.max.ms'] !== null &&
          v['kafka.retry.backoff.max.ms'] !== v['kafka.max.retry.backoff.ms'],
        'kafka.max.retry.backoff.ms and kafka.retry.backoff.max.ms say different things',
      ),
  },
  {
    reads: ['kafka.max.retry.backoff.ms', 'kafka.retry.backoff.max.ms', 'kafka.retry.backoff.ms'],
    check: (v) =>
      when(
        (v['kafka.max.retry.backoff.ms'] ?? Infinity) < v['kafka.retry.backoff.ms'],
        `the longest wait (${v['kafka.max.retry.backoff.ms']} ms) must not be shorter than kafka.retry.backoff.ms=${v['kafka.retry.backoff.ms']}`,
      ),
  },
  {
    reads: ['kafka.delivery.timeout.ms', 'kafka.linger.ms', 'kafka.request.timeout.ms'],
    check: (v) =>
      when(
        v['kafka.delivery.timeout.ms'] < v['kafka.linger.ms'] + v['kafka.request.timeout.ms'],
        `kafka.delivery.timeout.ms=${v['kafka.delivery.timeout.ms']} must not be shorter than kafka.linger.ms=${v['kafka.linger.ms']} plus kafka.request.timeout.ms=${v['kafka.request.timeout.ms']}`,
      ),
  },
  {
    reads: ['kafka_transaction_max_ms', 'kafka.transaction.timeout.ms'],
    check: (v) =>
      when(
        v.kafka_transaction_max_ms * 3 > v['kafka.transaction.timeout.ms'],
        `kafka_transaction_max_ms=${v.kafka_transaction_max_ms} must be a third of kafka.transaction.timeout.ms=${v['kafka.transaction.timeout.ms']} at most`,
      ),
  },
  {
    reads: ['kafka_transaction_max_bytes', 'kafka.buffer.memory'],
    check: (v) =>
      when(
        v.kafka_transaction_max_bytes > v['kafka.buffer.memory'],
        `kafka_transaction_max_bytes=${v.kafka_transaction_max_bytes} must fit into kafka.buffer.memory=${v['kafka.buffer.memory']}`,
      ),
  },
  {
    reads: ['kafka_topic_replication_factor'],
    check: (v) =>
      when(v.kafka_topic_replication_factor === 0, 'kafka_topic_replication_factor must be -1, or 1 or more'),
  },
];

const login: readonly Contradiction[] = [
  {
    reads: [
      'kafka.security.protocol',
      'kafka.sasl.username',
      'kafka.sasl.password',
      'kafka.sasl.jaas.config',
    ],
    check: (v) => {
      const hasLogin = v['kafka.sasl.username'] !== null && v['kafka.sasl.password'] !== null;
      return when(
        v['kafka.security.protocol'].startsWith('SASL') && v['kafka.sasl.jaas.config'] === null && !hasLogin,
        `kafka.security.protocol=${v['kafka.security.protocol']} needs kafka.sasl.username and kafka.sasl.password, or kafka.sasl.jaas.config`,
      );
    },
  },
  {
    reads: ['kafka.sasl.jaas.config', 'kafka.sasl.username', 'kafka.sasl.password'],
    check: (v) =>
      when(
        v['kafka.sasl.jaas.config'] !== null &&
          (v['kafka.sasl.username'] !== null || v['kafka.sasl.password'] !== null),
        'the login is in kafka.sasl.jaas.config or in kafka.sasl.username and kafka.sasl.password: give one of the two',
      ),
  },
  {
    reads: ['kafka.sasl.jaas.config', 'kafka.sasl.mechanism'],
    check: (v) => {
      const module = v['kafka.sasl.jaas.config']?.module;
      const isPlain = v['kafka.sasl.mechanism'] === 'PLAIN';
      return when(
        module !== undefined && (module === 'PlainLoginModule') !== isPlain,
        `${module} of kafka.sasl.jaas.config does not go with kafka.sasl.mechanism=${v['kafka.sasl.mechanism']}`,
      );
    },
  },
  {
    reads: [
      'kafka.security.protocol',
      'kafka.sasl.mechanism',
      'kafka.sasl.username',
      'kafka.sasl.jaas.config',
    ],
    check: (v) =>
      when(
        !v['kafka.security.protocol'].startsWith('SASL') &&
          (v['kafka.sasl.username'] !== null || v['kafka.sasl.jaas.config'] !== null),
        `a SASL login is given, but kafka.security.protocol=${v['kafka.security.protocol']} makes none: SASL_SSL or SASL_PLAINTEXT`,
      ),
  },
  {
    reads: [
      'kafka.ssl.certificate.location',
      'kafka.ssl.key.location',
      'kafka.ssl.keystore.key',
      'kafka.ssl.keystore.certificate.chain',
    ],
    check: (v) => {
      const hasCertificate =
        v['kafka.ssl.certificate.location'] !== null || v['kafka.ssl.keystore.certificate.chain'] !== null;
      const hasKey = v['kafka.ssl.key.location'] !== null || v['kafka.ssl.keystore.key'] !== null;
      return when(
        hasCertificate !== hasKey,
        'a certificate for the brokers needs its key, and the key its certificate',
      );
    },
  },
];

/** What cannot stand together among the options of Kafka. */
export const kafkaContradictions: readonly Contradiction[] = [...delivery, ...times, ...login];
