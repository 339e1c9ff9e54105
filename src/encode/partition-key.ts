import { randomInt } from 'node:crypto';
import type { SourceTransaction } from '../model/transaction.ts';
import { ByteSink } from '../model/byte-sink.ts';
import { changedText } from './changed-row.ts';
import type { ColumnCodec } from './column-codec.ts';
import type { EncodeOptions } from './encode-options.ts';
import { partitionHash, partitionHashOfAscii } from './partition-hash.ts';
import { type RowView, valueOffset } from './row-image.ts';
import type { TablePlan } from './table-plan.ts';

const alphanumerics = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';
const RANDOM_LENGTH = 10;

function randomText(): string {
  let text = '';
  for (let i = 0; i < RANDOM_LENGTH; i++) text += alphanumerics.charAt(randomInt(alphanumerics.length));
  return text;
}

/** A column's value as text; where a script has changed the row, the value that it left. */
function columnValue(plan: TablePlan, row: RowView, column: number): string | null {
  if (row.changes === null) return plan.readText(row, column);
  return changedText(row.changes, plan, row, plan.names[column] ?? '');
}

/** The primary key's values one behind the other; Maxwell's `None` where all are NULL, database and table where there is no key. */
function primaryKeyText(plan: TablePlan, row: RowView): string {
  const { database, table, primaryKey } = plan.table;
  if (primaryKey.length === 0) return database + table;
  let text = '';
  for (const column of primaryKey) text += columnValue(plan, row, column) ?? '';
  return text === '' ? 'None' : text;
}

/** What a row is partitioned by: producer_partition_by with its columns and fallback. */
export class PartitionKey {
  readonly #options: EncodeOptions;
  /** Hashes that are the same for every row of a table version. */
  readonly #constants = new WeakMap<TablePlan, number>();
  readonly #digits = new ByteSink(256);

  constructor(options: EncodeOptions) {
    this.#options = options;
  }

  /** The hash for the partition of a row. */
  hash(plan: TablePlan, row: RowView, transaction: SourceTransaction, xid: bigint | null): number {
    const { partitionBy, partitionHash: algorithm } = this.#options;
    const given = row.changes === null ? null : row.changes.partitionText;
    if (given !== null) return partitionHash(given, algorithm);
    if (partitionBy === 'primary_key' && plan.hasIntegerKey && this.#writeIntegerKey(plan, row)) {
      return partitionHashOfAscii(this.#digits.buffer, this.#digits.position, algorithm);
    }
    if (partitionBy !== 'database' && partitionBy !== 'table') {
      return partitionHash(this.text(plan, row, transaction, xid), algorithm);
    }
    let hash = this.#constants.get(plan);
    if (hash === undefined) {
      hash = partitionHash(plan.table[partitionBy], algorithm);
      this.#constants.set(plan, hash);
    }
    return hash;
  }

  /** Writes what `text` gives into `#digits`, without making a string of it; false where a value is not there. */
  #writeIntegerKey(plan: TablePlan, row: RowView): boolean {
    if (row.changes !== null) return false;
    this.#digits.reset();
    for (const column of plan.table.primaryKey) {
      const offset = valueOffset(row, column);
      if (offset < 0) return false;
      (plan.codecs[column] as ColumnCodec).writeJson(row.rows, offset, this.#digits);
    }
    return true;
  }

  /** The text that is hashed. @param xid the xid that the rows show */
  text(plan: TablePlan, row: RowView, transaction: SourceTransaction, xid: bigint | null): string {
    switch (this.#options.partitionBy) {
      case 'database':
      case 'table':
        return plan.table[this.#options.partitionBy];
      case 'primary_key':
        return primaryKeyText(plan, row);
      case 'transaction_id':
        return String(xid);
      case 'thread_id':
        return String(transaction.threadId);
      case 'random':
        return randomText();
      case 'column':
        return this.#columnText(plan, row, xid);
    }
  }

  #columnText(plan: TablePlan, row: RowView, xid: bigint | null): string {
    let text = '';
    for (const name of this.#options.partitionColumns) {
      // Maxwell has taken excluded columns out of the row before it looks.
      if (row.changes !== null && !plan.isExcluded(name)) {
        text += changedText(row.changes, plan, row, name) ?? '';
        continue;
      }
      const column = plan.names.indexOf(name);
      if (column >= 0 && plan.isVisible[column] === 1) text += plan.readText(row, column) ?? '';
    }
    if (text !== '') return text;
    switch (this.#options.partitionByFallback) {
      case 'primary_key':
        return primaryKeyText(plan, row);
      case 'transaction_id':
        return String(xid);
      default:
        return plan.table[this.#options.partitionByFallback];
    }
  }
}
