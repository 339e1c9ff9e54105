import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readSourceSchema } from '../../src/binlog/schema-reader.ts';
import { SchemaHistory } from '../../src/ddl/schema-history.ts';
import { charsetOfCollation } from '../../src/encode/collation-charset.ts';
import { decodeLabel } from '../../src/encode/decode-label.ts';
import type { SourceSchema } from '../../src/model/schema-snapshot.ts';
import type { TableDefinition } from '../../src/model/table-definition.ts';
import { openBinlogBench, takeOf, type BinlogBench } from '../support/binlog-bench.ts';
import { shownTable } from '../support/shown-definition.ts';

type Flavor = 'mysql' | 'mariadb';

const types: readonly string[] = [
  'TINYINT(1)',
  'BOOL',
  'INT1 UNSIGNED',
  'INT2',
  'INT3 ZEROFILL',
  'MIDDLEINT',
  'INTEGER',
  'INT8 UNSIGNED',
  'DECIMAL(10,2)',
  'NUMERIC(4)',
  'FIXED(9,3) UNSIGNED',
  'FLOAT',
  'FLOAT(24)',
  'FLOAT(25)',
  'FLOAT(9,3)',
  'FLOAT4',
  'FLOAT8',
  'DOUBLE PRECISION',
  'REAL',
  'BIT(9)',
  'YEAR',
  'DATE',
  'DATETIME',
  'DATETIME(6)',
  'TIMESTAMP(3) NULL',
  'TIME(2)',
  'CHAR(5)',
  'CHAR(5) BYTE',
  'CHARACTER VARYING(5)',
  'NCHAR(5)',
  'NATIONAL VARCHAR(5)',
  'VARCHAR(5) CHARACTER SET latin1',
  'VARCHAR(5) CHARSET utf8 COLLATE utf8_bin',
  'VARCHAR(5) COLLATE latin2_general_ci',
  'VARCHAR(5) ASCII',
  'VARCHAR(5) UNICODE',
  'VARCHAR(5) BINARY',
  'VARCHAR(5) CHARACTER SET binary',
  'VARCHAR(5) COLLATE binary',
  'TINYTEXT',
  'TEXT',
  'TEXT(10)',
  'TEXT(63)',
  'TEXT(64)',
  'TEXT(255) CHARACTER SET latin1',
  'TEXT(256) CHARACTER SET latin1',
  'TEXT(16383)',
  'TEXT(16384)',
  'TEXT(30000) CHARACTER SET gbk',
  'TEXT(40000) CHARACTER SET ujis',
  'TEXT(5000000)',
  'TEXT CHARACTER SET binary',
  'MEDIUMTEXT',
  'LONG',
  'LONG VARCHAR',
  'LONG VARBINARY',
  'BLOB(255)',
  'BLOB(256)',
  'BLOB(65536)',
  'LONGBLOB',
  'BINARY(16)',
  'VARBINARY(300)',
  "ENUM('a','it''s','x,y)','z  ')",
  "ENUM('a\\\\b','c\\nd','ü€') CHARACTER SET utf8mb4",
  "SET('b','a') CHARACTER SET latin1",
  'JSON',
  'GEOMETRY',
  'POINT',
  'GEOMETRYCOLLECTION',
  'MULTIPOLYGON',
];
const onlyIn: Readonly<Record<Flavor, readonly string[]>> = {
  mysql: ['VECTOR(3)', 'GEOMCOLLECTION', 'POINT SRID 4326', 'VARCHAR(9) CHARSET gb18030'],
  mariadb: [
    'UUID',
    'INET4',
    'INET6',
    'TEXT COMPRESSED',
    'VARCHAR(9) COMPRESSED',
    'VARCHAR(9) COLLATE uca1400_ai_ci',
  ],
};

/** Statements on a table with columns a, b, c and the key (a, c). */
const alters: readonly string[] = [
  'ADD d INT',
  'ADD COLUMN d INT FIRST',
  'ADD d INT AFTER A, ADD e INT AFTER d',
  'ADD (d INT, e DATE)',
  'DROP b, ADD b INT',
  'DROP COLUMN B',
  'MODIFY b INT UNSIGNED FIRST',
  'MODIFY B TEXT AFTER c',
  'CHANGE a id BIGINT',
  'CHANGE b x INT AFTER y, CHANGE a y INT',
  'CHANGE c b DATE, CHANGE b c VARCHAR(9)',
  'MODIFY a INT AFTER b, MODIFY c DATE FIRST',
  'RENAME COLUMN a TO c, RENAME COLUMN c TO a',
  'DROP PRIMARY KEY',
  'ADD PRIMARY KEY (C), DROP PRIMARY KEY',
  'DROP PRIMARY KEY, ADD d SERIAL, ADD PRIMARY KEY (d, a)',
  'CONVERT TO CHARACTER SET latin1, ADD d CHAR(9)',
  'DEFAULT CHARSET=latin1, ADD d VARCHAR(9), MODIFY b VARCHAR(10)',
  'ADD d CHAR(9), COLLATE latin2_general_ci',
  'ADD INDEX (b), ADD UNIQUE u (c), ADD CONSTRAINT k CHECK (a > 0), COMMENT "x, y)", ENGINE=InnoDB',
  'ADD d INT AS (a + 1) VIRTUAL, ADD e INT GENERATED ALWAYS AS (a * 2) STORED AFTER a, ALTER b SET DEFAULT "x"',
  'PARTITION BY HASH (a) PARTITIONS 3',
  'ADD d INT DEFAULT 1 COMMENT "first", RENAME renamed',
];

describe.each(['mysql', 'mariadb'] as const)('definitions out of statements of %s', (flavor: Flavor) => {
  const database = `heaviside_defs_${flavor}`;
  let bench: BinlogBench;

  beforeAll(async () => {
    bench = await openBinlogBench(flavor, database, flavor === 'mysql' ? 7801 : 7802);
  });

  afterAll(() => bench.close());

  const schemaNow = (): Promise<SourceSchema> =>
    readSourceSchema(bench.admin, bench.identity, { usesGtid: true, isWanted: (name) => name === database });

  /** Runs statements; what the reader makes of each table, beside what the server says of it. */
  async function both(statements: readonly string[]): Promise<readonly [ours: string[], theirs: string[]]> {
    const before = await schemaNow();
    const stream = await bench.open(await bench.now(true), { decodeLabel });
    for (const sql of statements) {
      await bench.admin(sql).catch((error: unknown) => {
        throw new Error(`${sql}: ${String(error)}`);
      });
    }
    const history = new SchemaHistory(before.facts, before.snapshot);
    const known = new Map<string, TableDefinition | null>();
    const ddl = await takeOf(stream, database, statements.length);
    for (const transaction of ddl) {
      history.advance(transaction);
      const { schemaChange } = transaction;
      if (schemaChange === null) continue;
      const charset = charsetOfCollation(schemaChange.serverCollation ?? 0);
      for (const { table, def, renamedTo } of history.apply(schemaChange, charset) ?? []) {
        if (table === null) continue;
        if (renamedTo !== null) known.delete(table);
        known.set(renamedTo?.table ?? table, def);
      }
    }
    await stream.close();
    const { snapshot } = await schemaNow();
    const theirs = new Map(snapshot?.tables.map((table) => [table.table, table]));
    const names = [...known.keys()];
    return [
      names.map((name) => `${name} = ${shownTable(known.get(name) ?? null)}`),
      names.map((name) => `${name} = ${shownTable(theirs.get(name) ?? null)}`),
    ];
  }

  it('have the types of the server', async () => {
    const creates = [...types, ...onlyIn[flavor]].map(
      (type, index) => `CREATE TABLE type_${index} (id INT PRIMARY KEY, c ${type})`,
    );
    const [ours, theirs] = await both(creates);
    expect(ours).toEqual(theirs);
    expect(ours.filter((shown) => shown.endsWith('?'))).toEqual([]);
  });

  it('are not taken from the server where it has lost characters of labels', async () => {
    const [ours, theirs] = await both(["CREATE TABLE labels (c ENUM('😁'), d INT)"]);
    expect(ours).toEqual([`labels = ${database}.labels utf8mb4: c enum [😁], d int signed; `]);
    expect(theirs).toEqual(['labels = ?']);
  });

  it('follow ALTER TABLE as the server does', async () => {
    const statements = alters.flatMap((clauses, index) => [
      `CREATE TABLE alter_${index} (a INT, b VARCHAR(9), c DATE, PRIMARY KEY (a, c)) CHARSET utf8mb4`,
      `ALTER TABLE alter_${index} ${clauses}`,
    ]);
    const [ours, theirs] = await both(statements);
    expect(ours).toEqual(theirs);
    expect(ours.filter((shown) => shown.endsWith('?'))).toEqual([]);
  });

  it('take the character sets of database and table', async () => {
    const [ours, theirs] = await both([
      `ALTER DATABASE ${database} COLLATE latin2_general_ci`,
      'CREATE TABLE charset_1 (a CHAR(9), b TEXT(100), c ENUM("x"), PRIMARY KEY (A))',
      'CREATE TABLE charset_2 (a CHAR(9), b TEXT(100)) DEFAULT COLLATE=greek_bin',
      'CREATE TABLE charset_3 LIKE charset_2',
      'CREATE TABLE charset_4 AS SELECT a, b FROM charset_2',
      'CREATE TABLE charset_5 (a CHAR(9)) CHARACTER SET binary',
    ]);
    expect(ours).toEqual(theirs);
    expect(ours.filter((shown) => shown.endsWith('?'))).toEqual([]);
  });

  it('read the text in the character set of the session, and its quotes by its sql_mode', async () => {
    await bench.admin('SET NAMES latin1');
    await bench.admin("SET SESSION sql_mode = 'ANSI_QUOTES,NO_BACKSLASH_ESCAPES'");
    try {
      const [ours, theirs] = await both([
        `CREATE TABLE "größe" ("schlüssel" INT PRIMARY KEY, e ENUM('ä\\', 'b')) CHARSET utf8mb4`,
        `ALTER TABLE "größe" ADD "breite ""1""" INT`,
      ]);
      expect(ours).toEqual(theirs);
      expect(ours.join()).toContain('größe = ');
    } finally {
      await bench.admin('SET NAMES utf8mb4');
      await bench.admin('SET SESSION sql_mode = DEFAULT');
    }
  });
});
