import { join } from 'node:path';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { redisKeys } from '../../src/redis/redis-keys.ts';
import { FailpointFile } from '../support/failpoint-order.ts';
import { withKafkaAdmin } from '../support/ha-place.ts';
import { MariadbProcess } from '../support/mariadb-process.ts';
import { ProductPlace, valueOf, type Properties } from '../support/product-place.ts';
import { toArguments } from '../support/product-run.ts';
import { exitOf, refusal, type Refusal } from '../support/refusal.ts';

let place: ProductPlace;
let database: string;
/** Servers of this file's own, whose histories it writes by hand. */
let first: MariadbProcess;
let same: MariadbProcess;
let different: MariadbProcess;
const ORIGIN = 41;

beforeAll(async () => {
  place = await ProductPlace.open('positions');
  database = place.name;
  await place.createDatabase('mysql', database);
  [first, same, different] = await Promise.all([
    MariadbProcess.start(ORIGIN),
    MariadbProcess.start(42),
    MariadbProcess.start(43),
  ]);
});

afterAll(async () => {
  await place.close();
  for (const server of [first, same, different]) await server[Symbol.asyncDispose]();
});

/** As `exitOf`, for what is met behind the restated position: no row is written. */
async function refused(config: Properties): Promise<Refusal> {
  const { data, checkpoint } = await place.traces(config);
  const found = await exitOf(place, config);
  const after = await place.traces(config);
  return {
    ...found,
    isTraceless: after.data === data && JSON.stringify(after.checkpoint) === JSON.stringify(checkpoint),
  };
}

/** Runs a statement under the GTID 0-41-`sequence`, as a replica of that server would. */
const underGtid = (server: MariadbProcess, sequence: number, statement: string): Promise<unknown> =>
  server.run(`SET SESSION server_id = ${ORIGIN}, gtid_seq_no = ${sequence}`, statement);

async function lastSequence(server: MariadbProcess): Promise<number> {
  const [row] = await server.run('SELECT @@GLOBAL.gtid_binlog_pos AS gtids');
  return Number(String(row?.['gtids']).split('-')[2]);
}

async function currentGtids(): Promise<string> {
  const [row] = await place.sql('mysql', 'SELECT @@GLOBAL.gtid_executed AS gtids');
  return String(row?.['gtids']);
}

const createShop = ['CREATE DATABASE shop', 'CREATE TABLE shop.t (id INT PRIMARY KEY, v VARCHAR(100))'];

describe('a split transaction that goes on at another server', () => {
  const rowCount = 60;
  const insert = (text: string): string =>
    `INSERT INTO shop.t VALUES ${Array.from({ length: rowCount }, (_, id) => `(${id + (text === 'other' ? 100 : 0)}, '${text} ${'.'.repeat(80)}')`).join(',')}`;

  it('is the same there: its other rows follow under the xid that is out; another one under its GTID is refused', async () => {
    for (const server of [first, same, different]) await server.run(...createShop);
    const before = (await lastSequence(first)) + 10;
    for (const server of [first, same, different])
      await underGtid(server, before, "INSERT INTO shop.t VALUES (-1, 'common')");
    const config = place.config('split', first, 'shop', { kafka_transaction_max_bytes: '4096' });
    const failpoints = new FailpointFile(join(place.dir, 'failpoint.json'));
    const run = await place.lead(config, { env: failpoints.env });
    const killed = failpoints.order({ name: 'transaction.ended', action: 'kill' }, 20_000);
    await underGtid(first, before + 1, insert('row'));
    await killed;
    expect(await run.end()).toMatchObject({ signal: 'SIGKILL' });
    await underGtid(same, before + 1, insert('row'));
    await underGtid(different, before + 1, insert('other'));
    const on = ({ port }: MariadbProcess): Record<string, string> => ({ ...config, port: String(port) });
    expect(await refused(on(different))).toEqual(refusal('SPLIT_PREFIX_MISMATCH', /0-41-/));
    const resumed = await place.lead(on(same));
    const records = await place.read([config['kafka_topic'] ?? ''], rowCount);
    expect(await resumed.stop()).toEqual({ code: 0, signal: null });
    const ids = records.map(({ messageId }) => messageId);
    expect(ids.toSorted()).toEqual(
      Array.from({ length: rowCount }, (_, i) => `0-41-${before + 1}#${i}`).toSorted(),
    );
    expect(new Set(records.map(({ epoch }) => epoch)).size).toBe(2);
    expect(new Set(records.map(({ value }) => (JSON.parse(value ?? '{}') as { xid: number }).xid)).size).toBe(
      1,
    );
  });
});

describe('a position', () => {
  it('whose last GTID carries other rows now is refused', async () => {
    const config = place.config('rewritten', first, 'shop');
    const run = await place.lead(config);
    await first.run("INSERT INTO shop.t VALUES (1001, 'replicated')");
    expect(await place.values(config['kafka_topic'] ?? '', 1)).toEqual(['replicated']);
    expect(await run.stop()).toEqual({ code: 0, signal: null });
    const last = await lastSequence(first);
    await first.run('RESET MASTER');
    await underGtid(first, last - 1, "INSERT INTO shop.t VALUES (1002, 'of another history')");
    await underGtid(first, last, "INSERT INTO shop.t VALUES (1003, 'in its place')");
    expect(await refused(config)).toEqual(refusal('SOURCE_HISTORY_CHANGED', /has other content/));
  });

  it('behind its checkpoint is refused, or replayed where that is asked for', async () => {
    const config = place.config('regressed', place.replicator('mysql'), database, place.ha());
    const topic = config['kafka_topic'] ?? '';
    const run = await place.lead(config);
    await place.insert('mysql', database, ['one']);
    expect(await place.values(topic, 1)).toEqual(['one']);
    expect(await run.stop()).toEqual({ code: 0, signal: null });
    const redis = new Redis(place.redisUrl);
    await redis.hset(redisKeys(config['client_id'] ?? '').checkpoint, { positionsOffset: '999999' });
    await redis.quit();
    const blocked = place.run(config);
    const status = await blocked.until(async () => {
      const page = await blocked.status();
      return page['role'] === 'blocked' ? page : null;
    }, 'the cluster to be blocked');
    expect(status['blocked']).toMatchObject({ code: 'POSITION_REGRESSED' });
    await place.insert('mysql', database, ['two']);
    await blocked.stop();
    expect(await place.topicEnd(topic)).toBeLessThan(4); // a row and its marker, as before
    const replaying = await place.lead({ ...config, on_position_regression: 'replay' });
    expect(await place.values(topic, 2)).toEqual(['one', 'two']);
    expect(await replaying.stop()).toEqual({ code: 0, signal: null });
  });

  it('set by an operator stands under a higher epoch: a leader that still runs somewhere sees that it is deposed', async () => {
    const config = place.config('operator', place.replicator('mysql'), database, place.ha());
    const command = async (...words: readonly string[]): Promise<string> => {
      const run = place.launch(['position', ...words, ...toArguments(config), '--json']);
      expect(await run.end()).toEqual({ code: 0, signal: null });
      return run.stdout;
    };
    const epochOf = async (): Promise<number> =>
      (JSON.parse(await command('get')) as { readonly record: { readonly epoch: number } }).record.epoch;
    const run = await place.lead(config);
    expect(await run.stop()).toEqual({ code: 0, signal: null });
    const before = await epochOf();
    await command('set', (await currentGtids()).replaceAll('\n', ''));
    expect(await epochOf()).toBeGreaterThan(before);
  });

  it('pins the partitions of a topic: one that has grown meanwhile stops the cluster until that is accepted', async () => {
    const config = place.config('grown', place.replicator('mysql'), database, {
      kafka_topic_partitions: '2',
    });
    const topic = config['kafka_topic'] ?? '';
    const run = await place.lead(config);
    await place.insert('mysql', database, ['three']);
    expect(await place.values(topic, 1)).toEqual(['three']);
    expect(await run.stop()).toEqual({ code: 0, signal: null });
    await withKafkaAdmin(place.brokers, (admin) =>
      admin.createPartitions({ topicPartitions: [{ topic, count: 4 }] }),
    );
    await place.insert('mysql', database, ['four']);
    expect(await refused(config)).toEqual(refusal('KAFKA_PARTITIONS_CHANGED', /had 2 partitions and has 4/));
    const accepting = await place.lead({ ...config, on_partition_change: 'accept' });
    expect((await place.values(topic, 2)).toSorted()).toEqual(['four', 'three']);
    expect(await accepting.stop()).toEqual({ code: 0, signal: null });
    const again = await place.lead(config); // the new count is pinned
    await place.insert('mysql', database, ['five']);
    expect((await place.values(topic, 3)).toSorted()).toEqual(['five', 'four', 'three']);
    expect(await again.stop()).toEqual({ code: 0, signal: null });
  });

  it('serves both deliveries: from exactly_once to at_least_once and back, each row once', async () => {
    const config = place.config('deliveries', place.replicator('mysql'), database);
    const topic = config['kafka_topic'] ?? '';
    const rows: string[] = [];
    for (const delivery of ['exactly_once', 'at_least_once', 'exactly_once']) {
      const run = await place.lead({ ...config, delivery });
      rows.push(`while running ${rows.length}`);
      await place.insert('mysql', database, rows.slice(-1));
      expect((await place.read([topic], rows.length)).map(({ value }) => valueOf(value ?? ''))).toEqual(rows);
      expect(await run.stop()).toEqual({ code: 0, signal: null });
      rows.push(`while stopped ${rows.length}`);
      await place.insert('mysql', database, rows.slice(-1));
    }
    const last = await place.lead({ ...config, delivery: 'at_least_once' });
    expect(await place.values(topic, rows.length)).toEqual(rows);
    expect(await last.stop()).toEqual({ code: 0, signal: null });
  });
});
