/** Milliseconds for which a replica that a switchover names may take the lease before the others. */
export function headStartMs(ttlMs: number): number {
  return Math.min(ttlMs / 2, 2000);
}

/** Leadership: a signal with a deadline and an epoch, never a boolean. Every await of the pipeline takes the signal. */
export interface Lease {
  /** Whether other replicas may have had it before, and may take it. */
  readonly isContended: boolean;
  /** The fencing number; grows with every leadership, and in `confirm`. */
  readonly epoch: number;
  /** Aborted with a LEASE_LOST error as its reason as soon as the lease is known to be lost, released or, with `stop`, past its deadline. */
  readonly signal: AbortSignal;
  /** Milliseconds until the deadline on the monotonic clock, 0 once it has passed (with Redis away and `keep_leading` the signal is then still live). */
  remainingMs(): number;
  /**
   * A renewal round trip that starts after this call. `unreachable`: too few nodes answered to tell.
   * @throws LEASE_LOST where the lease is another's or gone
   */
  prove(): Promise<'mine' | 'unreachable'>;
  /**
   * Raises the epoch in Redis to max(mine, recordEpoch + 1) while the lease is mine, and takes it as its own (takeover.md, recipe 3).
   * With Redis away, `keep_leading`, an epoch once confirmed and a record that is not beyond it: keeps the epoch.
   * @param recordEpoch epoch of the last position record, 0 or more; 0 where there is none
   * @throws LEASE_LOST where it is not mine, or no majority of nodes confirms it
   */
  confirm(recordEpoch: number): Promise<number>;
  /** Gives the lease back if it is still mine, and tells the standbys (`target`: who is to take it; `reason`: in a word). Never rejects; a second call waits for the first. */
  release(target?: string, reason?: string): Promise<void>;
}
