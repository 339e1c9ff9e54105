import { skipReferences } from './column-clause.ts';
import { notUnderstood, type SqlCursor } from './sql-cursor.ts';

/** A key or constraint as an element of CREATE TABLE or ADD: the columns of a primary key, or something that a definition does not show. */
export type KeyClause =
  { readonly kind: 'primary'; readonly columns: readonly string[] } | { readonly kind: 'other' };

const OTHER: KeyClause = { kind: 'other' };

/** Names in the parentheses of a key: `(a, b(10) DESC)`. @throws NotUnderstoodError at a part that is an expression */
function keyColumns(cursor: SqlCursor): string[] {
  const columns: string[] = [];
  cursor.expect('(');
  do {
    columns.push(cursor.name());
    cursor.skipElement();
  } while (cursor.accept(','));
  cursor.expect(')');
  return columns;
}

function primaryKey(cursor: SqlCursor): KeyClause {
  cursor.expect('primary');
  cursor.expect('key');
  // A name is taken, and means nothing; then the kind of index.
  if (cursor.accept('if', 'not', 'exists')) throw notUnderstood;
  if (!cursor.is('(') && !cursor.is('using') && !cursor.is('type')) cursor.name();
  if (cursor.accept('using') || cursor.accept('type')) cursor.next();
  const columns = keyColumns(cursor);
  cursor.skipElement();
  return { kind: 'primary', columns };
}

/** Reads a key or constraint where one is next; null where it is a column. @throws NotUnderstoodError */
export function readKeyClause(cursor: SqlCursor): KeyClause | null {
  if (cursor.accept('constraint')) {
    const isNamed = !['primary', 'unique', 'foreign', 'check'].some((word) => cursor.is(word));
    if (isNamed) {
      cursor.accept('if', 'not', 'exists');
      cursor.name();
    }
  }
  if (cursor.is('primary')) return primaryKey(cursor);
  const isOther =
    ['key', 'index', 'unique', 'fulltext', 'spatial', 'foreign', 'check'].some((word) => cursor.is(word)) ||
    cursor.is('vector', 'key') ||
    cursor.is('vector', 'index');
  if (!isOther) return null;
  if (cursor.accept('foreign')) {
    while (!cursor.isAtEnd && !cursor.is('(')) cursor.next();
    cursor.parentheses();
    cursor.expect('references');
    skipReferences(cursor);
  }
  cursor.skipElement();
  return OTHER;
}
