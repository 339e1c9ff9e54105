import type { PositionTracker } from './checkpoint/position-tracker.ts';
import { asHeavisideError } from './errors.ts';
import type { SnapshotProgress } from './model/snapshot-progress.ts';
import type { SourceTransaction } from './model/transaction.ts';
import type { PipelineOptions, SnapshotPort } from './pipeline-options.ts';
import type { CurrentBatch } from './produce/current-batch.ts';
import type { SnapshotPiece } from './snapshot/boundary.ts';
import { StreamProgress } from './snapshot/stream-progress.ts';

/** What of the pipeline a snapshot's records need. */
interface PipelineHands {
  readonly sink: CurrentBatch;
  /** Records are about to be written into the batch. */
  readonly beforeRecords: () => void;
  /** Begins the commit of the batch. */
  readonly send: () => Promise<void>;
  /** Begins it where the batch has records, it is time, and no other commit is under way. */
  readonly sendIfDue: () => Promise<void>;
  /** Waits, while only what is complete goes out. */
  readonly standStill: () => Promise<void>;
  readonly throwIfFailed: () => void;
}

/** Where the pipeline stops by between two transactions, to let a snapshot write its rows into the batch at hand. */
export class SnapshotStops {
  readonly #options: PipelineOptions;
  readonly #snapshot: SnapshotPort;
  readonly #hands: PipelineHands;
  readonly #stream: StreamProgress;
  /** What of snapshots the last position record held. */
  #sent: SnapshotProgress | null;
  /** Rows of a snapshot are in the batch at hand, and in the one that is being committed. */
  #isInBatch = false;
  #isInCommit = false;

  constructor(options: PipelineOptions, snapshot: SnapshotPort, hands: PipelineHands) {
    this.#options = options;
    this.#snapshot = snapshot;
    this.#hands = hands;
    this.#stream = new StreamProgress(options.tracker, options.stream);
    this.#sent = snapshot.progress;
  }

  /** False: there is nothing to observe, and no reason to stop by. */
  get isActive(): boolean {
    return this.#snapshot.isActive;
  }

  /** Whether the progress has moved since the last position record. */
  get hasMoved(): boolean {
    return this.#snapshot.progress !== this.#sent;
  }

  /** The next position record holds the progress, as it is with all that the batch holds. */
  noteIn(tracker: PositionTracker): void {
    this.#sent = this.#snapshot.progress;
    tracker.snapshot = this.#sent;
    this.#isInCommit = this.#isInBatch;
    this.#isInBatch = false;
  }

  /** The batch that the last position record spoke of is committed. */
  committed(): void {
    this.#isInCommit = false;
  }

  /** Before a transaction is written. */
  observe(transaction: SourceTransaction): Promise<void> {
    return this.#snapshot.observe(transaction);
  }

  /** Behind a transaction. */
  passed(transaction: SourceTransaction): void {
    this.#stream.passed(transaction);
  }

  /** @param isIdle nothing that was received waits to be written */
  async stopBy(isIdle: boolean): Promise<void> {
    do {
      this.#hands.throwIfFailed();
      // One chunk at a time: with more on their way the stream would wait for the commit of all of them.
      const takesChunks = !this.#isInBatch && !this.#isInCommit;
      const piece = this.#snapshot.arrive(this.#stream.place(isIdle), takesChunks);
      if (piece !== null) await this.#write(piece);
      else if (this.#snapshot.isHolding) await this.#hands.standStill();
      else return;
    } while (!this.#options.leave.aborted);
  }

  /** Larger than a batch the records go out in parts, each with what the position record then says. */
  async #write(piece: SnapshotPiece): Promise<void> {
    const { sink, beforeRecords, send, sendIfDue, throwIfFailed } = this.#hands;
    const { encoder, mayEncodeAgain } = this.#options;
    await sendIfDue(); // what the stream has written is not kept waiting by the rows
    beforeRecords();
    this.#isInBatch = true;
    let resume: { nextRowIndex: number; xid: null; prefixHash: string } | null = null;
    for (let failures = 1; ; failures++) {
      try {
        const encoding = encoder.encode(piece.transaction, sink, resume);
        for (let step = await encoding.next(); step.done !== true; step = await encoding.next()) {
          resume = { ...step.value, xid: null };
          piece.cut(step.value.nextRowIndex);
          await send();
          this.#isInBatch = true;
        }
        break;
      } catch (cause) {
        sink.batch.rollbackTransaction();
        throwIfFailed();
        const error = asHeavisideError(cause);
        if (await mayEncodeAgain(error, failures)) continue;
        this.#isInBatch = false;
        piece.failed(error);
        return;
      }
    }
    piece.written();
    if (sink.isFull()) await send();
  }
}
