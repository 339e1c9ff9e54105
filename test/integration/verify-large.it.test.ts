import { afterAll, beforeAll, expect, it } from 'vitest';
import { peakMemoryIfRunning } from '../support/peak-memory.ts';
import { ProductPlace } from '../support/product-place.ts';
import type { TableResult } from '../../src/verify/table-result.ts';
import { VerifyGround } from '../support/verify-ground.ts';

/** A million is the promise (`npm run test:verify`), fewer keep the tier short. */
const rows = Number(process.env['HEAVISIDE_TEST_VERIFY_ROWS'] ?? 20_000);
/** Rows of a transaction. */
const BLOCK = 10_000;
/** Of the command's process, a million rows and more. */
const MAX_MEMORY_BYTES = 512 * 1024 * 1024;
const TIMEOUT_MS = 1_800_000;

let place: ProductPlace;

beforeAll(async () => {
  place = await ProductPlace.open('large');
});

afterAll(() => place.close());

it(`one changed, one missing and one extra row among ${rows}`, { timeout: TIMEOUT_MS }, async () => {
  const ground = await VerifyGround.open(place, 'mysql', {
    producer_partition_by: 'primary_key',
    'kafka.compression.type': 'lz4',
  });
  await ground.sql(
    `CREATE TABLE big (id BIGINT PRIMARY KEY, n INT, kind ENUM('a','b','c'), price DECIMAL(12,2),
        name VARCHAR(100), doc JSON, at DATETIME(3), seen TIMESTAMP NULL)`,
    'SET SESSION cte_max_recursion_depth = 100000',
  );
  for (let from = 0; from < rows; from += BLOCK)
    await ground.sql(
      `INSERT INTO big WITH RECURSIVE n (i) AS (SELECT ${from} UNION ALL SELECT i + 1 FROM n WHERE i < ${Math.min(rows, from + BLOCK) - 1})
          SELECT i, i % 1000, ELT(1 + i % 3, 'a', 'b', 'c'), i / 7, CONCAT('name of row ', i), JSON_OBJECT('i', i, 'list', JSON_ARRAY(1, 'x')),
            TIMESTAMPADD(MICROSECOND, i * 1000, '2026-01-01'), FROM_UNIXTIME(1700000000 + i) FROM n`,
    );
  await ground.unlogged(
    `UPDATE big SET price = price + 0.01 WHERE id = ${Math.floor(rows / 3)}`,
    `INSERT INTO big (id, n) VALUES (${rows + 5}, 1)`,
    `DELETE FROM big WHERE id = ${Math.floor(rows / 2)}`,
  );
  const run = place.launch([
    'verify',
    `${ground.database}.big`,
    '--json',
    '--complete',
    '--max',
    'at',
    '--timeout',
    '10m',
    '--config',
    ground.file,
  ]);
  let peak = 0;
  const look = setInterval(() => (peak = Math.max(peak, peakMemoryIfRunning(run.pid) ?? 0)), 100);
  const { code } = await run.end(TIMEOUT_MS).finally(() => clearInterval(look));
  const result = JSON.parse(run.stdout) as TableResult;
  process.stdout.write(
    `verify of ${rows} rows: ${result.seconds.toFixed(1)} s (${Math.round(rows / result.seconds)} rows/s), VmHWM ${Math.round(peak / 2 ** 20)} MB\n`,
  );
  expect(code).toBe(1);
  expect(result).toMatchObject({
    sourceRows: rows,
    records: rows,
    matchedRows: rows - 2,
    mismatchedRows: 1,
    missingRows: 1,
    extraRows: 1,
    notCoveredRows: 0,
  });
  expect(result.differences.map(({ kind, key, columns }) => [kind, key?.['id'], columns])).toEqual([
    ['changed', String(Math.floor(rows / 3)), ['price']],
    ['missing', String(rows + 5), undefined],
    ['extra', String(Math.floor(rows / 2)), undefined],
  ]);
  expect(peak).toBeLessThan(MAX_MEMORY_BYTES);
  await ground.run.stop();
});
