import { describe, expect, it } from 'vitest';
import { encodeOptions } from '../../../src/assembly/encode-settings.ts';
import { leadershipLimits } from '../../../src/assembly/leadership-limits.ts';
import { leaseTimes } from '../../../src/assembly/lease-times.ts';
import { outputLimits, outputPatience } from '../../../src/assembly/output-limits.ts';
import { streamSettings } from '../../../src/assembly/source-settings.ts';
import { FlagValues } from '../../../src/cli/command.ts';
import { statusCommand } from '../../../src/cli/status.ts';
import type { Config } from '../../../src/config/config.ts';
import { readMemory } from '../../../src/lifecycle/memory-usage.ts';
import { loadConfigText } from '../../support/load-config-text.ts';

// From a line of the file to what the part that acts on it is given; the parts have tests of their own.
const least = 'user=maxwell\nkafka.bootstrap.servers=localhost:9092\n';
const load = (lines: string): ReturnType<typeof loadConfigText> =>
  loadConfigText({ file: `${least}${lines}\n` });
const configOf = (lines: string): Config => load(lines).config;

describe('the stream of events', () => {
  it.each([
    ['[source_heartbeat_ms]', 'source_heartbeat_ms=7000', { heartbeatMs: 7000 }],
    ['[spill_directory]', 'spill_directory=/var/spill', { spillDirectory: '/var/spill' }],
    ['[output_ddl]', 'output_ddl=true', { readsSchema: true }],
  ])('%s', (_, lines, part) => {
    expect(streamSettings(configOf(lines))).toMatchObject(part);
  });
});

describe('a leadership', () => {
  it.each([
    ['[on_position_regression]', 'on_position_regression=replay', { onRegression: 'replay' }],
    ['[kafka.max.block.ms]', 'kafka.max.block.ms=70000', { maxBlockMs: 70_000 }],
    ['[mysql.reconnect_attempts]', 'mysql.reconnect_attempts=7', { reconnectAttempts: 7 }],
    ['[replication_reconnection_retries]', 'replication_reconnection_retries=7', { reconnectAttempts: 7 }],
  ])('%s', (_, lines, part) => {
    expect(leadershipLimits(configOf(lines))).toMatchObject(part);
  });
});

describe('the output to Kafka', () => {
  it.each([
    ['[kafka_transaction_max_bytes]', 'kafka_transaction_max_bytes=100000', { maxTransactionBytes: 100_000 }],
    [
      '[kafka_transaction_max_partitions]',
      'kafka_transaction_max_partitions=7',
      { maxTransactionPartitions: 7 },
    ],
    [
      '[kafka_topic_replication_factor]',
      'kafka_topic_replication_factor=3',
      { topic: { replicationFactor: 3 } },
    ],
  ])('%s', (_, lines, part) => {
    expect(outputLimits(configOf(lines))).toMatchObject(part);
  });

  it.each([
    ['[kafka.delivery.timeout.ms]', 'kafka.delivery.timeout.ms=70000', { deliveryMs: 70_000 }],
    ['[breaker_failure_threshold]', 'breaker_failure_threshold=7', { failureThreshold: 7 }],
    ['[breaker_reset_ms]', 'breaker_reset_ms=777', { resetMs: 777 }],
    ['[breaker_step_down_ms]', 'breaker_step_down_ms=7777', { stepDownMs: 7777 }],
  ])('%s', (_, lines, part) => {
    expect(outputPatience(configOf(lines))).toMatchObject(part);
  });

  it('[ddl_kafka_topic] has its own topic for DDL', () => {
    expect(encodeOptions(configOf('output_ddl=true\nddl_kafka_topic=ddl'))).toMatchObject({
      topic: 'maxwell',
      ddlTopic: 'ddl',
    });
  });
});

describe('the lease', () => {
  const nodes = 'redis.nodes=redis://127.0.0.1:1\n';
  it.each([
    ['[lease_ttl_ms]', 'lease_ttl_ms=20000', { ttlMs: 20_000 }],
    ['[lease_renewal_ms]', 'lease_ttl_ms=20000\nlease_renewal_ms=1234', { renewalMs: 1234 }],
    [
      '[redis.command_timeout_ms]',
      'lease_ttl_ms=20000\nredis.command_timeout_ms=321',
      { nodeTimeoutMs: 321 },
    ],
  ])('%s', (_, lines, part) => {
    expect(leaseTimes(configOf(`${nodes}${lines}`))).toMatchObject(part);
  });

  it('[ha] false: there is none, though Redis is named', async () => {
    const call = { words: [], flags: new FlagValues(new Map()), load: () => load(`${nodes}ha=false`) };
    await expect(statusCommand.run(call)).rejects.toThrow(/without HA/u);
  });
});

it('[heap_limit_bytes] is the limit of the heap', () => {
  const { heapLimitBytes } = configOf('heap_limit_bytes=300000000').process;
  const heap = readMemory(heapLimitBytes).find(({ kind }) => kind === 'heap');
  expect(heap?.limitBytes).toBe(300_000_000);
});

it('[metrics_type] slf4j: a line of metrics in the log each minute', () => {
  expect(configOf('metrics_type=slf4j').metrics.logIntervalMs).toBe(60_000);
});
