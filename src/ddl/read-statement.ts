import { type AlterAction, readAlterClause } from './alter-action.ts';
import type { TypeSyntax } from './column-type.ts';
import type { SchemaStatement } from './schema-statement.ts';
import { NotUnderstoodError, SqlCursor, type TableName } from './sql-cursor.ts';
import type { SqlSyntax } from './sql-lexer.ts';
import { readTableBody, type TableBody } from './table-body.ts';
import { readCharsetOption } from './table-options.ts';

/** How the server read a statement: its flavor, and what its session had in sql_mode. */
export interface StatementSyntax extends SqlSyntax, TypeSyntax {
  /** MariaDB's sql_mode ORACLE: types have other names and meanings. */
  readonly isOracle: boolean;
}

const IGNORED: SchemaStatement = { kind: 'ignored' };
const UNKNOWN: SchemaStatement = { kind: 'unknown' };

/** First words of statements that change no table's definition, and are never reported. */
const IGNORED_STARTS: ReadonlySet<string> = new Set(
  (
    'analyze backup begin binlog cache call change check checksum clone commit deallocate delete describe do end execute ' +
    'explain flush get grant handler help import insert install kill load lock optimize prepare purge release repair ' +
    'replace reset restart resignal revoke rollback savepoint select show shutdown signal start stop uninstall unlock ' +
    'update use values with xa'
  ).split(' '),
);
/** What is created, altered and dropped besides databases and tables, none of which Maxwell reports. */
const IGNORED_OBJECTS: ReadonlySet<string> = new Set(
  (
    'aggregate definer event external fulltext function index instance json library logfile materialized offline online ' +
    'package persistent prepare procedure resource role rotate server spatial sql system tablespace trigger undo unique ' +
    'user vector binlog mask type'
  ).split(' '),
);
/** Words in front of VIEW. */
const VIEW_ATTRIBUTES: ReadonlySet<string> = new Set([
  'algorithm',
  'definer',
  'sql',
  'materialized',
  'json',
  'external',
]);
/** Tokens in which VIEW is looked for. */
const VIEW_HEAD = 16;

const isDatabase = (cursor: SqlCursor): boolean => cursor.accept('database') || cursor.accept('schema');

/** Words between the verb of a statement and its object, dropped: OR REPLACE, IF NOT EXISTS and the like. */
function names(cursor: SqlCursor): TableName[] {
  const found: TableName[] = [];
  do found.push(cursor.tableName());
  while (cursor.accept(','));
  return found;
}

function databaseCharset(cursor: SqlCursor): string | null {
  let charset: string | null = null;
  while (!cursor.isAtEnd) {
    const given = readCharsetOption(cursor);
    if (given === undefined) cursor.next();
    else charset = given ?? charset;
  }
  return charset;
}

function createDatabase(cursor: SqlCursor): SchemaStatement {
  const ifNotExists = cursor.accept('if', 'not', 'exists');
  const database = cursor.name();
  return { kind: 'database-create', database, charset: databaseCharset(cursor), ifNotExists };
}

/** The name may be left out for the default database. */
function alterDatabase(cursor: SqlCursor, defaultDatabase: string): SchemaStatement {
  const isUnnamed =
    cursor.is('default') ||
    cursor.is('collate') ||
    cursor.is('character', 'set') ||
    cursor.is('charset') ||
    cursor.is('encryption') ||
    cursor.is('read', 'only') ||
    (cursor.is('comment') && cursor.peek(1).kind !== 'word');
  const database = isUnnamed ? defaultDatabase : cursor.name();
  return { kind: 'database-alter', database, charset: databaseCharset(cursor) };
}

/** Where the rest of a CREATE TABLE is not understood its name still is. */
function tableSource(cursor: SqlCursor, syntax: StatementSyntax): TableBody | TableName | null {
  try {
    if (cursor.accept('like')) return cursor.tableName();
    if (cursor.is('(', 'like')) {
      cursor.accept('(', 'like');
      return cursor.tableName();
    }
    return syntax.isOracle ? null : readTableBody(cursor, syntax);
  } catch (error) {
    if (error instanceof NotUnderstoodError) return null;
    throw error;
  }
}

function createTable(cursor: SqlCursor, syntax: StatementSyntax): SchemaStatement {
  const ifNotExists = cursor.accept('if', 'not', 'exists');
  const name = cursor.tableName();
  return { kind: 'table-create', name, ifNotExists, source: tableSource(cursor, syntax) };
}

/** A clause that is not understood is passed over: a new name may still follow it. */
function alterTable(cursor: SqlCursor, syntax: StatementSyntax): SchemaStatement {
  const ifExists = cursor.accept('if', 'exists');
  const name = cursor.tableName();
  const actions: AlterAction[] = [];
  let isWhole = !syntax.isOracle;
  if (cursor.accept('wait')) cursor.next();
  else cursor.accept('nowait');
  while (!cursor.isAtEnd) {
    try {
      actions.push(...readAlterClause(cursor, syntax));
    } catch (error) {
      if (!(error instanceof NotUnderstoodError)) throw error;
      isWhole = false;
      do cursor.skipElement();
      while (cursor.accept(')')); // of a clause that was left in its middle
    }
    cursor.accept(',');
  }
  return { kind: 'table-alter', name, ifExists, actions, isWhole };
}

function renameTables(cursor: SqlCursor): SchemaStatement {
  const ifExists = cursor.accept('if', 'exists');
  const renames: { from: TableName; to: TableName }[] = [];
  do {
    const from = cursor.tableName();
    if (cursor.accept('wait')) cursor.next();
    else cursor.accept('nowait');
    cursor.expect('to');
    renames.push({ from, to: cursor.tableName() });
  } while (cursor.accept(','));
  return { kind: 'table-rename', renames, ifExists };
}

/** CREATE … VIEW and CREATE SEQUENCE take a name; null where it is neither. */
function createdName(cursor: SqlCursor): TableName | null {
  const isSequence = cursor.is('sequence');
  const isView = cursor.is('view') || VIEW_ATTRIBUTES.has(cursor.peek().keyword);
  if (!isSequence && !isView) return null;
  for (let seen = 0; seen < VIEW_HEAD; seen++) {
    if (cursor.accept('view') || cursor.accept('sequence')) {
      cursor.accept('if', 'not', 'exists');
      return cursor.tableName();
    }
    const { keyword } = cursor.next();
    if (keyword === 'function' || keyword === 'procedure' || keyword === 'trigger' || keyword === 'event')
      break;
  }
  return null;
}

function create(cursor: SqlCursor, syntax: StatementSyntax): SchemaStatement {
  cursor.accept('or', 'replace');
  if (cursor.accept('temporary')) return IGNORED;
  if (isDatabase(cursor)) return createDatabase(cursor);
  if (cursor.accept('table')) return createTable(cursor, syntax);
  const isKnown = IGNORED_OBJECTS.has(cursor.peek().keyword);
  const name = createdName(cursor);
  if (name !== null) return { kind: 'name-change', names: [name] };
  return isKnown ? IGNORED : UNKNOWN;
}

function alter(cursor: SqlCursor, syntax: StatementSyntax, defaultDatabase: string): SchemaStatement {
  if (isDatabase(cursor)) return alterDatabase(cursor, defaultDatabase);
  const isKnown =
    IGNORED_OBJECTS.has(cursor.peek().keyword) ||
    VIEW_ATTRIBUTES.has(cursor.peek().keyword) ||
    cursor.is('view') ||
    cursor.is('sequence');
  if (!cursor.accept('online')) cursor.accept('offline');
  cursor.accept('ignore');
  if (cursor.accept('table')) return alterTable(cursor, syntax);
  return isKnown ? IGNORED : UNKNOWN;
}

function drop(cursor: SqlCursor): SchemaStatement {
  if (cursor.accept('temporary')) return IGNORED;
  if (isDatabase(cursor)) {
    const ifExists = cursor.accept('if', 'exists');
    return { kind: 'database-drop', database: cursor.name(), ifExists };
  }
  if (cursor.accept('table') || cursor.accept('tables')) {
    const ifExists = cursor.accept('if', 'exists');
    return { kind: 'table-drop', names: names(cursor), ifExists };
  }
  if (cursor.accept('view') || cursor.accept('sequence')) {
    cursor.accept('if', 'exists');
    return { kind: 'name-change', names: names(cursor) };
  }
  const isKnown = IGNORED_OBJECTS.has(cursor.peek().keyword);
  if (!cursor.accept('online')) cursor.accept('offline');
  if (cursor.accept('index')) {
    cursor.accept('if', 'exists');
    if (cursor.name().toLowerCase() !== 'primary') return IGNORED;
    cursor.expect('on');
    return { kind: 'key-drop', name: cursor.tableName() };
  }
  return isKnown ? IGNORED : UNKNOWN;
}

/** MariaDB's SET STATEMENT variable=value, … FOR statement; any other SET is ignored. */
function skipSetStatement(cursor: SqlCursor): boolean {
  if (!cursor.accept('statement')) return false;
  while (!cursor.isAtEnd) if (cursor.next().keyword === 'for') return true;
  return false;
}

function read(cursor: SqlCursor, syntax: StatementSyntax, defaultDatabase: string): SchemaStatement {
  if (cursor.isAtEnd) return IGNORED;
  while (cursor.accept('set')) if (!skipSetStatement(cursor)) return IGNORED;
  if (cursor.accept('create')) return create(cursor, syntax);
  if (cursor.accept('alter')) return alter(cursor, syntax, defaultDatabase);
  if (cursor.accept('drop')) return drop(cursor);
  if (cursor.accept('rename')) {
    if (cursor.accept('table') || cursor.accept('tables')) return renameTables(cursor);
    return cursor.is('user') ? IGNORED : UNKNOWN;
  }
  if (cursor.accept('truncate')) {
    cursor.accept('table');
    return { kind: 'table-truncate', name: cursor.tableName() };
  }
  return IGNORED_STARTS.has(cursor.peek().keyword) ? IGNORED : UNKNOWN;
}

/** Reads what a statement that the server has executed does to databases and tables. Takes any text; never throws. */
export function readStatement(
  sql: string,
  syntax: StatementSyntax,
  defaultDatabase: string,
): SchemaStatement {
  try {
    return read(new SqlCursor(sql, syntax, defaultDatabase), syntax, defaultDatabase);
  } catch (error) {
    if (error instanceof NotUnderstoodError) return UNKNOWN;
    throw error;
  }
}
