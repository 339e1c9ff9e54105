import type { PositionTracker } from './checkpoint/position-tracker.ts';
import type { HeavisideError } from './errors.ts';
import type { BatchTally, EncodedRows } from './model/batch-tally.ts';
import type { BinlogCoordinates } from './model/position.ts';
import type { PositionRecord, SplitPosition } from './model/position-record.ts';
import type { RecordSink } from './model/record-sink.ts';
import type { SourceTransaction } from './model/transaction.ts';
import type { Output } from './produce/output.ts';
import type { SnapshotRun } from './snapshot/snapshot-run.ts';

/** Stage 1 as the pipeline sees it. */
export interface TransactionStream {
  /** Complete transactions, at least one. */
  take(): Promise<readonly SourceTransaction[]>;
  /** Where a stream may start while nothing waits and no transaction is under way; moves on idle streams too. Else null. */
  idleCoordinates(): BinlogCoordinates | null;
}

/** Stages 2 and 3 as the pipeline sees them. */
export interface TransactionEncoderPort {
  encode(
    transaction: SourceTransaction,
    sink: RecordSink,
    resume?: { nextRowIndex: number; xid: bigint | null; prefixHash: string } | null,
  ): AsyncGenerator<{ nextRowIndex: number; xid: bigint | null; prefixHash: string }, EncodedRows>;
}

/** Snapshots as the pipeline sees them. */
export type SnapshotPort = Pick<
  SnapshotRun,
  'isActive' | 'isAwaited' | 'isHolding' | 'progress' | 'start' | 'observe' | 'arrive'
>;

export interface PipelineOptions {
  readonly stream: TransactionStream;
  readonly encoder: TransactionEncoderPort;
  readonly output: Output;
  readonly tracker: PositionTracker;
  /** The leadership: aborted at once when it is lost. */
  readonly signal: AbortSignal;
  /** Planned leaving: the Kafka transaction at hand is ended, then `run` returns. */
  readonly leave: AbortSignal;
  /** Where a split source transaction goes on. */
  readonly resume: SplitPosition | null;
  /** Milliseconds a batch may wait to fill behind another one. */
  readonly lingerMs: number;
  /** Position-only commits at most this many milliseconds apart while the position moves. */
  readonly positionHeartbeatMs: number;
  /** And at least this often on a stream that does not move at all, in milliseconds. */
  readonly idleHeartbeatMs: number;
  /** Absent: no snapshot is read beside this stream. */
  readonly snapshot?: SnapshotPort;
  readonly onTaken: (transactions: readonly SourceTransaction[]) => void;
  /** After each commit; the checkpoint is written here. */
  readonly onCommitted: (commit: {
    record: PositionRecord;
    positionsOffset: bigint | null;
    tally: BatchTally;
  }) => void;
  readonly onProgress: () => void;
  /** After a transaction could not be encoded: true, after a wait, to try once more; false to end the stream with the error. */
  readonly mayEncodeAgain: (error: HeavisideError, failures: number) => Promise<boolean>;
  /** Milliseconds; a longer wait for room counts as an exhausted buffer. */
  readonly maxBlockMs: number;
  readonly onBufferExhausted: () => void;
}
