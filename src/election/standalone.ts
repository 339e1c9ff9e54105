import { HeavisideError, asHeavisideError, type Reaction } from '../errors.ts';
import { Backoff } from '../lifecycle/backoff.ts';
import { systemClock } from '../lifecycle/clock.ts';
import type { Log } from '../observability/log.ts';
import { LeaveRequest, type ElectionJob } from './leader-elector.ts';
import type { Lease } from './lease.ts';

/** A lease that nobody contends for: ha=false. Its epoch is the record's + 1. */
class SoleLease implements Lease {
  epoch = 1;
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
    this.epoch = Math.max(this.epoch, recordEpoch + 1);
    return Promise.resolve(this.epoch);
  }

  release(): Promise<void> {
    this.#ended.abort(new HeavisideError('LEASE_LOST', 'released'));
    return Promise.resolve();
  }
}

const passing = new Set<Reaction>(['retry', 'rebuild']);

/** Runs the job without an election: the one process leads, and begins anew after errors that pass. */
export class Standalone {
  readonly #log: Log;

  constructor(log: Log) {
    this.#log = log;
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
        if (!passing.has(failure.reaction)) throw failure;
        this.#log.warn(
          { code: failure.code, error: failure.message },
          'the stream broke off; beginning anew',
        );
        await systemClock.sleep(backoff.next(), job.signal).catch(() => undefined);
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
      await lease.release();
      job.onRole?.({ role: 'candidate', epoch: null, reason: 'not leading', code: null });
    }
  }
}
