import { describe, expect, it } from 'vitest';
import { SchemaHistory } from '../../../src/ddl/schema-history.ts';
import type { SchemaSnapshot } from '../../../src/model/schema-snapshot.ts';
import type { TableDefinition } from '../../../src/model/table-definition.ts';
import { transaction } from '../../support/row-image-bytes.ts';
import { mysqlFacts, schemaChange, shownChange, shownTable } from '../../support/shown-definition.ts';

const UUID = '3e11fa47-71ca-11e1-9e33-c80aa9429562';

const definition = (table: string, ...columns: string[]): TableDefinition => ({
  database: 'shop',
  charset: 'latin1',
  table,
  columns: columns.map((name) => ({ type: 'int', name, signed: true })),
  primaryKey: [],
});

/** Read between transaction 10 (included) and offset 2000: tables t (a, b) and u (a), and something under the name v. */
const snapshot: SchemaSnapshot = {
  includes: `${UUID}:1-10`,
  end: { file: 'binlog.000009', offset: 2000 },
  databases: new Map([['shop', 'latin1']]),
  tables: [definition('t', 'a', 'b'), definition('u', 'a')],
  others: [{ database: 'shop', table: 'v' }],
  isComplete: true,
};

type Step = readonly [gno: number, file: string, offset: number, sql: string | null];

/** What the last statement of a stream gives: the changes with `old → def`. */
function follow(steps: readonly Step[], from: SchemaSnapshot | null = snapshot): string {
  const history = new SchemaHistory(mysqlFacts, from);
  let shown = '';
  for (const [gno, file, offset, sql] of steps) {
    const gtid = `${UUID}:${gno}`;
    history.advance(transaction([], { gtid, id: gtid, end: { file, offset } }));
    if (sql === null) continue;
    const changes = history.apply(schemaChange(sql), null) ?? [];
    shown = changes
      .map((each) => `${shownChange(each)}: ${shownTable(each.old)} → ${shownTable(each.def)}`)
      .join(' | ');
  }
  return shown;
}

const IN = 'binlog.000009';
const known =
  'table-alter shop.t: shop.t latin1: a int signed, b int signed;  → shop.t latin1: a int signed, b int signed, z int signed; ';
const unknown = 'table-alter shop.t: ? → ?';
const ADD = 'ALTER TABLE t ADD z INT';

describe('a snapshot of definitions', () => {
  it('counts behind its end', () => {
    expect(follow([[11, IN, 2001, ADD]])).toBe(known);
    expect(follow([[11, 'binlog.000010', 5, ADD]])).toBe(known);
    expect(follow([[11, 'binlog.000100', 5, ADD]])).toBe(known);
  });

  it('does not count up to its end', () => {
    expect(follow([[5, IN, 2000, ADD]])).toBe(unknown);
    expect(follow([[5, 'binlog.000008', 9000, ADD]])).toBe(unknown);
  });

  it('has in it what the server had executed before it was read', () => {
    expect(
      follow([
        [5, IN, 1000, 'ALTER TABLE t ADD b INT'],
        [11, IN, 2001, ADD],
      ]),
    ).toBe(known);
  });

  it('leaves out tables that were changed while it was read', () => {
    expect(
      follow([
        [11, IN, 1500, 'ALTER TABLE t ADD b INT'],
        [12, IN, 2001, ADD],
      ]),
    ).toBe(unknown);
    expect(
      follow([
        [11, IN, 1500, 'RENAME TABLE u TO x, x TO t'],
        [12, IN, 2001, ADD],
      ]),
    ).toBe(unknown);
    expect(
      follow([
        [11, IN, 1500, 'ALTER TABLE u ADD b INT'],
        [12, IN, 2001, ADD],
      ]),
    ).toBe(known);
    expect(
      follow([
        [11, IN, 1500, 'DROP DATABASE shop'],
        [12, IN, 2001, ADD],
      ]),
    ).toBe(unknown);
  });

  it('keeps what the statements of that time told', () => {
    expect(
      follow([
        [11, IN, 1500, 'CREATE TABLE t (a INT, b INT) CHARSET latin1'],
        [12, IN, 2001, ADD],
      ]),
    ).toBe(known);
  });

  it('is void where a statement of that time is not understood, and stays valid for earlier ones', () => {
    expect(
      follow([
        [11, IN, 1500, 'FROBNICATE'],
        [12, IN, 2001, ADD],
      ]),
    ).toBe(unknown);
    expect(
      follow([
        [9, IN, 1500, 'FROBNICATE'],
        [12, IN, 2001, ADD],
      ]),
    ).toBe(known);
  });

  it('tells what is not there, and what may be', () => {
    const create = 'CREATE TABLE IF NOT EXISTS w (a INT)';
    expect(follow([[11, IN, 2001, create]])).toBe('table-create shop.w: ? → shop.w latin1: a int signed; ');
    expect(follow([[11, IN, 2001, create.replace('w', 't')]])).toBe('');
    expect(follow([[11, IN, 2001, create.replace('w', 'v')]])).toBe('table-create shop.v: ? → ?');
    expect(follow([[11, IN, 2001, 'DROP TABLE IF EXISTS w']])).toBe('');
    expect(follow([[11, IN, 2001, 'CREATE DATABASE IF NOT EXISTS shop']])).toBe('');
    expect(follow([[11, IN, 2001, 'DROP DATABASE IF EXISTS other']])).toBe('');
    const partial = { ...snapshot, isComplete: false };
    expect(follow([[11, IN, 2001, create]], partial)).toBe('table-create shop.w: ? → ?');
    expect(follow([[11, IN, 2001, 'DROP TABLE IF EXISTS w']], partial)).toBe('table-drop shop.w: ? → ?');
    expect(follow([[11, IN, 2001, 'DROP DATABASE IF EXISTS other']], partial)).toBe(
      'database-drop other: ? → ?',
    );
  });

  it('is not needed for what statements tell alone', () => {
    expect(
      follow(
        [
          [5, IN, 10, 'CREATE TABLE t (a INT, b INT) CHARSET latin1'],
          [6, IN, 20, ADD],
        ],
        null,
      ),
    ).toBe(known);
  });
});
