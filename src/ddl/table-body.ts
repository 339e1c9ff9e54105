import { type ColumnClause, readColumnClause } from './column-clause.ts';
import type { TypeSyntax } from './column-type.ts';
import { readKeyClause } from './key-clause.ts';
import { notUnderstood, type SqlCursor } from './sql-cursor.ts';
import { readTableOptions } from './table-options.ts';

/** Columns, primary key and character set of a CREATE TABLE. */
export interface TableBody {
  readonly columns: readonly ColumnClause[];
  /** As the statement writes the names. */
  readonly primaryKey: readonly string[];
  /** Null: that of the database. */
  readonly charset: string | null;
}

/** Elements of `(…)`, the opening parenthesis was read: columns and keys. @throws NotUnderstoodError */
export function readElements(
  cursor: SqlCursor,
  syntax: TypeSyntax,
): { readonly columns: ColumnClause[]; readonly primaryKey: string[] | null } {
  const columns: ColumnClause[] = [];
  let primaryKey: string[] | null = null;
  do {
    const key = readKeyClause(cursor);
    if (key === null) {
      if (cursor.is('period', 'for')) throw notUnderstood;
      const column = readColumnClause(cursor, syntax);
      columns.push(column);
      if (column.isPrimaryKey) primaryKey = [column.name];
    } else if (key.kind === 'primary') primaryKey = [...key.columns];
  } while (cursor.accept(','));
  cursor.expect(')');
  return { columns, primaryKey };
}

/** `(elements) options`; the cursor stands on the parenthesis. @throws NotUnderstoodError */
export function readTableBody(cursor: SqlCursor, syntax: TypeSyntax): TableBody {
  cursor.expect('(');
  const { columns, primaryKey } = readElements(cursor, syntax);
  return { columns, primaryKey: primaryKey ?? [], charset: readTableOptions(cursor) };
}
