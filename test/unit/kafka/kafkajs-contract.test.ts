import { createRequire } from 'node:module';
import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { HeavisideError } from '../../../src/errors.ts';
import { createCompressor, type CompressionType } from '../../../src/kafka/compression.ts';
import { assertKafkaJsVersion } from '../../../src/kafka/kafkajs-driver.ts';
import { encodeProduce } from '../../../src/kafka/produce-request.ts';
import { requestHead } from '../../../src/kafka/raw-request.ts';
import { stampBatch, type RecordBatch } from '../../../src/kafka/record-batch.ts';
import { RecordBatchWriter } from '../../../src/kafka/record-batch-writer.ts';
import { appendTo, type TestRecord } from '../../support/record-batches.ts';

/*
 * What we write in place of kafkajs, against kafkajs itself: whole Produce requests, from the size in front to the last
 * byte of the last batch. One thing differs on purpose: the leader epoch in front of a batch, -1 (unknown) as Java's
 * producer has it, where kafkajs writes 0.
 */

const require = createRequire(import.meta.url);
interface Encoded {
  readonly buffer: Buffer;
}
const createRequest = require('kafkajs/src/protocol/request') as (options: object) => Promise<Encoded>;
const produceV7 = require('kafkajs/src/protocol/requests/produce/v7/request') as (options: object) => object;
const { Codecs } = require('kafkajs/src/protocol/message/compression') as {
  Codecs: Record<number, () => { compress: (encoder: Encoded) => Promise<Uint8Array> }>;
};
const RequestQueue = require('kafkajs/src/network/requestQueue') as new (options: object) => {
  throttledUntil: number;
  throttleCheckTimeoutId: unknown;
  checkPendingRequests(): void;
  push(request: object): void;
  destroy(): void;
};

const timestampMs = 1_700_000_000_123;
const codes: Record<CompressionType, number> = { none: 0, gzip: 1, snappy: 2, lz4: 3, zstd: 4 };
const producer = { producerId: 5_000_000_001n, producerEpoch: 7, isTransactional: true };
const request = { transactionalId: 'heaviside.maxwell', acks: -1 as const, timeoutMs: 12_345 };

interface Partition {
  readonly topic: string;
  readonly partition: number;
  readonly sequence: number;
  readonly records: readonly TestRecord[];
}

const bytes = (maxLength: number): fc.Arbitrary<Buffer> =>
  fc.uint8Array({ minLength: 1, maxLength }).map((each) => Buffer.from(each));
const record: fc.Arbitrary<TestRecord> = fc.record({
  key: fc.option(bytes(90)),
  value: fc.option(fc.oneof(bytes(40), bytes(400), bytes(6000))),
  headers: fc
    .dictionary(fc.string({ minLength: 1, maxLength: 12, unit: 'grapheme-ascii' }), bytes(200), {
      noNullPrototype: true,
    })
    // Names that are integers would be put in another order by the object that kafkajs takes.
    .map((each) => Object.entries(each).filter(([name]) => !/^\d+$/.test(name))),
});
const partitions: fc.Arbitrary<Partition[]> = fc.uniqueArray(
  fc.record({
    topic: fc.constantFrom('orders', 'shop.customers', 'ünïcode'),
    partition: fc.nat(3),
    sequence: fc.nat(),
    records: fc.array(record, { minLength: 1, maxLength: 12 }),
  }),
  { minLength: 1, maxLength: 6, selector: ({ topic, partition }) => `${topic}-${partition}` },
);

async function ours(all: readonly Partition[], codec: CompressionType): Promise<Buffer> {
  const compressor = await createCompressor(codec);
  const parts: { topic: string; partition: number; batch: RecordBatch }[] = [];
  for (const { topic, partition, sequence, records } of all) {
    const writer = new RecordBatchWriter();
    for (const each of records) appendTo(writer, each);
    const batch = await writer.finish(timestampMs, compressor);
    stampBatch(batch, producer, sequence);
    batch.bytes.writeInt32BE(0, 12); // the leader epoch
    parts.push({ topic, partition, batch });
  }
  const body = encodeProduce(parts, request);
  const head = requestHead({ apiKey: 0, apiVersion: 7, apiName: 'Produce', body }, 77, 'heaviside');
  return Buffer.concat([head, ...body]);
}

async function byKafkaJs(all: readonly Partition[], codec: CompressionType): Promise<Buffer> {
  const compressor = await createCompressor(codec);
  // gzip is kafkajs's own; for the others it has a place only.
  if (compressor && codec !== 'gzip')
    Codecs[codes[codec]] = () => ({
      compress: async ({ buffer }) => Buffer.from(await compressor.compress(buffer)),
    });
  const topics = new Map<string, object[]>();
  for (const { topic, partition, sequence, records } of all) {
    const messages = records.map(({ key, value, headers }) => ({
      key,
      value,
      headers: Object.fromEntries(headers),
      timestamp: String(timestampMs),
    }));
    const data = { partition, messages, firstSequence: sequence };
    topics.set(topic, [...(topics.get(topic) ?? []), data]);
  }
  const encoded = await createRequest({
    correlationId: 77,
    clientId: 'heaviside',
    request: produceV7({
      acks: request.acks,
      timeout: request.timeoutMs,
      transactionalId: request.transactionalId,
      producerId: String(producer.producerId),
      producerEpoch: producer.producerEpoch,
      compression: codes[codec],
      topicData: [...topics].map(([topic, members]) => ({ topic, partitions: members })),
    }),
  });
  return encoded.buffer;
}

describe('what is written in place of kafkajs', () => {
  it.each(Object.keys(codes) as CompressionType[])(
    'is its Produce request byte for byte, whatever the records: %s',
    async (codec) => {
      await fc.assert(
        fc.asyncProperty(partitions, async (all) => {
          const [one, other] = await Promise.all([ours(all, codec), byKafkaJs(all, codec)]);
          expect(one.equals(other)).toBe(true);
        }),
        { numRuns: 40 },
      );
    },
  );

  it('is refused over a kafkajs of another version', () => {
    expect(() => assertKafkaJsVersion()).not.toThrow();
    expect(() => assertKafkaJsVersion('2.2.5')).toThrow(HeavisideError);
    expect(() => assertKafkaJsVersion('2.2.5')).toThrow('kafkajs 2.2.5 is installed, 2.2.4 is needed');
  });

  it('leaves no timer behind where nothing waits, and one where the broker throttles', () => {
    const queue = new RequestQueue({
      maxInFlightRequests: null,
      requestTimeout: 1000,
      enforceRequestTimeout: true,
      clientId: 'c',
      broker: 'b',
      logger: { debug: vi.fn<() => void>(), warn: vi.fn<() => void>() },
    });
    queue.checkPendingRequests();
    expect(queue.throttleCheckTimeoutId).toBeNull();
    queue.throttledUntil = Date.now() + 10_000;
    queue.push({
      entry: { correlationId: 1 },
      expectResponse: true,
      requestTimeout: null,
      sendRequest: vi.fn<() => void>(),
    });
    expect(queue.throttleCheckTimeoutId).not.toBeNull();
    queue.destroy();
  });
});
