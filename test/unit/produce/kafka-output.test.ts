import { afterEach, describe, expect, it, vi } from 'vitest';
import { HeavisideError } from '../../../src/errors.ts';
import { kafkaProtocolError } from '../../../src/kafka/kafka-errors.ts';
import { BatchTooLargeError } from '../../../src/kafka/produce-request.ts';
import { Backoff } from '../../../src/lifecycle/backoff.ts';
import { KafkaOutput, type KafkaOutputOptions } from '../../../src/produce/kafka-output.ts';
import type { OutputBatch } from '../../../src/produce/output.ts';
import type { DroppedRecord } from '../../../src/produce/oversize-records.ts';
import { SendBreaker } from '../../../src/produce/send-breaker.ts';
import type { UnfencedWriter } from '../../../src/produce/unfenced-writer.ts';
import { FakeKafka, type Fault } from '../../support/fake-kafka.ts';
import { loadConfigText } from '../../support/load-config-text.ts';
import { samplePositionRecord } from '../../support/sample-position-record.ts';

const closers: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

interface Setup {
  readonly kafka: FakeKafka;
  readonly output: KafkaOutput;
  readonly failures: string[];
  readonly dropped: DroppedRecord[];
  readonly leadership: AbortController;
}

function setUp(overrides: Partial<KafkaOutputOptions> = {}, kafka = new FakeKafka()): Setup {
  const failures: string[] = [];
  const dropped: DroppedRecord[] = [];
  const leadership = new AbortController();
  const output = new KafkaOutput(kafka.fence(), {
    epoch: 5,
    positionsTopic: 'positions',
    positionKey: 'position',
    topic: { create: true, partitions: 1, replicationFactor: 1 },
    acceptPartitionChange: false,
    recordBatchBytes: 4000,
    maxTransactionBytes: 1_000_000,
    maxTransactionPartitions: 50,
    compressor: null,
    onRecordTooLarge: { kind: 'fail' },
    unfencedWriter: null,
    breaker: new SendBreaker({ failureThreshold: 100, resetMs: 10, onState: () => undefined }),
    createNetwork: () => {
      throw new HeavisideError('KAFKA_UNREACHABLE', 'no network in this test');
    },
    signal: leadership.signal,
    reopen: () => Promise.resolve(kafka.fence()),
    proveLease: () => Promise.resolve(),
    backoffMs: () => 0,
    onFailure: (error) => {
      failures.push(error.code);
      return Promise.resolve();
    },
    onDropped: (record) => dropped.push(record),
    onCommit: () => undefined,
    ...overrides,
  });
  closers.push(() => output.close());
  return { kafka, output, failures, dropped, leadership };
}

function fill(output: KafkaOutput, id: string, sizes: readonly number[] = [20, 20]): OutputBatch {
  const batch = output.createBatch();
  batch.beginTransaction(id);
  for (const [index, size] of sizes.entries()) {
    const sink = batch.beginRecord('rows', 0);
    sink.writeAscii(`{"database":"d","table":"t","pk.id":${index}}`);
    batch.endKey();
    sink.writeBytes(Buffer.alloc(size, 0x61));
    batch.endRecord(index);
  }
  return batch;
}

const lost = new HeavisideError('KAFKA_UNREACHABLE', 'socket');

describe('a commit to Kafka', () => {
  it('gives the offset of the position record', async () => {
    const { kafka, output } = setUp();
    expect(await output.commit(fill(output, 'a'), samplePositionRecord(5, 1))).toEqual({
      positionsOffset: 10n,
    });
    expect(await output.commit(fill(output, 'b'), samplePositionRecord(5, 2))).toEqual({
      positionsOffset: 12n,
    });
    expect(kafka.committedIds).toEqual(['a#0', 'a#1', 'b#0', 'b#1']);
    expect(kafka.opened).toBe(1);
  });

  it.each<Fault>(['write', 'commit-before'])(
    'that failed at %s is written again by a new producer',
    async (at) => {
      const { kafka, output, failures } = setUp();
      kafka.faults.push({ at, error: lost }, { at, error: lost });
      await output.commit(fill(output, 'a'), samplePositionRecord(5, 1));
      await output.commit(fill(output, 'b'), samplePositionRecord(5, 2));
      expect(kafka.committedIds).toEqual(['a#0', 'a#1', 'b#0', 'b#1']);
      expect(kafka.opened).toBe(3);
      expect(failures).toEqual(['KAFKA_UNREACHABLE', 'KAFKA_UNREACHABLE']);
    },
  );

  it('whose answer was lost is found standing, and not written twice', async () => {
    const { kafka, output } = setUp();
    kafka.faults.push({ at: 'commit-after', error: lost });
    const receipt = await output.commit(fill(output, 'a'), samplePositionRecord(5, 1));
    expect(receipt.positionsOffset).toBe(10n);
    await output.commit(fill(output, 'b'), samplePositionRecord(5, 2));
    expect(kafka.committedIds).toEqual(['a#0', 'a#1', 'b#0', 'b#1']);
  });

  it('stops where the position is neither ours nor the one before', async () => {
    const { kafka, output } = setUp();
    kafka.faults.push({ at: 'write', error: lost });
    const batch = fill(output, 'a');
    const pending = output.commit(batch, samplePositionRecord(5, 2));
    kafka.committed = samplePositionRecord(5, 7);
    await expect(pending).rejects.toMatchObject({ code: 'POSITION_DIVERGED', reaction: 'step-down' });
    expect(kafka.committedIds).toEqual([]);
  });

  it('stops where a cluster without a position has one meanwhile', async () => {
    const kafka = new FakeKafka();
    kafka.committed = null;
    const { output } = setUp({}, kafka);
    kafka.faults.push({ at: 'write', error: lost });
    const pending = output.commit(fill(output, 'a'), samplePositionRecord(5, 0));
    kafka.committed = samplePositionRecord(4, 0);
    await expect(pending).rejects.toMatchObject({ code: 'POSITION_DIVERGED' });
  });

  it('is not tried where another one wrote to the positions topic after our read', async () => {
    const { kafka, output, failures } = setUp();
    kafka.end = 14n; // a leader that had been replaced answered up to 10
    await output.commit(fill(output, 'a'), samplePositionRecord(5, 1));
    expect(failures).toEqual(['KAFKA_RETRIABLE']);
    expect(kafka.opened).toBe(2);
    expect(kafka.committedIds).toEqual(['a#0', 'a#1']);
  });

  it('after error 47 goes on while the lease is proven ours', async () => {
    const proveLease = vi.fn<() => Promise<void>>(() => Promise.resolve());
    const { kafka, output } = setUp({ proveLease });
    kafka.faults.push({ at: 'commit-before', error: kafkaProtocolError(47, 'EndTxn') });
    await output.commit(fill(output, 'a'), samplePositionRecord(5, 1));
    expect(proveLease).toHaveBeenCalledTimes(1);
    expect(kafka.committedIds).toEqual(['a#0', 'a#1']);
  });

  it('after error 47 ends the leadership where the lease is another’s', async () => {
    const gone = new HeavisideError('LEASE_LOST', 'another holds it');
    const { kafka, output } = setUp({ proveLease: () => Promise.reject(gone) });
    kafka.faults.push({ at: 'write', error: kafkaProtocolError(90, 'Produce') });
    await expect(output.commit(fill(output, 'a'), samplePositionRecord(5, 1))).rejects.toBe(gone);
    expect(kafka.opened).toBe(1); // whoever is not proven leader fences nobody
  });

  it('ends with the leadership, and writes nothing behind its end', async () => {
    const { kafka, output, leadership } = setUp({
      reopen: () => {
        leadership.abort(new HeavisideError('LEASE_LOST', 'deadline'));
        return Promise.resolve(kafka.fence());
      },
    });
    kafka.faults.push({ at: 'write', error: lost });
    await expect(output.commit(fill(output, 'a'), samplePositionRecord(5, 1))).rejects.toMatchObject({
      code: 'LEASE_LOST',
    });
    expect(kafka.committedIds).toEqual([]);
  });

  it('under at_least_once writes the position behind the acknowledgement of the rows, and never before it', async () => {
    const order: string[] = [];
    let failures = 1;
    const unfencedWriter = {
      write: async () => {
        await Promise.resolve();
        if (failures-- > 0) throw lost;
        order.push('rows');
      },
      reset: () => undefined,
    } as unknown as UnfencedWriter;
    const { kafka, output } = setUp({ unfencedWriter, onCommit: () => order.push('position') });
    await output.commit(fill(output, 'a'), samplePositionRecord(5, 1));
    expect(order).toEqual(['rows', 'position']);
    expect([kafka.committed?.commit, kafka.committedIds]).toEqual([1, []]); // the rows went out beside the transaction
  });

  it('keeps the batch while the breaker is open and probes with that same batch', async () => {
    const states: string[] = [];
    const breaker = new SendBreaker({
      failureThreshold: 3,
      resetMs: 20,
      onState: (state) => states.push(state),
    });
    const { kafka, output } = setUp({ breaker });
    for (let i = 0; i < 5; i++) kafka.faults.push({ at: 'write', error: lost });
    await output.commit(fill(output, 'a'), samplePositionRecord(5, 1));
    expect(kafka.committedIds).toEqual(['a#0', 'a#1']);
    expect(states).toEqual(['open', 'half-open', 'open', 'half-open', 'open', 'half-open', 'closed']);
  });

  it.each([
    ['2-2-2', 'kafka.retry.backoff.ms=2000', [2000, 2000, 2000, 2000, 2000]],
    [
      '1-2-4-8-16',
      'kafka.retry.backoff.ms=1000\nkafka.retry.backoff.multiplier=2',
      [1000, 2000, 4000, 8000, 16_000],
    ],
    [
      'no more than the longest',
      'kafka.retry.backoff.ms=1000\nkafka.retry.backoff.max.ms=3000',
      [1000, 2000, 3000, 3000, 3000],
    ],
  ])('waits %s between its attempts', async (_, options, waits) => {
    const file = `producer=kafka\nkafka.bootstrap.servers=localhost:9092\nuser=u\npassword=p\n${options}\n`;
    const { initialMs, multiplier, maxMs } = loadConfigText({ file }).config.kafka.retryBackoff;
    const asked: number[] = [];
    const backoffMs = (failures: number): number => {
      const backoff = new Backoff({ initialMs, multiplier: multiplier ?? 1, maxMs });
      const wait = Array.from({ length: failures }, () => backoff.next()).at(-1) ?? 0;
      asked.push(wait);
      return wait / 1000; // milliseconds for seconds
    };
    const { kafka, output } = setUp({ backoffMs });
    for (let i = 0; i < 5; i++) kafka.faults.push({ at: 'write', error: lost });
    const startedAt = performance.now();
    await output.commit(fill(output, 'a'), samplePositionRecord(5, 1));
    expect(asked).toEqual(waits);
    expect(performance.now() - startedAt).toBeGreaterThanOrEqual(waits.reduce((a, b) => a + b) / 1000 - 5);
  });
});

describe('a topic that takes less', () => {
  it('gets smaller batches, now and from then on', async () => {
    const { kafka, output, failures, dropped } = setUp();
    kafka.maxBatchBytes = 900;
    await output.commit(fill(output, 'a', Array<number>(30).fill(100)), samplePositionRecord(5, 1));
    expect(kafka.committedIds).toEqual(Array.from({ length: 30 }, (_, index) => `a#${index}`));
    expect(failures.every((code) => code === 'KAFKA_RECORD_TOO_LARGE')).toBe(true);
    const before = failures.length;
    await output.commit(fill(output, 'b', Array<number>(30).fill(100)), samplePositionRecord(5, 2));
    expect(failures).toHaveLength(before);
    expect(kafka.committedIds).toHaveLength(60);
    expect(dropped).toEqual([]);
  });

  it('and a record above it is KAFKA_RECORD_TOO_LARGE, which names it', async () => {
    const { kafka, output } = setUp();
    kafka.maxBatchBytes = 900;
    const pending = output.commit(fill(output, 'a', [100, 2000, 100]), samplePositionRecord(5, 1));
    await expect(pending).rejects.toMatchObject({ code: 'KAFKA_RECORD_TOO_LARGE', reaction: 'blocked' });
    await expect(pending).rejects.toThrow('record a#1 of');
    expect(kafka.committedIds).toEqual([]);
  });

  it('with skip is committed without that record', async () => {
    const { kafka, output, dropped } = setUp({ onRecordTooLarge: { kind: 'skip' } });
    kafka.maxBatchBytes = 900;
    await output.commit(fill(output, 'a', [100, 2000, 100, 3000]), samplePositionRecord(5, 1));
    expect(kafka.committedIds).toEqual(['a#0', 'a#2']);
    expect(dropped.map(({ messageId, deadLetterTopic }) => [messageId, deadLetterTopic])).toEqual([
      ['a#1', null],
      ['a#3', null],
    ]);
    expect(kafka.committed?.commit).toBe(1);
  });

  it('whose position record is too large is no matter of the policy', async () => {
    const { kafka, output } = setUp({ onRecordTooLarge: { kind: 'skip' } });
    kafka.faults.push({
      at: 'write',
      error: new BatchTooLargeError(
        {
          topic: 'positions',
          partition: 0,
          batch: { bytes: Buffer.alloc(9), plain: Buffer.alloc(9), recordCount: 1 },
        },
        10,
      ),
    });
    const pending = output.commit(fill(output, 'a'), samplePositionRecord(5, 1));
    await expect(pending).rejects.toMatchObject({ code: 'KAFKA_RECORD_TOO_LARGE' });
  });
});
