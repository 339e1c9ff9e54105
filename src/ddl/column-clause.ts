import { charsetOfCollationName } from './charset.ts';
import { type ColumnType, readColumnType, type TypeSyntax } from './column-type.ts';
import { notUnderstood, type SqlCursor } from './sql-cursor.ts';

/** A column as CREATE TABLE or ALTER TABLE gives it. */
export interface ColumnClause {
  readonly name: string;
  readonly type: ColumnType;
  readonly isPrimaryKey: boolean;
}

const OPERATORS: ReadonlySet<string> = new Set(['+', '-', '*', '/', '%', '|', '&', '^', '<', '>', '=', '!']);
/** Attributes of one word that say nothing of the type. */
const PLAIN: ReadonlySet<string> = new Set([
  'null',
  'auto_increment',
  'visible',
  'invisible',
  'virtual',
  'stored',
  'persistent',
  'enforced',
]);
/** Attributes that a value follows, with or without an equals sign. */
const VALUED: ReadonlySet<string> = new Set([
  'comment',
  'column_format',
  'storage',
  'engine_attribute',
  'secondary_engine_attribute',
  'srid',
  'ref_system_id',
]);
const REFERENCE_ACTIONS: ReadonlySet<string> = new Set(['restrict', 'cascade', 'null', 'default', 'action']);

/** One value without operators: a literal with its introducer, a call, an expression in parentheses. */
function skipOperand(cursor: SqlCursor): void {
  while (cursor.accept('-') || cursor.accept('+') || cursor.accept('~') || cursor.accept('!'));
  if (cursor.is('(')) return cursor.parentheses();
  cursor.accept('.'); // .5
  const token = cursor.next();
  if (token.kind === 'end' || token.kind === 'symbol') throw notUnderstood;
  if (token.keyword === 'next' || token.keyword === 'previous') {
    if (cursor.accept('value', 'for')) return void cursor.tableName(); // of a sequence of MariaDB
  }
  if (token.kind === 'word' && cursor.peek().kind === 'string') cursor.next(); // _utf8mb4'…', x'…', DATE'…'
  while (cursor.peek().kind === 'string') cursor.next(); // strings side by side are one
  while (cursor.accept('.')) cursor.next(); // a fraction, or a qualified name
  if (cursor.is('(')) cursor.parentheses();
}

/** A default: MariaDB takes operators outside of parentheses. */
function skipExpression(cursor: SqlCursor): void {
  skipOperand(cursor);
  while (cursor.peek().kind === 'symbol' && OPERATORS.has(cursor.peek().text)) {
    cursor.next();
    skipOperand(cursor);
  }
}

/** REFERENCES and what follows. */
export function skipReferences(cursor: SqlCursor): void {
  cursor.tableName();
  if (cursor.is('(')) cursor.parentheses();
  for (;;) {
    if (cursor.accept('match')) cursor.next();
    else if (cursor.accept('on')) {
      cursor.next(); // DELETE or UPDATE
      if (!cursor.accept('set')) cursor.accept('no');
      if (cursor.acceptOneOf(REFERENCE_ACTIONS) === '') throw notUnderstood;
    } else return;
  }
}

/** GENERATED ALWAYS AS (…); a column of a system-versioned table is not understood. */
function skipGenerated(cursor: SqlCursor): void {
  cursor.accept('generated', 'always');
  cursor.expect('as');
  cursor.parentheses();
}

/** One attribute; 'key' for a primary key, 'end' where none follows. */
function attribute(cursor: SqlCursor): 'key' | 'other' | 'end' {
  const { keyword } = cursor.peek();
  if (PLAIN.has(keyword)) cursor.next();
  else if (cursor.accept('not')) {
    if (!cursor.accept('null') && !cursor.accept('secondary')) cursor.expect('enforced');
  } else if (cursor.accept('primary')) {
    cursor.accept('key');
    return 'key';
  } else if (cursor.accept('key')) return 'key';
  else if (cursor.accept('unique')) cursor.accept('key');
  else if (cursor.accept('default') || cursor.accept('on', 'update')) skipExpression(cursor);
  else if (VALUED.has(keyword)) {
    cursor.next();
    cursor.accept('=');
    cursor.next();
  } else if (cursor.accept('constraint')) {
    if (!cursor.is('check')) cursor.name();
  } else if (cursor.accept('check')) cursor.parentheses();
  else if (cursor.accept('references')) skipReferences(cursor);
  else if (cursor.is('generated') || cursor.is('as')) skipGenerated(cursor);
  else if (cursor.accept('serial', 'default', 'value')) return 'other';
  else if (cursor.accept('with', 'system', 'versioning') || cursor.accept('without', 'system', 'versioning'))
    return 'other';
  else return 'end';
  return 'other';
}

/** Name, type and attributes of a column, up to what is no attribute of it. @throws NotUnderstoodError */
export function readColumnClause(cursor: SqlCursor, syntax: TypeSyntax): ColumnClause {
  const name = cursor.name();
  let type = readColumnType(cursor, syntax);
  let isPrimaryKey = false;
  for (;;) {
    if (cursor.accept('collate')) {
      const set = charsetOfCollationName(cursor.charsetName());
      if (type.kind === 'text' && type.charset === null && set !== null) type = { ...type, charset: set };
      continue;
    }
    const kind = attribute(cursor);
    if (kind === 'end') return { name, type, isPrimaryKey };
    if (kind === 'key') isPrimaryKey = true;
  }
}
