import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { decodeLabel } from '../../src/encode/decode-label.ts';
import { defaultEncodeOptions, type EncodeOptions } from '../../src/encode/encode-options.ts';
import { TransactionEncoder } from '../../src/encode/transaction-encoder.ts';
import { openBinlogBench, takeOf, type BinlogBench } from '../support/binlog-bench.ts';
import { CollectingSink } from '../support/collecting-sink.ts';

const DATABASE = 'heaviside_types';

/** Column type, value as SQL, value as Maxwell's JSON. */
type Case = readonly [type: string, sql: string, json: string];

const common: readonly Case[] = [
  ['TINYINT', '-128', '-128'],
  ['TINYINT(1)', 'TRUE', '1'],
  ['TINYINT UNSIGNED', '255', '255'],
  ['SMALLINT', '-32768', '-32768'],
  ['SMALLINT UNSIGNED', '65535', '65535'],
  ['MEDIUMINT', '-8388608', '-8388608'],
  ['MEDIUMINT UNSIGNED', '16777215', '16777215'],
  ['INT', '-2147483648', '-2147483648'],
  ['INT UNSIGNED', '4294967295', '4294967295'],
  ['BIGINT', '-9223372036854775808', '-9223372036854775808'],
  ['BIGINT', '9223372036854775807', '9223372036854775807'],
  ['BIGINT UNSIGNED', '18446744073709551615', '18446744073709551615'],
  [
    'DECIMAL(65,30)',
    '-12345678901234567890123456789012345.123456789012345678901234567891',
    '-12345678901234567890123456789012345.123456789012345678901234567891',
  ],
  ['DECIMAL(30,30)', '0.000000000000000000000000000001', '1E-30'],
  ['DECIMAL(10,2)', '-0.00', '0.00'],
  ['DECIMAL(18,0)', '999999999999999999', '999999999999999999'],
  ['DECIMAL(10,7)', '0.0000001', '1E-7'],
  ['FLOAT', '1.1', '1.1'],
  ['FLOAT', '3.4028234e38', '3.4028235E38'],
  ['DOUBLE', '-1.7976931348623157e308', '-1.7976931348623157E308'],
  ['DOUBLE', '0.001', '0.001'],
  ['BIT(1)', "b'1'", '1'],
  ['BIT(33)', "b'100000000000000000000000000000001'", '4294967297'],
  ['BIT(64)', '18446744073709551615', '18446744073709551615'],
  ['DATE', "'1000-01-01'", '"1000-01-01"'],
  ['DATE', "'9999-12-31'", '"9999-12-31"'],
  ['DATE', "'0000-00-00'", '"0000-00-00"'],
  ['DATE', "'2010-00-05'", '"0000-00-00"'],
  ['DATETIME', "'0001-01-01 00:00:00'", '"0001-01-01 00:00:00"'],
  ['DATETIME(6)', "'9999-12-31 23:59:59.999999'", '"9999-12-31 23:59:59.999999"'],
  ['DATETIME(3)', "'0000-00-00'", '"0000-00-00 00:00:00.000"'],
  ['DATETIME(1)', "'2012-01-01 22:32:34.2'", '"2012-01-01 22:32:34.2"'],
  ['TIMESTAMP(6)', "'1970-01-01 00:00:01.000001'", '"1970-01-01 00:00:01.000001"'],
  ['TIMESTAMP', "'2038-01-19 03:14:07'", '"2038-01-19 03:14:07"'],
  ['TIMESTAMP(4)', "'2012-01-01 22:32:34.1234'", '"2012-01-01 22:32:34.1234"'],
  ['TIMESTAMP', "'0000-00-00'", '"0000-00-00 00:00:00"'],
  ['TIME', "'-838:59:59'", '"-838:59:59"'],
  ['TIME', "'25:00:00'", '"25:00:00"'],
  ['TIME', "'-00:00:01'", '"-00:00:01"'],
  ['TIME(1)', "'-00:00:00.1'", '"-00:00:00.1"'],
  ['TIME(3)', "'-01:00:00.5'", '"-01:00:00.500"'],
  ['TIME(6)', "'-12:23:33.000001'", '"-12:23:33.000001"'],
  ['TIME(6)', "'838:59:58.999999'", '"838:59:58.999999"'],
  ['YEAR', '2155', '2155'],
  ['YEAR', "'0000'", '0'],
  ['CHAR(5)', "'ab'", '"ab"'],
  ['CHAR(255)', "'ü😁'", '"ü\\uD83D\\uDE01"'],
  ['VARCHAR(64)', "'a\\\"\\\\\\n'", '"a\\"\\\\\\n"'],
  ['VARCHAR(300)', "''", '""'],
  ['TINYTEXT', "'t'", '"t"'],
  ['TEXT', "'t'", '"t"'],
  ['MEDIUMTEXT', "'t'", '"t"'],
  ['LONGTEXT', "'t'", '"t"'],
  ['VARCHAR(9) CHARACTER SET latin1', "'€\u0081ÿ'", '"€\u0081ÿ"'],
  ['VARCHAR(9) CHARACTER SET ucs2', "'ü€'", '"ü€"'],
  ['VARCHAR(9) CHARACTER SET utf16', "'😁'", '"\\uD83D\\uDE01"'],
  ['VARCHAR(9) CHARACTER SET utf32', "'😁'", '"\\uD83D\\uDE01"'],
  ['TEXT CHARACTER SET gbk', "'你好'", '"你好"'],
  ['CHAR(9) CHARACTER SET cp932', "'日本'", '"日本"'],
  ['BINARY(4)', "x'0102'", '"AQI="'],
  ['VARBINARY(300)', "x'000102ff'", '"AAEC/w=="'],
  ['BLOB', "x'ff00'", '"/wA="'],
  ['LONGBLOB', "''", '""'],
  ["ENUM('a','it''s','x,y')", "'it''s'", '"it\'s"'],
  ["ENUM('a','b') CHARACTER SET latin1", "'b'", '"b"'],
  ["ENUM('ü','ß') CHARACTER SET latin1", "'ß'", '"ß"'],
  ["SET('c','b','a')", "'a,c'", '["c","a"]'],
  ["SET('c','b')", "''", '[]'],
  ['POINT', 'ST_GeomFromText("POINT(3 2)")', '"POINT (3 2)"'],
  [
    'GEOMETRY',
    'ST_GeomFromText("LINESTRING(0 -1.5,1e20 1e-9)")',
    '"LINESTRING (0 -1.5, 100000000000000000000 0.000000001)"',
  ],
  [
    'POLYGON',
    'ST_GeomFromText("POLYGON((0 0,4 0,4 4,0 0),(1 1,2 1,2 2,1 1))")',
    '"POLYGON ((0 0, 4 0, 4 4, 0 0), (1 1, 2 1, 2 2, 1 1))"',
  ],
  ['MULTIPOINT', 'ST_GeomFromText("MULTIPOINT(1 1,2 2)")', '"MULTIPOINT ((1 1), (2 2))"'],
  [
    'MULTIPOLYGON',
    'ST_GeomFromText("MULTIPOLYGON(((0 0,4 0,4 4,0 0)))")',
    '"MULTIPOLYGON (((0 0, 4 0, 4 4, 0 0)))"',
  ],
  [
    'GEOMETRYCOLLECTION',
    'ST_GeomFromText("GEOMETRYCOLLECTION(POINT(1 1),LINESTRING(0 1,1 2))")',
    '"GEOMETRYCOLLECTION (POINT (1 1), LINESTRING (0 1, 1 2))"',
  ],
  ['INT', 'NULL', 'null'],
];

const onlyIn: Readonly<Record<'mysql' | 'mariadb', readonly Case[]>> = {
  mysql: [
    [
      'JSON',
      `'{"b":[1,2],"a":{"x":null},"aa":"\\\\u0001😁"}'`,
      '{"a":{"x":null},"b":[1,2],"aa":"\\u0001\\uD83D\\uDE01"}',
    ],
    [
      'JSON',
      "'[-9223372036854775808,18446744073709551615,4294967295,-2147483648,65535,1.5,1.0,-0.0]'",
      '[-9223372036854775808,18446744073709551615,4294967295,-2147483648,65535,1.5,1.0,-0.0]',
    ],
    [
      'JSON',
      'JSON_ARRAY(CAST(12.50 AS DECIMAL(10,2)), CAST("2015-01-15" AS DATE), CAST("2015-01-15 23:24:25.12" AS DATETIME(6)), CAST("-12:13:14.5" AS TIME(1)))',
      '[12.50,"2015-01-15","2015-01-15 23:24:25.12","-12:13:14.5"]',
    ],
    ['JSON', `JSON_OBJECT('blob', CAST(x'010203' AS BINARY), 'bit', b'101')`, '{"bit":"BQ==","blob":"AQID"}'],
    ['JSON', "'null'", 'null'],
    ['JSON', "'{}'", '{}'],
    ['GEOMETRY SRID 4326', 'ST_GeomFromText("POINT(1 2)", 4326)', '"POINT (2 1)"'],
    ['VECTOR(2)', 'STRING_TO_VECTOR("[1,-0.5]")', '[1.0,-0.5]'],
  ],
  mariadb: [
    ['JSON', `'{"b": [1, 2]}'`, '"{\\"b\\": [1, 2]}"'],
    ['TEXT COMPRESSED', "REPEAT('abc', 100)", `"${'abc'.repeat(100)}"`],
    ['VARCHAR(40) COMPRESSED', "'short'", '"short"'],
    ['DECIMAL(38,38)', '0.5', `0.5${'0'.repeat(37)}`],
    ['INET4', "'10.0.0.0'", '"10.0.0.0"'],
    ['INET6', "'2001:db8::ff00:42:8329'", '"2001:db8::ff00:42:8329"'],
    ['INET6', "'::'", '"::"'],
    ['INET6', "'::ffff:1.2.3.4'", '"::ffff:1.2.3.4"'],
    ['UUID', "'123e4567-e89b-12d3-a456-426655440000'", '"123e4567-e89b-12d3-a456-426655440000"'],
    ['UUID', "'ffffffff-ffff-4fff-8fff-fffffffff000'", '"ffffffff-ffff-4fff-8fff-fffffffff000"'],
    ['UUID', "'01890a5d-ac96-774b-bcce-b302099a8057'", '"01890a5d-ac96-774b-bcce-b302099a8057"'],
  ],
};

describe.each(['mysql', 'mariadb'] as const)('values of %s as JSON', (flavor) => {
  const cases = [...common, ...onlyIn[flavor]];
  let bench: BinlogBench;

  beforeAll(async () => {
    bench = await openBinlogBench(flavor, DATABASE, 4011);
    await bench.admin("SET NAMES utf8mb4, sql_mode = '', time_zone = '+00:00'");
  });

  afterAll(() => bench.close());

  /** The records of what the statements change, in one transaction. */
  async function recordsOf(
    statements: readonly string[],
    options: Partial<EncodeOptions> = {},
  ): Promise<string[]> {
    const from = await bench.now(true);
    const stream = await bench.open(from, { decodeLabel });
    await bench.admin('START TRANSACTION');
    for (const statement of statements) await bench.admin(statement);
    await bench.admin('COMMIT');
    const [transaction] = await takeOf(stream, DATABASE, 1);
    await stream.close();
    if (transaction === undefined) throw new Error('no transaction');
    const sink = new CollectingSink();
    await new TransactionEncoder({ ...defaultEncodeOptions, ...options }).encode(transaction, sink).next();
    transaction.dispose();
    return sink.records.map((record) => record.value);
  }

  it('has every type at its extremes', async () => {
    const columns = cases.map(([type], index) => `c${index} ${type} NULL`);
    await bench.admin(
      `CREATE TABLE all_types (id INT PRIMARY KEY, ${columns.join(', ')}) ROW_FORMAT=DYNAMIC DEFAULT CHARSET utf8mb4`,
    );
    const [record = ''] = await recordsOf([
      `INSERT INTO all_types VALUES (1, ${cases.map(([, sql]) => sql).join(', ')})`,
    ]);
    const members = record.slice(record.indexOf('"data":{') + 8, -2).split(/,(?="c\d+":)/);
    const expected = ['"id":1', ...cases.map(([, , json], index) => `"c${index}":${json}`)];
    expect(members.map((member, index) => `${cases[index - 1]?.[0] ?? 'id'} ${member}`)).toEqual(
      expected.map((member, index) => `${cases[index - 1]?.[0] ?? 'id'} ${member}`),
    );
    expect(() => JSON.parse(record) as unknown).not.toThrow();
  });

  it('has the numbers that the server itself prints', async () => {
    await bench.admin(
      'CREATE TABLE numbers (id INT PRIMARY KEY AUTO_INCREMENT, d DOUBLE, n DECIMAL(40,15), t TIME(6), b BIGINT)',
    );
    const rows = Array.from({ length: 200 }, (_, index) => {
      const exponent = (index % 60) - 30;
      const sign = index % 2 === 0 ? '' : '-';
      return `(${sign}${Math.fround(Math.sin(index + 1))}e${exponent}, ${sign}${(index * 123456789) % 1e9}.${index}${index}1, SEC_TO_TIME(${sign}${(index * 12345.678901) % 3e6}), ${sign}${index}${'7'.repeat(index % 17)})`;
    });
    const records = await recordsOf([`INSERT INTO numbers (d, n, t, b) VALUES ${rows.join(', ')}`]);
    const texts = await bench.admin(
      'SELECT CAST(id AS CHAR) id, CAST(d AS CHAR) d, CAST(n AS CHAR) n, CAST(t AS CHAR) t, CAST(b AS CHAR) b FROM numbers ORDER BY numbers.id',
    );
    expect(records).toHaveLength(200);
    for (const [index, row] of texts.entries()) {
      const data =
        /"data":\{"id":(.*),"d":(.*),"n":(.*),"t":"(.*)","b":(.*)\}\}$/.exec(records[index] ?? '') ?? [];
      expect(Number(data[2])).toBe(Number(row['d']));
      expect(Number(data[3])).toBe(Number(row['n']));
      expect([data[1], data[4], data[5]]).toEqual([row['id'], row['t'], row['b']]);
    }
  });

  it('has old values for what changed, and keys for rows without all columns', async () => {
    await bench.admin('CREATE TABLE images (id INT PRIMARY KEY, a VARCHAR(20), b TEXT, c INT)');
    const statements = [
      "INSERT INTO images VALUES (1, 'x', 'long', NULL)",
      "UPDATE images SET a = 'y', c = 2",
      'DELETE FROM images',
    ];
    const bodies = (records: readonly string[]): string[] =>
      records.map((record) => record.slice(record.indexOf('"data":')));
    expect(bodies(await recordsOf(statements))).toEqual([
      '"data":{"id":1,"a":"x","b":"long","c":null}}',
      '"data":{"id":1,"a":"y","b":"long","c":2},"old":{"a":"x","c":null}}',
      '"data":{"id":1,"a":"y","b":"long","c":2}}',
    ]);
    await bench.admin("SET SESSION binlog_row_image = 'MINIMAL'");
    expect(bodies(await recordsOf(statements))).toEqual([
      '"data":{"id":1,"a":"x","b":"long","c":null}}',
      '"data":{"a":"y","c":2,"id":1}}',
      '"data":{"id":1}}',
    ]);
    await bench.admin("SET SESSION binlog_row_image = 'NOBLOB'");
    expect(bodies(await recordsOf(statements))[1]).toBe(
      '"data":{"id":1,"a":"y","c":2},"old":{"a":"x","c":null}}',
    );
    await bench.admin("SET SESSION binlog_row_image = 'FULL'");
  });
});
