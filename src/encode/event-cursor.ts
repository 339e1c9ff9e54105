import { ByteSink } from '../model/byte-sink.ts';
import type { RowChanges } from '../model/row-script.ts';
import {
  isSnapshotMark,
  recordType,
  type RecordType,
  type RowsEvent,
  type SnapshotMembers,
} from '../model/transaction.ts';
import { ABSENT, type RowImage, type RowView } from './row-image.ts';
import type { TablePlan } from './table-plan.ts';
import { inTable, undecodable } from './undecodable.ts';

/** A row that was walked: reused, so that no object is made for a row. */
export class RowSlot implements RowView {
  rows: Buffer = nothing;
  primary: Int32Array = new Int32Array(0);
  fallback: Int32Array | null = null;
  index = 0;
  xoffset: number | null = null;
  changes: RowChanges | null = null;
  /** Partitions of the topic that a script has chosen for the row. */
  partitionCount = 0;
  readonly #first = new OffsetArray();
  readonly #second = new OffsetArray();

  /** Offsets to fill for the image that is written, and for the other one. */
  prepare(rows: Buffer, columnCount: number, hasFallback: boolean): void {
    this.rows = rows;
    this.primary = this.#first.ofLength(columnCount);
    this.fallback = hasFallback ? this.#second.ofLength(columnCount) : null;
  }
}

class OffsetArray {
  #offsets: Int32Array = new Int32Array(32);

  ofLength(length: number): Int32Array {
    if (this.#offsets.length < length) this.#offsets = new Int32Array(length).fill(ABSENT);
    return this.#offsets;
  }
}

const nothing = Buffer.alloc(0);

/** What a run works in; kept from one transaction to the next. */
export class RunBuffers {
  readonly slots: readonly [RowSlot, RowSlot] = [new RowSlot(), new RowSlot()];
  readonly cursors: readonly [EventCursor, EventCursor] = [new EventCursor(), new EventCursor()];
}

/** The rows of one rows event, one after the other. Reused for the next event. */
export class EventCursor {
  /** The envelope's parts that all rows of the event share, as views on `shared`. */
  head: Buffer = nothing;
  tail: Buffer = nothing;
  readonly shared = new ByteSink(512);
  /** What the event is written with; set by the caller. */
  topic: string | null = null;
  partitionCount = 0;
  transactionId = '';
  snapshot: SnapshotMembers | null = null;
  /** What its records show as their type. */
  type: RecordType = 'insert';
  /** The event stands for no row: a mark of a snapshot. */
  isMark = false;
  event: RowsEvent | null = null;
  plan: TablePlan | null = null;
  #before: RowImage | null = null;
  #after: RowImage | null = null;
  #offset = 0;

  open(event: RowsEvent, plan: TablePlan): void {
    this.event = event;
    this.plan = plan;
    this.topic = null;
    this.head = nothing;
    this.snapshot = event.snapshot ?? null;
    this.type = recordType(event);
    this.isMark = isSnapshotMark(event);
    this.#offset = 0;
    try {
      this.#before = event.operation === 'insert' ? null : plan.imageOf(event.columnsBefore);
      this.#after = event.operation === 'delete' ? null : plan.imageOf(event.columnsAfter);
      if (!this.isMark && (this.#before?.isEmpty ?? true) && (this.#after?.isEmpty ?? true)) {
        throw undecodable('*', 'the row images hold no column (set binlog_row_image=FULL)');
      }
    } catch (error) {
      throw inTable(plan.table.database, plan.table.table, error);
    }
  }

  /** Whether another row follows. */
  hasRow(): boolean {
    return this.event !== null && this.#offset < this.event.rows.length;
  }

  /** Walks the next row's images into the slot. Throws ROW_UNDECODABLE with table and column. */
  next(slot: RowSlot): void {
    const { event, plan } = this;
    if (event === null || plan === null) return;
    const { rows } = event;
    const before = this.#before;
    const after = this.#after;
    slot.prepare(rows, plan.codecs.length, before !== null && after !== null);
    if (this.isMark) {
      slot.primary.fill(ABSENT);
      this.#offset = rows.length;
      return;
    }
    try {
      let at = this.#offset;
      if (before !== null) at = before.walk(rows, at, slot.fallback ?? slot.primary);
      if (after !== null) at = after.walk(rows, at, slot.primary);
      this.#offset = at;
    } catch (error) {
      throw inTable(plan.table.database, plan.table.table, error);
    }
  }

  /** Gives the rest of the event up. */
  abandon(): void {
    this.#offset = this.event?.rows.length ?? 0;
  }
}
