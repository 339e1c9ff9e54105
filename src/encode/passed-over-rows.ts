import { ByteSink } from '../model/byte-sink.ts';
import { defaultPartition } from '../model/default-partition.ts';
import type { RecordSink } from '../model/record-sink.ts';
import { skeletonRecord } from '../model/skeleton-record.ts';
import type { SourceTransaction } from '../model/transaction.ts';
import type { EncodeOptions } from './encode-options.ts';
import { writeKeyValue, writeMessageKey } from './message-key.ts';
import type { PartitionKey } from './partition-key.ts';
import type { RowView } from './row-image.ts';
import type { TablePlan } from './table-plan.ts';
import { topicName } from './topic-name.ts';
import { asUndecodable, type UndecodableColumn } from './undecodable.ts';
import type { EventEnvelope, ValueWriter } from './value-writer.ts';

/** A row that on_decode_error=skip passed over; no value of it. */
export interface PassedOverRow {
  readonly transactionId: string;
  /** Index of the row in its transaction. */
  readonly index: number;
  readonly database: string;
  readonly table: string;
  readonly column: string;
  readonly reason: string;
  /** Where a record stands for it; null: nothing does. */
  readonly deadLetterTopic: string | null;
}

interface Letter {
  readonly topic: string;
  readonly index: number;
  readonly key: Buffer | null;
  readonly value: string;
}

export interface PassingOver {
  readonly options: EncodeOptions;
  readonly values: ValueWriter;
  readonly partitionKey: PartitionKey;
  readonly sink: RecordSink;
  readonly onPassedOver: (row: PassedOverRow) => void;
}

const nothing = Buffer.alloc(0);
const noEnvelope: EventEnvelope = { head: nothing, tail: nothing, transactionId: '', snapshot: null };
/** A transaction has no more dead letters than that: they wait in memory for the row that is held back before them. */
const MAX_LETTERS = 10_000;

/** on_decode_error=skip in one transaction: which rows cannot be written, and the dead letters that stand for them. */
export class PassedOverRows {
  /** Rows passed over; the rest of an event that cannot be taken apart counts as one. */
  count = 0;
  readonly #parts: PassingOver;
  readonly #transaction: SourceTransaction;
  readonly #xid: bigint | null;
  readonly #waiting: Letter[] = [];
  readonly #scratch = new ByteSink(1024);
  #letterCount = 0;

  constructor(parts: PassingOver, transaction: SourceTransaction, xid: bigint | null) {
    this.#parts = parts;
    this.#transaction = transaction;
    this.#xid = xid;
  }

  /**
   * Why a row cannot be written; null where it can. Writes it for nothing: it must be known before the row ahead of it is
   * written, because the last one that can be written shows `commit`.
   */
  faultOf(plan: TablePlan, row: RowView, index: number): UndecodableColumn | null {
    const { values, partitionKey } = this.#parts;
    const scratch = this.#scratch;
    scratch.reset();
    try {
      partitionKey.hash(plan, row, this.#transaction, this.#xid);
      this.#writeKey(plan, row);
      values.writeRow(scratch, plan, { ...row, index, xoffset: null }, noEnvelope);
      return null;
    } catch (error) {
      return asUndecodable(error);
    }
  }

  /**
   * Passes over a row, or with `row` null over the rest of its event. Returns the topic that must be prepared first, then
   * nothing was done; null when it is done.
   */
  pass(plan: TablePlan, row: RowView | null, index: number, fault: UndecodableColumn): string | null {
    const { options, sink, onPassedOver } = this.#parts;
    const { database, table } = plan.table;
    let topic: string | null = null;
    if (options.deadLetterTopic !== null && this.#letterCount < MAX_LETTERS) {
      topic = topicName(options.deadLetterTopic, database, table, '');
      if (sink.partitionCount(topic) === undefined) return topic;
      this.#letterCount++;
      this.#waiting.push(this.#letterOf(plan, row, { topic, index, fault }));
    }
    this.count++;
    const { column, reason } = fault;
    const transactionId = this.#transaction.id;
    onPassedOver({ transactionId, index, database, table, column, reason, deadLetterTopic: topic });
    return null;
  }

  /** Writes the letters that wait: after the row before them. */
  writeLetters(): void {
    const { sink } = this.#parts;
    for (const { topic, index, key, value } of this.#waiting) {
      const out = sink.beginRecord(topic, defaultPartition(key, sink.partitionCount(topic) ?? 1));
      if (key !== null) out.writeBytes(key);
      sink.endKey();
      out.writeUtf8(value);
      sink.endRecord(index);
    }
    this.#waiting.length = 0;
  }

  #letterOf(
    plan: TablePlan,
    row: RowView | null,
    { topic, index, fault }: { topic: string; index: number; fault: UndecodableColumn },
  ): Letter {
    const key = row === null ? null : this.#keyOf(plan, row);
    const value = skeletonRecord({
      database: plan.databaseJson.toString(),
      table: plan.tableJson.toString(),
      reason: JSON.stringify(`${fault.code}: ${fault.message}`),
      columns: row === null || key === null ? [] : this.#keyColumns(plan, row),
    });
    return { topic, index, key, value };
  }

  #keyColumns(plan: TablePlan, row: RowView): [name: string, value: string][] {
    return plan.table.primaryKey.map((column) => {
      this.#scratch.reset();
      writeKeyValue(this.#scratch, plan, row, column);
      return [JSON.stringify(plan.names[column]), Buffer.from(this.#scratch.view()).toString()];
    });
  }

  /** Null where a column of the key is what cannot be decoded. */
  #keyOf(plan: TablePlan, row: RowView): Buffer | null {
    this.#scratch.reset();
    try {
      this.#writeKey(plan, row);
      return Buffer.from(this.#scratch.view());
    } catch (error) {
      asUndecodable(error);
      return null;
    }
  }

  #writeKey(plan: TablePlan, row: RowView): void {
    writeMessageKey(this.#scratch, this.#parts.options.keyFormat, plan, row);
  }
}
