import { setTimeout as sleep } from 'node:timers/promises';
import { awaitRegistry } from './await-registry.ts';
import { Checkpointer } from './checkpoint/checkpointer.ts';
import { PositionTracker } from './checkpoint/position-tracker.ts';
import { positionOf } from './checkpoint/record-position.ts';
import type { Lease } from './election/lease.ts';
import { asHeavisideError, HeavisideError } from './errors.ts';
import { findStart, type Start } from './find-start.ts';
import { failpoint } from './lifecycle/failpoint.ts';
import type { PositionRecord } from './model/position-record.ts';
import type { TakeoverPhase } from './observability/metric-definition.ts';
import type { LeadershipOptions } from './leadership-options.ts';
import { Pipeline } from './pipeline.ts';
import type { Output } from './produce/output.ts';

/** An idle stream commits too: a position that does not move is then told from one that cannot be committed. */
const idleHeartbeatMs = 30_000;
/** A planned leave must not wait long for Redis: the position record is the truth. */
const checkpointOnLeaveMs = 1000;
/** A stream that ran this long had recovered: its reconnects are counted anew. */
const stableStreamMs = 30_000;

/** What one replica does from the lease to its end: fence, read, check, restate, stream. */
export class Leadership {
  readonly #options: LeadershipOptions;

  constructor(options: LeadershipOptions) {
    this.#options = options;
  }

  /** Returns after a planned leave; rejects with what ended it. Whatever it opened is closed then. */
  async lead(lease: Lease, leave: AbortSignal): Promise<void> {
    const { outputs, state, log } = this.#options;
    const startedAt = performance.now();
    let output: Output | null = null;
    let checkpointer: Checkpointer | null = null;
    try {
      await failpoint('takeover.leased');
      const inspection = this.#options.source.inspect(); // beside the fence: it depends on nothing
      inspection.catch(() => undefined); // met by findStart, unless the fence fails first
      const evidence = await this.#timed('fence', () => outputs.fence(lease)).catch(
        async (error: unknown) => {
          await inspection.then((source) => source.close()).catch(() => undefined);
          throw error;
        },
      );
      if (evidence.record) state.position = evidence.record; // what a refusal below is about
      const start = await this.#timed('check_source', () => findStart(evidence, inspection, this.#options));
      this.#noteRollback(lease, start.previous);
      await lease.confirm(start.previous?.epoch ?? 0);
      state.epoch = lease.epoch;
      output = await outputs.open(lease);
      checkpointer = this.#createCheckpointer(lease);
      const record = await this.#timed('first_commit', () => this.#restate(output as Output, start, lease));
      checkpointer.saveSoon(record.record, record.positionsOffset);
      const seconds = (performance.now() - startedAt) / 1000;
      this.#options.onPhase('total', seconds);
      state.lastTakeoverSeconds = seconds;
      this.#options.onLeading({ epoch: lease.epoch, seconds, previous: evidence.record });
      log.info(
        { epoch: lease.epoch, gtid: record.record.gtidSet, seconds: state.lastTakeoverSeconds },
        'leading',
      );
      await this.#stream({ lease, leave, output, checkpointer, record: record.record });
    } finally {
      outputs.abandon();
      await output?.close();
      await checkpointer?.close(lease.signal.aborted ? 0 : checkpointOnLeaveMs);
      state.lag.stop();
      state.bufferBytes = () => 0;
      state.queueBytes = () => 0;
      state.sourceHeardAt = () => null;
    }
  }

  async #timed<T>(phase: TakeoverPhase, work: () => Promise<T>): Promise<T> {
    const startedAt = performance.now();
    const value = await work();
    this.#options.onPhase(phase, (performance.now() - startedAt) / 1000);
    return value;
  }

  /** The first Kafka transaction of a leadership: the same position under the new epoch, before anything is read. */
  async #restate(output: Output, start: Start, lease: Lease): Promise<Committed> {
    const { previous } = start;
    const tracker = this.#createTracker(start, lease.epoch, previous);
    const partitions = { ...previous?.partitions, ...output.pinnedPartitions() };
    const record = tracker.record(previous ? 'restated' : 'first', partitions, previous?.split ?? null);
    const { positionsOffset } = await output.commit(output.createBatch(), record);
    this.#noteCommit(record);
    return { record, positionsOffset };
  }

  #createTracker(
    start: Omit<Start, 'previous'>,
    epoch: number,
    previous: PositionRecord | null,
    createdAt: (file: string) => number | null = () => null,
  ): PositionTracker {
    const fileCreatedAt = (file: string): number | null =>
      createdAt(file) ?? (previous?.file === file ? previous.fileCreatedAt : null);
    const identity = {
      clusterUuid: start.clusterUuid,
      source: start.identity,
      epoch,
      config: this.#options.configFingerprint,
    };
    const isSameEpoch = previous?.epoch === epoch;
    const tracker = new PositionTracker(identity, start.position, {
      lastTransaction: previous?.lastTransaction ?? null,
      nextCommit: isSameEpoch ? previous.commit + 1 : 0,
      fileCreatedAt,
    });
    tracker.snapshot = previous === null ? this.#options.firstSnapshot() : (previous.snapshot ?? null);
    return tracker;
  }

  #createCheckpointer(lease: Lease): Checkpointer {
    const { checkpoints, state, log } = this.#options;
    const store = checkpoints ?? { save: () => Promise.resolve('saved' as const) };
    return new Checkpointer({
      store,
      onSaved: () => {
        if (checkpoints) state.checkpointSavedAt = Date.now();
      },
      onStale: () => {
        log.warn({}, 'the checkpoint in Redis is newer than ours: proving the lease');
        lease.prove().catch(() => undefined); // a lost lease aborts its signal
      },
      onError: (error) => this.#options.onError(error),
    });
  }

  /** A Redis that lost nothing never gives an epoch that the record has already. */
  #noteRollback(lease: Lease, previous: PositionRecord | null): void {
    const { checkpoints, onRedisRollback, log } = this.#options;
    if (checkpoints === null || previous === null || lease.epoch > previous.epoch) return;
    onRedisRollback();
    log.warn(
      { epoch: lease.epoch, recordEpoch: previous.epoch },
      'Redis went back: its epoch is not above that of the position record; epoch and checkpoint are repaired',
    );
  }

  #noteCommit(record: PositionRecord): void {
    const { state } = this.#options;
    state.position = record;
    state.positionCommittedAt = Date.now();
    state.lastProgressAt = performance.now();
  }

  /** Streams until the leadership ends; a lost source is opened again from the last committed position. */
  async #stream(job: StreamJob): Promise<void> {
    const { reconnectAttempts, backoffMs, onError, state, log } = this.#options;
    let { record } = job;
    let failingSince = 0;
    for (let failures = 0; ;) {
      const openedAt = performance.now();
      try {
        return await this.#streamOnce(job, record, (committed) => (record = committed));
      } catch (cause) {
        job.lease.signal.throwIfAborted();
        const error = asHeavisideError(cause);
        // The server ends a dump when a successor opens its own: then the lease is lost. Still mine: a stranger has our server id.
        if (error.code === 'SERVER_ID_IN_USE' && (await job.lease.prove()) === 'unreachable')
          throw new HeavisideError(
            'LEASE_LOST',
            'the source ended our dump, and Redis cannot be asked for the lease',
            { cause: error },
          );
        // A predecessor that was cut off opens its dump once more before it hears that its lease is gone; a stranger does so again.
        const isPredecessor = error.code === 'SERVER_ID_IN_USE' && job.lease.isContended && failures === 0;
        if (!isPredecessor && (error.reaction !== 'retry' || !error.code.startsWith('SOURCE_'))) throw error;
        onError(error);
        state.isSourceReachable = false;
        state.lag.rewind();
        failures = performance.now() - openedAt > stableStreamMs ? 1 : failures + 1;
        if (failures === 1) failingSince = performance.now();
        const isTooOften = reconnectAttempts !== null && failures > reconnectAttempts;
        if (isTooOften && (await this.#options.canOtherReachSource(performance.now() - failingSince)))
          throw error;
        log.warn(
          { code: error.code, error: error.message, failures },
          'the source was lost; connecting again',
        );
        await sleep(backoffMs(failures), undefined, {
          signal: AbortSignal.any([job.leave, job.lease.signal]),
        }).catch(() => undefined);
        if (job.leave.aborted) return;
      }
    }
  }

  async #streamOnce(
    job: StreamJob,
    from: PositionRecord,
    onRecord: (record: PositionRecord) => void,
  ): Promise<void> {
    const { source, state, createEncoder, lingerMs, positionHeartbeatMs, log } = this.#options;
    const { lease, leave, output, checkpointer } = job;
    const position = positionOf(from, from.gtidSet !== null, from.source);
    const opening = new AbortController();
    const giveUp = (): void => opening.abort(leave.reason);
    leave.addEventListener('abort', giveUp);
    const stream = await source.open(position, from, AbortSignal.any([lease.signal, opening.signal]));
    leave.removeEventListener('abort', giveUp); // from here on the pipeline ends what is at hand
    const filesCreatedAt = new Map<string, number | null>();
    const snapshots = this.#options.openSnapshots(from);
    try {
      state.isSourceReachable = true;
      state.queueBytes = () => stream.queuedBytes();
      state.sourceHeardAt = () => stream.lastEventAt();
      state.lag.start();
      const start = { position, identity: from.source, clusterUuid: from.clusterUuid };
      log.info(
        { epoch: lease.epoch, file: stream.coordinates().file, offset: stream.coordinates().offset },
        'reading the binlog',
      );
      const pipeline = new Pipeline({
        stream,
        output,
        encoder: createEncoder(stream.schema),
        tracker: this.#createTracker(start, lease.epoch, from, (file) => filesCreatedAt.get(file) ?? null),
        signal: lease.signal,
        leave,
        resume: from.split,
        lingerMs,
        positionHeartbeatMs,
        idleHeartbeatMs,
        ...(snapshots === null ? {} : { snapshot: snapshots.run }),
        onTaken: (transactions) => {
          const { file } = stream.coordinates();
          filesCreatedAt.set(file, stream.fileCreatedAt());
          if (filesCreatedAt.size > 8) filesCreatedAt.delete([...filesCreatedAt.keys()][0] as string);
          for (const { commitTimestampUs } of transactions) state.lag.received(commitTimestampUs);
        },
        onCommitted: ({ record, positionsOffset, tally }) => {
          onRecord(record);
          this.#noteCommit(record);
          snapshots?.committed(record.snapshot ?? null);
          state.countCommitted(tally);
          checkpointer.saveSoon(record, positionsOffset);
        },
        onProgress: () => (state.lastProgressAt = performance.now()),
        mayEncodeAgain: async (error, failures) => {
          const isWorthIt = await awaitRegistry(
            { error, failures, signals: [leave, lease.signal] },
            this.#options,
          );
          if (isWorthIt) state.lastProgressAt = performance.now();
          return isWorthIt;
        },
        maxBlockMs: this.#options.maxBlockMs,
        onBufferExhausted: () => state.counters.bufferExhaustedWaits++,
      });
      state.bufferBytes = () => pipeline.bufferedBytes();
      await pipeline.run();
    } finally {
      snapshots?.close();
      await stream.close();
    }
  }
}

interface Committed {
  readonly record: PositionRecord;
  readonly positionsOffset: bigint | null;
}

interface StreamJob {
  readonly lease: Lease;
  readonly leave: AbortSignal;
  readonly output: Output;
  readonly checkpointer: Checkpointer;
  readonly record: PositionRecord;
}
