/**
 * What a logged statement means to the stream:
 * - begin, commit, rollback: the ends of a transaction
 * - savepoint: a place that a part of the transaction may be rolled back to
 * - rollback-to: undoes a part of rows that were already streamed
 * - xa-start, xa-end, xa-commit, xa-rollback: the two-phase kind
 * - open-create: CREATE TABLE … SELECT of MySQL 8.0.21+: a schema change whose rows follow, up to the XID
 * - data: a data change logged as text (binlog_format is not ROW)
 * - other: DDL and whatever else the server logs
 */
export type StatementKind =
  | 'begin'
  | 'commit'
  | 'rollback'
  | 'rollback-to'
  | 'savepoint'
  | 'xa-start'
  | 'xa-end'
  | 'xa-commit'
  | 'xa-rollback'
  | 'open-create'
  | 'data'
  | 'comment'
  | 'other';

const LEADING_COMMENTS = /^(?:\s+|\/\*(?!!|M!)[^]*?\*\/|--\s[^\n]*(?:\n|$)|#[^\n]*(?:\n|$))+/;
/** How much of a statement is looked at: enough for its first words behind usual comments. */
const HEAD_LENGTH = 4096;

const STARTS: readonly (readonly [RegExp, StatementKind])[] = [
  [/^BEGIN\b/i, 'begin'],
  [/^START TRANSACTION\b/i, 'begin'],
  [/^COMMIT\b/i, 'commit'],
  [/^ROLLBACK\s+(?:WORK\s+)?TO\b/i, 'rollback-to'],
  [/^ROLLBACK\b/i, 'rollback'],
  [/^(?:SAVEPOINT|RELEASE\s+SAVEPOINT)\b/i, 'savepoint'],
  [/^XA\s+(?:START|BEGIN)\b/i, 'xa-start'],
  [/^XA\s+END\b/i, 'xa-end'],
  [/^XA\s+COMMIT\b/i, 'xa-commit'],
  [/^XA\s+ROLLBACK\b/i, 'xa-rollback'],
  [/^(?:INSERT|UPDATE|DELETE|REPLACE|LOAD|WITH|CALL|DO|SELECT)\b/i, 'data'],
];

/** Tells what a logged statement is; only its first words, and the last of a CREATE TABLE, are looked at. */
export function statementKind(sql: string): StatementKind {
  const head = sql.slice(0, HEAD_LENGTH).replace(LEADING_COMMENTS, '');
  if (head === '') return 'comment';
  for (const [pattern, kind] of STARTS) {
    if (pattern.test(head)) return kind;
  }
  const opensRows = /^CREATE\s+TABLE\b/i.test(head) && /\bSTART\s+TRANSACTION\s*$/i.test(sql.slice(-64));
  return opensRows ? 'open-create' : 'other';
}
