import type { SnapshotTableName } from '../model/snapshot-progress.ts';
import type { SourceTransaction } from '../model/transaction.ts';
import type { TouchedKeys } from './touched-keys.ts';

/** Statements that reach every table of a database without naming it. */
const WHOLE_DATABASE = /\b(?:DATABASE|SCHEMA)\b/i;

/** Looks at everything that the stream brings for the table that is being read. */
export class TableWatch {
  readonly table: SnapshotTableName;
  /** The table's definition may have changed since it was read. */
  isStale = false;
  /** Where changed keys are noted while a chunk is being read. */
  touched: TouchedKeys | null = null;
  readonly #names: readonly string[];

  constructor(table: SnapshotTableName) {
    this.table = table;
    const name = table.table.toLowerCase();
    // As it may stand between quotes.
    this.#names = [name, name.replaceAll('`', '``'), name.replaceAll('"', '""')];
  }

  /** To be called before the transaction is written. */
  async see(transaction: SourceTransaction): Promise<void> {
    const { schemaChange, hasRows } = transaction;
    if (schemaChange !== null && this.#mayConcern(schemaChange.sql)) {
      this.isStale = true;
      this.touched = null; // whatever is being read is thrown away
    }
    const { touched } = this;
    if (!hasRows || touched === null) return;
    const { database, table } = this.table;
    for await (const group of transaction.rowsEvents()) {
      for (const event of group)
        if (event.table.table === table && event.table.database === database) touched.add(event);
    }
  }

  /** Too often rather than too seldom: a chunk is read again then, and nothing else. */
  #mayConcern(sql: string): boolean {
    const text = sql.toLowerCase();
    return WHOLE_DATABASE.test(sql) || this.#names.some((name) => text.includes(name));
  }
}
