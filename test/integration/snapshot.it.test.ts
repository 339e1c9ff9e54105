import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ProductPlace, type Properties } from '../support/product-place.ts';
import type { ProductRun } from '../support/product-run.ts';
import { SnapshotFold } from '../support/snapshot-fold.ts';
import { SnapshotWriter } from '../support/snapshot-writer.ts';
import { TopicTail } from '../support/topic-tail.ts';
import { waitUntil } from '../support/wait-until.ts';

const PATIENCE_MS = 90_000;
let cases = 0;

type Row = Readonly<Record<string, unknown>>;

interface Scene {
  readonly database: string;
  readonly topic: string;
  readonly run: ProductRun;
  readonly tail: TopicTail;
}

/** Fills a table with `count` rows `(id, ver, v)`. */
async function fill(
  place: ProductPlace,
  flavor: 'mysql' | 'mariadb',
  table: string,
  count: number,
): Promise<void> {
  for (let first = 1; first <= count; first += 1000) {
    const ids = Array.from({ length: Math.min(1000, count - first + 1) }, (_, index) => first + index);
    const values = ids.map((id) => `(${id}, 1, 'before ${id}')`);
    await place.sql(flavor, `INSERT INTO ${table} (id, ver, v) VALUES ${values.join(', ')}`);
  }
}

describe.each(['mysql', 'mariadb'] as const)('a snapshot of %s', (flavor) => {
  let place: ProductPlace;

  beforeAll(async () => {
    place = await ProductPlace.open(`snapshot_${flavor}`);
  });
  afterAll(() => place.close());

  const newDatabase = async (): Promise<string> => {
    const database = `${place.name}_${cases++}`;
    await place.createDatabase(flavor, database);
    await place.sql(flavor, `DROP TABLE ${database}.t`);
    return database;
  };

  async function start(database: string, changed: Properties = {}): Promise<Scene> {
    const config = place.config(`s${cases++}`, place.replicator(flavor), database, {
      snapshot_mode: 'initial',
      ...changed,
    });
    const topic = config['kafka_topic'] ?? '';
    await place.createTopic(topic);
    const run = place.run(config);
    await run.logged(/^reading the binlog/, PATIENCE_MS);
    return { database, topic, run, tail: await TopicTail.open(place.brokers, [topic]) };
  }

  /** Waits for the last row that was written, then compares the fold with the table. */
  async function compare(
    { database, tail, run }: Scene,
    table: string,
    key: readonly string[],
    normal: (row: Row) => Row = (row) => row,
  ): Promise<SnapshotFold> {
    await run.logged(/^the snapshot is complete/, PATIENCE_MS);
    await place.sql(flavor, `CREATE TABLE ${database}.end_mark (id INT PRIMARY KEY)`);
    await place.sql(flavor, `INSERT INTO ${database}.end_mark VALUES (1)`);
    const isEnd = (value: string | null): boolean =>
      value?.includes('"table":"end_mark","type":"insert"') === true;
    await waitUntil(() => tail.records.some(({ value }) => isEnd(value)), {
      timeoutMs: PATIENCE_MS,
      what: 'the end',
    });
    await tail.close();
    const fold = new SnapshotFold(key);
    for (const record of tail.records)
      if (record.value?.includes(`"table":"${table}",`) === true) fold.take(record);
    const rows = await place.sql(flavor, `SELECT * FROM ${database}.${table}`);
    expect(fold.faults.slice(0, 10)).toEqual([]);
    for (const [id, row] of fold.rows) fold.rows.set(id, normal(row));
    expect(fold.differences(rows.map(normal))).toEqual([]);
    return fold;
  }

  it.each(['true', 'false'])(
    '[snapshot_mode, snapshot_max_rows_per_second] adds up to the table whatever is written meanwhile (gtid_mode=%s)',
    async (gtidMode) => {
      const database = await newDatabase();
      const table = `${database}.t`;
      await place.sql(flavor, `CREATE TABLE ${table} (id INT PRIMARY KEY, ver BIGINT, v VARCHAR(60))`);
      await fill(place, flavor, table, 6000);
      const writers = await Promise.all(
        [0, 1].map((index) =>
          SnapshotWriter.start(place.server(flavor), { table, maxId: 7000, index, count: 2 }),
        ),
      );
      await sleep(200);
      const options = { gtid_mode: gtidMode, snapshot_max_rows_per_second: '3000' };
      const scene = await start(database, options);
      await scene.run
        .logged(/^the snapshot is complete/, PATIENCE_MS)
        .finally(() => Promise.all(writers.map((writer) => writer.stop())));
      const fold = await compare(scene, 't', ['id']);
      expect(fold.counts.get('bootstrap-start')).toBe(1);
      expect(fold.counts.get('bootstrap-complete')).toBe(1);
      expect(fold.counts.get('bootstrap-insert')).toBeGreaterThan(3000);
      expect(fold.counts.get('update')).toBeGreaterThan(20);
      await scene.run.stop();
    },
  );

  /** Waits until the snapshot has written some rows. */
  const underWay = (tail: TopicTail, count: number): Promise<unknown> =>
    waitUntil(
      () =>
        tail.records.filter(({ value }) => value?.includes('"type":"bootstrap-insert"') === true).length >=
        count,
      { timeoutMs: PATIENCE_MS, what: `${count} rows of the snapshot` },
    );

  it('goes on over ALTER TABLE and a changed key', async () => {
    const database = await newDatabase();
    const table = `${database}.t`;
    await place.sql(flavor, `CREATE TABLE ${table} (id INT PRIMARY KEY, ver BIGINT, v VARCHAR(60))`);
    await fill(place, flavor, table, 5000);
    const scene = await start(database, { snapshot_max_rows_per_second: '1500' });
    await underWay(scene.tail, 500);
    await place.sql(flavor, `ALTER TABLE ${table} ADD COLUMN extra INT NULL, MODIFY v VARCHAR(300)`);
    await place.sql(flavor, `UPDATE ${table} SET extra = id, ver = 2 WHERE id % 7 = 0`);
    await underWay(scene.tail, 2000);
    await place.sql(flavor, `ALTER TABLE ${table} DROP PRIMARY KEY, ADD PRIMARY KEY (ver, id)`);
    const fold = await compare(scene, 't', ['id'], (row) => ({ ...row, extra: row['extra'] ?? null }));
    expect(fold.counts.get('bootstrap-complete')).toBe(1);
    await scene.run.stop();
  });

  it('has no row of before a TRUNCATE behind it', async () => {
    const database = await newDatabase();
    const table = `${database}.t`;
    await place.sql(flavor, `CREATE TABLE ${table} (id INT PRIMARY KEY, ver BIGINT, v VARCHAR(60))`);
    await fill(place, flavor, table, 5000);
    const scene = await start(database, { snapshot_max_rows_per_second: '1500', output_ddl: 'true' });
    await underWay(scene.tail, 500);
    await place.sql(flavor, `TRUNCATE TABLE ${table}`);
    await place.sql(flavor, `INSERT INTO ${table} VALUES (1, 9, 'after')`);
    await scene.run.logged(/^the snapshot is complete/, PATIENCE_MS);
    await waitUntil(() => scene.tail.records.some(({ value }) => value?.includes('"v":"after"') === true), {
      timeoutMs: PATIENCE_MS,
      what: 'the row after it',
    });
    await scene.tail.close();
    const values = scene.tail.records.map(({ value }) => value ?? '');
    const after = values.findIndex(
      (value) => value.includes('"type":"insert"') && value.includes('"v":"after"'),
    );
    expect(after).toBeGreaterThan(500);
    expect(values.slice(after).filter((value) => value.includes('"v":"before'))).toEqual([]);
    await scene.run.stop();
  });

  const keys = [
    [
      'a composite key',
      'a SMALLINT NOT NULL, b VARCHAR(20) NOT NULL, id INT',
      'a, b',
      (i: number) => `${i % 7}, 'k${i}', ${i}`,
    ],
    [
      'a case-insensitive string',
      'a VARCHAR(30) CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci, id INT',
      'a',
      (i: number) => `'${i % 2 === 0 ? 'K' : 'k'}\u00fc${i}', ${i}`,
    ],
    [
      'a string of latin1, swedish',
      'a CHAR(30) CHARACTER SET latin1 COLLATE latin1_swedish_ci, id INT',
      'a',
      (i: number) => `'${i % 3 === 0 ? 'Å' : 'a'} ${i}', ${i}`,
    ],
    [
      'a binary string',
      'a VARBINARY(16), id INT',
      'a',
      (i: number) => `UNHEX('${((i * 7919) % 65_521).toString(16).padStart(32, '0')}'), ${i}`,
    ],
    [
      'bytes of a fixed length',
      'a BINARY(8), id INT',
      'a',
      (i: number) => `UNHEX('${(i * 65_536).toString(16).padStart(16, '0')}'), ${i}`,
    ],
    [
      'a unique key in place of a primary one',
      'a BIGINT UNSIGNED NOT NULL, id INT',
      null,
      (i: number) => `${18_446_744_073_709_000_000n + BigInt(i)}, ${i}`,
    ],
    [
      'a decimal, a date and an enum',
      "a DECIMAL(10,3) NOT NULL, b DATETIME(3) NOT NULL, c ENUM('z','y','x') NOT NULL, id INT",
      'a, b, c',
      (i: number) => `${i % 5}.125, '2020-01-0${(i % 9) + 1} 00:00:00.5', ${(i % 3) + 1}, ${i}`,
    ],
  ] as const;

  it('[snapshot_tables, snapshot_as_inserts] follows keys of every kind, one table after another', async () => {
    const database = await newDatabase();
    const rows = 1300;
    for (const [index, [, columns, key, values]] of keys.entries()) {
      const clause = key === null ? 'UNIQUE KEY (a)' : `PRIMARY KEY (${key})`;
      await place.sql(flavor, `CREATE TABLE ${database}.k${index} (${columns}, ${clause})`);
      const all = Array.from({ length: rows }, (_, i) => `(${values(i + 1)})`);
      await place.sql(flavor, `INSERT IGNORE INTO ${database}.k${index} VALUES ${all.join(', ')}`);
    }
    await place.sql(
      flavor,
      `CREATE TABLE ${database}.left_out (id INT PRIMARY KEY)`,
      `INSERT INTO ${database}.left_out VALUES (1)`,
    );
    const scene = await start(database, {
      snapshot_tables: 'exclude: *.left_out',
      snapshot_as_inserts: 'true',
    });
    await scene.run.logged(/^the snapshot is complete/, PATIENCE_MS);
    const expected = await Promise.all(
      keys.map(async (_, index) =>
        Number((await place.sql(flavor, `SELECT COUNT(*) n FROM ${database}.k${index}`))[0]?.['n']),
      ),
    );
    const total = expected.reduce((sum, count) => sum + count, 0);
    await waitUntil(() => scene.tail.records.length >= total, {
      timeoutMs: PATIENCE_MS,
      what: `${total} rows`,
    });
    await scene.tail.close();
    const found = keys.map((_, index) => {
      const ids = new Set<number>();
      for (const { value } of scene.tail.records) {
        const { table, type, data } = JSON.parse(value ?? '') as {
          table: string;
          type: string;
          data: { id: number };
        };
        expect(type).toBe('insert');
        if (table === `k${index}`) ids.add(data.id);
      }
      return ids.size;
    });
    expect(found).toEqual(expected);
    expect(scene.tail.records.length).toBe(total);
    await scene.run.stop();
  });

  it('reads 200 tables one after another, each between its marks', async () => {
    const database = await newDatabase();
    const tables = 200;
    for (let i = 0; i < tables; i++)
      await place.sql(
        flavor,
        `CREATE TABLE ${database}.t${i} (id INT PRIMARY KEY)`,
        `INSERT INTO ${database}.t${i} VALUES (1), (2)`,
      );
    const scene = await start(database);
    const complete = await scene.run.logged(/^the snapshot is complete/, PATIENCE_MS);
    expect(complete).toMatchObject({ tables, rows: 2 * tables });
    await waitUntil(() => scene.tail.records.length >= 4 * tables, {
      timeoutMs: PATIENCE_MS,
      what: 'all records',
    });
    await scene.tail.close();
    const types = new Map<string, string>();
    for (const { value } of scene.tail.records) {
      const { table, type } = JSON.parse(value ?? '') as { table: string; type: string };
      types.set(table, `${types.get(table) ?? ''} ${type.replace('bootstrap-', '')}`);
    }
    expect(types.size).toBe(tables);
    expect([...new Set(types.values())]).toEqual([' start insert insert complete']);
    await scene.run.stop();
  });

  it('reads a table without a key in one pass, with every row as often as it is there', async () => {
    const database = await newDatabase();
    await place.sql(flavor, `CREATE TABLE ${database}.t (a INT, v VARCHAR(20))`);
    const some = Array.from({ length: 900 }, (_, i) => `(${i % 100}, 'x${i % 100}')`).join(', ');
    for (let i = 0; i < 6; i++) await place.sql(flavor, `INSERT INTO ${database}.t VALUES ${some}`);
    await place.sql(flavor, `CREATE TABLE ${database}.other (id INT PRIMARY KEY AUTO_INCREMENT, n INT)`);
    let isStopped = false;
    const busy = (async () => {
      while (!isStopped) {
        await place.sql(flavor, `INSERT INTO ${database}.other (n) VALUES (1)`);
        await sleep(2);
      }
    })();
    const scene = await start(database);
    await scene.run.logged(/^the snapshot is complete/, PATIENCE_MS).finally(() => (isStopped = true));
    await busy;
    await place.sql(flavor, `DELETE FROM ${database}.t WHERE a = 5`);
    await place.sql(flavor, `INSERT INTO ${database}.other (n) VALUES (99)`);
    await waitUntil(() => scene.tail.records.some(({ value }) => value?.includes('"n":99') === true), {
      timeoutMs: PATIENCE_MS,
      what: 'the end',
    });
    await scene.tail.close();
    const counts = new Map<string, number>();
    for (const { value } of scene.tail.records) {
      const { table, type, data } = JSON.parse(value ?? '') as {
        table: string;
        type: string;
        data: { a?: number };
      };
      if (table !== 't' || data.a === undefined) continue;
      const step = type === 'delete' ? -1 : 1;
      counts.set(String(data.a), (counts.get(String(data.a)) ?? 0) + step);
    }
    expect(counts.get('5')).toBe(0);
    expect([...counts.values()].filter((count) => count !== 54 && count !== 0)).toEqual([]);
    expect(counts.size).toBe(100);
    await scene.run.stop();
  });
});
