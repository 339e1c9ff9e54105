import type { RowOperation, SourceTransaction } from './transaction.ts';

/** What was written of one source transaction. */
export interface EncodedRows {
  readonly written: Readonly<Record<RowOperation, number>>;
  readonly rowsFiltered: number;
  readonly rowsUndecodable: number;
  /** Tables with rows in it that the filter does not leave out, as `database.table`. */
  readonly tables: ReadonlySet<string>;
}

/** Figures of the source transactions in a batch. Only figures: a backlog of small transactions would fill the memory until their commit. */
export class BatchTally {
  transactions = 0;
  readonly written: Record<RowOperation, number> = { insert: 0, update: 0, delete: 0 };
  rowsFiltered = 0;
  rowsUndecodable = 0;
  readonly tables = new Set<string>();
  /** Rows, written and filtered, of each transaction that was encoded. */
  readonly rowCounts: number[] = [];
  /** Of each transaction with rows, microseconds since 1970. */
  readonly commitTimestampsUs: number[] = [];

  /** Rows of a transaction are encoded. */
  addRows({ written, rowsFiltered, rowsUndecodable, tables }: EncodedRows): void {
    this.written.insert += written.insert;
    this.written.update += written.update;
    this.written.delete += written.delete;
    this.rowsFiltered += rowsFiltered;
    this.rowsUndecodable += rowsUndecodable;
    this.rowCounts.push(written.insert + written.update + written.delete + rowsFiltered);
    for (const table of tables) this.tables.add(table);
  }

  /** The transaction is done with, whether it had rows or not. */
  addTransaction({ hasRows, commitTimestampUs }: SourceTransaction): void {
    this.transactions++;
    if (hasRows) this.commitTimestampsUs.push(commitTimestampUs);
  }
}
