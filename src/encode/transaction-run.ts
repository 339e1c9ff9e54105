import type { RecordSink } from '../model/record-sink.ts';
import type { RowsEvent, SourceTransaction } from '../model/transaction.ts';
import type { EncodeOptions } from './encode-options.ts';
import type { EventCursor, RowSlot, RunBuffers } from './event-cursor.ts';
import { writeMessageKey } from './message-key.ts';
import type { PartitionKey } from './partition-key.ts';
import { partitionOf } from './partition-hash.ts';
import { PrefixHash } from './prefix-hash.ts';
import { ABSENT, valueOffset } from './row-image.ts';
import type { TablePlan } from './table-plan.ts';
import { inTable } from './undecodable.ts';
import type { ValueWriter } from './value-writer.ts';

/**
 * What stopped `advance`: the event is at its end; the topic must be looked up; the value writer must be prepared; the sink is
 * full; the row to resume at is reached.
 */
export type RunStop = 'end' | 'topic' | 'values' | 'full' | 'resume';

export interface RunParts {
  readonly options: EncodeOptions;
  readonly values: ValueWriter;
  readonly partitionKey: PartitionKey;
  readonly sink: RecordSink;
  readonly buffers: RunBuffers;
}

/**
 * One transaction's rows on their way into the sink, synchronously. One output row is held back, because only the next one
 * tells whether it is the last: `commit` stands on that.
 */
export class TransactionRun {
  /** The topic to prepare after `advance` returned 'topic'. */
  wantedTopic = '';
  /** Set while the transaction is split: the hash of the rows before the row at hand. */
  hash: PrefixHash | null;
  /** Output rows written by operation, and rows that the filter left out. */
  readonly written = { insert: 0, update: 0, delete: 0 };
  filtered = 0;
  /** Rows walked so far = index of the next row. */
  nextIndex = 0;
  readonly #parts: RunParts;
  readonly #transaction: SourceTransaction;
  readonly #xid: bigint | null;
  readonly #resumeIndex: number;
  /** The cursor at hand, and the one that the row held back may still need. */
  #cursor: EventCursor;
  #spareCursor: EventCursor;
  #slot: RowSlot;
  #pending: RowSlot;
  #pendingCursor: EventCursor | null = null;
  /** Output rows so far, written or not: the next xoffset. */
  #outputIndex = 0;
  /** A row was walked and its turn was put off for the caller. */
  #isPutOff = false;
  #isResumed: boolean;
  readonly #read = (column: number): string | null | undefined => {
    const plan = this.#cursor.plan;
    if (plan === null || valueOffset(this.#slot, column) === ABSENT) return undefined;
    return plan.readText(this.#slot, column);
  };

  /** @param resumeIndex rows before it are walked, hashed and counted but not written; 0 for a transaction from its start */
  constructor(parts: RunParts, transaction: SourceTransaction, xid: bigint | null, resumeIndex: number) {
    this.#parts = parts;
    [this.#cursor, this.#spareCursor] = parts.buffers.cursors;
    [this.#slot, this.#pending] = parts.buffers.slots;
    this.#transaction = transaction;
    this.#xid = xid;
    this.#resumeIndex = resumeIndex;
    this.#isResumed = resumeIndex === 0;
    this.hash = resumeIndex > 0 ? new PrefixHash() : null;
  }

  /** Whether the row to resume at has been reached. */
  get isResumed(): boolean {
    return this.#isResumed;
  }

  /** Index of the row that is held back, the next to be written. */
  get pendingIndex(): number {
    return this.#pending.index;
  }

  open(event: RowsEvent, plan: TablePlan): void {
    const cursor = this.#pendingCursor === this.#cursor ? this.#spareCursor : this.#cursor;
    if (cursor === this.#spareCursor) this.#spareCursor = this.#cursor;
    this.#cursor = cursor;
    try {
      cursor.open(event, plan);
    } catch (error) {
      if (plan.verdict.kind !== 'exclude') throw error;
      // A filtered table that cannot be read must not stop the stream: the event counts as one row.
      this.#passUnreadable(plan);
      cursor.abandon();
    }
  }

  /** Takes the event's rows on until something needs the caller; call again after. */
  advance(): RunStop {
    const cursor = this.#cursor;
    const plan = cursor.plan as TablePlan;
    while (this.#isPutOff || cursor.hasRow()) {
      if (!this.#isPutOff && !this.#walk(plan)) continue;
      if (!this.#isResumed && this.#slot.index >= this.#resumeIndex) {
        this.#isResumed = true;
        this.#isPutOff = true;
        return 'resume';
      }
      this.#isPutOff = false;
      const stop = this.#take(plan);
      if (stop !== null) return stop;
    }
    return 'end';
  }

  /** Walks the next row into the slot; false where it is passed over because its filtered table cannot be read. */
  #walk(plan: TablePlan): boolean {
    const slot = this.#slot;
    try {
      this.#cursor.next(slot);
    } catch (error) {
      if (plan.verdict.kind !== 'exclude') throw error;
      this.#passUnreadable(plan);
      this.#cursor.abandon();
      return false;
    }
    slot.index = this.nextIndex++;
    return true;
  }

  #passUnreadable(plan: TablePlan): void {
    this.hash?.addTable(plan, this.nextIndex);
    this.nextIndex++;
    this.filtered++;
  }

  /** Decides on the row in the slot: left out, counted, or held back in place of the one before it, which is written. */
  #take(plan: TablePlan): RunStop | null {
    const slot = this.#slot;
    const cursor = this.#cursor;
    if (!this.#isIncluded(plan)) {
      this.hash?.addRow(plan, slot.index, slot);
      if (this.#isResumed) this.filtered++;
      return null;
    }
    if (!this.#isResumed) {
      this.hash?.addRow(plan, slot.index, slot);
      this.#outputIndex++;
      return null;
    }
    if (cursor.topic === null) {
      const missing = this.#prepareEvent();
      if (missing !== null) {
        this.#isPutOff = true;
        return missing;
      }
    }
    const isFull = this.#writePending(false);
    slot.xoffset = this.#outputIndex++;
    this.#slot = this.#pending;
    this.#pending = slot;
    this.#pendingCursor = cursor;
    // Where the sink is full the caller asks for the hash of the rows before this one, and adds it by `hashPending`.
    if (isFull) return 'full';
    this.hash?.addRow(plan, slot.index, slot);
    return null;
  }

  /** Adds the row that is held back to the hash, after a split point was taken before it. */
  hashPending(): void {
    const plan = this.#pendingCursor?.plan;
    if (plan !== null && plan !== undefined) this.hash?.addRow(plan, this.#pending.index, this.#pending);
  }

  #isIncluded(plan: TablePlan): boolean {
    if (plan.verdict.kind !== 'rows') return plan.verdict.kind === 'include';
    try {
      return plan.verdict.includesRow(this.#read);
    } catch (error) {
      throw inTable(plan.table.database, plan.table.table, error);
    }
  }

  /** Makes what all rows of the event share; returns what must be prepared first. */
  #prepareEvent(): 'topic' | 'values' | null {
    const { event, plan } = this.#cursor;
    if (event === null || plan === null) return null;
    const { values } = this.#parts;
    const topic = plan.topicOf(event.operation);
    const partitionCount = this.#parts.sink.partitionCount(topic);
    if (partitionCount === undefined) {
      this.wantedTopic = topic;
      return 'topic';
    }
    if (!values.isReady(plan, event.operation)) return 'values';
    this.#cursor.topic = topic;
    this.#cursor.partitionCount = partitionCount;
    this.#cursor.transactionId = this.#transaction.id;
    const { shared } = this.#cursor;
    shared.reset();
    values.writeHead(shared, event, plan, this.#xid);
    const headEnd = shared.position;
    values.writeTail(shared, event, this.#transaction);
    this.#cursor.head = shared.buffer.subarray(0, headEnd);
    this.#cursor.tail = shared.buffer.subarray(headEnd, shared.position);
    return null;
  }

  /** Writes the last output row, with `commit`. */
  finish(): void {
    this.#writePending(true);
  }

  /** Writes the row that is held back, if there is one; returns whether the sink is full then. */
  #writePending(isLast: boolean): boolean {
    const cursor = this.#pendingCursor;
    const plan = cursor?.plan;
    if (cursor === null || plan === null || plan === undefined || cursor.topic === null) return false;
    const row = this.#pending;
    const { sink, options, values, partitionKey } = this.#parts;
    if (isLast) row.xoffset = null;
    this.#pendingCursor = null;
    try {
      const hash = partitionKey.hash(plan, row, this.#transaction, this.#xid);
      const out = sink.beginRecord(cursor.topic, partitionOf(hash, cursor.partitionCount));
      writeMessageKey(out, options.keyFormat, plan, row);
      sink.endKey();
      values.writeRow(out, plan, row, cursor);
      sink.endRecord(row.index);
    } catch (error) {
      throw inTable(plan.table.database, plan.table.table, error);
    }
    if (cursor.event !== null) this.written[cursor.event.operation]++;
    return sink.isFull();
  }
}
