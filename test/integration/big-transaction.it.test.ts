import { afterAll, beforeAll, expect, it } from 'vitest';
import { ProductPlace } from '../support/product-place.ts';
import { peakMemoryBytes } from '../support/peak-memory.ts';
import { streamRecords } from '../support/record-stream.ts';

const MAX_MEMORY_BYTES = 512 * 1024 * 1024;
/** Rows of the one transaction; a million is the promise, fewer keep the tier short. */
const rows = Number(process.env['HEAVISIDE_TEST_BIG_ROWS'] ?? 200_000);
/** Rows of the table that the transaction is made from. */
const BLOCK = 10_000;

let place: ProductPlace;

beforeAll(async () => {
  place = await ProductPlace.open('big');
});

afterAll(() => place.close());

/** A table of eight columns, and a block of rows to fill it from. */
async function fillBlock(database: string): Promise<void> {
  const digits =
    '(SELECT 0 n UNION ALL SELECT 1 UNION ALL SELECT 2 UNION ALL SELECT 3 UNION ALL SELECT 4 UNION ALL SELECT 5 UNION ALL SELECT 6 UNION ALL SELECT 7 UNION ALL SELECT 8 UNION ALL SELECT 9)';
  const columns =
    "id BIGINT PRIMARY KEY AUTO_INCREMENT, n INT, kind ENUM('small','large'), price DECIMAL(10,2), name VARCHAR(60), extra JSON, at DATETIME(3), seen TIMESTAMP(3) NULL";
  await place.sql(
    'mysql',
    `CREATE TABLE ${database}.block (${columns})`,
    `CREATE TABLE ${database}.big (${columns})`,
    `INSERT INTO ${database}.block (n, kind, price, name, extra, at, seen)
     SELECT a.n + 10 * b.n + 100 * c.n + 1000 * d.n, IF(a.n < 5, 'small', 'large'), a.n * 1.25, CONCAT('name of row ', a.n, b.n, c.n, d.n),
            JSON_OBJECT('a', a.n, 'list', JSON_ARRAY(b.n, c.n)), '2024-02-29 12:34:56.789', '2024-02-29 12:34:56.789'
     FROM ${digits} a, ${digits} b, ${digits} c, ${digits} d`,
  );
}

it(`replicates one transaction of ${rows} rows in bounded memory, as one`, { timeout: 600_000 }, async () => {
  const database = place.name;
  await place.createDatabase('mysql', database);
  await fillBlock(database);
  const config = place.config('big', place.replicator('mysql'), database, {
    filter: `exclude: *.*, include: ${database}.big`,
  });
  const topic = config['kafka_topic'] ?? '';
  const run = await place.lead(config);
  const idle = peakMemoryBytes(run.pid);

  const committing = performance.now();
  const copy = `INSERT INTO ${database}.big (n, kind, price, name, extra, at, seen) SELECT n, kind, price, name, extra, at, seen FROM ${database}.block`;
  await place.sql(
    'mysql',
    'START TRANSACTION',
    ...Array.from({ length: rows / BLOCK }, () => copy),
    'COMMIT',
  );
  const committed = performance.now();
  await run.until(
    async () => Number((await run.status())['rowsTotal']) >= rows,
    `${rows} rows to be written`,
    300_000,
  );
  const replicated = performance.now();
  const peak = peakMemoryBytes(run.pid);

  const ids = new Set<string>();
  const tables = new Set<string>();
  const xids = new Set<unknown>();
  let records = 0;
  let commits = 0;
  await streamRecords(
    { brokers: place.brokers, topic, count: rows, timeoutMs: 120_000 },
    ({ messageId, value }) => {
      const row = JSON.parse(value) as {
        readonly xid: unknown;
        readonly commit?: boolean;
        readonly table: string;
      };
      records++;
      ids.add(messageId);
      tables.add(row.table);
      xids.add(row.xid);
      if (row.commit === true) commits++;
    },
  );
  const seconds = (replicated - committed) / 1000;
  const megabytes = (bytes: number): number => Math.round(bytes / 1024 / 1024);
  process.stdout.write(
    `${rows} rows: commit ${((committed - committing) / 1000).toFixed(1)} s, replicated ${seconds.toFixed(1)} s later ` +
      `(${Math.round(rows / seconds)} rows/s), VmHWM ${megabytes(peak)} MB (idle ${megabytes(idle)} MB)\n`,
  );
  expect([...tables]).toEqual(['big']);
  expect({ records, messageIds: ids.size, xids: xids.size, commits }).toEqual({
    records: rows,
    messageIds: rows,
    xids: 1,
    commits: 1,
  });
  expect(peak).toBeLessThan(MAX_MEMORY_BYTES);
  expect(await run.stop()).toEqual({ code: 0, signal: null });
});
