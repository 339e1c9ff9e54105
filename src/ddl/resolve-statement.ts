import type { TableDefinition } from '../model/table-definition.ts';
import { alterDefinition, primaryKeyOf } from './alter-definition.ts';
import { defineColumn } from './define-column.ts';
import type { DdlChange } from './ddl-change.ts';
import type { SchemaCatalog } from './schema-catalog.ts';
import type { SchemaStatement } from './schema-statement.ts';
import { NotUnderstoodError, notUnderstood, type TableName } from './sql-cursor.ts';
import type { TableBody } from './table-body.ts';

type Of<K extends SchemaStatement['kind']> = Extract<SchemaStatement, { readonly kind: K }>;

const change = (
  type: DdlChange['type'],
  { database, table }: { readonly database: string; readonly table: string | null },
  more: Partial<DdlChange> = {},
): DdlChange => ({ type, database, table, old: null, def: null, charset: null, renamedTo: null, ...more });

/** The work, or null where something in it was not understood. */
function understood<T>(work: () => T): T | null {
  try {
    return work();
  } catch (error) {
    if (error instanceof NotUnderstoodError) return null;
    throw error;
  }
}

function defineTable(name: TableName, body: TableBody, databaseCharset: string | null): TableDefinition {
  const charset = body.charset ?? databaseCharset;
  if (charset === null) throw notUnderstood;
  const columns = body.columns.map((column) => defineColumn(column.name, column.type, charset));
  if (new Set(columns.map((column) => column.name.toLowerCase())).size < columns.length) throw notUnderstood;
  return { ...name, charset, columns, primaryKey: primaryKeyOf(body.primaryKey, columns) };
}

function createTable(statement: Of<'table-create'>, catalog: SchemaCatalog): DdlChange[] {
  const name = catalog.storedTable(statement.name);
  const before = statement.ifNotExists ? catalog.stateOf(name) : 'absent';
  const isTaken = before !== 'absent' && before !== 'unknown';
  if (isTaken) return []; // the server did nothing
  const { source } = statement;
  let def: TableDefinition | null = null;
  // Where IF NOT EXISTS may have done nothing, the table may be another one.
  if (before === 'absent' && source !== null) {
    if ('columns' in source)
      def = understood(() => defineTable(name, source, catalog.charsetOf(name.database)));
    else {
      const like = catalog.definitionOf(catalog.storedTable(source));
      def = like && { ...like, ...name };
    }
  }
  catalog.set(name, def ?? 'exists');
  return [change('table-create', name, { def })];
}

function alterTable(statement: Of<'table-alter'>, catalog: SchemaCatalog): DdlChange[] {
  const name = catalog.storedTable(statement.name);
  if (statement.ifExists && catalog.stateOf(name) === 'absent') return [];
  const old = catalog.definitionOf(name);
  const rename = statement.actions.findLast(({ kind }) => kind === 'rename-table');
  const renamedTo = rename?.kind === 'rename-table' ? catalog.storedTable(rename.to) : null;
  const altered = old && statement.isWhole ? understood(() => alterDefinition(old, statement.actions)) : null;
  const def = altered && renamedTo ? { ...altered, ...renamedTo } : altered;
  if (renamedTo) catalog.set(name, 'absent');
  catalog.set(renamedTo ?? name, def ?? 'exists');
  return [change('table-alter', name, { old, def, renamedTo })];
}

function renameTables(statement: Of<'table-rename'>, catalog: SchemaCatalog): DdlChange[] {
  const changes: DdlChange[] = [];
  for (const { from, to } of statement.renames) {
    const name = catalog.storedTable(from);
    const renamedTo = catalog.storedTable(to);
    if (statement.ifExists && catalog.stateOf(name) === 'absent') continue;
    const old = catalog.definitionOf(name);
    const def = old && { ...old, ...renamedTo };
    catalog.set(name, 'absent');
    catalog.set(renamedTo, def ?? 'exists');
    changes.push(change('table-alter', name, { old, def, renamedTo }));
  }
  return changes;
}

function dropTables(statement: Of<'table-drop'>, catalog: SchemaCatalog): DdlChange[] {
  const changes: DdlChange[] = [];
  for (const each of statement.names) {
    const name = catalog.storedTable(each);
    if (statement.ifExists && catalog.stateOf(name) === 'absent') continue;
    catalog.set(name, 'absent');
    changes.push(change('table-drop', name));
  }
  return changes;
}

function createDatabase(
  statement: Of<'database-create'>,
  catalog: SchemaCatalog,
  serverCharset: string | null,
): DdlChange[] {
  const database = catalog.stored(statement.database);
  const before = statement.ifNotExists ? catalog.databaseState(database) : 'absent';
  if (before === 'exists') return [];
  // It may have been there, with tables and a character set of its own.
  if (before === 'unknown') return [change('database-create', { database, table: null })];
  const charset = statement.charset ?? serverCharset;
  catalog.addDatabase(database, charset);
  return [change('database-create', { database, table: null }, { charset })];
}

function dropPrimaryKey(name: TableName, catalog: SchemaCatalog): void {
  const old = catalog.definitionOf(name);
  if (old) catalog.set(name, { ...old, primaryKey: [] });
}

/**
 * The records of a statement, and the catalog as it is behind it. Where the server did nothing (IF NOT EXISTS, IF EXISTS)
 * there are none.
 * @param serverCharset collation_server of the session as a character set; null: not known
 */
export function resolveStatement(
  statement: SchemaStatement,
  catalog: SchemaCatalog,
  serverCharset: string | null,
): readonly DdlChange[] {
  switch (statement.kind) {
    case 'database-create':
      return createDatabase(statement, catalog, serverCharset);
    case 'database-alter': {
      const database = catalog.stored(statement.database);
      if (statement.charset !== null) catalog.setCharset(database, statement.charset);
      const charset = catalog.charsetOf(database);
      return [change('database-alter', { database, table: null }, { charset })];
    }
    case 'database-drop': {
      const database = catalog.stored(statement.database);
      if (statement.ifExists && catalog.databaseState(database) === 'absent') return [];
      catalog.dropDatabase(database);
      return [change('database-drop', { database, table: null })];
    }
    case 'table-create':
      return createTable(statement, catalog);
    case 'table-alter':
      return alterTable(statement, catalog);
    case 'table-rename':
      return renameTables(statement, catalog);
    case 'table-drop':
      return dropTables(statement, catalog);
    case 'table-truncate':
      return [change('table-truncate', catalog.storedTable(statement.name))];
    case 'key-drop':
      dropPrimaryKey(catalog.storedTable(statement.name), catalog);
      return [];
    case 'name-change':
      for (const name of statement.names) catalog.set(catalog.storedTable(name), 'unknown');
      return [];
    case 'ignored':
      return [];
    case 'unknown':
      catalog.forget();
      return [];
  }
}
