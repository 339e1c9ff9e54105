export interface LogRateLimitOptions {
  /** One line a key in this time, milliseconds. Default 10,000. */
  readonly periodMs?: number;
  /** Keys that are remembered; the oldest is forgotten first. Default 200. */
  readonly maxKeys?: number;
  /** Monotonic milliseconds. */
  readonly now: () => number;
}

interface Window {
  readonly startMs: number;
  suppressed: number;
}

/** Lets one line of a kind through in each period, and counts the rest. */
export class LogRateLimit {
  readonly #periodMs: number;
  readonly #maxKeys: number;
  readonly #now: () => number;
  readonly #windows = new Map<string, Window>();

  constructor({ periodMs = 10_000, maxKeys = 200, now }: LogRateLimitOptions) {
    this.#periodMs = periodMs;
    this.#maxKeys = maxKeys;
    this.#now = now;
  }

  /** Null: suppress this line. A number: write it, and so many like it were suppressed before. */
  admit(key: string): number | null {
    const nowMs = this.#now();
    const window = this.#windows.get(key);
    if (window !== undefined && nowMs - window.startMs < this.#periodMs) {
      window.suppressed++;
      return null;
    }
    this.#windows.delete(key); // set anew below: the map is ordered by the start of the window
    this.#windows.set(key, { startMs: nowMs, suppressed: 0 });
    if (this.#windows.size > this.#maxKeys) {
      const oldest = this.#windows.keys().next();
      if (!oldest.done) this.#windows.delete(oldest.value);
    }
    return window?.suppressed ?? 0;
  }
}
