import { createHash } from 'node:crypto';
import { ByteSink } from '../model/byte-sink.ts';
import { type ColumnCodec } from './column-codec.ts';
import { type RowView, valueOffset } from './row-image.ts';
import type { TablePlan } from './table-plan.ts';

/** Bytes collected before a call into the hash. */
const FLUSH_BYTES = 32 * 1024;

/**
 * Running SHA-256 over the rows of a transaction: table, index and the primary key's stored bytes of each.
 * It tells, when a split transaction is resumed, whether another server has the same transaction under the same id.
 */
export class PrefixHash {
  readonly #hash = createHash('sha256');
  readonly #pending = new ByteSink(FLUSH_BYTES + 1024);

  addRow(plan: TablePlan, index: number, row: RowView): void {
    this.addTable(plan, index);
    for (const column of plan.table.primaryKey) {
      const offset = valueOffset(row, column);
      // The mark keeps NULL and absent values apart from values, and the length keeps neighbours apart.
      if (offset < 0) {
        this.#pending.writeAscii(`;${offset}`);
        continue;
      }
      const end = (plan.codecs[column] as ColumnCodec).skip(row.rows, offset);
      this.#pending.writeAscii(`;${end - offset}:`);
      this.#pending.writeRange(row.rows, offset, end);
    }
    if (this.#pending.position >= FLUSH_BYTES) this.#flush();
  }

  /** A row whose image cannot be read: its table is filtered out. */
  addTable(plan: TablePlan, index: number): void {
    const { database, table } = plan.table;
    this.#pending.writeUtf8(`\n${database.length}.${database}${table}\n${index}`);
  }

  /** The hash of the rows so far, in hex. */
  digest(): string {
    this.#flush();
    return this.#hash.copy().digest('hex');
  }

  #flush(): void {
    this.#hash.update(this.#pending.view());
    this.#pending.reset();
  }
}
