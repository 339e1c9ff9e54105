import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { MaxwellAvro } from '../../src/encode/avro/maxwell-avro.ts';
import { decodeLabel } from '../../src/encode/decode-label.ts';
import { defaultEncodeOptions, type EncodeOptions } from '../../src/encode/encode-options.ts';
import { TransactionEncoder } from '../../src/encode/transaction-encoder.ts';
import { splitConfluent, type AvroRecord } from '../support/avro-reader.ts';
import { openBinlogBench, takeOf, type BinlogBench } from '../support/binlog-bench.ts';
import { CollectingSink } from '../support/collecting-sink.ts';
import { readWithFastavro } from '../support/fast-avro.ts';
import { FixedSchemaIds } from '../support/fixed-schema-ids.ts';
import { typeCases, type TypeCase } from '../support/type-cases.ts';

const DATABASE = 'heaviside_avro_types';

/** How the server itself is asked for the value of a column, as text. */
function selected(type: string, column: string): string {
  if (/^(BINARY|VARBINARY|BLOB|LONGBLOB|BIT\(64\))/.test(type)) return `HEX(${column})`;
  if (type.startsWith('BIT')) return `CAST(${column} + 0 AS CHAR)`;
  if (/^(POINT|GEOMETRY|POLYGON|MULTI)/.test(type)) return `ST_AsText(${column})`;
  if (type.startsWith('VECTOR')) return `VECTOR_TO_STRING(${column})`;
  if (type.startsWith('FLOAT')) return `CAST(CAST(${column} AS DOUBLE) AS CHAR)`;
  return `CAST(${column} AS CHAR)`;
}

/** Whether what an independent reader got is what the server tells: equal as numbers, JSON or geometry where text may differ. */
function comparable(type: string, text: string | null): unknown {
  if (text === null) return null;
  if (/^(BINARY|VARBINARY|BLOB|LONGBLOB|BIT\(64\))/.test(type)) return text.toLowerCase();
  if (type.startsWith('FLOAT')) return Math.fround(Number(text));
  if (type.startsWith('DOUBLE')) return Number(text);
  if (/^(JSON|VECTOR)/.test(type)) return JSON.parse(text);
  if (/^(POINT|GEOMETRY|POLYGON|MULTI)/.test(type))
    return text
      .replaceAll(/[\s()]+/g, ' ')
      .split(/[ ,]+/)
      .map((part) => (Number.isNaN(Number(part)) ? part : Number(part)));
  if (/^(DATE|TIMESTAMP)/.test(type) && /-00/.test(text)) return 'zero date';
  return text;
}

/** The same of a value as fastavro has it. */
function comparableRead(type: string, value: unknown): unknown {
  if (value === null) return null;
  if (Buffer.isBuffer(value)) return value.toString('hex');
  if (typeof value === 'bigint')
    return type.startsWith('YEAR') ? String(value).padStart(4, '0') : String(value);
  if (typeof value === 'number') return type.startsWith('FLOAT') ? Math.fround(value) : value;
  if (Array.isArray(value)) return type.startsWith('VECTOR') ? value : value.join(',');
  return typeof value === 'string' ? comparable(type, value) : value;
}

/** The server's word, but where Maxwell has another one on purpose: Maxwell's. */
function expected([type, sql, maxwell]: TypeCase, told: string | null): unknown {
  if (type.startsWith('BINARY')) return told?.replace(/(00)+$/, ''); // the binlog does not hold the padding
  if (type.startsWith('JSON') && sql.includes('CAST(')) return JSON.parse(maxwell); // the server shows values of SQL in its own forms
  if (/SRID/.test(type)) return comparable(type, JSON.parse(maxwell) as string); // the server turns the axes
  return comparable(type, told);
}

describe.each(['mysql', 'mariadb'] as const)('values of %s as Avro, read by fastavro', (flavor) => {
  const cases = typeCases(flavor);
  let bench: BinlogBench;

  beforeAll(async () => {
    bench = await openBinlogBench(flavor, DATABASE, 4021);
    await bench.admin("SET NAMES utf8mb4, sql_mode = '', time_zone = '+00:00'");
    const columns = cases.map(([type], index) => `c${index} ${type} NULL`);
    await bench.admin(
      `CREATE TABLE all_types (id INT PRIMARY KEY, ${columns.join(', ')}) ROW_FORMAT=DYNAMIC DEFAULT CHARSET utf8mb4`,
    );
  });

  afterAll(() => bench.close());

  /** The records of one transaction, and their schema as JSON. */
  async function recordsOf(
    statements: readonly string[],
    options: Partial<EncodeOptions> = {},
  ): Promise<{ records: AvroRecord[]; schema: string }> {
    const stream = await bench.open(await bench.now(true), { decodeLabel });
    await bench.admin('START TRANSACTION');
    for (const statement of statements) await bench.admin(statement);
    await bench.admin('COMMIT');
    const [transaction] = await takeOf(stream, DATABASE, 1);
    await stream.close();
    if (transaction === undefined) throw new Error('no transaction');
    const [all, ids, sink] = [
      { ...defaultEncodeOptions, ...options },
      new FixedSchemaIds(),
      new CollectingSink(),
    ];
    await new TransactionEncoder(all, new MaxwellAvro(all, ids)).encode(transaction, sink).next();
    transaction.dispose();
    const bodies = sink.values.map((value) => splitConfluent(value));
    const readings = bodies.map(({ id, body }) => ({ writer: ids.schema(id), reader: null, body }));
    return { records: (await readWithFastavro(readings)) as AvroRecord[], schema: ids.schema(1) };
  }

  it('are those that the server itself tells, for every type at its extremes', async () => {
    const insert = `INSERT INTO all_types VALUES (1, ${cases.map(([, sql]) => sql).join(', ')})`;
    const { records } = await recordsOf([insert, 'DELETE FROM all_types', insert]);
    const texts = cases.map(([type], index) => `${selected(type, `c${index}`)} c${index}`);
    const [told = {}] = await bench.admin(`SELECT ${texts.join(', ')} FROM all_types`);
    expect(records.map(({ type }) => type)).toEqual(['insert', 'delete', 'insert']);
    for (const { data } of records) {
      const read = cases.map(([type], index) => [type, comparableRead(type, data[`c${index}`])]);
      expect(read).toEqual(
        cases.map((each, index) => [each[0], expected(each, told[`c${index}`] as string | null)]),
      );
    }
  });

  it('have types of their own for integers, decimals, bytes and sets, each nullable with the default null', async () => {
    const { schema } = await recordsOf(['UPDATE all_types SET c0 = 1']);
    const { fields } = JSON.parse(schema) as { fields: { name: string; type: { fields: unknown[] } }[] };
    const columns = fields.find(({ name }) => name === 'data')?.type.fields as {
      name: string;
      type: readonly [string, unknown];
      default: unknown;
    }[];
    for (const column of columns) expect([column.type[0], column.default]).toEqual(['null', null]);
    const typeOf = (of: string): unknown =>
      columns.find(({ name }) => name === `c${cases.findIndex(([type]) => type === of)}`)?.type[1];
    expect(typeOf('INT UNSIGNED')).toBe('long');
    expect(typeOf('BIGINT')).toBe('long');
    const decimal = { type: 'bytes', logicalType: 'decimal' };
    expect(typeOf('BIGINT UNSIGNED')).toEqual({ ...decimal, precision: 20, scale: 0 });
    expect(typeOf('DECIMAL(65,30)')).toEqual({ ...decimal, precision: 65, scale: 30 });
    expect(typeOf('BLOB')).toBe('bytes');
    expect(typeOf("SET('c','b','a')")).toEqual({ type: 'array', items: 'string' });
  });

  it('have dates and timestamps that fastavro knows as such, with avro_temporal_types=logical', async () => {
    await bench.admin(
      'CREATE TABLE moments (id INT PRIMARY KEY, d DATE, z DATE, a DATETIME, b DATETIME(6), s TIMESTAMP(3) NULL, t TIME)',
    );
    const { records } = await recordsOf(
      [
        "INSERT INTO moments VALUES (1, '2024-02-29', '0000-00-00', '1999-12-31 23:59:59', '9999-12-31 23:59:59.999999', '2038-01-19 03:14:07.5', '-838:59:59')",
        "INSERT INTO moments VALUES (2, '0001-01-01', NULL, '1969-12-31 23:59:59', '1000-01-01 00:00:00.000001', '1970-01-01 00:00:01', '25:00:00')",
      ],
      { avroTemporalTypes: 'logical' },
    );
    expect(records.map(({ data }) => data)).toEqual([
      {
        id: 1n,
        d: '2024-02-29',
        z: null,
        a: '1999-12-31T23:59:59',
        b: '9999-12-31T23:59:59.999999',
        s: '2038-01-19T03:14:07.500000+00:00',
        t: '-838:59:59',
      },
      {
        id: 2n,
        d: '0001-01-01',
        z: null,
        a: '1969-12-31T23:59:59',
        b: '1000-01-01T00:00:00.000001',
        s: '1970-01-01T00:00:01+00:00',
        t: '25:00:00',
      },
    ]);
  });
});
