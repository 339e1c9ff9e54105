import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ProductPlace, type Properties } from '../support/product-place.ts';

type Flavor = 'mysql' | 'mariadb';

let place: ProductPlace;

beforeAll(async () => {
  place = await ProductPlace.open('ddl');
});

afterAll(() => place.close());

describe.each(['mysql', 'mariadb'] as const)('DDL records of %s', (flavor: Flavor) => {
  const prepare = async (name: string, changed: Properties = {}): Promise<Record<string, string>> => {
    const database = `${place.name}_${flavor}_${name}`;
    await place.createDatabase(flavor, database);
    return place.config(`${flavor}-${name}`, place.replicator(flavor), database, {
      output_ddl: 'true',
      ...changed,
    });
  };

  it('have the shape of the reference, between the rows in the order of the binlog', async () => {
    const config = await prepare('shape', { output_binlog_position: 'true', output_gtid_position: 'true' });
    const database = `${place.name}_${flavor}_shape`;
    const run = await place.lead(config);
    await place.sql(
      flavor,
      `ALTER DATABASE ${database} CHARACTER SET utf8mb4`,
      `USE ${database}`,
      `INSERT INTO t (v) VALUES ('1')`,
      'create table u (id int primary key, d datetime)',
      'ALTER TABLE t ADD COLUMN n BIGINT UNSIGNED FIRST, MODIFY v VARCHAR(50) CHARACTER SET latin1',
      `INSERT INTO t (n, v) VALUES (7, '2')`,
      'RENAME TABLE u TO w, t TO u',
      'TRUNCATE u',
      'CREATE TEMPORARY TABLE tmp (id INT)',
      'CREATE INDEX i ON u (v)',
      'DROP TABLE u, w',
    );
    const records = (await place.read([config['kafka_topic'] ?? ''], 10)).map(({ value }) => value ?? '');
    expect(await run.stop()).toEqual({ code: 0, signal: null });
    const parsed = records.map((record) => JSON.parse(record) as Record<string, unknown>);
    const before = [
      { type: 'int', name: 'id', signed: true },
      { type: 'varchar', name: 'v', charset: 'utf8mb4' },
    ];
    const after = [
      { type: 'bigint', name: 'n', signed: false },
      { type: 'int', name: 'id', signed: true },
      { type: 'varchar', name: 'v', charset: 'latin1' },
    ];
    const table = (name: string, columns: unknown): unknown => ({
      database,
      charset: 'utf8mb4',
      table: name,
      columns,
      'primary-key': ['id'],
    });
    const u = [
      { type: 'int', name: 'id', signed: true },
      { type: 'datetime', name: 'd', 'column-length': 0 },
    ];
    expect(parsed).toMatchObject([
      { type: 'database-alter', database, charset: 'utf8mb4' },
      { type: 'insert', data: { id: 1, v: '1' } },
      { type: 'table-create', database, table: 'u', def: table('u', u) },
      { type: 'table-alter', database, table: 't', old: table('t', before), def: table('t', after) },
      { type: 'insert', data: { n: 7, id: 2, v: '2' } },
      { type: 'table-alter', database, table: 'u', old: table('u', u), def: table('w', u) },
      { type: 'table-alter', database, table: 't', old: table('t', after), def: table('u', after) },
      { type: 'table-truncate', database, table: 'u' },
      { type: 'table-drop', database, table: 'u' },
      { type: 'table-drop', database, table: 'w' },
    ]);
    const create = parsed[2] ?? {};
    expect(Object.keys(create)).toEqual([
      'type',
      'database',
      'table',
      'def',
      'ts',
      'sql',
      'position',
      'gtid',
    ]);
    expect(Object.keys(create['def'] as object)).toEqual([
      'database',
      'charset',
      'table',
      'columns',
      'primary-key',
    ]);
    expect(create['sql']).toBe('create table u (id int primary key, d datetime)');
    expect(Math.abs(Number(create['ts']) - Date.now())).toBeLessThan(600_000);
    expect(create['position']).toMatch(/^\S+\.\d{6}:\d+$/);
    expect(Object.keys(parsed[3] ?? {}).slice(0, 5)).toEqual(['type', 'database', 'table', 'old', 'def']);
  });

  it('come exactly once and in order through a SIGKILL, and know the tables of before it', async () => {
    const config = await prepare('kill');
    const database = `${place.name}_${flavor}_kill`;
    const topic = config['kafka_topic'] ?? '';
    const change = async (from: number, to: number): Promise<void> => {
      for (let i = from; i <= to; i++) {
        await place.sql(flavor, `ALTER TABLE ${database}.t ADD c${i} INT`);
        await place.sql(flavor, `INSERT INTO ${database}.t (c${i}) VALUES (${i})`);
      }
    };
    const first = await place.lead(config);
    await change(1, 5);
    await place.read([topic], 4);
    const writing = change(6, 12);
    first.kill('SIGKILL');
    await Promise.all([first.ended, writing]);
    const second = await place.lead(config);
    await change(13, 14);
    const records = await place.read([topic], 28);
    expect(await second.stop()).toEqual({ code: 0, signal: null });
    expect(await place.topicEnd(topic)).toBeGreaterThanOrEqual(28);
    const parsed = records.map(({ value }) => JSON.parse(value ?? '{}') as Record<string, unknown>);
    expect(parsed.map(({ type }) => type)).toEqual(
      Array.from({ length: 14 }, () => ['table-alter', 'insert']).flat(),
    );
    expect(parsed.filter(({ type }) => type === 'insert')).toMatchObject(
      Array.from({ length: 14 }, (_, index) => ({ data: { [`c${index + 1}`]: index + 1 } })),
    );
    const last = parsed[26] as {
      readonly old?: { columns: unknown[] };
      readonly def?: { columns: unknown[] };
    };
    expect([last.old?.columns.length, last.def?.columns.length]).toEqual([15, 16]);
  });
});
