import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import type { Query } from '../../src/binlog/mysql-client.ts';
import { defaultEncodeOptions } from '../../src/encode/encode-options.ts';
import { TransactionEncoder } from '../../src/encode/transaction-encoder.ts';
import { openBinlogBench, type BinlogBench } from '../support/binlog-bench.ts';
import { CollectingSink } from '../support/collecting-sink.ts';

interface Change {
  readonly table: string;
  readonly type: 'insert' | 'update' | 'delete';
  readonly data: Readonly<Record<string, string | number | null>>;
  readonly old?: Readonly<Record<string, string | number | null>>;
}

describe.each(['mysql', 'mariadb'] as const)('what sessions do on %s', (flavor) => {
  const database = `heaviside_statements_${flavor}`;
  let bench: BinlogBench;
  let session: Query;
  beforeAll(async () => {
    bench = await openBinlogBench(flavor, database, flavor === 'mysql' ? 6621 : 6622);
    session = await bench.session();
    await session('CREATE TABLE end_mark (id INT AUTO_INCREMENT PRIMARY KEY)');
  });
  afterAll(() => bench.close());

  /** The changes that are streamed for what the work does. */
  async function changesOf(work: () => Promise<unknown>): Promise<Change[]> {
    const stream = await bench.open(await bench.now(true), { spillThresholdBytes: 64 * 1024 });
    const sink = new CollectingSink();
    const encoder = new TransactionEncoder(defaultEncodeOptions);
    try {
      await work();
      await bench.admin('INSERT INTO end_mark VALUES ()');
      for (;;) {
        for (const transaction of await stream.take()) {
          await encoder.encode(transaction, sink).next();
          transaction.dispose();
        }
        const changes = sink.records.map(({ value }) => JSON.parse(value) as Change);
        if (changes.at(-1)?.table === 'end_mark') return changes.slice(0, -1);
      }
    } finally {
      await stream.close();
    }
  }

  async function run(...statements: readonly string[]): Promise<void> {
    for (const statement of statements) await session(statement);
  }

  /** The changes, applied in turn to nothing, are what the server's table holds. */
  async function expectTable(changes: readonly Change[], table: string): Promise<void> {
    const rows = new Map<unknown, Record<string, string | number | null>>();
    for (const change of changes.filter((each) => each.table === table)) {
      const before = { ...change.data, ...change.old };
      if (change.type !== 'insert')
        expect(rows.delete(before['id']), 'a change of a row that is there').toBe(true);
      if (change.type !== 'delete') rows.set(change.data['id'], { ...change.data });
    }
    const columns = await session(
      `SELECT COLUMN_NAME name FROM INFORMATION_SCHEMA.COLUMNS WHERE TABLE_SCHEMA = '${database}' AND TABLE_NAME = '${table}' ORDER BY ORDINAL_POSITION`,
    );
    const list = columns.map(({ name }) => `\`${name}\``).join(', ');
    const held = await session(`SELECT ${list} FROM ${table} ORDER BY id`);
    const seen = [...rows.values()].toSorted((a, b) => Number(a['id']) - Number(b['id']));
    const texts = seen.map((row) =>
      Object.fromEntries(Object.entries(row).map(([name, each]) => [name, each === null ? null : `${each}`])),
    );
    expect(texts).toEqual(held);
  }

  it('upserts, replaces and changes of several tables', async () => {
    const changes = await changesOf(async () => {
      await run(
        'CREATE TABLE u (id INT PRIMARY KEY, k INT UNIQUE, v VARCHAR(20))',
        'CREATE TABLE w (id INT PRIMARY KEY, v VARCHAR(20))',
        "INSERT INTO u VALUES (1, 10, 'a'), (2, 20, 'b'), (3, 30, 'c')",
        "INSERT INTO w VALUES (1, 'x'), (2, 'y'), (9, 'z')",
        "INSERT INTO u VALUES (1, 11, 'dup'), (4, 40, 'd') ON DUPLICATE KEY UPDATE v = CONCAT(v, '+')",
        "INSERT IGNORE INTO u VALUES (2, 21, 'ignored'), (5, 50, 'e')",
        "REPLACE INTO u VALUES (6, 30, 'takes the key of 3'), (7, 70, 'new')",
        "REPLACE INTO w VALUES (1, 'replaced')",
        "UPDATE u JOIN w ON u.id = w.id SET u.v = 'both', w.v = 'both', u.k = u.k + 1",
        'DELETE u, w FROM u JOIN w ON u.id = w.id WHERE u.id = 2',
        'UPDATE u SET id = id + 100 ORDER BY id DESC',
        'TRUNCATE TABLE w',
        "INSERT INTO w VALUES (1, 'after')",
      );
    });
    await expectTable(changes, 'u');
    const truncatedAt = changes.findLastIndex(({ table, data }) => table === 'w' && data['v'] === 'after');
    expect(truncatedAt).toBe(changes.length - 1);
  });

  it('LOAD DATA', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'heaviside-load-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    chmodSync(folder, 0o755);
    const file = join(folder, 'rows.tsv');
    writeFileSync(file, Array.from({ length: 3000 }, (_, id) => `${id}\ttext ${id}\n`).join(''));
    const changes = await changesOf(async () => {
      await run(
        'CREATE TABLE loaded (id INT PRIMARY KEY, v VARCHAR(20))',
        `LOAD DATA INFILE '${file}' INTO TABLE loaded`,
        `LOAD DATA INFILE '${file}' REPLACE INTO TABLE loaded SET v = CONCAT(v, '!')`,
      );
    });
    await expectTable(changes, 'loaded');
    expect(changes.length).toBeGreaterThanOrEqual(6000);
  });

  it('more than a thousand columns', async () => {
    const names = Array.from({ length: 1010 }, (_, index) => `c${index}`);
    const changes = await changesOf(async () => {
      await run(
        `CREATE TABLE wide (id INT PRIMARY KEY, ${names.map((name) => `${name} TINYINT`).join(', ')}) ENGINE=InnoDB`,
        `INSERT INTO wide VALUES (1, ${names.map((_, index) => (index % 3 === 0 ? 'NULL' : index % 100)).join(', ')})`,
        'UPDATE wide SET c1009 = 7, c0 = NULL, c500 = 1',
      );
    });
    await expectTable(changes, 'wide');
    expect(Object.keys(changes[1]?.old ?? {})).toEqual(['c500', 'c1009']);
  });

  it('savepoints, also beside tables without transactions', async () => {
    const isMixed = flavor === 'mariadb'; // MySQL with GTIDs refuses that
    const myisam = (id: number): string => (isMixed ? `INSERT INTO m VALUES (${id})` : 'DO 1');
    const changes = await changesOf(async () => {
      await run(
        'CREATE TABLE s (id INT PRIMARY KEY, v INT) ENGINE=InnoDB',
        'CREATE TABLE m (id INT PRIMARY KEY) ENGINE=MyISAM',
      );
      await run(
        'BEGIN',
        'INSERT INTO s VALUES (1, 1)',
        'SAVEPOINT one',
        'INSERT INTO s VALUES (2, 1)',
        myisam(1),
      );
      await run('SAVEPOINT two', 'UPDATE s SET v = 2', 'ROLLBACK TO two', 'INSERT INTO s VALUES (3, 1)');
      await run('ROLLBACK TO one', 'UPDATE s SET v = 3', 'INSERT INTO s VALUES (4, 1)', 'COMMIT');
      await run('BEGIN', 'INSERT INTO s VALUES (5, 1)', myisam(2), 'ROLLBACK');
      await run('BEGIN', 'SAVEPOINT a', 'INSERT INTO s VALUES (6, 1)', myisam(3), 'ROLLBACK TO a', 'COMMIT');
      await run('INSERT INTO m VALUES (4)');
    });
    await expectTable(changes, 's');
    await expectTable(changes, 'm');
    expect(changes.filter(({ table }) => table === 's').length).toBe(3);
  });

  it('rows that a foreign key changes, as the server logs them; nothing of sql_log_bin=0', async () => {
    const [version] = await session('SELECT VERSION() AS version');
    // MySQL 9.6 and newer change child rows in the server, not in InnoDB, and log them.
    const logsChildren = flavor === 'mysql' && Number.parseFloat(version?.['version'] ?? '') >= 9.6;
    const changes = await changesOf(async () => {
      await run(
        'CREATE TABLE parent (id INT PRIMARY KEY) ENGINE=InnoDB',
        'CREATE TABLE child (id INT PRIMARY KEY, p INT, FOREIGN KEY (p) REFERENCES parent (id) ON DELETE CASCADE) ENGINE=InnoDB',
        'INSERT INTO parent VALUES (1), (2)',
        'INSERT INTO child VALUES (1, 1), (2, 1), (3, 2)',
        'DELETE FROM parent WHERE id = 1',
        'SET SESSION sql_log_bin = 0',
        'INSERT INTO parent VALUES (77)',
        'SET SESSION sql_log_bin = 1',
      );
    });
    const deleted = changes
      .filter(({ type }) => type === 'delete')
      .map(({ table, data }) => `${table} ${String(data['id'])}`);
    expect(deleted.toSorted()).toEqual(logsChildren ? ['child 1', 'child 2', 'parent 1'] : ['parent 1']);
    expect(changes.some(({ data }) => data['id'] === 77)).toBe(false);
  });

  it('refuses a data change that was logged as a statement', async () => {
    await session('CREATE TABLE st (id INT PRIMARY KEY)');
    const work = changesOf(async () => {
      await run(
        "SET SESSION binlog_format = 'STATEMENT'",
        'INSERT INTO st VALUES (1)',
        "SET SESSION binlog_format = 'ROW'",
      );
    });
    await expect(work).rejects.toMatchObject({
      code: 'BINLOG_EVENT_UNSUPPORTED',
      message: expect.stringContaining('binlog_format=ROW') as string,
    });
  });
});
