import CircuitBreaker from 'opossum';
import { asHeavisideError } from '../errors.ts';

export type BreakerState = 'closed' | 'open' | 'half-open';

export interface SendBreakerOptions {
  /** Failures in a row that open the breaker, 1 or more. */
  readonly failureThreshold: number;
  /** Milliseconds from open to the probe. */
  readonly resetMs: number;
  readonly onState: (state: BreakerState) => void;
}

/**
 * The circuit breaker round every write to Kafka. Open means: nothing is sent, the batch is kept, the binlog pauses
 * (nobody takes from it); the probe of the half-open state is that same batch. Errors that are no fault of Kafka
 * (a lost lease, a record too large, a changed topic) pass it uncounted.
 */
export class SendBreaker {
  readonly #breaker: CircuitBreaker<[() => Promise<unknown>]>;
  readonly #threshold: number;
  #failures = 0;
  #openedAt: number | null = null;

  constructor(options: SendBreakerOptions) {
    this.#threshold = options.failureThreshold;
    this.#breaker = new CircuitBreaker((attempt: () => Promise<unknown>) => attempt(), {
      timeout: false, // opossum's timeout would let a send complete later, behind its own retry
      resetTimeout: options.resetMs,
      errorThresholdPercentage: 100, // opening is decided below, by failures in a row
      volumeThreshold: Number.MAX_SAFE_INTEGER,
      rollingPercentilesEnabled: false,
      enableSnapshots: false,
    });
    this.#breaker.on('open', () => {
      this.#openedAt ??= performance.now();
      options.onState('open');
    });
    this.#breaker.on('halfOpen', () => options.onState('half-open'));
    this.#breaker.on('close', () => {
      this.#openedAt = null;
      options.onState('closed');
    });
  }

  get state(): BreakerState {
    if (this.#breaker.opened) return 'open';
    return this.#breaker.halfOpen ? 'half-open' : 'closed';
  }

  /** Milliseconds since the breaker opened, probes that failed included; 0 while closed. */
  openForMs(): number {
    return this.#openedAt === null ? 0 : performance.now() - this.#openedAt;
  }

  /** Runs one attempt. While the breaker is open it rejects at once: wait with `whenProbeIsDue` first. */
  async run<T>(attempt: () => Promise<T>): Promise<T> {
    try {
      const value = (await this.#breaker.fire(attempt)) as T;
      this.#failures = 0;
      return value;
    } catch (error) {
      const { reaction } = asHeavisideError(error, 'KAFKA_UNREACHABLE');
      if (reaction === 'rebuild' || reaction === 'retry') {
        if (++this.#failures >= this.#threshold && this.#breaker.closed) this.#breaker.open();
      }
      throw error;
    }
  }

  /** Resolves when a write may be tried: at once, or when the probe is due. Rejects with the signal's reason. */
  async whenProbeIsDue(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    if (!this.#breaker.opened) return;
    await new Promise<void>((resolve, reject) => {
      const done = (): void => {
        this.#breaker.off('halfOpen', done);
        signal.removeEventListener('abort', stop);
        resolve();
      };
      const stop = (): void => {
        this.#breaker.off('halfOpen', done);
        reject(signal.reason as Error);
      };
      this.#breaker.once('halfOpen', done);
      signal.addEventListener('abort', stop, { once: true });
    });
  }

  close(): void {
    this.#breaker.shutdown();
  }
}
