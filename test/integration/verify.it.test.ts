import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ProductPlace } from '../support/product-place.ts';
import { runProduct } from '../support/product-command.ts';
import { columnCases } from '../support/verify-columns.ts';
import { VerifyGround } from '../support/verify-ground.ts';

let place: ProductPlace;

beforeAll(async () => {
  place = await ProductPlace.open('verify');
});

afterAll(() => place.close());

describe.each(['mysql', 'mariadb'] as const)('%s', (flavor) => {
  let ground: VerifyGround;

  beforeAll(async () => {
    ground = await VerifyGround.open(place, flavor, { producer_partition_by: 'primary_key', ...place.ha() });
  });
  afterAll(() => (ground as VerifyGround | undefined)?.run.stop());

  it('finds exactly one changed, one missing and one extra row', async () => {
    await ground.sql(
      'CREATE TABLE item (id INT PRIMARY KEY, price DECIMAL(10,2), name VARCHAR(40), at DATETIME(3))',
      `INSERT INTO item WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 900)
        SELECT i, i / 4, CONCAT('näme ', i), TIMESTAMPADD(SECOND, i, '2026-01-01') FROM n`,
      'UPDATE item SET price = price + 1 WHERE id % 3 = 0',
      'DELETE FROM item WHERE id % 10 = 0',
    );
    expect(await ground.verify('item', { max: 'at' })).toMatchObject({
      isEqual: true,
      sourceRows: 810,
      topicRows: 810,
      matchedRows: 810,
      notCoveredRows: 0,
      records: 900 + 300 + 90,
      max: { column: 'at', source: '2026-01-01 00:14:59.000', topic: '2026-01-01 00:14:59.000' },
      uncomparedColumns: {},
      differences: [],
    });
    await ground.unlogged(
      'UPDATE item SET price = price + 0.01 WHERE id = 33',
      'DELETE FROM item WHERE id = 899',
      "INSERT INTO item VALUES (10, 1, 'back', NULL)",
    );
    const different = await ground.verify('item', { max: 'id' });
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
    // Of the rows below 300, the changed and the missing one.
    const part = await ground.verify('item', { where: 'id < 300' });
    expect(part).toMatchObject({
      sourceRows: 271,
      mismatchedRows: 1,
      missingRows: 1,
      extraRows: 1,
      topicRows: 271,
    });
    expect(await ground.verify('item', { where: 'id BETWEEN 500 AND 600' })).toMatchObject({
      sourceRows: 90,
      matchedRows: 90,
      extraRows: 1,
    });
  });

  it('as a command: what it prints, its exit code, and the metrics of a replica', async () => {
    const file = join(place.dir, `${flavor}.prom`);
    const run = await runProduct([
      'verify',
      `${ground.database}.item`,
      '--config',
      ground.file,
      '--metrics-file',
      file,
    ]);
    expect(run.code).toBe(1);
    expect(run.stdout).toContain(`${ground.database}.item: DIFFERENT at `);
    expect(run.stdout).toMatch(/changed\s+id=33 differs in price from its last record, .*-\d, offset \d+/);
    expect(run.stdout).toMatch(/missing\s+id=10 is deleted in the topic: /);
    expect(run.stdout).not.toContain('näme');
    const sample = `heaviside_verify_mismatched_rows{client_id="${place.name}-`;
    expect(readFileSync(file, 'utf8')).toContain(sample);
    const shown = (await ground.run.until(async () => {
      const { body } = await ground.run.page('/metrics');
      return body.includes('heaviside_verify_missing_rows{') && body;
    }, 'the metrics of verify')) as string;
    for (const kind of ['mismatched', 'missing', 'extra'])
      expect(shown).toMatch(
        new RegExp(`^heaviside_verify_${kind}_rows\\{.*table="${ground.database}.item".*\\} 1$`, 'm'),
      );
    expect(shown).not.toMatch(/^heaviside_verify_last_success_timestamp_seconds\{/m);
  });

  it('every type: what is alike is equal, and a change in any column is seen', async () => {
    const cases = columnCases(flavor);
    const columns = cases.map(([sql], index) => `c${index} ${sql}`);
    await ground.sql(
      "SET SESSION sql_mode = ''",
      `CREATE TABLE kinds (id INT PRIMARY KEY, ${columns.join(', ')})`,
      `INSERT INTO kinds (id) VALUES (1000)`,
      ...cases.map(
        (_, index) => `INSERT INTO kinds VALUES (${index}, ${cases.map(([, value]) => value).join(', ')})`,
      ),
    );
    expect(await ground.verify('kinds')).toMatchObject({
      isEqual: true,
      matchedRows: cases.length + 1,
      uncomparedColumns: {},
    });
    await ground.unlogged(
      ...cases.map(([, , other], index) => `UPDATE kinds SET c${index} = ${other} WHERE id = ${index}`),
    );
    const { mismatchedRows, missingRows, extraRows, differences } = await ground.verify('kinds', {
      show: 100,
    });
    const seen = differences.map(({ key, columns: differing }) => `${key?.['id']} ${differing?.join()}`);
    expect(seen.sort()).toEqual(cases.map((_, index) => `${index} c${index}`).sort());
    expect({ mismatchedRows, missingRows, extraRows }).toEqual({
      mismatchedRows: cases.length,
      missingRows: 0,
      extraRows: 0,
    });
  });

  it('keys that change, across partitions and back', async () => {
    await ground.sql(
      'CREATE TABLE moved (a INT, b VARCHAR(10), v INT, PRIMARY KEY (a, b))',
      "INSERT INTO moved VALUES (1, 'x', 1), (2, 'x', 2), (3, 'x', 3), (4, 'x', 4)",
      ...Array.from(
        { length: 12 },
        (_, i) => `UPDATE moved SET a = a + 100 * ${i % 2 === 0 ? 1 : -1} ORDER BY a`,
      ),
      "UPDATE moved SET b = 'y', v = 9 WHERE a = 2",
      'UPDATE moved SET a = 7 WHERE a = 3',
      "INSERT INTO moved VALUES (3, 'x', 33)",
      'DELETE FROM moved WHERE a = 4',
    );
    expect(await ground.verify('moved')).toMatchObject({ isEqual: true, sourceRows: 4, matchedRows: 4 });
  });

  it('a table without a primary key', async () => {
    await ground.sql(
      'CREATE TABLE loose (v INT, w VARCHAR(10))',
      "INSERT INTO loose VALUES (1, 'a'), (1, 'a'), (1, 'a'), (2, NULL), (3, 'c')",
      'DELETE FROM loose WHERE v = 1 LIMIT 1',
      "UPDATE loose SET w = 'd' WHERE v = 3",
    );
    expect(await ground.verify('loose')).toMatchObject({ isEqual: true, matchedRows: 4, notCoveredRows: 0 });
    await ground.unlogged('DELETE FROM loose WHERE v = 1 LIMIT 1', "UPDATE loose SET w = 'e' WHERE v = 3");
    expect(await ground.verify('loose')).toMatchObject({
      isEqual: false,
      matchedRows: 2,
      extraRows: 2,
      notCoveredRows: 1,
    });
    expect(await ground.verify('loose', { isComplete: true })).toMatchObject({
      extraRows: 2,
      missingRows: 1,
    });
  });

  it('rows that are older than the topic are not covered, rows that are not are missing', async () => {
    await ground.sql('CREATE TABLE log (id INT AUTO_INCREMENT PRIMARY KEY, made DATETIME, v INT)');
    await ground.unlogged(
      "INSERT INTO log VALUES (1, '2020-01-01', 1), (2, '2020-01-01', 2), (3, '2020-01-01', 3)",
    );
    await ground.sql(
      'INSERT INTO log (made, v) VALUES (UTC_TIMESTAMP(), 4), (UTC_TIMESTAMP(), 5)',
      'UPDATE log SET v = 22 WHERE id = 2',
    );
    expect(await ground.verify('log')).toMatchObject({
      isEqual: true,
      sourceRows: 5,
      matchedRows: 3,
      notCoveredRows: 2,
    });
    await ground.unlogged('INSERT INTO log VALUES (100, UTC_TIMESTAMP(), 6)');
    const later = await ground.verify('log');
    expect(later).toMatchObject({ isEqual: false, missingRows: 1, notCoveredRows: 2 });
    expect(later.differences).toEqual([{ kind: 'missing', key: { id: '100' }, record: null }]);
    expect(await ground.verify('log', { isComplete: true })).toMatchObject({
      missingRows: 3,
      notCoveredRows: 0,
    });
    await ground.unlogged('UPDATE log SET id = -1 WHERE id = 100');
    expect(await ground.verify('log')).toMatchObject({ isEqual: true, notCoveredRows: 3 });
    expect(await ground.verify('log', { created: 'made' })).toMatchObject({
      missingRows: 1,
      notCoveredRows: 2,
    });
  });

  it('a column that came later is not compared in records before it, and that is told', async () => {
    await ground.sql(
      'CREATE TABLE grown (id INT PRIMARY KEY, v INT)',
      'INSERT INTO grown VALUES (1, 1), (2, 2), (3, 3)',
      'ALTER TABLE grown ADD COLUMN w INT DEFAULT 7',
      'UPDATE grown SET v = 20 WHERE id = 2',
    );
    expect(await ground.verify('grown')).toMatchObject({
      isEqual: true,
      matchedRows: 3,
      uncomparedColumns: { w: 2 },
    });
    await ground.unlogged('UPDATE grown SET w = 8 WHERE id = 2');
    expect(await ground.verify('grown')).toMatchObject({ isEqual: false, mismatchedRows: 1 });
  });

  it('is exact while the table is written', async () => {
    await ground.sql(
      'CREATE TABLE busy (id INT AUTO_INCREMENT PRIMARY KEY, v INT, t VARCHAR(20))',
      `INSERT INTO busy (v, t) WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 500) SELECT i, 'x' FROM n`,
    );
    let isDone = false;
    let written = 0;
    const writer = (async () => {
      for (; !isDone; written++) {
        await ground.sql(
          `UPDATE busy SET v = v + 1 WHERE id % 50 = ${written % 50}`,
          `DELETE FROM busy WHERE id = ${written + 1}`,
          `INSERT INTO busy (v, t) VALUES (${written}, 'new'), (${written}, 'newer')`,
        );
        // On a busy machine a writer without any rest leaves no moment for a snapshot between two commits.
        await sleep(Math.random() * 60);
      }
    })();
    try {
      for (let i = 0; i < 4 || written <= 20; i++) {
        const result = await ground.verify('busy', { isComplete: true });
        expect(result).toMatchObject({ isEqual: true, differences: [] });
        expect(result.sourceRows).toBeGreaterThan(400);
      }
    } finally {
      isDone = true;
      await writer;
    }
  });

  it('refuses what it cannot compare, and says why', async () => {
    const code = 'VERIFY_IMPOSSIBLE';
    await ground.sql(
      'CREATE TABLE plain (id INT PRIMARY KEY) ENGINE=MyISAM',
      'CREATE VIEW seen AS SELECT 1 AS one',
    );
    await expect(ground.verify('nothing')).rejects.toMatchObject({ code });
    await expect(ground.verify('plain')).rejects.toMatchObject({
      code,
      message: expect.stringContaining('MyISAM') as unknown,
    });
    await expect(ground.verify('seen')).rejects.toMatchObject({
      code,
      message: expect.stringContaining('view') as unknown,
    });
    await expect(ground.verify('item', { max: 'name' })).rejects.toMatchObject({ code });
  });

  it('waits for the cluster, and says when it does not come on', async () => {
    await ground.run.stop();
    await ground.sql("UPDATE item SET name = 'late' WHERE id = 1");
    await expect(ground.verify('item', { timeoutMs: 1500 })).rejects.toMatchObject({
      code: 'VERIFY_NOT_REACHED',
    });
  });
});
