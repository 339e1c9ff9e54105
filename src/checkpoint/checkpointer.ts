import { setTimeout as sleep } from 'node:timers/promises';
import { asHeavisideError, type HeavisideError } from '../errors.ts';
import type { PositionRecord } from '../model/position-record.ts';

/** Where checkpoints are kept: Redis, or the position file. `stale`: a later leader has written. */
export interface CheckpointStore {
  save(record: PositionRecord, positionsOffset: bigint | null): Promise<'saved' | 'stale'>;
}

export interface CheckpointerOptions {
  readonly store: CheckpointStore;
  readonly onSaved: () => void;
  readonly onStale: () => void;
  readonly onError: (error: HeavisideError) => void;
}

/** Milliseconds before a save that failed is tried again, if no newer position came meanwhile. */
const retryMs = 1000;

/** Writes the newest committed position, one write at a time; what a newer one overtakes is not written. */
export class Checkpointer {
  readonly #options: CheckpointerOptions;
  #pending: { record: PositionRecord; positionsOffset: bigint | null } | null = null;
  #writing: Promise<void> | null = null;
  readonly #closed = new AbortController();

  constructor(options: CheckpointerOptions) {
    this.#options = options;
  }

  /** Only for a position whose Kafka transaction has been committed. */
  saveSoon(record: PositionRecord, positionsOffset: bigint | null): void {
    this.#pending = { record, positionsOffset };
    this.#writing ??= this.#drain().finally(() => (this.#writing = null));
  }

  async #drain(): Promise<void> {
    while (this.#pending && !this.#closed.signal.aborted) {
      const { record, positionsOffset } = this.#pending;
      this.#pending = null;
      try {
        const outcome = await this.#options.store.save(record, positionsOffset);
        if (outcome === 'saved') this.#options.onSaved();
        else this.#options.onStale();
      } catch (error) {
        this.#options.onError(asHeavisideError(error, 'REDIS_UNREACHABLE'));
        await sleep(retryMs, undefined, { signal: this.#closed.signal }).catch(() => undefined);
        this.#pending ??= { record, positionsOffset };
      }
    }
  }

  /** Waits for the newest checkpoint, for at most `limitMs`; nothing is written after it. */
  async close(limitMs: number): Promise<void> {
    const limit = new AbortController();
    await Promise.race([
      this.#writing ?? Promise.resolve(),
      sleep(limitMs, undefined, { signal: limit.signal }).catch(() => undefined),
    ]);
    limit.abort();
    this.#closed.abort();
  }
}
