import type { Flavor } from './load-table.ts';

/** A column, a value of it, and another value that a comparison must tell from it. */
export type ColumnCase = readonly [sql: string, value: string, other: string];

const both: readonly ColumnCase[] = [
  ['TINYINT', '-128', '-127'],
  ['INT UNSIGNED', '4294967295', '4294967294'],
  ['BIGINT UNSIGNED', '18446744073709551615', '18446744073709551614'],
  ['BIGINT', '-9223372036854775807', '-9223372036854775808'],
  ['INT(6) UNSIGNED ZEROFILL', '42', '43'],
  ['DECIMAL(30,10)', '12345678901234567890.0123456789', '12345678901234567890.0123456788'],
  ['DECIMAL(10,2)', '-0.50', '0.50'],
  ['FLOAT', '0.1', '0.10000001'],
  ['FLOAT', '-16777216', '-16777217.5'],
  ['DOUBLE', '0.1', '0.10000000000000002'],
  ['DOUBLE', '1.7976931348623157e308', '1.7976931348623155e308'],
  ['DOUBLE', '5e-324', '0'],
  ['DOUBLE', '1e15', '1e15+0.125'],
  ['BIT(17)', "b'10000000000000001'", "b'10000000000000000'"],
  ['YEAR', '2026', '0'],
  ['DATE', "'2026-02-28'", "'2026-02-27'"],
  ['DATETIME', "'1000-01-01 00:00:00'", "'1000-01-01 00:00:01'"],
  ['DATETIME(6)', "'2026-02-28 23:59:59.000001'", "'2026-02-28 23:59:59.000002'"],
  ['TIMESTAMP(3) NULL', "'2026-07-01 12:00:00.120'", "'2026-07-01 12:00:00.121'"],
  ['TIME', "'-838:59:59'", "'838:59:59'"],
  ['TIME(2)', "'-00:00:00.01'", "'00:00:00.01'"],
  ['VARCHAR(40) CHARACTER SET utf8mb4', "'quote\" back\\\\slash\\nüß😁'", "'quote\" back\\\\slash\\nüß😂'"],
  ['VARCHAR(40) CHARACTER SET latin1', "'€ÿ'", "'€ÿ '"],
  ['VARCHAR(40) CHARACTER SET utf8mb4', "''", 'NULL'],
  ['CHAR(5) CHARACTER SET utf8mb4', "'ab'", "'aB'"],
  ['TEXT CHARACTER SET sjis', "'日本語'", "'日本語 '"],
  ['BINARY(5)', "X'0102'", "X'0103'"],
  ['VARBINARY(5)', "X'0100'", "X'01'"],
  ['BLOB', "X'00ff'", "X'00fe'"],
  ["ENUM('a','b\"c','ü')", "'b\"c'", "'ü'"],
  ["SET('a','b','c')", "'a,c'", "''"],
  ['POINT', "ST_GeomFromText('POINT(1.5 -2)')", "ST_GeomFromText('POINT(1.5 -2.25)')"],
];

const own: Readonly<Record<Flavor, readonly ColumnCase[]>> = {
  mysql: [
    [
      'JSON',
      `'{"b":[1,2.50,null,true],"aa":"ü\\\\n","c":{"n":18446744073709551615}}'`,
      `'{"b":[1,2.51,null,true],"aa":"ü\\\\n","c":{"n":18446744073709551615}}'`,
    ],
    ['JSON', `'"text"'`, `'"texT"'`],
    [
      'JSON',
      "JSON_OBJECT('d', CAST('2015-01-15 10:00:00.5' AS DATETIME(6)))",
      "JSON_OBJECT('d', CAST('2015-01-15 10:00:00.6' AS DATETIME(6)))",
    ],
  ],
  mariadb: [
    ['JSON', `'{"b": [1, 2.50]}'`, `'{"b": [1, 2.5]}'`],
    ['INET6', "'2001:db8::1'", "'2001:db8::2'"],
    ['UUID', "'123e4567-e89b-12d3-a456-426655440000'", "'123e4567-e89b-12d3-a456-426655440001'"],
  ],
};

export const columnCases = (flavor: Flavor): readonly ColumnCase[] => [...both, ...own[flavor]];
