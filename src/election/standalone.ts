import { HeavisideError, asHeavisideError, type Reaction } from '../errors.ts';
import { Backoff } from '../lifecycle/backoff.ts';
import { systemClock } from '../lifecycle/clock.ts';
import type { Log } from '../observability/log.ts';
import { LeaveRequest, type ElectionJob } from './leader-elector.ts';
import type { Lease } from './lease.ts';

/** A lease that nobody contends for: ha=false. Its epoch is the record's + 1. */
class SoleLease implements Lease {
  readonly isContended = false;
  epoch = 1;
  /** Whether a position was found under it: the configuration is one that can lead. */
  isConfirmed = false;
  readonly #ended = new AbortController();

  get signal(): AbortSignal {
    return this.#ended.signal;
  }

  remainingMs(): number {
    return Infinity;
  }

  prove(): Promise<'mine'> {
    return Promise.resolve('mine');
  }

  confirm(recordEpoch: number): Promise<number> {
    this.isConfirmed = true;
    this.epoch = Math.max(this.epoch, recordEpoch + 1);
    return Promise.resolve(this.epoch);
  }

  release(): Promise<void> {
    this.#ended.abort(new HeavisideError('LEASE_LOST', 'released'));
    return Promise.resolve();
  }
}

const passing = new Set<Reaction>(['retry', 'rebuild']);

/**
 * Runs the job without an election: the one process leads, and begins anew after errors that pass. A refusal ends a process
 * that has not led yet: it is most likely configured wrongly. One that has led stays up, not ready, and looks again, as a
 * replica does (takeover.md, rules 21 and 22): started anew by a supervisor it would fight a rival for its server id.
 */
export class Standalone {
  readonly #log: Log;
  readonly #waitMs: number;
  #hasLed = false;

  /** @param waitMs how long a process that has led stays out after a refusal, in milliseconds */
  constructor(log: Log, waitMs = 30_000) {
    this.#log = log;
    this.#waitMs = waitMs;
  }

  /** @throws errors that do not pass by themselves: there is no other replica, and nobody who could clear a block */
  async run(job: ElectionJob): Promise<void> {
    const leave = new AbortController();
    const onStop = (): void => leave.abort(new LeaveRequest('shutdown'));
    job.signal.addEventListener('abort', onStop);
    const backoff = new Backoff({ initialMs: 500, multiplier: 2, maxMs: 15_000, jitter: 0.2 });
    try {
      while (!job.signal.aborted) {
        const failure = await this.#once(job, leave.signal);
        if (!failure || job.signal.aborted) return;
        // step-down: another process of this client_id has taken over; taking it back would never end.
        const isRefusal = failure.reaction === 'wait' && this.#hasLed;
        if (!isRefusal && !passing.has(failure.reaction)) throw failure;
        this.#log.warn(
          { code: failure.code, error: failure.message },
          isRefusal ? 'cannot go on; looking again later' : 'the stream broke off; beginning anew',
        );
        const pauseMs = isRefusal ? this.#waitMs : backoff.next();
        await systemClock.sleep(pauseMs, job.signal).catch(() => undefined);
      }
    } finally {
      job.signal.removeEventListener('abort', onStop);
    }
  }

  async #once(job: ElectionJob, leave: AbortSignal): Promise<HeavisideError | null> {
    const lease = new SoleLease();
    try {
      await job.prove();
      job.onRole?.({ role: 'leader', epoch: null, reason: 'ha is off', code: null });
      const outcome = await job.lead(lease, leave);
      return outcome.kind === 'left' ? null : outcome.error;
    } catch (error) {
      return asHeavisideError(error);
    } finally {
      this.#hasLed ||= lease.isConfirmed;
      await lease.release();
      job.onRole?.({ role: 'candidate', epoch: null, reason: 'not leading', code: null });
    }
  }
}
