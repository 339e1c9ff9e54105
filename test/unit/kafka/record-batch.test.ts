import { createRequire } from 'node:module';
import { gunzipSync } from 'node:zlib';
import { crc32c } from '@node-rs/crc32';
import fc from 'fast-check';
import { decompress as decompressZstd } from 'fzstd';
import { decompressFrame } from 'lz4-napi';
import { uncompress } from 'snappy';
import { describe, expect, it } from 'vitest';
import { createCompressor, type CompressionType } from '../../../src/kafka/compression.ts';
import { batchHeaderBytes, stampBatch, type BatchProducer } from '../../../src/kafka/record-batch.ts';
import { pendingRecords, readBatches } from '../../../src/kafka/record-batch-reader.ts';
import { RecordBatchWriter } from '../../../src/kafka/record-batch-writer.ts';
import { appendTo, type TestRecord } from '../../support/record-batches.ts';

interface KafkaJsEncoder {
  readonly buffer: Buffer;
}
const require = createRequire(import.meta.url);
const { RecordBatch } = require('kafkajs/src/protocol/recordBatch/v0') as {
  RecordBatch: (batch: object) => Promise<KafkaJsEncoder>;
};
const kafkaJsRecord = require('kafkajs/src/protocol/recordBatch/record/v0') as (
  record: object,
) => KafkaJsEncoder;

const timestampMs = 1_700_000_000_123;
const producer: BatchProducer = { producerId: 5_000_000_001n, producerEpoch: 7, isTransactional: true };

/** The same batch by kafkajs's own encoder. */
async function byKafkaJs(records: readonly TestRecord[], firstSequence: number): Promise<Buffer> {
  const encoded = records.map(({ key, value, headers }, offsetDelta) =>
    kafkaJsRecord({ offsetDelta, timestampDelta: 0, key, value, headers: Object.fromEntries(headers) }),
  );
  const batch = await RecordBatch({
    partitionLeaderEpoch: -1,
    firstTimestamp: timestampMs,
    maxTimestamp: timestampMs,
    lastOffsetDelta: records.length - 1,
    transactional: producer.isTransactional,
    producerId: String(producer.producerId),
    producerEpoch: producer.producerEpoch,
    firstSequence,
    records: encoded,
  });
  return batch.buffer;
}

async function byUs(records: readonly TestRecord[], firstSequence: number): Promise<Buffer> {
  const writer = new RecordBatchWriter();
  for (const record of records) appendTo(writer, record);
  const batch = await writer.finish(timestampMs, null);
  stampBatch(batch, producer, firstSequence);
  return batch.bytes;
}

const bytes = (maxLength: number): fc.Arbitrary<Buffer> =>
  fc.uint8Array({ minLength: 1, maxLength }).map((each) => Buffer.from(each));
const headers = fc
  .dictionary(fc.string({ minLength: 1, maxLength: 12, unit: 'grapheme-ascii' }), bytes(200), {
    noNullPrototype: true,
  })
  // Names that are integers would be put in another order by the object that kafkajs takes.
  .map((each) => Object.entries(each).filter(([name]) => !/^\d+$/.test(name)));
const anyRecord: fc.Arbitrary<TestRecord> = fc.record({
  key: fc.option(bytes(90)),
  value: fc.option(fc.oneof(bytes(40), bytes(300), bytes(20_000))),
  headers,
});

const plainRecord = (size: number): TestRecord => ({
  key: Buffer.from('key'),
  value: Buffer.alloc(size, 0x61),
  headers: [['message_id', Buffer.from('0-1-2#3')]],
});

describe('a record batch', () => {
  it('is byte for byte what kafkajs encodes, whatever the records', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(anyRecord, { minLength: 1, maxLength: 30 }),
        fc.nat(),
        async (records, firstSequence) => {
          const [ours, theirs] = await Promise.all([
            byUs(records, firstSequence),
            byKafkaJs(records, firstSequence),
          ]);
          expect(ours.equals(theirs)).toBe(true);
        },
      ),
      { numRuns: 150 },
    );
  });

  it.each([
    ['a tombstone', [{ key: Buffer.from('k'), value: null, headers: [] }]],
    ['a null key', [{ key: null, value: Buffer.from('v'), headers: [] }]],
    ['5,000 records', Array.from({ length: 5000 }, (_, i) => plainRecord(1 + (i % 300)))],
    // Lengths on both sides of where a varint grows: the room that was guessed is wrong in both directions.
    [
      'lengths at the steps of a varint',
      [1, 62, 63, 64, 65, 8190, 8191, 8192, 10, 2_097_151, 1, 70].map(plainRecord),
    ],
  ] as const)('is what kafkajs encodes: %s', async (_, records) => {
    const ours = await byUs(records, 12);
    expect(ours.equals(await byKafkaJs(records, 12))).toBe(true);
  });

  it.each(['gzip', 'snappy', 'lz4', 'zstd'] satisfies CompressionType[])(
    'keeps its records under %s',
    async (type) => {
      const decompress = {
        gzip: (data: Buffer) => gunzipSync(data),
        snappy: (data: Buffer) => uncompress(data, { asBuffer: true }),
        lz4: (data: Buffer) => decompressFrame(data),
        zstd: (data: Buffer) => decompressZstd(data),
      }[type];
      const writer = new RecordBatchWriter();
      for (let i = 0; i < 500; i++) appendTo(writer, plainRecord(i));
      const batch = await writer.finish(timestampMs, await createCompressor(type));
      stampBatch(batch, producer, 0);
      const records = await decompress(batch.bytes.subarray(batchHeaderBytes));
      expect(Buffer.from(records as Uint8Array).equals(batch.plain.subarray(batchHeaderBytes))).toBe(true);
      expect(batch.bytes.length).toBeLessThan(batch.plain.length / 5);
      expect(batch.bytes.readUInt32BE(17)).toBe(crc32c(batch.bytes.subarray(21)));
      expect(batch.bytes.readInt16BE(21) & 0x07).toBe({ gzip: 1, snappy: 2, lz4: 3, zstd: 4 }[type]);
      expect(batch.bytes.readInt32BE(8)).toBe(batch.bytes.length - 12);
    },
  );

  it('can be stamped again for a replay by another producer', async () => {
    const records = [plainRecord(100), plainRecord(7)];
    const writer = new RecordBatchWriter();
    for (const record of records) appendTo(writer, record);
    const batch = await writer.finish(timestampMs, null);
    stampBatch(batch, { producerId: 1n, producerEpoch: 0, isTransactional: false }, 99);
    expect(batch.bytes.readInt16BE(21)).toBe(0);
    stampBatch(batch, producer, 3);
    expect(batch.bytes.equals(await byKafkaJs(records, 3))).toBe(true);
  });

  it('gives its records back, and a record that was taken out fits into another batch', async () => {
    const first = new RecordBatchWriter();
    const second = new RecordBatchWriter();
    appendTo(second, plainRecord(1));
    appendTo(first, plainRecord(3));
    // 64 and 9000: the record's length takes more bytes than the one before, so that it is moved as it ends.
    for (const size of [64, 9000]) {
      appendTo(first, plainRecord(size));
      second.appendRecord(first.takeLastRecord());
    }
    const [left, right] = await Promise.all([
      first.finish(timestampMs, null),
      second.finish(timestampMs, null),
    ]);
    expect(pendingRecords(left).map(({ value }) => value?.length)).toEqual([3]);
    expect(pendingRecords(right).map(({ value }) => value?.length)).toEqual([1, 64, 9000]);
    expect(pendingRecords(right)[2]?.headers).toEqual(new Map([['message_id', '0-1-2#3']]));
    stampBatch(right, producer, 0);
    expect(right.bytes.equals(await byKafkaJs([1, 64, 9000].map(plainRecord), 0))).toBe(true);
  });

  it('is read back with its offsets, and a cut one at the end is left out', async () => {
    const one = await byUs([plainRecord(5), { key: null, value: null, headers: [] }], 0);
    const two = Buffer.from(await byUs([plainRecord(6)], 2));
    two.writeBigInt64BE(40n, 0);
    const read = readBatches(Buffer.concat([one, two, one.subarray(0, one.length - 1)]));
    expect(read.map(({ baseOffset, nextOffset }) => [baseOffset, nextOffset])).toEqual([
      [0n, 2n],
      [40n, 41n],
    ]);
    expect(read[0]?.records[1]).toEqual({ offset: 1n, key: null, value: null });
    expect(read[1]?.records[0]?.offset).toBe(40n);
    expect(read[0]?.producerId).toBe(producer.producerId);
  });
});
