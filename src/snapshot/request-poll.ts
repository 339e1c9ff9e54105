import type { SnapshotProgress } from '../model/snapshot-progress.ts';
import type { RequestStore } from './request-store.ts';
import type { SnapshotRun } from './snapshot-run.ts';

const PERIOD_MS = 1000;

/**
 * Brings requests from Redis to the snapshot at hand. One is taken away there once the position record that holds it is
 * committed, and forgotten once it lies on no node any more: carried out once, whoever dies in between.
 */
export class RequestPoll {
  readonly #store: Pick<RequestStore, 'list' | 'remove'>;
  readonly #run: Pick<SnapshotRun, 'request' | 'forget'>;
  #committed: SnapshotProgress | null;
  readonly #timer: NodeJS.Timeout;
  #isLooking = false;

  /** @param committed as the position record holds it */
  constructor(
    store: Pick<RequestStore, 'list' | 'remove'>,
    run: Pick<SnapshotRun, 'request' | 'forget'>,
    committed: SnapshotProgress | null,
  ) {
    this.#store = store;
    this.#run = run;
    this.#committed = committed;
    this.#timer = setInterval(() => void this.look(), PERIOD_MS);
    this.#timer.unref();
  }

  committed(progress: SnapshotProgress | null): void {
    this.#committed = progress;
  }

  /** Never rejects. */
  async look(): Promise<void> {
    if (this.#isLooking) return;
    this.#isLooking = true;
    try {
      const { requests, isWhole } = await this.#store.list();
      const handled = this.#committed?.handled ?? [];
      const fresh = requests.filter(({ id }) => !handled.includes(id));
      if (fresh.length > 0) await this.#run.request(fresh);
      await this.#store.remove(requests.map(({ id }) => id).filter((id) => handled.includes(id)));
      const gone = handled.filter((id) => !requests.some((request) => request.id === id));
      if (gone.length > 0 && isWhole) await this.#run.forget(gone);
    } catch {
      // The stream has ended: the next one looks again.
    } finally {
      this.#isLooking = false;
    }
  }

  close(): void {
    clearInterval(this.#timer);
  }
}
