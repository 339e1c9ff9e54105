import { Kafka, logLevel, type Admin, type Message, type Producer } from 'kafkajs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { ensureStack } from '../../scripts/stack/ensure-stack.ts';
import { kafkaJars } from '../../scripts/stack/kafka.ts';
import { readWithJava } from '../support/java-reader.ts';
import { scanLog } from '../support/log-scan.ts';
import { TopicTail } from '../support/topic-tail.ts';
import { waitUntil } from '../support/wait-until.ts';
import { createTopics } from '../support/create-topics.ts';

const topic = `readers-${Date.now()}`;
let brokers: string[] = [];
let stackDir = '';
let admin: Admin;
let producer: Producer;

function messages(first: number, count: number): Message[] {
  return Array.from({ length: count }, (_, index) => ({
    key: `key "${first + index}"`,
    value: JSON.stringify({ text: 'tab \t and 😁', number: first + index }),
    partition: (first + index) % 2,
    headers: { message_id: `0-1-${first + index}#0`, epoch: '3' },
  }));
}

async function write(first: number, end: 'commit' | 'abort'): Promise<void> {
  const transaction = await producer.transaction();
  await transaction.send({ topic, messages: messages(first, 20) });
  await transaction[end]();
}

beforeAll(async () => {
  const stack = await ensureStack({ brokers: 1 });
  brokers = stack.kafka.map(({ host, port }) => `${host}:${port}`);
  stackDir = stack.dir;
  const kafka = new Kafka({ brokers, logLevel: logLevel.NOTHING });
  admin = kafka.admin();
  producer = kafka.producer({ transactionalId: topic, idempotent: true, maxInFlightRequests: 1 });
  await admin.connect();
  await producer.connect();
  await createTopics(admin, [{ topic, numPartitions: 2 }]);
});

afterAll(async () => {
  await producer.disconnect();
  await admin.deleteTopics({ topics: [topic] });
  await admin.disconnect();
});

it('the readers see what was committed, and the scan sees what was not', { timeout: 60_000 }, async () => {
  await write(0, 'commit');
  await write(100, 'abort');
  await write(200, 'commit');
  const open = await producer.transaction();
  await open.send({ topic, messages: messages(300, 4) });

  const whileOpen = await scanLog(brokers, topic);
  expect(whileOpen).toMatchObject({ commitMarkers: 4, abortMarkers: 2, abortedRecords: 20 });
  expect(whileOpen).toMatchObject({ openTransactions: 2, isStable: false });
  expect(whileOpen.committedRecords).toEqual(
    new Map([
      [0, 20],
      [1, 20],
    ]),
  );

  const tail = await TopicTail.open(brokers, [topic]);
  try {
    await waitUntil(() => tail.records.length >= 40, {
      timeoutMs: 20_000,
      what: 'the tail to read 40 records',
    });
    await open.abort();
    await write(400, 'commit');
    await waitUntil(() => tail.records.length >= 60, { timeoutMs: 20_000, what: 'the tail to read on' });
  } finally {
    await tail.close();
  }
  expect(await scanLog(brokers, topic)).toMatchObject({
    abortMarkers: 4,
    abortedRecords: 24,
    openTransactions: 0,
  });

  const numbers = (records: readonly { messageId: string }[]): number[] =>
    records.map(({ messageId }) => Number(/-(\d+)#0$/.exec(messageId)?.[1])).sort((a, b) => a - b);
  const committed = [0, 200, 400].flatMap((first) => Array.from({ length: 20 }, (_, index) => first + index));
  expect(numbers(tail.records)).toEqual(committed);

  const byJava = await readWithJava(await kafkaJars(stackDir), brokers, topic);
  const comparable = (records: typeof byJava): typeof byJava =>
    records
      .map((record) => ({ ...record, arrivedAt: 0 }))
      .sort((a, b) => a.partition - b.partition || a.offset - b.offset);
  expect(comparable(byJava)).toEqual(comparable(tail.records));
  expect(byJava[0]).toMatchObject({ epoch: 3, key: expect.stringContaining('key "') as unknown });
});
