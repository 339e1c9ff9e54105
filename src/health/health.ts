/** What the health pages are judged from. */
export interface HealthState {
  readonly role: 'candidate' | 'standby' | 'leader';
  /** The process was told to leave. */
  readonly isStopping: boolean;
  /** The cluster waits for an operator. */
  readonly blocked: Finding | null;
  /** This replica met a condition under which it must not replicate; it looks again from time to time. */
  readonly refusal: Finding | null;
  /** The pipeline of a leader; null where none runs. */
  readonly pipeline: PipelineProgress | null;
}

export interface Finding {
  /** Code of docs/errors.md. */
  readonly code: string;
  readonly message: string;
}

export interface PipelineProgress {
  /** When the loop last got on, monotonic milliseconds. */
  readonly lastProgressAt: number;
  /** Changes are waiting to be written. */
  readonly hasQueuedWork: boolean;
  /** It waits on purpose: the breaker is open, or a producer is being rebuilt. Such a wait is bounded elsewhere. */
  readonly isPaused: boolean;
}

export interface Verdict {
  readonly ok: boolean;
  /** One sentence. */
  readonly reason: string;
}

export interface HealthOptions {
  /** Queued work without progress for longer than this, in milliseconds, is a stuck pipeline. */
  readonly stuckAfterMs: number;
  /** Monotonic milliseconds. */
  readonly now: () => number;
}

const yes = (reason: string): Verdict => ({ ok: true, reason });
const no = (reason: string): Verdict => ({ ok: false, reason });

/** Not live: a restart helps. Ready: it does what its role asks. A standby is both live and ready. */
export class Health {
  readonly #read: () => HealthState;
  readonly #options: HealthOptions;

  constructor(read: () => HealthState, options: HealthOptions) {
    this.#read = read;
    this.#options = options;
  }

  /** Only a leader whose pipeline is stuck is not live; one that is blocked or waits would be so after a restart, too. */
  live(): Verdict {
    const { pipeline, role } = this.#read();
    const stuckMs = pipeline === null ? 0 : this.#stuckMs(pipeline);
    if (stuckMs > this.#options.stuckAfterMs) {
      return no(`the pipeline has made no progress for ${Math.round(stuckMs / 1000)} s while work is queued`);
    }
    return yes(role);
  }

  ready(): Verdict {
    const live = this.live();
    if (!live.ok) return live;
    const { role, isStopping, blocked, refusal } = this.#read();
    if (isStopping) return no('stopping');
    if (blocked !== null) return no(`blocked: ${blocked.code}: ${blocked.message}`);
    if (refusal !== null) return no(`waiting: ${refusal.code}: ${refusal.message}`);
    if (role === 'candidate') return no('candidate: Kafka and the source are not proven reachable yet');
    return yes(role);
  }

  #stuckMs({ lastProgressAt, hasQueuedWork, isPaused }: PipelineProgress): number {
    return hasQueuedWork && !isPaused ? this.#options.now() - lastProgressAt : 0;
  }
}
