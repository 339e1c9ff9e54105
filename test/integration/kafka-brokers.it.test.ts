import { randomBytes } from 'node:crypto';
import { Kafka, logLevel, type Admin } from 'kafkajs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { ensureStack } from '../../scripts/stack/ensure-stack.ts';
import { startServer, stopServer } from '../../scripts/stack/local-servers.ts';
import { KafkaWriter } from '../support/kafka-writer.ts';
import { readCommitted } from '../support/read-values.ts';
import { waitUntil } from '../support/wait-until.ts';

/** A round takes 15 to 20 s on two cores; 20 rounds are for changes of src/kafka. */
const rounds = Number(process.env['HEAVISIDE_TEST_ROUNDS'] ?? 4);
const name = `brokers-${randomBytes(4).toString('hex')}`;
let brokers: string[] = [];
let admin: Admin;

beforeAll(async () => {
  const stack = await ensureStack({ brokers: 3 });
  brokers = stack.kafka3.map(({ host, port }) => `${host}:${port}`);
  admin = new Kafka({ brokers, logLevel: logLevel.NOTHING, requestTimeout: 5000 }).admin();
  await admin.connect();
});

afterAll(async () => {
  await ensureStack({ brokers: 3 });
  const topics = (await admin.listTopics()).filter((topic) => topic.startsWith(name));
  await admin.deleteTopics({ topics });
  await admin.disconnect();
});

// With three brokers, replication 3 and min.insync 2, one broker away stops nothing but what it led.
it(
  `a broker of three killed during writes, ${rounds} times: nothing is lost and nothing doubled`,
  { timeout: 60_000 + rounds * 40_000 },
  async () => {
    const writer = await KafkaWriter.open({ brokers, name, epoch: 1, partitions: 6, replicationFactor: 3 });
    const expected: string[] = [];
    let row = 0;
    let isOver = false;
    const write = async (): Promise<void> => {
      while (!isOver) {
        const values = Array.from({ length: 50 }, () => `${String.fromCharCode(97 + (row % 6))}${row++}`);
        await writer.write(values);
        expected.push(...values);
      }
    };
    const writing = write();
    let failedRounds = 0;
    try {
      for (let round = 0; round < rounds; round++) {
        const server = `kafka3-${round % 3}`;
        const [failures, commits] = [writer.failures.length, expected.length];
        await Promise.race([stopServer(server, round % 2 ? 'SIGTERM' : 'SIGKILL'), writing]);
        await startServer(server);
        // Elections take seconds; then writing goes on, by itself.
        await waitUntil(() => expected.length > commits, { timeoutMs: 30_000, what: 'writing to go on' });
        if (writer.failures.length > failures) failedRounds++;
      }
    } finally {
      isOver = true;
      await writing;
      await writer.close();
    }
    // Every other broker is killed, the rest leave in order, which may cost nothing: fewer failures, and the fault did not bite.
    expect(failedRounds).toBeGreaterThanOrEqual(rounds / 2);
    const seen = await readCommitted(brokers, name);
    expect(seen.map(({ value }) => value ?? '').sort()).toEqual(expected.sort());
    for (let partition = 0; partition < 6; partition++) {
      const numbers = seen
        .filter((each) => each.partition === partition)
        .map(({ value }) => Number(value?.slice(1)));
      expect(numbers).toEqual([...numbers].sort((a, b) => a - b));
    }
  },
);
