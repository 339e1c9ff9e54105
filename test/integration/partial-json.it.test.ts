import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { defaultEncodeOptions } from '../../src/encode/encode-options.ts';
import { TransactionEncoder } from '../../src/encode/transaction-encoder.ts';
import { openBinlogBench, rowsOf, takeOf, type BinlogBench } from '../support/binlog-bench.ts';
import { CollectingSink } from '../support/collecting-sink.ts';
import { SeededRandom } from '../support/seeded-random.ts';

const DATABASE = 'heaviside_partial_json';
const KEYS = ['a', 'b', 'long key', 'é"\\', 'list', 'nested', 'zz'] as const;

/** An SQL expression of a JSON value. */
function value(random: SeededRandom, depth = 0): string {
  const scalar = (): string =>
    random.pick([
      String(random.between(-40_000, 40_000)),
      String(random.between(0, 2 ** 31)),
      '18446744073709551615',
      '1.5e0',
      'CAST(12.340 AS DECIMAL(10,3))',
      "CAST('2024-02-29 12:34:56.789' AS DATETIME(3))",
      "CAST('null' AS JSON)",
      'TRUE',
      `'${random.pick(['', 'text', 'ü😁', 'x'.repeat(300)])}'`,
    ]);
  if (depth > 2 || random.chance(0.4)) return scalar();
  const count = random.between(0, 5);
  const items = Array.from({ length: count }, () => value(random, depth + 1));
  if (random.chance(0.5)) return `JSON_ARRAY(${items.join(', ')})`;
  const members = items.map((item) => `'${random.pick(KEYS).replaceAll('\\', '\\\\')}', ${item}`);
  return `JSON_OBJECT(${members.join(', ')})`;
}

function path(random: SeededRandom): string {
  const legs = Array.from({ length: random.between(1, 3) }, () =>
    random.chance(0.6)
      ? `."${random.pick(KEYS).replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\\', '\\\\')}"`
      : `[${random.pick(['0', '1', '3', 'last', 'last-1'])}]`,
  );
  return `'$${legs.join('')}'`;
}

/** An expression that changes a part of `column`. */
function change(random: SeededRandom, column: string): string {
  const of = random.chance(0.3) ? change(random, column) : column;
  const name = random.pick(['SET', 'SET', 'REPLACE', 'REMOVE', 'INSERT', 'ARRAY_APPEND', 'ARRAY_INSERT']);
  if (name === 'REMOVE') return `JSON_REMOVE(${of}, ${path(random)})`;
  if (name === 'ARRAY_INSERT')
    return `JSON_ARRAY_INSERT(${of}, '$.list[${random.between(0, 3)}]', ${value(random)})`;
  return `JSON_${name}(${of}, ${path(random)}, ${value(random)})`;
}

describe('updates that log parts of JSON values', () => {
  let bench: BinlogBench;
  beforeAll(async () => {
    bench = await openBinlogBench('mysql', DATABASE, 6611);
    await bench.admin("SET NAMES utf8mb4, sql_mode = ''");
  });
  afterAll(() => bench.close());

  /** `data` and `old` of what the statements change in one transaction, and how the events came. */
  async function changesOf(
    statements: readonly string[],
  ): Promise<{ bodies: string[]; partialEvents: number; bytes: number }> {
    const stream = await bench.open(await bench.now(true), { spillThresholdBytes: 64 * 1024 });
    await bench.admin('START TRANSACTION');
    for (const statement of statements) await bench.admin(statement);
    await bench.admin('COMMIT');
    const [transaction] = await takeOf(stream, DATABASE, 1);
    await stream.close();
    if (transaction === undefined) throw new Error('no transaction');
    try {
      const events = await rowsOf(transaction);
      const sink = new CollectingSink();
      await new TransactionEncoder(defaultEncodeOptions).encode(transaction, sink).next();
      const bodies = sink.records.map(({ value: text }) => text.slice(text.indexOf('"data":')));
      const partialEvents = events.filter(({ isPartialJson }) => isPartialJson === true).length;
      return { bodies, partialEvents, bytes: events.reduce((sum, { rows }) => sum + rows.length, 0) };
    } finally {
      transaction.dispose();
    }
  }

  it('are the changes that a source without the option logs', async () => {
    const random = new SeededRandom(20_261_123);
    const filler = `JSON_OBJECT('a', 1, 'filler', REPEAT('f', 2000), 'list', JSON_ARRAY(1, 2, 3), 'nested', JSON_OBJECT('b', JSON_ARRAY('x', 'y')))`;
    for (const table of ['whole', 'partial']) {
      await bench.admin(
        `CREATE TABLE ${table} (id INT PRIMARY KEY, j JSON, t VARCHAR(10), k JSON, l JSON NULL)`,
      );
      for (let id = 1; id <= 6; id++)
        await bench.admin(`INSERT INTO ${table} VALUES (${id}, ${filler}, 'x', ${filler}, NULL)`);
    }
    const updates = Array.from({ length: 150 }, (_, index) => {
      const second = random.chance(0.5) ? `, k = ${change(random, 'k')}` : '';
      const text = random.chance(0.3) ? `, t = 't${index}'` : '';
      const rows = random.chance(0.3) ? 'TRUE' : `id = ${random.between(1, 6)}`;
      return `UPDATE OF_TABLE SET j = ${change(random, 'j')}${second}${text} WHERE ${rows}`;
    });
    const valid: string[] = [];
    for (const update of updates) {
      // What the server refuses (a path that does not exist for a value, say) is no update.
      const isValid = await bench.admin(`EXPLAIN ${update.replace('OF_TABLE', 'whole')}`).then(
        () => true,
        () => false,
      );
      if (isValid) valid.push(update);
    }
    expect(valid.length).toBeGreaterThan(100);
    const on = (table: string): string[] => valid.map((update) => update.replace('OF_TABLE', table));
    const whole = await changesOf(on('whole'));
    await bench.admin(
      "SET SESSION binlog_row_value_options = 'PARTIAL_JSON', SESSION binlog_transaction_compression = ON",
    );
    const partial = await changesOf(on('partial'));
    await bench.admin(
      "SET SESSION binlog_row_value_options = '', SESSION binlog_transaction_compression = OFF",
    );
    expect(whole.partialEvents).toBe(0);
    expect(partial.partialEvents).toBeGreaterThan(50);
    expect(partial.bytes).toBeLessThan(whole.bytes * 0.8);
    expect(partial.bodies.length).toBe(whole.bodies.length);
    for (const [index, body] of partial.bodies.entries()) expect(body).toBe(whole.bodies[index]);

    const rows = await bench.admin('SELECT CAST(id AS CHAR) id, CAST(j AS CHAR) j FROM partial');
    for (const { id, j } of rows) {
      const last = partial.bodies.findLast((body) => body.startsWith(`"data":{"id":${id},`)) ?? '';
      const { data } = JSON.parse(`{${last}`) as { data: { j: unknown } };
      expect(data.j).toEqual(JSON.parse((j ?? '').replace(/(\d{2}\.\d{3})000"/g, '$1"')));
    }
  });

  it('block where the before image does not hold the former value', async () => {
    await bench.admin('CREATE TABLE minimal (id INT PRIMARY KEY, j JSON)');
    await bench.admin(`INSERT INTO minimal VALUES (1, JSON_OBJECT('a', 1, 'f', REPEAT('f', 1000)))`);
    await bench.admin(
      "SET SESSION binlog_row_value_options = 'PARTIAL_JSON', SESSION binlog_row_image = 'MINIMAL'",
    );
    await expect(changesOf(["UPDATE minimal SET j = JSON_SET(j, '$.a', 2)"])).rejects.toMatchObject({
      code: 'ROW_UNDECODABLE',
      message: expect.stringMatching(/`minimal`.*`j`.*binlog_row_image=FULL/) as string,
    });
    await bench.admin("SET SESSION binlog_row_value_options = '', SESSION binlog_row_image = 'FULL'");
  });
});
