import { fromServer } from './canonical-value.ts';
import type { CanonicalRow } from './row-change.ts';
import type { SourceSession } from './source-session.ts';
import { quoteName, type VerifiedTable } from './table-columns.ts';

export interface SourceRow {
  /** Columns that were not asked for are undefined. */
  readonly row: CanonicalRow;
  /** Whether the column of --created is not before the topic; null where there is none to ask. */
  readonly isNew: boolean | null;
}

export interface RowsWanted {
  /** Indexes of the columns to read. */
  readonly columns: readonly number[];
  /** --where; null: all rows. */
  readonly where: string | null;
  /** True: the rows that `where` leaves out. */
  readonly isLeftOut?: boolean;
  /** --created: a DATE, DATETIME or TIMESTAMP column, and the time (seconds since 1970) from which on rows are new. */
  readonly created?: { readonly column: string; readonly since: number } | null;
  /** output_null_zerodates. */
  readonly nullsZeroDates: boolean;
}

const ZERO_DATE = /^0000-00-00(?: 00:00:00(?:\.0+)?)?$/;

/** The rows of a table in the session's snapshot, in canonical form, in the order of the primary key. */
export async function* sourceRows(
  session: SourceSession,
  table: VerifiedTable,
  wanted: RowsWanted,
): AsyncGenerator<SourceRow> {
  const { columns, where, created = null, nullsZeroDates } = wanted;
  const expressions = columns.map((index) => table.columns[index]?.expression ?? 'NULL');
  if (created) expressions.push(`${quoteName(created.column)} >= FROM_UNIXTIME(${created.since})`);
  const condition =
    where === null ? '' : wanted.isLeftOut ? ` WHERE NOT COALESCE((${where}), FALSE)` : ` WHERE (${where})`;
  const order =
    table.key.length === 0
      ? ''
      : ` ORDER BY ${table.key.map((index) => quoteName(table.columns[index]?.name ?? '')).join(', ')}`;
  const from = `${quoteName(table.database)}.${quoteName(table.name)}`;
  const sql = `SELECT ${expressions.length > 0 ? expressions.join(', ') : '1'} FROM ${from}${condition}${order}`;
  for await (const values of session.rows(sql)) {
    const row = new Array<string | null | undefined>(table.columns.length);
    for (const [at, index] of columns.entries()) {
      const column = table.columns[index];
      if (column === undefined) continue;
      const value = fromServer(column, values[at] ?? null);
      const isTime = column.form === 'date' || column.form === 'datetime';
      row[index] = nullsZeroDates && isTime && value !== null && ZERO_DATE.test(value) ? null : value;
    }
    yield { row, isNew: created ? values[columns.length] === '1' : null };
  }
}
