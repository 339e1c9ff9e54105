import type { DdlChange } from '../../src/ddl/ddl-change.ts';
import { SchemaHistory } from '../../src/ddl/schema-history.ts';
import type { SchemaFacts, SchemaSnapshot } from '../../src/model/schema-snapshot.ts';
import type { ColumnDefinition, TableDefinition } from '../../src/model/table-definition.ts';
import type { SchemaChange } from '../../src/model/transaction.ts';

export const mysqlFacts: SchemaFacts = { flavor: 'mysql', lowerCaseTableNames: 0 };
export const mariadbFacts: SchemaFacts = { flavor: 'mariadb', lowerCaseTableNames: 0 };

/** A statement as the binlog gives it, in database `shop`. */
export function schemaChange(sql: string, more: Partial<SchemaChange> = {}): SchemaChange {
  return {
    database: 'shop',
    sql,
    timestampSeconds: 1_700_000_000,
    file: 'binlog.000007',
    startOffset: 1234,
    sqlMode: 0,
    serverCollation: 255,
    ...more,
  };
}

function shownColumn({ name, type, charset, signed, enumValues, columnLength }: ColumnDefinition): string {
  const more = [
    charset,
    signed === undefined ? undefined : signed ? 'signed' : 'unsigned',
    enumValues && `[${enumValues.join('|')}]`,
    columnLength === undefined ? undefined : `(${columnLength})`,
  ];
  return [name, type, ...more].filter((each) => each !== undefined).join(' ');
}

/** `shop.t utf8mb4: id int signed, d datetime (0); id` */
export function shownTable(table: TableDefinition | null): string {
  if (table === null) return '?';
  const columns = table.columns.map(shownColumn).join(', ');
  return `${table.database}.${table.table} ${table.charset}: ${columns}; ${table.primaryKey.join(',')}`;
}

/** `table-drop shop.t` */
export function shownChange({ type, database, table, charset, renamedTo }: DdlChange): string {
  const name = table === null ? database : `${database}.${table}`;
  const to = renamedTo === null ? '' : ` to ${renamedTo.database}.${renamedTo.table}`;
  return `${type} ${name}${to}${charset === null ? '' : ` ${charset}`}`;
}

/** A history in which database `shop` has just been made with utf8mb4. */
export function newHistory(facts = mysqlFacts, snapshot: SchemaSnapshot | null = null): SchemaHistory {
  const history = new SchemaHistory(facts, snapshot);
  history.apply(schemaChange('CREATE DATABASE shop CHARACTER SET utf8mb4'), null);
  return history;
}
