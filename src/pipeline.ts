import { setImmediate } from 'node:timers/promises';
import { asHeavisideError, type HeavisideError } from './errors.ts';
import { BatchTally, type EncodedRows } from './model/batch-tally.ts';
import type { PositionRecord, SplitPosition } from './model/position-record.ts';
import type { SourceTransaction } from './model/transaction.ts';
import type { PipelineOptions, SnapshotPort } from './pipeline-options.ts';
import { CurrentBatch } from './produce/current-batch.ts';
import type { OutputBatch } from './produce/output.ts';
import { SnapshotStops } from './snapshot-stops.ts';

/** A quiet stream tells nobody that it has come to where a snapshot waits for it. */
const snapshotPollMs = 5;

/** Time after which the loop lets timers and sockets have their turn, milliseconds. */
const LONGEST_HOLD_MS = 25;

/**
 * The data path as one loop: take → encode → commit, with at most one commit on its way while the next batch fills.
 * A batch goes out as soon as no other is on its way (group commit: the busier, the larger), or when it is full.
 */
export class Pipeline {
  readonly #options: PipelineOptions;
  readonly #current: CurrentBatch;
  #resume: SplitPosition | null;
  /** Where the transaction at hand was cut last: another try goes on there. */
  #split: SplitPosition | null = null;
  #tally = new BatchTally();
  #batchStartedAt = 0;
  #hasMoved = false;
  #committingBytes = 0;
  #lastCommitAt = performance.now();
  #othersRanAt = performance.now();
  #committing: Promise<void> | null = null;
  #commitFailure: HeavisideError | null = null;
  #streamFailure: HeavisideError | null = null;
  #taken: readonly SourceTransaction[] | null = null;
  #isTaking = false;
  readonly #stops: SnapshotStops | null;
  #wake: () => void = () => undefined;

  constructor(options: PipelineOptions) {
    this.#options = options;
    this.#resume = options.resume;
    this.#current = new CurrentBatch(() => options.output.createBatch());
    this.#stops = options.snapshot ? this.#createStops(options.snapshot) : null;
  }

  #createStops(snapshot: SnapshotPort): SnapshotStops {
    return new SnapshotStops(this.#options, snapshot, {
      sink: this.#current,
      beforeRecords: () => {
        if (this.#current.batch.recordCount === 0) this.#batchStartedAt = performance.now();
      },
      send: () => this.#send('rows', null),
      sendIfDue: () => this.#sendIfDue(),
      standStill: async () => {
        await this.#sendIfDue();
        this.#options.onProgress();
        await this.#idle(true);
      },
      throwIfFailed: () => this.#throwIfFailed(),
    });
  }

  /** Bytes of encoded records that are not committed. */
  bufferedBytes(): number {
    return this.#current.batch.byteLength + this.#committingBytes;
  }

  /** Returns after a planned leave; rejects with what ended the leadership or the stream. Nothing is in flight then. */
  async run(): Promise<void> {
    try {
      await this.#loop();
    } catch (error) {
      await this.#committing;
      throw this.#commitFailure ?? error; // a lost stream is often what follows from a lost leadership
    }
    await this.#committing;
    this.#options.signal.throwIfAborted();
    if (this.#commitFailure) throw this.#commitFailure;
  }

  #throwIfFailed(): void {
    this.#options.signal.throwIfAborted();
    const failure = this.#commitFailure ?? this.#streamFailure;
    if (failure) throw failure;
  }

  async #loop(): Promise<void> {
    const { signal, leave } = this.#options;
    const wake = (): void => this.#wake();
    signal.addEventListener('abort', wake);
    leave.addEventListener('abort', wake);
    this.#options.snapshot?.start(wake);
    try {
      while (!leave.aborted) {
        this.#throwIfFailed();
        const transactions = this.#taken;
        this.#taken = null;
        if (transactions) {
          this.#options.onTaken(transactions);
          for (const transaction of transactions) {
            await this.#add(transaction);
            await this.#letOthersRun();
          }
        } else if (!this.#isTaking) {
          void this.#take();
        }
        if (this.#stops?.isActive === true)
          await this.#stops.stopBy(transactions === null && this.#taken === null);
        await this.#sendIfDue();
        this.#options.onProgress();
        if (!transactions) await this.#idle();
      }
    } finally {
      signal.removeEventListener('abort', wake);
      leave.removeEventListener('abort', wake);
    }
  }

  /** Fetches beside the loop; never rejects. */
  async #take(): Promise<void> {
    this.#isTaking = true;
    try {
      this.#taken = await this.#options.stream.take();
    } catch (error) {
      this.#streamFailure = asHeavisideError(error);
    }
    this.#isTaking = false;
    this.#wake();
  }

  /** A backlog is encoded without a wait of its own: the renewal of the lease, heartbeats and pages come in between. */
  async #letOthersRun(): Promise<void> {
    if (performance.now() - this.#othersRanAt < LONGEST_HOLD_MS) return;
    await setImmediate();
    this.#othersRanAt = performance.now();
  }

  /** Waits for the next thing to happen: transactions, the end of a commit, a time that is due, an abort. */
  async #idle(isHeld = false): Promise<void> {
    const { signal, leave } = this.#options;
    const isBusy = this.#taken !== null && !isHeld;
    if (isBusy || this.#streamFailure || this.#commitFailure || signal.aborted || leave.aborted) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(() => this.#wake(), this.#untilDueMs());
      this.#wake = () => {
        clearTimeout(timer);
        this.#wake = () => undefined;
        resolve();
      };
    });
  }

  #untilDueMs(): number {
    const { lingerMs, positionHeartbeatMs, idleHeartbeatMs } = this.#options;
    const now = performance.now();
    if (this.#options.snapshot?.isAwaited === true) return snapshotPollMs;
    if (this.#current.batch.recordCount > 0 && !this.#committing)
      return Math.max(0, this.#batchStartedAt + lingerMs - now);
    return Math.max(
      1,
      this.#lastCommitAt +
        (this.#hasMoved ? positionHeartbeatMs : Math.min(positionHeartbeatMs, idleHeartbeatMs)) -
        now,
    );
  }

  async #add(transaction: SourceTransaction): Promise<void> {
    const { tracker, leave } = this.#options;
    if (leave.aborted) return;
    this.#throwIfFailed();
    if (this.#stops?.isActive === true) await this.#stops.observe(transaction);
    if (transaction.hasRows || transaction.schemaChange) {
      if (this.#current.batch.recordCount === 0) this.#batchStartedAt = performance.now();
      try {
        const rows = await this.#encodeUntilDone(transaction);
        if (rows === null) return; // left in the middle: the next leader resumes at the row index
        this.#tally.addRows(rows);
      } finally {
        transaction.dispose();
      }
    }
    if (this.#resume?.transactionId === transaction.id) this.#resume = null;
    this.#tally.addTransaction(transaction);
    tracker.advance(transaction);
    this.#hasMoved = true;
    if (this.#current.isFull()) await this.#send('rows', null);
    this.#stops?.passed(transaction);
    if (this.#stops?.isActive === true) await this.#stops.stopBy(false);
  }

  /** Encodes the transaction, and once more where what was missing may be there by then; null where a planned leave came in between. */
  async #encodeUntilDone(transaction: SourceTransaction): Promise<EncodedRows | null> {
    this.#split = null;
    for (let failures = 1; ; failures++) {
      try {
        return await this.#encode(transaction);
      } catch (error) {
        await this.#saveWhatStands();
        if (!(await this.#options.mayEncodeAgain(asHeavisideError(error), failures))) throw error;
        if (this.#options.leave.aborted) return null;
        this.#throwIfFailed();
      }
    }
  }

  /** Encodes the transaction into one batch after another; null where a planned leave came in between. */
  async #encode(transaction: SourceTransaction): Promise<EncodedRows | null> {
    const { encoder, leave } = this.#options;
    const encoding = encoder.encode(transaction, this.#current, this.#resumeFor(transaction));
    for (;;) {
      const { done, value } = await encoding.next();
      if (done) return value;
      const split = {
        transactionId: transaction.id,
        nextRowIndex: value.nextRowIndex,
        xid: value.xid === null ? null : String(value.xid),
        prefixHash: value.prefixHash,
      };
      await this.#send('rows', split);
      this.#split = split;
      if (leave.aborted) return null;
    }
  }

  #resumeFor(
    transaction: SourceTransaction,
  ): { nextRowIndex: number; xid: bigint | null; prefixHash: string } | null {
    const resume = this.#split ?? this.#resume;
    // On another server it may come behind others: until then every position keeps the split.
    if (!resume || resume.transactionId !== transaction.id) return null;
    return { ...resume, xid: resume.xid === null ? null : BigInt(resume.xid) };
  }

  /** A row could not be encoded: what was complete before its transaction is still committed. */
  async #saveWhatStands(): Promise<void> {
    this.#current.batch.rollbackTransaction();
    if (this.#current.batch.recordCount > 0 && !this.#options.signal.aborted) await this.#send('rows', null);
    await this.#committing;
  }

  async #sendIfDue(): Promise<void> {
    if (this.#committing) return; // the batch fills behind it
    const now = performance.now();
    const { lingerMs, positionHeartbeatMs, idleHeartbeatMs, tracker, stream } = this.#options;
    if (this.#current.batch.recordCount === 0 && this.#stops?.hasMoved === true)
      return this.#send('heartbeat', null);
    if (this.#current.batch.recordCount > 0) {
      if (now >= this.#batchStartedAt + lingerMs) await this.#send('rows', null);
      return;
    }
    const sinceCommit = now - this.#lastCommitAt;
    if (sinceCommit < Math.min(positionHeartbeatMs, idleHeartbeatMs)) return;
    const idle = tracker.position.gtids === null && this.#taken === null ? stream.idleCoordinates() : null;
    if (idle && tracker.moveTo(idle)) this.#hasMoved = true;
    if (this.#hasMoved || sinceCommit >= idleHeartbeatMs) await this.#send('heartbeat', null);
  }

  /** Begins the commit of the batch, after the one before it has ended. */
  async #send(reason: 'rows' | 'heartbeat', split: SplitPosition | null): Promise<void> {
    const { tracker, output, maxBlockMs, onBufferExhausted } = this.#options;
    const waitsFrom = performance.now();
    await this.#committing;
    if (performance.now() - waitsFrom > maxBlockMs) onBufferExhausted();
    this.#throwIfFailed();
    this.#stops?.noteIn(tracker);
    const record = tracker.record(reason, output.pinnedPartitions(), split ?? this.#resume);
    const batch = this.#current.swap();
    const tally = this.#tally;
    this.#tally = new BatchTally();
    this.#hasMoved = false;
    this.#batchStartedAt = performance.now();
    this.#lastCommitAt = performance.now();
    this.#committingBytes = batch.byteLength;
    this.#committing = this.#commit(batch, record, tally).finally(() => {
      this.#committing = null;
      this.#committingBytes = 0;
      this.#stops?.committed();
      this.#wake();
    });
  }

  /** Never rejects: a failure is met by the loop. */
  async #commit(batch: OutputBatch, record: PositionRecord, tally: BatchTally): Promise<void> {
    try {
      const { positionsOffset } = await this.#options.output.commit(batch, record);
      this.#options.onCommitted({ record, positionsOffset, tally });
      this.#options.onProgress();
    } catch (error) {
      this.#commitFailure = asHeavisideError(error);
    }
  }
}
