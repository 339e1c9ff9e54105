import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { StatementSyntax } from '../../src/ddl/read-statement.ts';
import { mariadbFacts, newHistory, schemaChange } from '../support/shown-definition.ts';
import { readStatement } from '../../src/ddl/read-statement.ts';

const syntax = (flavor: 'mysql' | 'mariadb', bits: number): StatementSyntax => ({
  flavor,
  hasAnsiQuotes: (bits & 1) !== 0,
  hasBackslashEscapes: (bits & 2) !== 0,
  isRealFloat: (bits & 4) !== 0,
  isOracle: (bits & 8) !== 0,
});

const pieces = (
  'CREATE ALTER DROP RENAME TRUNCATE TABLE TABLES DATABASE VIEW INDEX OR REPLACE IF NOT EXISTS TEMPORARY LIKE SELECT AS ' +
  'ADD COLUMN CHANGE MODIFY TO FIRST AFTER PRIMARY KEY UNIQUE CONSTRAINT CHECK FOREIGN REFERENCES ON DELETE SET NULL DEFAULT ' +
  'CHARACTER CHARSET COLLATE CONVERT utf8mb4 latin1 binary PARTITION BY HASH INT VARCHAR TEXT ENUM BIGINT UNSIGNED DATETIME ' +
  'GENERATED ALWAYS VIRTUAL COMMENT ENGINE SET STATEMENT FOR WAIT ( ) ( ) , , . = ; - + * / @ 1 255 t u `a` `b.c` \'x\' "y" ' +
  '/* */ /*! /*!50000 /*M! -- # \\ \' " ` \n é 😁 \0'
).split(' ');

const statements = fc.array(fc.constantFrom(...pieces), { maxLength: 60 }).map((words) => words.join(' '));

/** Statements that are right, to be cut and spoilt. */
const whole = [
  "CREATE TABLE IF NOT EXISTS `a`.`b` (id INT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY, e ENUM('a','it''s') DEFAULT 'a' COMMENT 'x', d DATETIME(6) DEFAULT CURRENT_TIMESTAMP(6), g INT GENERATED ALWAYS AS (id + 1) VIRTUAL, KEY k (e(3) DESC), CONSTRAINT f FOREIGN KEY (id) REFERENCES u (id) ON DELETE SET NULL, CHECK (id > 0)) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 /*!50100 PARTITION BY HASH (id) PARTITIONS 4 */",
  'ALTER TABLE t ADD (a INT, b TEXT), CHANGE x y VARCHAR(9) COLLATE utf8mb4_bin AFTER z, DROP PRIMARY KEY, CONVERT TO CHARACTER SET latin1, RENAME TO other.u, ALGORITHM=INPLACE',
  'RENAME TABLE a TO b, `c`.`d` TO e',
  'SET STATEMENT max_statement_time=10 FOR CREATE OR REPLACE TABLE t LIKE s',
];

describe('the reader of statements', () => {
  it('takes any text without an error', () => {
    fc.assert(
      fc.property(
        fc.oneof(statements, fc.string({ unit: 'binary' })),
        fc.constantFrom('mysql' as const, 'mariadb' as const),
        fc.nat(15),
        (sql, flavor, bits) => {
          expect(readStatement(sql, syntax(flavor, bits), 'd').kind).toBeTypeOf('string');
        },
      ),
      { numRuns: 700 },
    );
  });

  it('takes statements that were cut or spoilt, one after the other, into one history', () => {
    const spoilt = fc
      .tuple(fc.constantFrom(...whole), fc.nat(600), fc.nat(600), fc.constantFrom(...pieces))
      .map(([sql, from, to, piece]) => `${sql.slice(0, from)}${piece}${sql.slice(to)}`);
    fc.assert(
      fc.property(
        fc.array(fc.oneof(spoilt, statements), { maxLength: 8 }),
        fc.boolean(),
        (sqls, isMariadb) => {
          const history = newHistory(isMariadb ? mariadbFacts : undefined);
          const apply = (sql: string): unknown => history.apply(schemaChange(sql), 'latin1');
          expect(sqls.map(apply)).toHaveLength(sqls.length);
        },
      ),
      { numRuns: 600 },
    );
  });

  // It compares times with one another; how long it takes itself depends on what else the machine does.
  it('takes a time that grows with the length of the text', { timeout: 60_000 }, () => {
    const parts = [
      '(',
      ')',
      ',',
      "'",
      '`',
      '/*',
      '/*!',
      '*/',
      '--\n',
      '#',
      'a.',
      'a,',
      'x INT,',
      '\\',
      "''",
      '/',
      '-',
      'DEFAULT 1 + ',
      'ADD ',
    ];
    const heads = [
      'CREATE TABLE t (x INT ',
      'ALTER TABLE t ADD x ',
      'CREATE VIEW ',
      'DROP TABLE ',
      'SET STATEMENT ',
      '',
    ];
    const read = (text: string): number => {
      const startedAt = performance.now();
      readStatement(text, syntax('mariadb', 2), 'd');
      return performance.now() - startedAt;
    };
    for (const head of heads) {
      for (const part of parts) {
        // A quadratic reader needs minutes for it.
        expect(read(head + part.repeat(Math.ceil(200_000 / part.length))), head + part).toBeLessThan(10_000);
      }
    }
  });
});
