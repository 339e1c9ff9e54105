import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { batchHeaderBytes, stampBatch } from '../../../src/kafka/record-batch.ts';
import { pendingRecords, readBatches } from '../../../src/kafka/record-batch-reader.ts';
import { ByteSinkPool } from '../../../src/model/byte-sink-pool.ts';
import { KafkaBatch, type PartitionBatches } from '../../../src/produce/kafka-batch.ts';

const limit = 600;
/** One for all tests: what a batch leaves in a buffer must not show in the next one. */
const buffers = new ByteSinkPool(64, 1e6);

function createBatch(
  options: { maxBytes?: number; maxPartitions?: number; epoch?: number } = {},
): KafkaBatch {
  return new KafkaBatch({
    epoch: options.epoch ?? 12,
    recordBatchBytes: () => limit,
    maxBytes: options.maxBytes ?? 1e9,
    maxPartitions: options.maxPartitions ?? 50,
    partitionCount: () => 8,
    prepareTopic: () => Promise.resolve(),
    buffers,
  });
}

interface Row {
  readonly topic: string;
  readonly partition: number;
  readonly size: number;
}

function write(batch: KafkaBatch, { topic, partition, size }: Row, index: number | string): void {
  const sink = batch.beginRecord(topic, partition);
  sink.writeAscii(`k${size}`);
  batch.endKey();
  sink.writeBytes(Buffer.alloc(size, 0x76));
  batch.endRecord(index);
}

/** `topic-partition` → message ids and value sizes, in order; checks what every batch must be. */
function contents(parts: readonly PartitionBatches[]): Map<string, string[]> {
  const found = new Map<string, string[]>();
  for (const { topic, partition, batches } of parts) {
    const records = batches.flatMap((batch) => {
      if (batch.recordCount > 1) expect(batch.bytes.length).toBeLessThanOrEqual(limit);
      stampBatch(batch, { producerId: 1n, producerEpoch: 1, isTransactional: true }, 0);
      // The offsets within the batch are consecutive: a broker refuses it otherwise.
      const read = readBatches(batch.bytes)[0];
      expect(read?.records.map(({ offset }) => Number(offset))).toEqual([...Array(batch.recordCount).keys()]);
      return pendingRecords(batch);
    });
    const told = records.map(({ headers, value }) => `${headers.get('message_id')}/${value?.length}`);
    if (told.length > 0) found.set(`${topic}-${partition}`, told);
  }
  return found;
}

const row: fc.Arbitrary<Row> = fc.record({
  topic: fc.constantFrom('a', 'b'),
  partition: fc.nat(2),
  size: fc.oneof(
    { weight: 4, arbitrary: fc.integer({ min: 1, max: 120 }) },
    fc.integer({ min: 400, max: 20_000 }),
  ),
});
const transactions = fc.array(fc.record({ rows: fc.array(row, { maxLength: 25 }), isKept: fc.boolean() }), {
  minLength: 1,
  maxLength: 8,
});

describe('a Kafka batch', () => {
  it('holds the rows of the transactions that were kept, in order, in batches below the limit', async () => {
    await fc.assert(
      fc.asyncProperty(transactions, async (all) => {
        const batch = createBatch();
        const expected = new Map<string, string[]>();
        for (const [number, { rows, isKept }] of all.entries()) {
          const before = { bytes: batch.byteLength, records: batch.recordCount };
          batch.beginTransaction(`0-1-${number}`);
          rows.forEach((each, index) => write(batch, each, index));
          if (!isKept) {
            batch.rollbackTransaction();
            expect({ bytes: batch.byteLength, records: batch.recordCount }).toEqual(before);
            continue;
          }
          for (const [index, { topic, partition, size }] of rows.entries()) {
            const place = `${topic}-${partition}`;
            expected.set(place, [...(expected.get(place) ?? []), `0-1-${number}#${index}/${size}`]);
          }
        }
        const parts = await batch.finish(1_700_000_000_000, null);
        expect(contents(parts)).toEqual(expected);
        const plain = parts
          .flatMap((part) => part.batches)
          .map((each) => each.plain.length - batchHeaderBytes);
        expect(batch.byteLength).toBe(plain.reduce((sum, bytes) => sum + bytes, 0));
        batch.release();
      }),
      { numRuns: 300 },
    );
  });

  it('takes back what filled several batches of several partitions', async () => {
    const batch = createBatch();
    batch.beginTransaction('0-1-1');
    for (const partition of [0, 1]) write(batch, { topic: 'a', partition, size: 100 }, partition);
    batch.beginTransaction('0-1-2');
    for (let i = 0; i < 60; i++) write(batch, { topic: 'a', partition: i % 3, size: 100 }, i);
    batch.rollbackTransaction();
    batch.beginTransaction('0-1-3');
    write(batch, { topic: 'a', partition: 1, size: 50 }, 0);
    expect(contents(await batch.finish(1, null))).toEqual(
      new Map([
        ['a-0', ['0-1-1#0/100']],
        ['a-1', ['0-1-1#1/100', '0-1-3#0/50']],
      ]),
    );
  });

  it('gives every record its message_id and the epoch', async () => {
    const batch = createBatch({ epoch: 4_000_000 });
    batch.beginTransaction('binlog.000007:1234');
    write(batch, { topic: 'a', partition: 0, size: 3 }, '4.t');
    const [part] = await batch.finish(1, null);
    const records = part?.batches.flatMap(pendingRecords) ?? [];
    expect(records.map(({ headers }) => Object.fromEntries(headers))).toEqual([
      { message_id: 'binlog.000007:1234#4.t', epoch: '4000000' },
    ]);
  });

  it('counts the message_id on over every digit, and starts anew where it does not', async () => {
    const batch = createBatch();
    const indices = [
      ...Array.from({ length: 1102 }, (_, index) => index),
      5,
      6,
      '6.t',
      7,
      99,
      100,
      9998,
      9999,
      10_000,
    ];
    batch.beginTransaction('0-1-1');
    for (const index of indices) write(batch, { topic: 'a', partition: 0, size: 3 }, index);
    batch.beginTransaction('a-longer-id:4242');
    for (const index of [0, 1]) write(batch, { topic: 'a', partition: 0, size: 3 }, index);
    const [part] = await batch.finish(1, null);
    const records = part?.batches.flatMap(pendingRecords) ?? [];
    expect(records.map(({ headers }) => headers.get('message_id'))).toEqual([
      ...indices.map((index) => `0-1-1#${index}`),
      'a-longer-id:4242#0',
      'a-longer-id:4242#1',
    ]);
    expect(new Set(records.map(({ headers }) => headers.get('epoch')))).toEqual(new Set(['12']));
  });

  it('is full by bytes, and by partitions', () => {
    const byBytes = createBatch({ maxBytes: 1000 });
    byBytes.beginTransaction('t');
    write(byBytes, { topic: 'a', partition: 0, size: 900 }, 0);
    expect(byBytes.isFull()).toBe(false);
    write(byBytes, { topic: 'a', partition: 0, size: 100 }, 1);
    expect(byBytes.isFull()).toBe(true);
    const byPartitions = createBatch({ maxPartitions: 2 });
    byPartitions.beginTransaction('t');
    write(byPartitions, { topic: 'a', partition: 0, size: 1 }, 0);
    expect(byPartitions.isFull()).toBe(false);
    write(byPartitions, { topic: 'b', partition: 0, size: 1 }, 1);
    expect(byPartitions.isFull()).toBe(true);
  });
});
