export interface SlidingWindowOptions {
  /** Length of the window in milliseconds. Default 30,000. */
  readonly windowMs?: number;
  /** Monotonic milliseconds. */
  readonly now: () => number;
}

interface Sample {
  readonly atMs: number;
  readonly total: number;
}

/** How fast a total that only grows has grown within the last 30 seconds; shorter than that while it is younger. */
export class SlidingWindow {
  readonly #windowMs: number;
  readonly #now: () => number;
  #samples: Sample[] = [];

  constructor({ windowMs = 30_000, now }: SlidingWindowOptions) {
    this.#windowMs = windowMs;
    this.#now = now;
  }

  /** Notes the total as it is now; to be called every second or so, and right before reading. */
  record(total: number): void {
    const atMs = this.#now();
    const last = this.#samples.at(-1);
    if (last !== undefined && total < last.total) this.#samples = []; // counted anew
    if (last?.atMs === atMs) this.#samples.pop();
    this.#samples.push({ atMs, total });
    // One sample at or before the edge stays: it is where the window starts.
    let start = 0;
    while ((this.#samples[start + 1]?.atMs ?? Infinity) <= atMs - this.#windowMs) start++;
    if (start > 0) this.#samples.splice(0, start);
  }

  /** Growth of the total within the window. */
  increase(): number {
    const first = this.#samples[0];
    const last = this.#samples.at(-1);
    return first === undefined || last === undefined ? 0 : last.total - first.total;
  }

  /** Growth a second; 0 while fewer than two samples stand at different times. */
  ratePerSecond(): number {
    const first = this.#samples[0];
    const last = this.#samples.at(-1);
    if (first === undefined || last === undefined || last.atMs <= first.atMs) return 0;
    return ((last.total - first.total) * 1000) / (last.atMs - first.atMs);
  }
}
