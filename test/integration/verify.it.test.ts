import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { TableResult } from '../../src/verify/table-result.ts';
import { ProductPlace } from '../support/product-place.ts';
import { runProduct, type ProductRun as CommandRun } from '../support/product-command.ts';
import type { ProductRun } from '../support/product-run.ts';
import { propertiesText } from '../support/replica-process.ts';

type Flavor = 'mysql' | 'mariadb';

let place: ProductPlace;

beforeAll(async () => {
  place = await ProductPlace.open('verify');
});

afterAll(() => place.close());

/** A database whose rows go to one topic of three partitions. */
interface Ground {
  readonly flavor: Flavor;
  readonly database: string;
  readonly run: ProductRun;
  readonly file: string;
}

async function ground(flavor: Flavor, id: string, changed: Record<string, string> = {}): Promise<Ground> {
  const database = `${place.name}_${id}`;
  await place.createDatabase(flavor, database);
  const config = place.config(id, place.replicator(flavor), database, changed);
  const topic = config['kafka_topic'] ?? '';
  if (!topic.includes('%')) await place.createTopic(topic, 3);
  const file = join(place.dir, `${id}.properties`);
  writeFileSync(file, propertiesText(config), { mode: 0o600 });
  return { flavor, database, run: await place.lead(config), file };
}

const verify = (
  { database, file }: Ground,
  table: string,
  ...words: readonly string[]
): Promise<CommandRun> =>
  runProduct(['verify', `${database}.${table}`, '--json', '--quiet', '--config', file, ...words]);

/** What it found; fails where it found nothing. */
async function found(from: Ground, table: string, ...words: readonly string[]): Promise<TableResult> {
  const run = await verify(from, table, ...words);
  expect(run.stderr).toBe('');
  const result = JSON.parse(run.stdout) as TableResult;
  expect(run.code).toBe(result.isEqual ? 0 : 1);
  return result;
}

/** Statements that do not reach the binlog: what they do looks like a fault of the replication. */
async function unlogged({ flavor }: Ground, ...statements: readonly string[]): Promise<void> {
  await place.sql(flavor, 'SET SESSION sql_log_bin = 0', ...statements, 'SET SESSION sql_log_bin = 1');
}

describe.each(['mysql', 'mariadb'] as const)('%s', (flavor) => {
  it('finds exactly one changed, one missing and one extra row', async () => {
    const at = await ground(flavor, `planted_${flavor}`, { producer_partition_by: 'primary_key' });
    const { database } = at;
    const table = `${database}.item`;
    await place.sql(
      flavor,
      `CREATE TABLE ${table} (id INT PRIMARY KEY, price DECIMAL(10,2), name VARCHAR(40), at DATETIME(3))`,
      `INSERT INTO ${table} WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 900)
        SELECT i, i / 4, CONCAT('näme ', i), TIMESTAMPADD(SECOND, i, '2026-01-01') FROM n`,
      `UPDATE ${table} SET price = price + 1 WHERE id % 3 = 0`,
      `DELETE FROM ${table} WHERE id % 10 = 0`,
    );
    const equal = await found(at, 'item', '--max', 'at');
    expect(equal).toMatchObject({
      isEqual: true,
      sourceRows: 810,
      topicRows: 810,
      matchedRows: 810,
      notCoveredRows: 0,
      records: 900 + 300 + 90,
      max: { column: 'at', source: '2026-01-01 00:14:59.000', topic: '2026-01-01 00:14:59.000' },
      differences: [],
    });
    await unlogged(
      at,
      `UPDATE ${table} SET price = price + 0.01 WHERE id = 33`,
      `DELETE FROM ${table} WHERE id = 899`,
      `INSERT INTO ${table} VALUES (10, 1, 'back', NULL)`,
    );
    const different = await found(at, 'item', '--max', 'id');
    expect(different).toMatchObject({
      isEqual: false,
      sourceRows: 810,
      topicRows: 810,
      matchedRows: 808,
      mismatchedRows: 1,
      missingRows: 1,
      extraRows: 1,
      max: { source: '898', topic: '899' },
    });
    const told = different.differences.map(({ kind, key, columns }) => ({ kind, key, columns }));
    expect(told.sort((a, b) => (a.kind < b.kind ? -1 : 1))).toEqual([
      { kind: 'changed', key: { id: '33' }, columns: ['price'] },
      { kind: 'extra', key: { id: '899' }, columns: undefined },
      { kind: 'missing', key: { id: '10' }, columns: undefined },
    ]);
    const people = await runProduct(['verify', table, '--config', at.file]);
    expect(people.code).toBe(1);
    expect(people.stdout).toContain(`${table}: DIFFERENT at `);
    expect(people.stdout).toMatch(/changed\s+id=33 differs in price from its last record, .*-\d, offset \d+/);
    expect(people.stdout).not.toContain('näme');
    await at.run.stop();
  });
});
