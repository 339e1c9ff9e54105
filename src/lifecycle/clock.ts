import { setTimeout as delay } from 'node:timers/promises';

/** Time as the parts see it: injected, so that a test can move it. */
export interface Clock {
  /** Wall clock, milliseconds since 1970. Only for what people and other machines read. */
  now(): number;
  /** Monotonic clock, milliseconds since some start: for every duration and deadline. */
  monotonic(): number;
  /**
   * Waits; `signal` ends the wait early.
   * @param ms 0 or more
   * @throws the signal's reason, at once if it is already aborted
   */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  async sleep(ms, signal) {
    signal?.throwIfAborted();
    try {
      await delay(ms, undefined, signal === undefined ? {} : { signal });
    } catch (error) {
      // The timer wraps the reason in an AbortError of its own.
      signal?.throwIfAborted();
      throw error;
    }
  },
};
