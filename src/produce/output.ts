import type { PositionRecord } from '../model/position-record.ts';
import type { RecordSink } from '../model/record-sink.ts';

/** Records that are committed together. */
export interface OutputBatch extends RecordSink {
  readonly recordCount: number;
  readonly byteLength: number;
  /** Takes back every record of the source transaction that was begun last. */
  rollbackTransaction(): void;
}

export interface CommitReceipt {
  /** Offset of the position record in the positions topic; null where there is none (stdout, file). */
  readonly positionsOffset: bigint | null;
}

/** The seam between the pipeline and where rows go. */
export interface Output {
  createBatch(): OutputBatch;
  /** Resolves when the batch and the position stand together, or were found standing. Rejects only with what no retry mends. */
  commit(batch: OutputBatch, record: PositionRecord): Promise<CommitReceipt>;
  /** Partition counts that the position record pins. */
  pinnedPartitions(): Record<string, number>;
  /** Gives up an open transaction (at most a second) and closes every connection. */
  close(): Promise<void>;
}
