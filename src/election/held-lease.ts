import { HeavisideError } from '../errors.ts';
import type { Clock } from '../lifecycle/clock.ts';
import type { Log } from '../observability/log.ts';
import { headStartMs, type Lease } from './lease.ts';
import type { LeaseGrant, LeaseStore } from './lease-store.ts';

/** What a leader does that cannot reach Redis: go on (the brokers fence) or stop at the lease's deadline. */
export type RedisOutage = 'keep_leading' | 'stop';

export interface HeldLeaseOptions {
  readonly store: LeaseStore;
  readonly ttlMs: number;
  readonly redisOutage: RedisOutage;
  readonly clock: Pick<Clock, 'monotonic'>;
  /** Milliseconds between two renewals. Default: a third of the TTL. */
  readonly renewalMs?: number;
  readonly log: Log;
  /** Called when too few nodes answer a renewal, once until they answer again or the lease ends. */
  readonly onOutage?: () => void;
  readonly onRecovered?: () => void;
  /** Called after the lease was given back. */
  readonly announce: (epoch: number, target: string | undefined, reason: string | undefined) => Promise<void>;
}

/** What is taken off the TTL: 1 % for clocks that run at different speeds, 2 ms for the precision of Redis's expiry. */
export function driftMs(ttlMs: number): number {
  return ttlMs * 0.01 + 2;
}

const CONFIRM_TRIES = 3;

/**
 * A lease that was granted: renews itself every third of the TTL until it is lost or released.
 *
 *   acquire          renew       renew                          deadline
 *   |----- ttl/3 -----|-- ttl/3 --|-- … no answer: every ttl/10 … |   (before the last good call + ttl - drift)
 */
export class HeldLease implements Lease {
  readonly isContended = true;
  readonly #options: HeldLeaseOptions;
  readonly #grant: LeaseGrant;
  readonly #controller = new AbortController();
  #epoch: number;
  #isConfirmed = false;
  #deadlineMs: number;
  #renewal: NodeJS.Timeout | null = null;
  #deadline: NodeJS.Timeout | null = null;
  #isOutage = false;
  #isTaken = false;
  #lastTurn: Promise<unknown> = Promise.resolve();
  #releasing: Promise<void> | null = null;

  /** @param deadlineMs on the monotonic clock: before the granting call + TTL - drift */
  constructor(grant: LeaseGrant, deadlineMs: number, options: HeldLeaseOptions) {
    this.#grant = grant;
    this.#epoch = grant.epoch;
    this.#deadlineMs = deadlineMs;
    this.#options = options;
    this.#armDeadline();
    this.#scheduleRenewal(options.renewalMs ?? options.ttlMs / 3);
  }

  get epoch(): number {
    return this.#epoch;
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  remainingMs(): number {
    return Math.max(0, this.#deadlineMs - this.#options.clock.monotonic());
  }

  async prove(): Promise<'mine' | 'unreachable'> {
    this.#checkDeadline();
    this.signal.throwIfAborted();
    const verdict = await this.#inTurn(() => this.#renew());
    this.#checkDeadline();
    this.signal.throwIfAborted();
    return verdict;
  }

  async confirm(recordEpoch: number): Promise<number> {
    this.#checkDeadline();
    for (let tries = 0; tries < CONFIRM_TRIES; tries++) {
      this.signal.throwIfAborted();
      const floor = Math.max(this.#epoch, recordEpoch + 1);
      const epoch = await this.#inTurn(() => this.#options.store.confirm(this.#grant, floor));
      this.#checkDeadline();
      this.signal.throwIfAborted();
      if (epoch === 'lost') break;
      if (typeof epoch === 'number') {
        this.#epoch = epoch;
        this.#isConfirmed = true;
        return epoch;
      }
      // Nobody can be elected without Redis, and the record shows nobody newer: the epoch stands.
      const { redisOutage } = this.#options;
      if (redisOutage === 'keep_leading' && this.#isConfirmed && recordEpoch <= this.#epoch)
        return this.#epoch;
    }
    this.#lose(
      'the epoch could not be confirmed: the lease is not ours any more, or too few Redis nodes answer',
    );
    this.signal.throwIfAborted();
    return this.#epoch;
  }

  release(target?: string, reason?: string): Promise<void> {
    this.#releasing ??= this.#release(target, reason);
    return this.#releasing;
  }

  async #release(target: string | undefined, reason: string | undefined): Promise<void> {
    this.#lose('the lease was released');
    // A renewal under way must not come after the release.
    await this.#lastTurn;
    const { store, ttlMs } = this.#options;
    // The message alone would come behind the release, and whoever looked in between would have the lease.
    const handOver = target === undefined ? undefined : { to: target, forMs: headStartMs(ttlMs) };
    await store.release(this.#grant, handOver);
    if (!this.#isTaken) await this.#options.announce(this.#epoch, target, reason).catch(() => undefined);
  }

  async #renew(): Promise<'mine' | 'unreachable'> {
    const { store, ttlMs, clock } = this.#options;
    const beforeMs = clock.monotonic();
    const verdict = await store.extend(
      { ...this.#grant, epoch: this.#epoch },
      { ttlMs, mayHeal: () => this.remainingMs() > 0 },
    );
    if (this.signal.aborted) return 'unreachable';
    if (verdict === 'lost') {
      this.#isTaken = true;
      this.#lose('another replica holds the lease, or Redis has lost it');
      return 'unreachable';
    }
    if (verdict === 'unreachable') {
      this.#noteOutage();
      return 'unreachable';
    }
    this.#deadlineMs = beforeMs + ttlMs - driftMs(ttlMs);
    this.#armDeadline();
    this.#noteRecovery();
    return 'mine';
  }

  /** One round trip at a time, so that verdicts are never out of order. */
  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#lastTurn.then(work);
    this.#lastTurn = turn.catch(() => undefined);
    return turn;
  }

  #scheduleRenewal(delayMs: number): void {
    if (this.signal.aborted) return;
    const startMs = this.#options.clock.monotonic();
    this.#renewal = setTimeout(() => {
      void this.#inTurn(() => this.#renew())
        .catch((error: unknown) => {
          this.#options.log.warn({ error: String(error) }, 'renewing the lease failed');
          return 'unreachable' as const;
        })
        .then((verdict) => {
          const { ttlMs, renewalMs = ttlMs / 3, clock } = this.#options;
          // Sooner after a miss, while there is time before the deadline.
          const periodMs = verdict === 'unreachable' && this.remainingMs() > 0 ? ttlMs / 10 : renewalMs;
          const spentMs = clock.monotonic() - startMs - delayMs;
          this.#scheduleRenewal(Math.max(10, periodMs - spentMs));
        });
    }, delayMs);
  }

  #armDeadline(): void {
    if (this.#deadline !== null) clearTimeout(this.#deadline);
    this.#deadline = null;
    if (this.#options.redisOutage !== 'stop' || this.signal.aborted) return;
    this.#deadline = setTimeout(() => {
      this.#checkDeadline();
      if (!this.signal.aborted) this.#armDeadline(); // the timer was early by a fraction of a millisecond
    }, Math.ceil(this.remainingMs()));
  }

  /** A timer can be late (a paused process): the clock is asked at every step too. */
  #checkDeadline(): void {
    if (this.#options.redisOutage === 'stop' && this.remainingMs() === 0)
      this.#lose('the lease ran out: Redis did not confirm it before its deadline');
  }

  #noteOutage(): void {
    if (this.#isOutage) return;
    this.#isOutage = true;
    const { redisOutage, log, onOutage } = this.#options;
    log.warn(
      { epoch: this.#epoch, redisOutage, remainingMs: Math.round(this.remainingMs()) },
      'redis does not renew the lease',
    );
    onOutage?.();
  }

  #noteRecovery(): void {
    if (!this.#isOutage) return;
    this.#isOutage = false;
    this.#options.log.info({ epoch: this.#epoch }, 'redis renews the lease again');
    this.#options.onRecovered?.();
  }

  #lose(why: string): void {
    if (this.signal.aborted) return;
    if (this.#renewal !== null) clearTimeout(this.#renewal);
    if (this.#deadline !== null) clearTimeout(this.#deadline);
    // Whoever counts outages must see this one end.
    if (this.#isOutage) this.#options.onRecovered?.();
    this.#isOutage = false;
    this.#controller.abort(new HeavisideError('LEASE_LOST', `epoch ${this.#epoch}: ${why}`));
  }
}
