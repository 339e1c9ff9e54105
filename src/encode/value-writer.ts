import type { ByteSink } from '../model/byte-sink.ts';
import type { RecordType, RowsEvent, SnapshotMembers, SourceTransaction } from '../model/transaction.ts';
import type { RowView } from './row-image.ts';
import type { TablePlan } from './table-plan.ts';

/** A row as its envelope needs it. */
export interface EnvelopeRow extends RowView {
  /** Index of the row among all rows of the transaction. */
  readonly index: number;
  /** Index among the transaction's output rows; null on its last one, which shows `commit` instead. */
  readonly xoffset: number | null;
}

/** What the rows of one event share. */
export interface EventEnvelope {
  readonly head: Buffer;
  readonly tail: Buffer;
  readonly transactionId: string;
  /** Of rows of a snapshot: neither xoffset nor commit stands on them. Null: rows of the binlog. */
  readonly snapshot: SnapshotMembers | null;
}

/** How the value of a record is written: the seam between the row path and an output format. Not re-entrant. */
export interface ValueWriter {
  /** Whether rows of the table version may be written; where not, `prepare` must resolve first. */
  isReady(plan: TablePlan, type: RecordType): boolean;
  /** Gets what the rows need from elsewhere. Rejects with the error that the stream ends with. */
  prepare(plan: TablePlan, type: RecordType): Promise<void>;
  /** Writes what stands before `xoffset` and is the same for all rows of an event. */
  writeHead(out: ByteSink, event: RowsEvent, plan: TablePlan, xid: bigint | null): void;
  /** Writes what stands behind `commit` and is the same for all rows of an event. */
  writeTail(out: ByteSink, event: RowsEvent, transaction: SourceTransaction): void;
  /** Writes one whole value. `event`: what `writeHead` and `writeTail` wrote for its event. */
  writeRow(out: ByteSink, plan: TablePlan, row: EnvelopeRow, event: EventEnvelope): void;
}
