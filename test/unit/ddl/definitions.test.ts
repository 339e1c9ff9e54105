import { describe, expect, it } from 'vitest';
import { mariadbFacts, newHistory, schemaChange, shownTable } from '../../support/shown-definition.ts';

type Flavor = 'mysql' | 'mariadb';

/** The definition behind the last statement, and the one before it where `old` is asked for. */
function defined(statements: readonly string[], flavor: Flavor = 'mysql', sqlMode = 0): string {
  const history = newHistory(flavor === 'mariadb' ? mariadbFacts : undefined);
  let shown = '';
  for (const sql of statements) {
    const changes = history.apply(schemaChange(sql, { sqlMode }), 'latin1');
    shown = changes?.map(({ def }) => shownTable(def)).join(' / ') ?? 'unknown';
  }
  return shown;
}

/** Column type as it is written, and as the definition shows it behind the column's name. */
const types: readonly (readonly [type: string, shown: string, flavor?: Flavor, sqlMode?: number])[] = [
  ['INT', 'int signed'],
  ['INTEGER UNSIGNED', 'int unsigned'],
  ['INT(11) ZEROFILL', 'int unsigned'],
  ['INT SIGNED', 'int signed'],
  ['TINYINT(1)', 'tinyint signed'],
  ['BOOL', 'tinyint signed'],
  ['BOOLEAN', 'tinyint signed'],
  ['INT1', 'tinyint signed'],
  ['INT2 UNSIGNED', 'smallint unsigned'],
  ['INT3', 'mediumint signed'],
  ['MIDDLEINT', 'mediumint signed'],
  ['INT4', 'int signed'],
  ['INT8', 'bigint signed'],
  ['BIGINT UNSIGNED', 'bigint unsigned'],
  ['SERIAL', 'bigint unsigned'],
  ['DECIMAL(10,2) UNSIGNED', 'decimal'],
  ['NUMERIC', 'decimal'],
  ['DEC(5)', 'decimal'],
  ['FIXED(5, 2)', 'decimal'],
  ['FLOAT', 'float'],
  ['FLOAT(24)', 'float'],
  ['FLOAT(25)', 'double'],
  ['FLOAT(30,2)', 'float'],
  ['FLOAT4', 'float'],
  ['FLOAT8', 'double'],
  ['DOUBLE PRECISION UNSIGNED', 'double'],
  ['DOUBLE(10,2)', 'double'],
  ['REAL', 'double'],
  ['REAL', 'float', 'mysql', 1],
  ['BIT(5)', 'bit'],
  ['YEAR(4)', 'year'],
  ['DATE', 'date'],
  ['DATETIME', 'datetime (0)'],
  ['DATETIME(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6) ON UPDATE NOW(6)', 'datetime (6)'],
  ['TIMESTAMP(3) NULL', 'timestamp (3)'],
  ['TIME', 'time (0)'],
  ['CHAR', 'char utf8mb4'],
  ['CHARACTER(5)', 'char utf8mb4'],
  ['CHARACTER VARYING(5)', 'varchar utf8mb4'],
  ['CHAR VARYING(5)', 'varchar utf8mb4'],
  ['NCHAR(5)', 'char utf8mb3'],
  ['NATIONAL CHAR(5)', 'char utf8mb3'],
  ['NATIONAL CHARACTER VARYING(5)', 'varchar utf8mb3'],
  ['NATIONAL VARCHAR(5)', 'varchar utf8mb3'],
  ['NVARCHAR(5)', 'varchar utf8mb3'],
  ['NCHAR VARCHAR(5)', 'varchar utf8mb3'],
  ['VARCHARACTER(5)', 'varchar utf8mb4'],
  ['VARCHAR(5) CHARACTER SET latin1', 'varchar latin1'],
  ["VARCHAR(5) CHARSET 'utf8' COLLATE utf8_bin", 'varchar utf8mb3'],
  ['VARCHAR(5) COLLATE latin2_general_ci NOT NULL', 'varchar latin2'],
  ['VARCHAR(5) NOT NULL COLLATE latin2_general_ci', 'varchar latin2'],
  ['VARCHAR(5) ASCII', 'varchar latin1'],
  ['VARCHAR(5) UNICODE', 'varchar ucs2'],
  ['VARCHAR(5) BINARY', 'varchar utf8mb4'],
  ['VARCHAR(5) BINARY CHARACTER SET latin1', 'varchar latin1'],
  ['CHAR(5) BYTE', 'binary binary'],
  ['VARCHAR(5) CHARACTER SET binary', 'varbinary binary'],
  ['TEXT CHARACTER SET binary', 'blob binary'],
  ['TINYTEXT', 'tinytext utf8mb4'],
  ['TEXT', 'text utf8mb4'],
  ['TEXT(10)', 'tinytext utf8mb4'],
  ['TEXT(64)', 'text utf8mb4'],
  ['TEXT(255) CHARACTER SET latin1', 'tinytext latin1'],
  ['TEXT(16384)', 'mediumtext utf8mb4'],
  ['TEXT(5000000)', 'longtext utf8mb4'],
  ['MEDIUMTEXT', 'mediumtext utf8mb4'],
  ['LONG', 'mediumtext utf8mb4'],
  ['LONG VARCHAR', 'mediumtext utf8mb4'],
  ['LONG CHAR VARYING', 'mediumtext utf8mb4'],
  ['LONG VARBINARY', 'mediumblob binary'],
  ['BLOB', 'blob binary'],
  ['BLOB(255)', 'tinyblob binary'],
  ['BLOB(256)', 'blob binary'],
  ['BLOB(65536)', 'mediumblob binary'],
  ['LONGBLOB', 'longblob binary'],
  ['BINARY(16)', 'binary binary'],
  ['VARBINARY(300)', 'varbinary binary'],
  ["ENUM('a','it''s', 'x,y)')", "enum [a|it's|x,y)]"],
  ["ENUM('a\\'b', \"c\", 'd  ') CHARACTER SET latin1 COLLATE latin1_bin DEFAULT 'c'", "enum [a'b|c|d]"],
  ["ENUM('\\\\')", 'enum [\\]', 'mysql', 0],
  ["ENUM('\\\\')", 'enum [\\\\]', 'mysql', 1 << 20],
  ["SET('b','a')", 'set [b|a]'],
  ['JSON', 'json'],
  ['JSON', 'longtext utf8mb4', 'mariadb'],
  ['GEOMETRY NOT NULL SRID 4326', 'geometry'],
  ['POINT', 'point'],
  ['GEOMETRYCOLLECTION', 'geomcollection'],
  ['GEOMETRYCOLLECTION', 'geometrycollection', 'mariadb'],
  ['VECTOR(3)', 'vector'],
  ['UUID', 'uuid', 'mariadb'],
  ['INET6', 'inet6', 'mariadb'],
  ['TEXT COMPRESSED', 'text utf8mb4', 'mariadb'],
  ['VARCHAR(50) COMPRESSED=zlib', 'varchar utf8mb4', 'mariadb'],
  ['VARCHAR(9) COLLATE uca1400_ai_ci', 'varchar utf8mb4', 'mariadb'],
  ['VARCHAR(9) CHARACTER SET latin1 COLLATE uca1400_ai_ci', 'varchar latin1', 'mariadb'],
];

/** What may stand behind a type, and changes nothing. */
const attributes: readonly string[] = [
  'NULL',
  'NOT NULL AUTO_INCREMENT UNIQUE KEY',
  'DEFAULT 1',
  'DEFAULT -1.5e-3',
  'DEFAULT .5',
  "DEFAULT '(,' COMMENT 'a, b)'",
  "DEFAULT _utf8mb4'x' 'y'",
  "DEFAULT b'0'",
  "DEFAULT x'ff'",
  'DEFAULT (UUID())',
  'DEFAULT (json_array(1, "a)"))',
  'DEFAULT TRUE',
  'DEFAULT NULL ON UPDATE CURRENT_TIMESTAMP',
  'DEFAULT 1 + 2 * 3',
  'DEFAULT NEXT VALUE FOR shop.s',
  'DEFAULT nextval(s)',
  'GENERATED ALWAYS AS (1 + 1) VIRTUAL NOT NULL',
  'AS (concat("a", ")")) STORED UNIQUE',
  'AS (1) PERSISTENT',
  'INVISIBLE',
  'VISIBLE COLUMN_FORMAT FIXED STORAGE DISK',
  'CONSTRAINT c CHECK (x > 0) NOT ENFORCED',
  'CHECK (x IN (1, 2))',
  'REFERENCES other.u (id) MATCH FULL ON DELETE SET NULL ON UPDATE NO ACTION',
  "ENGINE_ATTRIBUTE = '{}' SECONDARY_ENGINE_ATTRIBUTE '{}'",
  'WITHOUT SYSTEM VERSIONING',
  'NOT SECONDARY',
  'SERIAL DEFAULT VALUE',
];

/** Elements and options around a column `id int`, with the primary key that they make. */
const surroundings: readonly (readonly [create: string, key: string])[] = [
  ['(id INT PRIMARY KEY)', 'id'],
  ['(id INT KEY)', 'id'],
  ['(id INT UNIQUE KEY)', ''],
  ['(id INT, PRIMARY KEY (ID))', 'id'],
  ['(id INT, PRIMARY KEY USING BTREE (`id` DESC) COMMENT "x")', 'id'],
  ['(id INT, CONSTRAINT PRIMARY KEY (id))', 'id'],
  ['(id INT, CONSTRAINT `c` PRIMARY KEY pk (id) USING HASH)', 'id'],
  ['(id INT, KEY (id), INDEX i (id) INVISIBLE, UNIQUE u (id), UNIQUE INDEX v (id))', ''],
  ['(id INT, FULLTEXT KEY f (id) WITH PARSER ngram, SPATIAL INDEX s (id))', ''],
  ['(id INT, KEY f ((id + 1), (abs(id)) DESC))', ''],
  ['(id INT, CHECK (id > 0), CONSTRAINT c CHECK (id < 9) ENFORCED)', ''],
  ['(id INT, FOREIGN KEY (id) REFERENCES u (id) ON DELETE CASCADE)', ''],
  ['(id INT, CONSTRAINT f FOREIGN KEY g (id) REFERENCES other.u (id, x) ON UPDATE SET DEFAULT)', ''],
  ["(id INT) ENGINE=InnoDB AUTO_INCREMENT=5 COMMENT='a, (b'", ''],
  ['(id INT) ENGINE InnoDB, ROW_FORMAT = COMPRESSED KEY_BLOCK_SIZE 8', ''],
  ["(id INT) DATA DIRECTORY '/x' INDEX DIRECTORY='/y' STATS_PERSISTENT=DEFAULT", ''],
  ['(id INT) TABLESPACE ts STORAGE DISK', ''],
  ['(id INT) TABLESPACE `innodb_system` UNION=(a, b) INSERT_METHOD=LAST', ''],
  ["(id INT) ENCRYPTION='Y' COMPRESSION='zlib'", ''],
  ['(id INT) PARTITION BY HASH (id) PARTITIONS 4', ''],
  [
    '(id INT) PARTITION BY RANGE (id) (PARTITION p0 VALUES LESS THAN (10), PARTITION p1 VALUES LESS THAN MAXVALUE)',
    '',
  ],
  ['(id INT) /*!50100 PARTITION BY KEY (id) */', ''],
];

/** Where a definition cannot be known exactly from the text. */
const unknown: readonly (readonly [sql: string, flavor?: Flavor, sqlMode?: number])[] = [
  ['CREATE TABLE other.t (id INT)'], // the character set of the database is not known
  ['CREATE TABLE IF NOT EXISTS other.t (id INT) CHARSET utf8mb4'],
  ['CREATE TABLE t (id INT) SELECT 1 AS x'],
  ['CREATE TABLE t (id INT) IGNORE AS SELECT 1 AS x'],
  ['CREATE TABLE t (id INT) PARTITION BY HASH (id) AS SELECT 1 AS id'],
  ['CREATE TABLE t AS TABLE s'],
  ['CREATE TABLE t LIKE never_seen'],
  ['CREATE TABLE t (id FROB)'],
  ['CREATE TABLE t (id INT FROBBED)'],
  ['CREATE TABLE t (id INT, ID INT)'],
  ['CREATE TABLE t (id INT, PRIMARY KEY (nope))'],
  ['CREATE TABLE t (v VARCHAR(20000))'],
  ['CREATE TABLE t (v CHAR(300))'],
  ["CREATE TABLE t (v ENUM(x'61'))"],
  ['CREATE TABLE t (id INT'],
  ['CREATE TABLE t (id INT) WITH SYSTEM VERSIONING', 'mariadb'],
  ['CREATE TABLE t (id INT, s TIMESTAMP(6) GENERATED ALWAYS AS ROW START)', 'mariadb'],
  ['CREATE TABLE t (a DATE, b DATE, PERIOD FOR p (a, b))', 'mariadb'],
  ['CREATE TABLE t (id INT)', 'mariadb', 512],
  ['CREATE TABLE t (id UUID)', 'mysql'],
];

describe('the definition in a CREATE TABLE', () => {
  for (const [type, shown, flavor, sqlMode] of types) {
    it(`has ${type} as ${shown}`, () => {
      expect(defined([`CREATE TABLE t (c ${type}, z INT)`], flavor, sqlMode)).toBe(
        `shop.t utf8mb4: c ${shown}, z int signed; `,
      );
    });
  }

  it.each(attributes)('takes no notice of %s', (attribute) => {
    expect(defined([`CREATE TABLE t (c INT ${attribute}, z DATE)`])).toBe(
      'shop.t utf8mb4: c int signed, z date; ',
    );
  });

  it.each(surroundings)('reads %s with the key (%s)', (create, key) => {
    expect(defined([`CREATE TABLE t ${create}`])).toBe(`shop.t utf8mb4: id int signed; ${key}`);
  });

  for (const [sql, flavor, sqlMode] of unknown) {
    it(`is not known: ${sql}`, () => {
      expect(defined([sql], flavor, sqlMode)).toBe('?');
    });
  }

  it('takes the character set of the table, else of the database', () => {
    const body = '(a VARCHAR(9), b VARCHAR(9) CHARSET ucs2)';
    expect(defined([`CREATE TABLE t ${body}`])).toBe('shop.t utf8mb4: a varchar utf8mb4, b varchar ucs2; ');
    expect(defined([`CREATE TABLE t ${body} DEFAULT CHARSET=latin1`])).toBe(
      'shop.t latin1: a varchar latin1, b varchar ucs2; ',
    );
    expect(defined([`CREATE TABLE t ${body} COLLATE greek_bin`])).toBe(
      'shop.t greek: a varchar greek, b varchar ucs2; ',
    );
    expect(defined(['ALTER DATABASE shop CHARSET cp850', `CREATE TABLE t ${body}`])).toBe(
      'shop.t cp850: a varchar cp850, b varchar ucs2; ',
    );
  });

  it('is that of the table which it is made like', () => {
    expect(
      defined(['CREATE TABLE s (a INT PRIMARY KEY) CHARSET latin1', 'CREATE TABLE other.t LIKE s']),
    ).toBe('other.t latin1: a int signed; a');
  });

  it('is forgotten after a statement that was not understood', () => {
    const create = 'CREATE TABLE t (a INT)';
    expect(defined([create, 'FROBNICATE t', 'ALTER TABLE t ADD b INT'])).toBe('?');
    expect(defined([create, 'ANALYZE TABLE t', 'ALTER TABLE t ADD b INT'])).toBe(
      'shop.t utf8mb4: a int signed, b int signed; ',
    );
  });
});

const T = 'CREATE TABLE t (a INT, b VARCHAR(9), c DATE, PRIMARY KEY (a, c))';

/** Clauses of ALTER TABLE and the columns with their key behind them; `?`: not known. */
const clauses: readonly (readonly [clauses: string, shown: string])[] = [
  ['ADD d INT', 'a int signed, b varchar utf8mb4, c date, d int signed; a,c'],
  ['ADD COLUMN d INT FIRST', 'd int signed, a int signed, b varchar utf8mb4, c date; a,c'],
  [
    'ADD d INT AFTER A, ADD e INT AFTER d',
    'a int signed, d int signed, e int signed, b varchar utf8mb4, c date; a,c',
  ],
  ['ADD (d INT, e DATE, KEY (d))', 'a int signed, b varchar utf8mb4, c date, d int signed, e date; a,c'],
  ['ADD IF NOT EXISTS b INT', 'a int signed, b varchar utf8mb4, c date; a,c'],
  ['ADD b INT', '?'],
  ['ADD d INT AFTER nope', '?'],
  ['DROP b', 'a int signed, c date; a,c'],
  ['DROP COLUMN C CASCADE', 'a int signed, b varchar utf8mb4; a'],
  ['DROP COLUMN IF EXISTS nope', 'a int signed, b varchar utf8mb4, c date; a,c'],
  ['DROP nope', '?'],
  ['DROP b, ADD b INT', 'a int signed, c date, b int signed; a,c'],
  ['MODIFY b INT UNSIGNED', 'a int signed, b int unsigned, c date; a,c'],
  ['MODIFY COLUMN b VARCHAR(9) CHARSET latin1 FIRST', 'b varchar latin1, a int signed, c date; a,c'],
  ['MODIFY b TEXT AFTER c', 'a int signed, c date, b text utf8mb4; a,c'],
  ['CHANGE a id BIGINT', 'id bigint signed, b varchar utf8mb4, c date; id,c'],
  ['CHANGE COLUMN b x INT AFTER y, CHANGE a y INT', 'y int signed, x int signed, c date; y,c'],
  ['CHANGE A a INT UNSIGNED', 'a int unsigned, b varchar utf8mb4, c date; a,c'],
  ['RENAME COLUMN a TO c, RENAME COLUMN c TO a', 'c int signed, b varchar utf8mb4, a date; c,a'],
  ['DROP PRIMARY KEY', 'a int signed, b varchar utf8mb4, c date; '],
  ['DROP INDEX `PRIMARY`', 'a int signed, b varchar utf8mb4, c date; '],
  ['ADD PRIMARY KEY (B), DROP PRIMARY KEY', 'a int signed, b varchar utf8mb4, c date; b'],
  [
    'DROP PRIMARY KEY, ADD d SERIAL PRIMARY KEY',
    'a int signed, b varchar utf8mb4, c date, d bigint unsigned; d',
  ],
  [
    'ADD INDEX (b), ADD UNIQUE u (b), ADD FULLTEXT (b), ADD CONSTRAINT FOREIGN KEY (a) REFERENCES u (a)',
    'a int signed, b varchar utf8mb4, c date; a,c',
  ],
  [
    'DROP INDEX u, DROP KEY v, DROP FOREIGN KEY f, DROP CHECK k, DROP CONSTRAINT x',
    'a int signed, b varchar utf8mb4, c date; a,c',
  ],
  [
    'ALTER b SET DEFAULT (1), ALTER COLUMN b DROP DEFAULT, ALTER INDEX i INVISIBLE',
    'a int signed, b varchar utf8mb4, c date; a,c',
  ],
  ['RENAME INDEX i TO j, RENAME KEY k TO l', 'a int signed, b varchar utf8mb4, c date; a,c'],
  ['ENGINE=InnoDB, ALGORITHM=INPLACE, LOCK=NONE', 'a int signed, b varchar utf8mb4, c date; a,c'],
  ["ENGINE InnoDB ROW_FORMAT=DYNAMIC COMMENT 'x, y'", 'a int signed, b varchar utf8mb4, c date; a,c'],
  ['DISABLE KEYS', 'a int signed, b varchar utf8mb4, c date; a,c'],
  ['FORCE, ADD d INT', 'a int signed, b varchar utf8mb4, c date, d int signed; a,c'],
  ['PARTITION BY HASH (a) PARTITIONS 4', 'a int signed, b varchar utf8mb4, c date; a,c'],
  ['ADD d INT PARTITION BY HASH (a)', 'a int signed, b varchar utf8mb4, c date, d int signed; a,c'],
  ['REMOVE PARTITIONING', 'a int signed, b varchar utf8mb4, c date; a,c'],
  ['DROP PARTITION p0, p1', 'a int signed, b varchar utf8mb4, c date; a,c'],
  [
    'REORGANIZE PARTITION p0 INTO (PARTITION n0 VALUES LESS THAN (5))',
    'a int signed, b varchar utf8mb4, c date; a,c',
  ],
  ['IMPORT TABLESPACE', 'a int signed, b varchar utf8mb4, c date; a,c'],
  ['FROBNICATE b', '?'],
  ['ADD SYSTEM VERSIONING', '?'],
  ['CONVERT PARTITION p TO TABLE x', '?'],
];

describe('the definition behind an ALTER TABLE', () => {
  it.each(clauses)('with %s', (clause, shown) => {
    expect(defined([T, `ALTER TABLE t ${clause}`])).toBe(shown === '?' ? '?' : `shop.t utf8mb4: ${shown}`);
  });

  it('has the character set of the table for new columns', () => {
    expect(defined([T, 'ALTER TABLE t CHARACTER SET latin1', 'ALTER TABLE t ADD d CHAR(1)'])).toBe(
      'shop.t latin1: a int signed, b varchar utf8mb4, c date, d char latin1; a,c',
    );
    expect(defined([T, 'ALTER TABLE t CONVERT TO CHARACTER SET latin1, ADD d CHAR(1)'])).toBe(
      'shop.t latin1: a int signed, b varchar latin1, c date, d char latin1; a,c',
    );
  });

  it('is not known where texts may have become larger ones', () => {
    const create = 'CREATE TABLE t (a TEXT) CHARSET latin1';
    expect(defined([create, 'ALTER TABLE t CONVERT TO CHARACTER SET utf8mb4'])).toBe('?');
    expect(defined([create, 'ALTER TABLE t CONVERT TO CHARACTER SET latin2'])).toBe(
      'shop.t latin2: a text latin2; ',
    );
  });

  it('follows a table to its new name', () => {
    expect(defined([T, 'ALTER TABLE t ADD d INT, RENAME other.u'])).toMatch(
      /^other\.u utf8mb4: a .* d int signed; a,c$/,
    );
    expect(defined([T, 'RENAME TABLE t TO x, x TO y', 'ALTER TABLE y DROP b'])).toBe(
      'shop.y utf8mb4: a int signed, c date; a,c',
    );
  });

  it('has no key behind DROP INDEX `PRIMARY`', () => {
    expect(defined([T, 'DROP INDEX `PRIMARY` ON t', 'ALTER TABLE t DROP b'])).toBe(
      'shop.t utf8mb4: a int signed, c date; ',
    );
  });
});
