import { canonicalCharset, charsetOfCollationName } from './charset.ts';
import { notUnderstood, type SqlCursor } from './sql-cursor.ts';

/** Words behind a table's columns that are no options: then columns come from elsewhere. */
const QUERIES: ReadonlySet<string> = new Set([
  'as',
  'select',
  'ignore',
  'replace',
  'values',
  'table',
  'with',
]);
/** First words of options that have two. */
const FIRST_WORDS: ReadonlySet<string> = new Set(['data', 'index']);

/**
 * `[DEFAULT] CHARACTER SET [=] x` or `[DEFAULT] COLLATE [=] x`, of a table or a database: the character set; null for a
 * collation that goes with several; undefined where neither is next.
 */
export function readCharsetOption(cursor: SqlCursor): string | null | undefined {
  const at = cursor.is('default') ? 1 : 0;
  const { keyword } = cursor.peek(at);
  const isTwoWords = (keyword === 'character' || keyword === 'char') && cursor.peek(at + 1).keyword === 'set';
  if (!isTwoWords && keyword !== 'charset' && keyword !== 'collate') return undefined;
  for (let words = at + (isTwoWords ? 2 : 1); words > 0; words--) cursor.next();
  cursor.accept('=');
  const name = cursor.charsetName();
  if (keyword === 'collate') return charsetOfCollationName(name);
  if (name === 'default') throw notUnderstood;
  return canonicalCharset(name);
}

/** One option that says nothing of columns: a word, or two, and a value. @throws NotUnderstoodError */
function skipOption(cursor: SqlCursor): void {
  const first = cursor.next();
  if ((first.kind !== 'word' && first.kind !== 'name') || QUERIES.has(first.keyword)) throw notUnderstood;
  if (FIRST_WORDS.has(first.keyword)) cursor.expect('directory');
  cursor.accept('=');
  if (cursor.is('(')) return cursor.parentheses();
  const value = cursor.next();
  if (value.kind === 'symbol' || value.kind === 'end') throw notUnderstood;
  if (first.keyword === 'tablespace' && cursor.accept('storage')) cursor.next();
  while (cursor.accept('.')) cursor.next(); // a fraction
}

/**
 * The options behind the columns of CREATE TABLE: the default character set, null where none is given.
 * @throws NotUnderstoodError where the statement goes on as a query, or the table is system-versioned
 */
export function readTableOptions(cursor: SqlCursor): string | null {
  let charset: string | null = null;
  while (!cursor.isAtEnd) {
    if (cursor.accept(',')) continue;
    if (cursor.accept('partition', 'by')) return skipPartitions(cursor, charset);
    const given = readCharsetOption(cursor);
    if (given === undefined) skipOption(cursor);
    else charset = given ?? charset;
  }
  return charset;
}

/** Partitions end a CREATE TABLE; a query may still follow them. */
function skipPartitions(cursor: SqlCursor, charset: string | null): string | null {
  while (!cursor.isAtEnd) {
    if (cursor.is('(')) cursor.parentheses();
    else if (cursor.is('as') || cursor.is('select') || cursor.is('ignore') || cursor.is('replace'))
      throw notUnderstood;
    else cursor.next();
  }
  return charset;
}
