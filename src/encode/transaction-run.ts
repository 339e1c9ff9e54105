import type { RowsEvent, SourceTransaction } from '../model/transaction.ts';
import type { EventCursor, RowSlot } from './event-cursor.ts';
import { writeMessageKey } from './message-key.ts';
import { wholeJsonRows } from './partial-json-rows.ts';
import { partitionOf } from './partition-hash.ts';
import { PassedOverRows } from './passed-over-rows.ts';
import { PrefixHash } from './prefix-hash.ts';
import { ABSENT, valueOffset } from './row-image.ts';
import type { RunParts, RunStop } from './run-parts.ts';
import type { TablePlan } from './table-plan.ts';
import { envelopeOf, writeShared } from './shared-envelope.ts';
import { ScriptedRows } from './scripted-rows.ts';
import { legalTopicName } from './topic-name.ts';
import { asUndecodable, inTable, type UndecodableColumn } from './undecodable.ts';

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
  /** on_decode_error=skip; null: fail. */
  readonly #passedOver: PassedOverRows | null;
  /** Why the rest of the event at hand is passed over. */
  #eventFault: UndecodableColumn | null = null;
  /** The script's part; null: there is none. */
  readonly #scripted: ScriptedRows | null;
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
    this.#passedOver =
      parts.options.onDecodeError === 'skip' ? new PassedOverRows(parts, transaction, xid) : null;
    this.#scripted = parts.script === null ? null : new ScriptedRows(parts.script, transaction, xid);
    this.hash = resumeIndex > 0 ? new PrefixHash() : null;
  }

  /** Whether the row to resume at has been reached. */
  get isResumed(): boolean {
    return this.#isResumed;
  }

  /** Rows that were passed over because they cannot be decoded. */
  get passedOver(): number {
    return this.#passedOver?.count ?? 0;
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
      cursor.open(event.isPartialJson === true ? wholeJsonRows(event, plan) : event, plan);
    } catch (error) {
      this.#abandonEvent(plan, error);
    }
  }

  /** The rest of an event that cannot be taken apart counts as one row. A filtered table must not stop the stream. */
  #abandonEvent(plan: TablePlan, error: unknown): void {
    if (plan.verdict.kind === 'exclude') {
      this.filtered++;
      this.#countUnreadable(plan);
    } else if (this.#passedOver !== null) {
      this.#eventFault = asUndecodable(error);
    } else {
      throw error;
    }
    this.#cursor.abandon();
  }

  #countUnreadable(plan: TablePlan): void {
    this.hash?.addTable(plan, this.nextIndex);
    this.nextIndex++;
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
    if (this.#eventFault === null) return 'end';
    if (this.#passOver(plan, null, this.nextIndex, this.#eventFault) === 'topic') return 'topic';
    this.#eventFault = null;
    this.#countUnreadable(plan);
    return 'end';
  }

  /** Walks the next row into the slot; false where it is passed over because its filtered table cannot be read. */
  #walk(plan: TablePlan): boolean {
    const slot = this.#slot;
    try {
      this.#cursor.next(slot);
    } catch (error) {
      this.#abandonEvent(plan, error);
      return false;
    }
    slot.index = this.nextIndex++;
    this.#scripted?.forget(slot);
    return true;
  }

  /** Decides on the row in the slot: left out, counted, or held back in place of the one before it, which is written. */
  #take(plan: TablePlan): RunStop | null {
    const slot = this.#slot;
    const cursor = this.#cursor;
    const fault = this.#passedOver === null ? null : this.#faultOf(plan, this.#passedOver);
    if (fault !== null) {
      if (this.#passOver(plan, slot, slot.index, fault) === 'topic') {
        this.#isPutOff = true;
        return 'topic';
      }
      this.hash?.addRow(plan, slot.index, slot);
      return null;
    }
    if (!this.#isIncluded(plan) || !this.#passesScript(plan)) {
      this.hash?.addRow(plan, slot.index, slot);
      if (this.#isResumed) this.filtered++;
      return null;
    }
    if (!this.#isResumed) {
      this.hash?.addRow(plan, slot.index, slot);
      this.#outputIndex++;
      return null;
    }
    const given = slot.changes === null ? null : slot.changes.topic;
    if (cursor.topic === null || given !== null) {
      const missing = this.#prepareTarget(given);
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

  /** Why the row in the slot must be passed over; null where it can be written, or is filtered. */
  #faultOf(plan: TablePlan, passedOver: PassedOverRows): UndecodableColumn | null {
    try {
      return this.#isIncluded(plan) ? passedOver.faultOf(plan, this.#slot, this.#slot.index) : null;
    } catch (error) {
      return asUndecodable(error);
    }
  }

  /** Passes over a row, or the rest of an event; 'topic' where a topic must be prepared first. Before the row to resume at that was done. */
  #passOver(plan: TablePlan, slot: RowSlot | null, index: number, fault: UndecodableColumn): 'topic' | null {
    if (this.#passedOver === null || !this.#isResumed) return null;
    const topic = this.#passedOver.pass(plan, slot, index, fault);
    if (topic !== null) {
      this.wantedTopic = topic;
      return 'topic';
    }
    if (this.#pendingCursor === null) this.#passedOver.writeLetters();
    return null;
  }

  /** Adds the row that is held back to the hash, after a split point was taken before it. */
  hashPending(): void {
    const plan = this.#pendingCursor?.plan;
    if (plan !== null && plan !== undefined) this.hash?.addRow(plan, this.#pending.index, this.#pending);
  }

  /** False where the script suppresses the row in the slot. */
  #passesScript(plan: TablePlan): boolean {
    const { event, isMark } = this.#cursor;
    return event === null || isMark || (this.#scripted?.passes(plan, this.#slot, event) ?? true);
  }

  #isIncluded(plan: TablePlan): boolean {
    if (plan.hasInsertsOnly && this.#cursor.event?.operation !== 'insert') return false;
    if (this.#scripted?.hasSeen === true) return true; // decided on the row as it was
    if (plan.verdict.kind !== 'rows' || this.#cursor.isMark) return plan.verdict.kind !== 'exclude';
    try {
      return plan.verdict.includesRow(this.#read);
    } catch (error) {
      throw inTable(plan.table.database, plan.table.table, error);
    }
  }

  /**
   * Makes what all rows of the event share, and looks the topic up; returns what must be prepared first.
   * @param given the topic that a script has chosen for the row in the slot
   */
  #prepareTarget(given: string | null): 'topic' | 'values' | null {
    const { event, plan } = this.#cursor;
    if (event === null || plan === null) return null;
    const { values } = this.#parts;
    const topic = given === null ? plan.topicOf(this.#cursor.type) : legalTopicName(given, plan.table);
    const partitionCount = this.#parts.sink.partitionCount(topic);
    if (partitionCount === undefined) {
      this.wantedTopic = topic;
      return 'topic';
    }
    if (!values.isReady(plan, this.#cursor.type)) return 'values';
    if (given !== null) {
      this.#slot.partitionCount = partitionCount;
    } else {
      this.#cursor.topic = topic;
      this.#cursor.partitionCount = partitionCount;
    }
    writeShared(this.#cursor, values, this.#transaction, this.#xid);
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
    if (cursor === null || plan === null || plan === undefined) return false;
    const row = this.#pending;
    const given = row.changes === null ? null : row.changes.topic;
    const topic = given ?? cursor.topic;
    if (topic === null) return false;
    const partitionCount = given === null ? cursor.partitionCount : row.partitionCount;
    const { sink, options, values, partitionKey, tombstones } = this.#parts;
    if (isLast) row.xoffset = null;
    this.#pendingCursor = null;
    try {
      const hash = partitionKey.hash(plan, row, this.#transaction, this.#xid);
      const partition = partitionOf(hash, partitionCount);
      const out = sink.beginRecord(topic, partition);
      writeMessageKey(out, options.keyFormat, plan, row);
      sink.endKey();
      values.writeRow(out, plan, row, envelopeOf(cursor, row, values, this.#xid));
      sink.endRecord(row.index);
      if (tombstones !== null) {
        const target = { topic, partition, partitionCount, index: row.index };
        tombstones.follow(sink, cursor, row, { ...target, transaction: this.#transaction, xid: this.#xid });
      }
    } catch (error) {
      throw inTable(plan.table.database, plan.table.table, error);
    }
    if (cursor.event !== null) this.written[cursor.event.operation]++;
    this.#passedOver?.writeLetters();
    return sink.isFull();
  }
}
