import { type Clock, systemClock } from '../lifecycle/clock.ts';
import type { Log } from '../observability/log.ts';
import { driftMs, HeldLease, type HeldLeaseOptions, type RedisOutage } from './held-lease.ts';
import type { Lease } from './lease.ts';
import type { LeaseStore } from './lease-store.ts';

export interface LeaseKeeperOptions {
  readonly store: LeaseStore;
  /** TTL of the lease in milliseconds; it is renewed every third of it. */
  readonly ttlMs: number;
  /** Milliseconds between two renewals. Default: a third of the TTL. */
  readonly renewalMs?: number;
  readonly redisOutage: RedisOutage;
  readonly log: Log;
  /** Tells the standbys that the lease is free; may fail. */
  readonly announce: HeldLeaseOptions['announce'];
  readonly clock?: Pick<Clock, 'monotonic'>;
  readonly onOutage?: () => void;
  readonly onRecovered?: () => void;
}

/** Tries to get the lease, and keeps it once it has it. */
export class LeaseKeeper {
  readonly #options: LeaseKeeperOptions;
  readonly #clock: Pick<Clock, 'monotonic'>;
  #retryAfterMs: number | null = null;

  constructor(options: LeaseKeeperOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
  }

  get ttlMs(): number {
    return this.#options.ttlMs;
  }

  /** After a refusal: in how many milliseconds the lease may be free; null where that is not known. */
  get retryAfterMs(): number | null {
    return this.#retryAfterMs;
  }

  /**
   * One attempt, never a wait. Null: another replica has it.
   * @throws REDIS_UNREACHABLE and its like where too few Redis nodes answered
   */
  async tryAcquire(): Promise<Lease | null> {
    const { store, ttlMs } = this.#options;
    this.#retryAfterMs = null;
    const beforeMs = this.#clock.monotonic();
    const result = await store.acquire(ttlMs);
    if (!('value' in result)) {
      this.#retryAfterMs = result.retryAfterMs;
      return null;
    }
    const deadlineMs = beforeMs + ttlMs - driftMs(ttlMs);
    if (deadlineMs <= this.#clock.monotonic()) {
      // The answer took so long that the lease has run out on the way.
      await store.release(result);
      return null;
    }
    return new HeldLease(result, deadlineMs, { ...this.#options, clock: this.#clock });
  }

  /** Whether anyone holds the lease. @throws REDIS_UNREACHABLE and its like */
  isHeld(): Promise<boolean> {
    return this.#options.store.isHeld();
  }
}
