import { createHash, randomBytes } from 'node:crypto';
import { Kafka, logLevel, type Admin } from 'kafkajs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { ensureStack } from '../../scripts/stack/ensure-stack.ts';
import { kafkaJars } from '../../scripts/stack/kafka.ts';
import { createCompressor, type CompressionType } from '../../src/kafka/compression.ts';
import { readWithJava } from '../support/java-reader.ts';
import { teachCodecs } from '../support/kafka-codecs.ts';
import { KafkaWriter } from '../support/kafka-writer.ts';
import { readCommitted } from '../support/read-values.ts';

const name = `readers-${randomBytes(4).toString('hex')}`;
let brokers: string[] = [];
let jars = '';
let admin: Admin;

beforeAll(async () => {
  const stack = await ensureStack({ brokers: 1 });
  brokers = stack.kafka.map(({ host, port }) => `${host}:${port}`);
  jars = await kafkaJars(stack.dir);
  admin = new Kafka({ brokers, logLevel: logLevel.NOTHING }).admin();
  await admin.connect();
  teachCodecs();
});

afterAll(async () => {
  const topics = (await admin.listTopics()).filter((topic) => topic.startsWith(name));
  await admin.deleteTopics({ topics });
  await admin.disconnect();
});

it.each(['none', 'gzip', 'snappy', 'lz4', 'zstd'] satisfies CompressionType[])(
  'Java’s and kafkajs’s consumers read the same under %s',
  async (type) => {
    const topic = `${name}-${type}`;
    const compressor = await createCompressor(type);
    const writer = await KafkaWriter.open({
      brokers,
      name: topic,
      epoch: 3,
      output: { compressor, recordBatchBytes: 20_000 },
    });
    const large = `a${'large 😁 '.repeat(30_000)}`;
    const values = Array.from({ length: 400 }, (_, i) => `${'abc'[i % 3]} row ${i} ü ${'x'.repeat(i)}`);
    try {
      await writer.write([...values.slice(0, 200), large]);
      await writer.write(values.slice(200));
      expect(writer.failures).toEqual([]);
    } finally {
      await writer.close();
    }
    const byKafkaJs = await readCommitted(brokers, topic);
    const byJava = await readWithJava(jars, brokers, topic);
    const comparable = (records: typeof byJava): unknown[] =>
      records
        .map((record) => ({ ...record, arrivedAt: 0 }))
        .sort((a, b) => a.partition - b.partition || a.offset - b.offset);
    expect(comparable(byJava)).toEqual(comparable(byKafkaJs));
    expect(byJava.map(({ value }) => value ?? '').sort()).toEqual([...values, large].sort());
    const ids = byJava.map(({ messageId }) => messageId);
    expect(new Set(ids).size).toBe(401);
    expect(byJava.every(({ epoch, messageId }) => epoch === 3 && /^0-3-[12]#\d+$/.test(messageId))).toBe(
      true,
    );
  },
);

const sizes = [1, 2, 100, 10_000, 300_000, 1_000_000];

it.each(['none', 'gzip', 'snappy', 'lz4', 'zstd'] satisfies CompressionType[])(
  'Java’s consumer reads bytes of Avro, from one to a million, compressible or not, under %s',
  async (type) => {
    const topic = `${name}-bytes-${type}`;
    const values = sizes.flatMap((size) => [
      randomBytes(size),
      Buffer.from(Array.from({ length: size }, (_, index) => (index >> 6) & 0xff)),
    ]);
    const writer = await KafkaWriter.open({
      brokers,
      name: topic,
      epoch: 4,
      session: { maxRequestBytes: 4 << 20 },
      output: { compressor: await createCompressor(type) },
    });
    try {
      await writer.write(values.slice(0, 6));
      await writer.write(values.slice(6));
      expect(writer.failures).toEqual([]);
    } finally {
      await writer.close();
    }
    const digest = (bytes: Buffer): string =>
      `${bytes.length} ${createHash('sha256').update(bytes).digest('hex')}`;
    const read = await readWithJava(jars, brokers, topic, { form: 'bytes' });
    expect(read.map(({ value }) => digest(Buffer.from(value ?? '', 'hex'))).sort()).toEqual(
      values.map(digest).sort(),
    );
  },
);
