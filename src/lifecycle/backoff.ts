export interface BackoffOptions {
  /** First wait in milliseconds, 0 or more. */
  readonly initialMs: number;
  /** Each wait is the one before times this, 1 or more. Default 1: every wait is the same. */
  readonly multiplier?: number;
  /** Upper bound of a wait in milliseconds, before jitter is taken off. Default: none. */
  readonly maxMs?: number;
  /** Part of a wait that is left to chance, 0 to 1: 0.2 gives 80 to 100 % of it. Default 0. */
  readonly jitter?: number;
  /** 0 (inclusive) to 1 (exclusive). */
  readonly random?: () => number;
}

/** The waits between attempts: constant (2-2-2) without a multiplier, exponential (1-2-4-8-16) with one. */
export class Backoff {
  readonly #initialMs: number;
  readonly #multiplier: number;
  readonly #maxMs: number;
  readonly #jitter: number;
  readonly #random: () => number;
  #nextMs: number;
  #attempts = 0;

  /** @throws RangeError where an option is out of its range */
  constructor(options: BackoffOptions) {
    const { initialMs, multiplier = 1, maxMs = Infinity, jitter = 0, random = Math.random } = options;
    if (!(initialMs >= 0)) throw new RangeError(`initialMs must be 0 or more, not ${initialMs}`);
    if (!(multiplier >= 1)) throw new RangeError(`multiplier must be 1 or more, not ${multiplier}`);
    if (!(maxMs >= 0)) throw new RangeError(`maxMs must be 0 or more, not ${maxMs}`);
    if (!(jitter >= 0 && jitter <= 1)) throw new RangeError(`jitter must be 0 to 1, not ${jitter}`);
    this.#initialMs = Math.min(initialMs, maxMs);
    this.#multiplier = multiplier;
    this.#maxMs = maxMs;
    this.#jitter = jitter;
    this.#random = random;
    this.#nextMs = this.#initialMs;
  }

  /** How many waits were handed out since the last reset. */
  get attempts(): number {
    return this.#attempts;
  }

  /** The next wait in milliseconds. */
  next(): number {
    const waitMs = this.#nextMs;
    this.#attempts++;
    this.#nextMs = Math.min(this.#maxMs, waitMs * this.#multiplier);
    return waitMs * (1 - this.#jitter * this.#random());
  }

  /** After a success: the next wait is the first one again. */
  reset(): void {
    this.#nextMs = this.#initialMs;
    this.#attempts = 0;
  }
}
