import { ByteSink } from '../model/byte-sink.ts';
import type { RecordSink } from '../model/record-sink.ts';
import type { SourceTransaction } from '../model/transaction.ts';
import type { ColumnCodec } from './column-codec.ts';
import type { EncodeOptions } from './encode-options.ts';
import type { EventCursor } from './event-cursor.ts';
import { writeMessageKey } from './message-key.ts';
import { partitionOf } from './partition-hash.ts';
import type { PartitionKey } from './partition-key.ts';
import { type RowView, valueOffset } from './row-image.ts';
import type { TablePlan } from './table-plan.ts';
import { sameBytes } from './value-layout.ts';

/** Where the record of a row was just written. */
export interface WrittenRecord {
  readonly topic: string;
  readonly partition: number;
  readonly partitionCount: number;
  readonly index: number;
  readonly transaction: SourceTransaction;
  readonly xid: bigint | null;
}

/** The row as it was; a column that the before image does not hold has not changed. */
function beforeView({ rows, primary, fallback }: RowView): RowView | null {
  return fallback === null ? null : { rows, primary: fallback, fallback: primary, changes: null };
}

/**
 * output_tombstones: records with a null value, by which a compacted topic forgets a key that no row has any more. One follows
 * the record of a delete, and of an update that gives the row another key (or, by its columns, another partition): for the former.
 * Their message_id is that of the row with `.t` behind it. Tables without a primary key have none.
 */
export class Tombstones {
  readonly #keyFormat: EncodeOptions['keyFormat'];
  readonly #partitionKey: PartitionKey;
  readonly #former = new ByteSink(256);
  readonly #present = new ByteSink(256);

  constructor({ keyFormat }: EncodeOptions, partitionKey: PartitionKey) {
    this.#keyFormat = keyFormat;
    this.#partitionKey = partitionKey;
  }

  follow(sink: RecordSink, { plan, event }: EventCursor, row: RowView, written: WrittenRecord): void {
    if (plan === null || event === null || plan.table.primaryKey.length === 0) return;
    if (event.operation === 'delete') {
      this.#write(sink, plan, row, written);
      return;
    }
    const former = event.operation === 'update' ? beforeView(row) : null;
    if (former === null) return;
    // Where a script has put the row is where it puts its like.
    const isGiven = row.changes !== null && row.changes.partitionText !== null;
    const hash = this.#partitionKey.hash(plan, isGiven ? row : former, written.transaction, written.xid);
    const partition = partitionOf(hash, written.partitionCount);
    if (partition === written.partition && this.#hasSameKey(plan, former, row)) return;
    this.#write(sink, plan, former, { ...written, partition });
  }

  #write(
    sink: RecordSink,
    plan: TablePlan,
    row: RowView,
    { topic, partition, index }: Pick<WrittenRecord, 'topic' | 'partition' | 'index'>,
  ): void {
    const out = sink.beginRecord(topic, partition);
    writeMessageKey(out, this.#keyFormat, plan, row);
    sink.endKey();
    sink.endRecord(`${index}.t`);
  }

  /** Compares what is stored, and only where that differs what the keys show. */
  #hasSameKey(plan: TablePlan, former: RowView, present: RowView): boolean {
    const isUnchanged = plan.table.primaryKey.every((column) => {
      const [first, second] = [valueOffset(former, column), valueOffset(present, column)];
      if (first < 0 || second < 0) return first === second;
      return sameBytes(present.rows, (plan.codecs[column] as ColumnCodec).layout, first, second);
    });
    if (isUnchanged) return true;
    this.#former.reset();
    this.#present.reset();
    writeMessageKey(this.#former, this.#keyFormat, plan, former);
    writeMessageKey(this.#present, this.#keyFormat, plan, present);
    return this.#former.view().equals(this.#present.view());
  }
}
