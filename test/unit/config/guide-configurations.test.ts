import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

import { loadConfigText } from '../../support/load-config-text.ts';

// The configuration blocks of a Maxwell guide, byte for byte; all but two are parts that need the connection of the first.
const directory = new URL('../../fixtures/seed/', import.meta.url);
const read = (name: string): string => readFileSync(new URL(`${name}.properties`, directory), 'utf8');
const names = readdirSync(directory).map((file) => file.replace(/\.properties$/u, ''));

interface Meaning {
  /** What the configuration holds, among the rest. */
  readonly config: Readonly<Record<string, unknown>>;
  /** Pieces of the warnings, one for each; none by default. */
  readonly warnings?: readonly string[];
  readonly isWhole?: true;
}

const meanings: Readonly<Record<string, Meaning>> = {
  '2.1-basic': {
    isWhole: true,
    config: {
      source: { hosts: [{ host: 'localhost', port: 3306 }], user: 'maxwell' },
      filter: 'exclude: *.*, include: test_db.*',
      producer: { kind: 'kafka', delivery: 'exactly_once', topic: 'maxwell' },
      kafka: { bootstrapServers: ['localhost:9092'], isSync: false },
      ha: { isEnabled: false },
    },
  },
  '2.2-bootstrap-servers': {
    config: { kafka: { bootstrapServers: ['kafka1:9092', 'kafka2:9092', 'kafka3:9092'] } },
  },
  '2.2-client-id': { config: { kafka: { clientId: 'maxwell-instance-01' } } },
  '2.2-batch-size': { config: { kafka: { batchBytes: 16384 } } },
  '2.2-linger': { config: { kafka: { lingerMs: 5 } } },
  '2.2-buffer-memory': { config: { kafka: { bufferBytes: 33554432 } } },
  '2.3-complete': {
    warnings: ['kafka.acks=1 raised to all'],
    config: {
      kafka: {
        clientId: 'maxwell-prod-01',
        batchBytes: 32768,
        lingerMs: 10,
        bufferBytes: 67108864,
        acks: -1,
        retries: 3,
        retryBackoff: { initialMs: 1000, multiplier: 1 },
        compression: 'snappy',
      },
    },
  },
  '3.2-one-topic': { config: { producer: { topic: 'mysql_changes' } } },
  '3.2-topic-by-table': { config: { producer: { topic: '%{table}' } } },
  '3.3-primary-key': { config: { partition: { by: 'primary_key' } } },
  '3.3-columns': {
    config: { partition: { by: 'column', columns: ['user_id', 'order_id'], fallback: 'table' } },
  },
  '4.2-json': { config: { output: { format: 'json' } } },
  '4.2-avro': {
    config: {
      output: { format: 'avro', schemaRegistry: { url: 'http://schema-registry:8081' } },
      producer: { topic: 'mysql_avro' },
    },
  },
  '4.3-compression': { config: { kafka: { compression: 'snappy' } } },
  '4.3-batches': { config: { kafka: { batchBytes: 65536, lingerMs: 20 } } },
  '5.2-constant-retries': {
    config: {
      kafka: { retries: 5, retryBackoff: { initialMs: 2000, multiplier: 1 }, requestTimeoutMs: 30000 },
    },
  },
  '5.2-growing-retries': {
    config: { kafka: { retryBackoff: { initialMs: 1000, multiplier: 2, maxMs: 32000 } } },
  },
  '5.3-idempotence': {
    config: { kafka: { isIdempotent: true, maxInFlightRequests: 5, retries: 2147483647, acks: -1 } },
  },
  '6.2-batching': {
    config: {
      kafka: {
        batchBytes: 65536,
        maxRequestBytes: 1048576,
        lingerMs: 50,
        deliveryTimeoutMs: 120000,
        bufferBytes: 134217728,
        maxBlockMs: 60000,
      },
    },
  },
  '6.3-jmx': { config: { metrics: { page: { host: '0.0.0.0', port: 9999 } } } },
  // Three values under one another, to be tried in turn: as in Java, the last one counts.
  '6.3-batch-size-walk': {
    warnings: ['kafka.batch.size is given more than once', 'kafka.batch.size is given more than once'],
    config: { kafka: { batchBytes: 131072 } },
  },
  '6.3-linger-walk': {
    warnings: ['kafka.linger.ms is given more than once', 'kafka.linger.ms is given more than once'],
    config: { kafka: { lingerMs: 100 } },
  },
  '7.1-monitoring': {
    config: {
      metrics: { page: { host: '0.0.0.0', port: 9999 }, hasRuntimeMetrics: true, logIntervalMs: 60_000 },
    },
  },
  '7.3-kafka-address': { config: { kafka: { bootstrapServers: ['correct-kafka-host:9092'] } } },
  '7.3-mysql-timeouts': { config: { source: { connectionTimeoutMs: 30000, reconnectAttempts: 5 } } },
  '7.3-heap': { config: { process: { heapLimitBytes: 2 * 1024 ** 3 } } },
  '7.3-smaller-batches': { config: { kafka: { batchBytes: 32768, bufferBytes: 67108864 } } },
  '7.3-memory-monitoring': { config: { metrics: { hasRuntimeMetrics: true } } },
  '7.4-position': {
    config: {
      source: { gtidMode: true, ignoredServerIds: [1] },
      position: { file: '/var/lib/maxwell/position.txt', isFileSynced: true },
      ha: { isEnabled: false },
    },
  },
  'maxwell-sample': {
    isWhole: true,
    warnings: ['kafka.acks=1 raised to all'],
    config: {
      kafka: { acks: -1, retries: 0, compression: 'snappy' },
      producer: { kind: 'kafka', delivery: 'exactly_once' },
      filter: null,
    },
  },
};

describe('every configuration block of the guide starts unchanged, with its meaning', () => {
  it.each(Object.entries(meanings))(
    '%s',
    (name, { config: expected, warnings: expectedWarnings = [], isWhole }) => {
      const file = isWhole === true ? read(name) : `${read('2.1-basic')}\n${read(name)}`;
      const { config, warnings } = loadConfigText({ file });
      // The part may name brokers that the connection has named before.
      const own = warnings.filter(
        (warning) => !warning.includes('kafka.bootstrap.servers is given more than once'),
      );
      expect(config).toMatchObject(expected);
      expect(own).toEqual(expectedWarnings.map((piece) => expect.stringContaining(piece) as string));
    },
  );

  it('has a meaning for every block', () => {
    expect(Object.keys(meanings).toSorted()).toEqual(names.toSorted());
  });

  it('reads the password', () => {
    expect(loadConfigText({ file: read('2.1-basic') }).config.source.password?.reveal()).toBe(
      'maxwell_password',
    );
  });
});
