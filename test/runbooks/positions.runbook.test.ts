import { Kafka, logLevel } from 'kafkajs';
import { expect, it, onTestFinished } from 'vitest';
import { positionKey } from '../../src/checkpoint/positions-topic.ts';
import { expectClean } from '../support/expect-clean.ts';
import { sequenceOf } from '../support/expected-stream.ts';
import { patience } from '../support/ha-figures.ts';
import { withKafkaAdmin } from '../support/ha-place.ts';
import { RunbookLab } from '../support/runbook-lab.ts';
import { TopicTail } from '../support/topic-tail.ts';
import { waitUntil } from '../support/wait-until.ts';
import { createTopics } from '../support/create-topics.ts';

it('split-by-database.md: every row of both databases once', async () => {
  const lab = await RunbookLab.open('split-by-database', { config: { kafka_topic: '%{database}' } });
  const { cluster } = lab;
  const { brokers, database: shop, clientId, topic } = cluster.place;
  const { hiddenDatabase: crm } = cluster.load;
  const positions = `heaviside.${clientId}-crm.positions`;
  onTestFinished(() =>
    withKafkaAdmin(brokers, (admin) => admin.deleteTopics({ topics: [shop, crm, positions] })).catch(
      () => undefined,
    ),
  );
  await withKafkaAdmin(brokers, (admin) =>
    createTopics(
      admin,
      [shop, crm].map((each) => ({ topic: each, numPartitions: 3 })),
    ),
  );
  const tail = await TopicTail.open(brokers, [shop, crm]);
  onTestFinished(() => tail.close());
  lab.configure({ filter: `exclude: *.*, include: ${shop}.*, include: ${crm}.*` });
  lab.set({ SHOP_DB: shop, CRM_DB: crm });
  await lab.shell('replica_start a; leader_is a; replica_start b');
  cluster.startLoad();
  const flowed = async (count: number): Promise<void> => {
    const goal = tail.records.length + count;
    await waitUntil(() => tail.records.length >= goal, { timeoutMs: 60_000 * patience(), what: 'records' });
  };
  await flowed(500);
  await lab.run("1. Prepare the new cluster's configuration");
  await lab.run('2. End the old cluster, and take its position');
  await lab.run('3. The new cluster begins there');
  await lab.run("4. Take the database out of the old one's filter, and start both");
  await flowed(500);
  await cluster.endLoad();
  const written = cluster.load.log.transactions.flatMap(({ gtid, rows }) =>
    rows.map((_, index) => `${gtid}#${index}`),
  );
  await waitUntil(() => tail.records.length >= written.length, {
    timeoutMs: 60_000 * patience(),
    what: 'every row',
  });
  const seen = tail.records.map(({ messageId }) => messageId);
  expect(seen.length).toBe(written.length);
  expect(new Set(seen)).toEqual(new Set(written));
  expect(tail.records.some((record) => record.topic === crm)).toBe(true);
  const last = new Map<string, number>();
  for (const record of tail.records) {
    const place = `${record.topic} ${record.partition}`;
    const sequence = sequenceOf(record.messageId.split('#')[0] ?? '');
    expect(sequence).toBeGreaterThanOrEqual(last.get(place) ?? 0);
    last.set(place, sequence);
  }
  expect(topic).toBe(clientId);
  lab.expectAllRun();
});

it('rewind.md: what is sent again is the same, and nothing else', async () => {
  const lab = await RunbookLab.open('rewind');
  const { cluster } = lab;
  await lab.shell('replica_start a; leader_is a; replica_start b');
  cluster.startLoad();
  await cluster.flow(500);
  await cluster.endLoad();
  const { rows, transactions } = cluster.load.progress;
  await waitUntil(() => cluster.tail.records.length >= rows, {
    timeoutMs: 60_000 * patience(),
    what: 'every row',
  });
  const sent = [...cluster.tail.records];
  const first =
    cluster.load.log.transactions
      .map(({ gtid }) => gtid ?? '')
      .toSorted((a, b) => sequenceOf(a) - sequenceOf(b))[Math.floor(transactions / 2)] ?? '';
  lab.set({ FIRST_GTID: first });
  await lab.run('1. The position now, written down');
  await lab.run('2. Where to');
  await lab.run('3. Set it');
  const again = sent.filter(
    ({ messageId }) => sequenceOf(messageId.split('#')[0] ?? '') >= sequenceOf(first),
  );
  await waitUntil(() => cluster.tail.records.length >= rows + again.length, {
    timeoutMs: 60_000 * patience(),
    what: 'the rows again',
  });
  const repeated = cluster.tail.records.slice(rows);
  const texts = (records: typeof repeated): string[] =>
    records
      .map(({ partition, messageId, key, value }) => `${partition} ${messageId} ${key} ${value}`)
      .toSorted();
  expect(again.length).toBeGreaterThan(0);
  expect(texts(repeated)).toEqual(texts(again));
  expect(Math.min(...repeated.map(({ epoch }) => epoch))).toBeGreaterThan(sent[0]?.epoch ?? Infinity);
  await lab.run('A rewind that was a mistake');
  lab.expectAllRun();
});

it('rollback.md: a newer position format is refused, and left behind without a gap', async () => {
  const lab = await RunbookLab.open('rollback');
  const { cluster } = lab;
  const { brokers, positionsTopic, clientId } = cluster.place;
  onTestFinished(() =>
    withKafkaAdmin(brokers, (admin) =>
      admin.deleteTopics({ topics: [`heaviside.${clientId}.positions-2`] }),
    ).catch(() => undefined),
  );
  await lab.shell('replica_start a; leader_is a');
  cluster.startLoad();
  await cluster.flow(300);
  await lab.shell('replica_stop a');
  const { record } = JSON.parse(await lab.shell('heaviside position get --json')) as {
    record: { gtidSet: string; split: unknown };
  };
  expect(record.split).toBeNull();
  lab.set({ WRITTEN_DOWN: record.gtidSet });
  await writeNewerRecord(brokers, positionsTopic, { ...record, v: 2 });
  const checkpoint = cluster.redisKey('checkpoint');
  await cluster.redis(async (redis) => {
    const stored = await redis.hgetall(checkpoint);
    for (const [field, value] of Object.entries(stored))
      if (value.includes('"v":1')) await redis.hset(checkpoint, field, value.replace('"v":1', '"v":2'));
  });
  const { length } = cluster.tail.records;
  await lab.run('A newer position format: refused');
  expect(cluster.tail.records.length).toBe(length);
  await lab.run('Go back all the same');
  await cluster.flow(300);
  expectClean(await cluster.finish());
  lab.expectAllRun();
});

/** What a version of the future would leave. */
async function writeNewerRecord(brokers: readonly string[], topic: string, record: object): Promise<void> {
  const producer = new Kafka({ brokers: [...brokers], logLevel: logLevel.NOTHING }).producer();
  await producer.connect();
  await producer.send({ topic, messages: [{ key: positionKey, value: JSON.stringify(record) }] });
  await producer.disconnect();
}
