import { describe, expect, it } from 'vitest';

import { loadConfigText, refusalOf } from '../../support/load-config-text.ts';

const kafka = 'user=maxwell\nkafka.bootstrap.servers=localhost:9092\n';
const ha = `${kafka}redis.nodes=redis://a:6379\n`;

describe('options that cannot stand together are refused', () => {
  it.each([
    ['kafka.linger.ms=1', 'user is missing'],
    ['user=u\nproducer=kafka', 'producer=kafka needs kafka.bootstrap.servers'],
    ['user=u\nproducer=file', 'needs output_file'],
    ['user=u\ndelivery=exactly_once', 'needs Kafka'],
    ['user=u\noutput_format=avro\navro_schema_registry_url=http://r', 'needs Kafka'],
    ['user=u\nredis.nodes=redis://a', 'ha needs Kafka'],
    [`${kafka}delivery=exactly_once\nkafka.acks=1`, 'needs kafka.acks=all, not 1'],
    [`${kafka}delivery=exactly_once\nkafka.max.in.flight.requests.per.connection=6`, 'must be 5 at most'],
    [`${kafka}delivery=exactly_once\nkafka.enable.idempotence=false`, 'idempotence=true'],
    [
      `${kafka}delivery=at_least_once\nkafka.acks=1\nkafka.enable.idempotence=true`,
      'needs kafka.acks=all, not 1',
    ],
    [`${kafka}producer_partition_by=column`, 'needs producer_partition_columns'],
    [`${kafka}database=a\nfilter=exclude: b.*`, 'give one of the two'],
    [`${kafka}gtid_mode=false\noutput_gtid_position=true`, 'gtid_mode=false'],
    [`${kafka}gtid_mode=true\ninit_position=binlog.1:4`, 'gtid_mode=true'],
    [`${kafka}gtid_mode=false\ninit_position=0-1-2`, 'gtid_mode=false'],
    [`${kafka}replication_host=a`, 'together'],
    [`${kafka}mysql.ssl_cert=a`, 'mysql.ssl_key'],
    [`${kafka}mysql.reconnect_attempts=1\nreplication_reconnection_retries=2`, 'different things'],
    [`${kafka}ha=true`, 'ha=true needs redis.nodes'],
    [`${ha}position_file=/p`, 'single process'],
    [`${kafka}redis.nodes=redis://a,redis://b`, 'odd number'],
    [`${kafka}redis.nodes=redis://a,redis://b,redis://u:p@a`, 'one node twice'],
    [`${kafka}redis.nodes=redis+sentinel://a:1`, 'names no group'],
    [`${ha}redis.command_timeout_ms=2000`, 'must be shorter than lease_renewal_ms=1666'],
    [`${ha}lease_ttl_ms=2000\nlease_renewal_ms=1500`, 'lease_ttl_ms=2000 must be longer'],
    [`${ha}breaker_step_down_ms=2000`, 'must be longer than breaker_reset_ms'],
    [`${ha}redis.username=a`, 'needs redis.password'],
    ['user=u\noutput_tombstones=true', 'output_tombstones=true needs Kafka'],
    [`${kafka}output_tombstones=true\nkafka_topic=t.%{type}`, 'take %{type} out of kafka_topic'],
    [`${kafka}output_tombstones=true\nproducer_partition_by=random`, 'partitioned by random'],
    [
      `${kafka}output_tombstones=true\nproducer_partition_by=column\nproducer_partition_columns=a\nproducer_partition_by_fallback=transaction_id`,
      'partitioned by transaction_id',
    ],
    [`${kafka}output_format=avro`, 'needs avro_schema_registry_url'],
    [`${kafka}on_record_too_large=dead_letter`, 'needs dead_letter_topic'],
    [`${kafka}kafka_topic=a\npositions_topic=a`, 'another topic'],
    [`${kafka}kafka.delivery.timeout.ms=1000`, 'must not be shorter than kafka.linger.ms=0 plus'],
    [
      `${kafka}kafka.max.retry.backoff.ms=1\nkafka.retry.backoff.ms=2`,
      'must not be shorter than kafka.retry.backoff.ms=2',
    ],
    [`${kafka}kafka.max.retry.backoff.ms=1000\nkafka.retry.backoff.max.ms=2000`, 'different things'],
    [`${kafka}kafka_transaction_max_ms=6000`, 'a third of'],
    [`${kafka}kafka_transaction_max_bytes=128m`, 'must fit'],
    [`${kafka}kafka_topic_replication_factor=0`, '-1, or 1 or more'],
    [`${kafka}kafka.security.protocol=SASL_SSL`, 'needs kafka.sasl.username'],
    [`${kafka}kafka.sasl.username=a\nkafka.sasl.password=b`, 'makes none'],
    [
      `${kafka}kafka.security.protocol=SASL_SSL\nkafka.sasl.mechanism=SCRAM-SHA-512\nkafka.sasl.jaas.config=PlainLoginModule required username=a password=b;`,
      'PlainLoginModule of kafka.sasl.jaas.config does not go with',
    ],
    [`${kafka}kafka.security.protocol=SSL\nkafka.ssl.key.location=a`, 'the key its certificate'],
  ])('%j', (file, problem) => {
    const refusal = refusalOf({ file });
    expect(refusal).toContain('1 problem in the configuration');
    expect(refusal).toContain(problem);
  });

  it('does not report a consequence of what could not be read', () => {
    expect(refusalOf({ file: `${kafka}ha=true\nredis.nodes=http://a` })).toContain('1 problem in');
  });
});

describe('what can stand together', () => {
  it('raises acks to all with one warning where delivery is not given', () => {
    const file = `${kafka}kafka.acks=1\nkafka.enable.idempotence=false\nkafka.max.in.flight.requests.per.connection=9`;
    const { config, warnings } = loadConfigText({ file });
    expect(config.producer.delivery).toBe('exactly_once');
    expect(config.kafka).toMatchObject({ acks: -1, isIdempotent: true, maxInFlightRequests: 5 });
    expect(warnings).toEqual([
      expect.stringMatching(/kafka\.acks=1 raised to all.*in\.flight.*lowered to 5/u),
    ]);
  });

  it('takes at_least_once as given', () => {
    const file = `${kafka}delivery=at_least_once\nkafka.max.in.flight.requests.per.connection=9\n`;
    expect(loadConfigText({ file }).config.kafka).toMatchObject({
      acks: -1,
      isIdempotent: false,
      maxInFlightRequests: 9,
    });
    expect(loadConfigText({ file: `${file}kafka.acks=0` }).config.kafka.acks).toBe(0);
    expect(loadConfigText({ file: `${kafka}delivery=at_least_once` }).config.kafka.isIdempotent).toBe(true);
  });

  it('takes -1 for all', () => {
    expect(loadConfigText({ file: `${kafka}kafka.acks=-1\ndelivery=exactly_once` }).config.kafka.acks).toBe(
      -1,
    );
  });

  it('turns ha on with redis.nodes, and derives the times of the lease', () => {
    const { config } = loadConfigText({ file: ha });
    expect(config.ha).toMatchObject({ isEnabled: true, leaseTtlMs: 5000, leaseRenewalMs: 1666 });
    expect(config.ha.redis.commandTimeoutMs).toBe(1000);
    expect(loadConfigText({ file: kafka }).config.ha.isEnabled).toBe(false);
    expect(loadConfigText({ file: `${ha}ha=false\nposition_file=/p` }).config.ha.isEnabled).toBe(false);
  });

  it('keeps a Kafka transaction within half of a smaller buffer', () => {
    const { config } = loadConfigText({ file: `${kafka}kafka.buffer.memory=4m` });
    expect(config.kafka.transaction.maxBytes).toBe(2 * 1024 * 1024);
  });

  it('sends records that are too large to dead_letter_topic as soon as it is given', () => {
    expect(loadConfigText({ file: `${kafka}dead_letter_topic=dead` }).config.producer.onRecordTooLarge).toBe(
      'dead_letter',
    );
    expect(loadConfigText({ file: kafka }).config.producer.onRecordTooLarge).toBe('fail');
  });

  it('warns of what has no effect beside the rest', () => {
    const { warnings } = loadConfigText({
      file: `${kafka}producer_partition_columns=a\nkafka.ssl.ca.location=/ca`,
    });
    expect(warnings.join('\n')).toMatch(
      /producer_partition_columns is not used.*\n.*kafka\.ssl\.ca\.location is not used/u,
    );
  });
});
