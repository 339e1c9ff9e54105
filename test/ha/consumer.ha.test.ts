import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { withKafkaAdmin } from '../support/ha-place.ts';
import { patience } from '../support/ha-figures.ts';
import { HaCluster } from '../support/ha-cluster.ts';
import { LoadConnection } from '../support/load-connection.ts';
import { loadTables } from '../support/load-table.ts';
import { waitUntil } from '../support/wait-until.ts';

const EXAMPLE = join(import.meta.dirname, '..', '..', 'examples', 'consumer', 'consume.mjs');

function consume(cluster: HaCluster, database: string): ChildProcess {
  const { source, brokers, topic } = cluster.place;
  const { host, port, user, password } = source;
  return spawn(process.execPath, [EXAMPLE], {
    stdio: ['ignore', 'ignore', 'inherit'],
    env: {
      ...process.env,
      KAFKA: brokers.join(','),
      TOPIC: topic,
      GROUP: database,
      TARGET: `mysql://${user}:${encodeURIComponent(password)}@${host}:${port}/${database}`,
    },
  });
}

/** How many changes of each table and type the source has acknowledged. */
function writtenTotals({ load }: HaCluster): Map<string, number> {
  const totals = new Map<string, number>();
  for (const { table, op } of load.log.transactions.flatMap(({ rows }) => rows)) {
    const written = loadTables[table];
    if (written === undefined || written.isHidden) continue;
    const name = `${load.log.database}.${written.name} ${op}`;
    totals.set(name, (totals.get(name) ?? 0) + 1);
  }
  return totals;
}

it('examples/consumer counts every change once: after a replay, a rewind, and its own SIGKILL', async () => {
  const cluster = await HaCluster.create({
    config: { delivery: 'at_least_once', ha: 'false' },
    rowsPerSecond: 100,
  });
  const { source, flavor, database, brokers } = cluster.place;
  const target = `${database}_target`;
  const connection = new LoadConnection(source, flavor);
  await connection.open();
  onTestFinished(async () => {
    await connection.run(`DROP DATABASE IF EXISTS ${target}`);
    connection.close();
    await withKafkaAdmin(brokers, (admin) => admin.deleteGroups([target])).catch(() => undefined);
  });
  await connection.run(`CREATE DATABASE ${target}`);
  let consumer = consume(cluster, target);
  onTestFinished(() => void consumer.kill('SIGKILL'));
  const totals = async (): Promise<Map<string, number>> => {
    const rows = await connection
      .select(
        `SELECT CONCAT(name, ' ', type) AS name, CAST(changes AS CHAR) AS changes FROM ${target}.totals`,
      )
      .catch(() => []); // the consumer has not made it yet
    return new Map(rows.map(({ name, changes }) => [name ?? '', Number(changes)]));
  };
  const sum = (counts: ReadonlyMap<string, number>): number =>
    [...counts.values()].reduce((all, each) => all + each, 0);

  await cluster.start('a');
  await cluster.leader();
  const before = (await cluster.command('a', 'position', 'get')).stdout.split('\n')[0] ?? '';
  cluster.startLoad();
  await waitUntil(async () => sum(await totals()) > 100, {
    timeoutMs: 60_000 * patience(),
    what: 'the consumer to count',
  });
  // Rows are out and their position is not: the next process writes them again.
  await cluster.failpoints.order({ name: 'transaction.begun', action: 'hold', replica: 'a' });
  await cluster.crash('a');
  cluster.failpoints.clear();
  consumer.kill('SIGKILL');
  await once(consumer, 'exit');
  await cluster.start('a');
  await cluster.flow(100);
  consumer = consume(cluster, target);
  await cluster.endLoad();
  const { rows } = cluster.load.progress;
  const distinct = (): number => new Set(cluster.tail.records.map(({ messageId }) => messageId)).size;
  await waitUntil(() => distinct() >= rows, {
    timeoutMs: 60_000 * patience(),
    what: 'every row in the topic',
  });
  expect(cluster.tail.records.length).toBeGreaterThan(rows);
  const replayed = cluster.tail.records.length;
  await cluster.replica('a').stop();
  expect(await cluster.command('a', 'position', 'set', before)).toMatchObject({ code: 0 });
  await cluster.start('a');
  await waitUntil(() => cluster.tail.records.length >= replayed + rows, {
    timeoutMs: 60_000 * patience(),
    what: 'the rewound rows',
  });

  await waitUntil(async () => sum(await totals()) >= rows, {
    timeoutMs: 60_000 * patience(),
    what: 'every row to be counted',
  });
  // It has read the repetitions as well, to their end.
  const lag = async (): Promise<number> =>
    withKafkaAdmin(brokers, async (admin) => {
      const ends = await admin.fetchTopicOffsets(cluster.place.topic);
      const [read] = await admin.fetchOffsets({ groupId: target, topics: [cluster.place.topic] });
      return ends.reduce((all, { partition, high }) => {
        const at = read?.partitions.find((each) => each.partition === partition)?.offset ?? '0';
        return all + Number(high) - Math.max(0, Number(at));
      }, 0);
    });
  await waitUntil(async () => (await lag()) === 0, {
    timeoutMs: 60_000 * patience(),
    what: 'the consumer at the end',
    everyMs: 500,
  });
  expect(await totals()).toEqual(writtenTotals(cluster));
  consumer.kill('SIGTERM');
  const [code] = (await once(consumer, 'exit')) as [number | null];
  expect(code).toBe(0);
}, 900_000);
