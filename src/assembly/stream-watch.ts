import { leaderOf, type Presence } from '../election/presence-board.ts';
import { SlidingWindow } from '../observability/sliding-window.ts';
import { StreamHistory } from '../observability/stream-history.ts';
import type { ReplicaState } from '../replica-state.ts';

export interface StreamWatchOptions {
  readonly state: ReplicaState;
  /** What the replicas say of themselves; empty where Redis does not answer. */
  readonly replicas: () => Promise<readonly Presence[]>;
  /** Asks the source how long it keeps its binlogs: it may be told at any time to keep them for less long. */
  readonly refreshRetention: () => Promise<void>;
}

/** Milliseconds between two samples, and how many are kept: ten minutes. */
export const sampleMs = 2000;
const kept = 300;
/** Samples between two looks of a leader at the retention: a minute. */
const retentionSamples = 30;
/** Milliseconds over which the rate is taken. */
const rateWindowMs = 5000;

/** Samples lag and rate of the stream on every replica: a leader's own, else the leader's as it tells them. */
export class StreamWatch {
  readonly history = new StreamHistory(kept);
  readonly #options: StreamWatchOptions;
  readonly #records = new SlidingWindow({ windowMs: rateWindowMs, now: () => performance.now() });
  #timer: NodeJS.Timeout | null = null;
  #samples = 0;

  constructor(options: StreamWatchOptions) {
    this.#options = options;
  }

  start(): void {
    this.#timer ??= setInterval(() => void this.#sample(), sampleMs);
    this.#timer.unref();
  }

  stop(): void {
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#timer = null;
  }

  async #sample(): Promise<void> {
    const { state, replicas } = this.#options;
    this.#records.record(state.counters.records);
    const isLeader = state.role === 'leader';
    if (isLeader && ++this.#samples % retentionSamples === 0) void this.#options.refreshRetention();
    state.rowsPerSecond = isLeader ? this.#records.ratePerSecond() : null;
    const { lagSeconds, rowsPerSecond } = isLeader
      ? { lagSeconds: state.lagSeconds(), rowsPerSecond: state.rowsPerSecond }
      : streamOf(leaderOf(await replicas()));
    this.history.add({ at: Date.now(), lagSeconds, rowsPerSecond });
  }
}

/** What a leader told of its stream. */
export function streamOf(leader: Presence | null): StreamView {
  const { lagSeconds = null, rowsPerSecond = null, breaker = null } = leader ?? {};
  return { lagSeconds, rowsPerSecond, breaker };
}

/** The cluster's stream as a replica knows it; null where it does not. */
export interface StreamView {
  readonly lagSeconds: number | null;
  readonly rowsPerSecond: number | null;
  readonly breaker: 'closed' | 'half-open' | 'open' | null;
}
