import type { RowStore } from './row-store.ts';

/** What is kept of a prepared XA transaction until it ends. */
export interface HeldTransaction {
  /** Null where it has no rows, or none that are kept. */
  readonly store: RowStore | null;
  /** Session that made the changes; null where the server does not log it. */
  readonly threadId: number | null;
}

/** Prepared XA transactions by XID. Together they hold no more than a bound in memory: beyond it the largest go to disk. */
export class PreparedTransactions {
  readonly #maxBytes: number;
  readonly #held = new Map<string, HeldTransaction>();
  #memoryBytes = 0;

  /** @param maxBytes bytes of rows in memory */
  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  get memoryBytes(): number {
    return this.#memoryBytes;
  }

  /** Keeps a transaction whose store is finished; one of the same XID is dropped. Returns a promise where rows are being written to disk. */
  hold(xid: string, held: HeldTransaction): void | Promise<void> {
    this.take(xid)?.store?.dispose();
    this.#held.set(xid, held);
    this.#memoryBytes += held.store?.memoryBytes ?? 0;
    return this.#memoryBytes > this.#maxBytes ? this.#spill() : undefined;
  }

  /** Gives a transaction out, whose store is then the caller's; undefined where it is not known. */
  take(xid: string): HeldTransaction | undefined {
    const held = this.#held.get(xid);
    this.#held.delete(xid);
    this.#memoryBytes -= held?.store?.memoryBytes ?? 0;
    return held;
  }

  dispose(): void {
    for (const { store } of this.#held.values()) store?.dispose();
    this.#held.clear();
    this.#memoryBytes = 0;
  }

  async #spill(): Promise<void> {
    const stores = [...this.#held.values()].flatMap(({ store }) => store ?? []);
    stores.sort((a, b) => b.memoryBytes - a.memoryBytes);
    for (const store of stores) {
      if (this.#memoryBytes <= this.#maxBytes || store.isOnDisk) break;
      this.#memoryBytes -= store.memoryBytes;
      await store.spill();
      this.#memoryBytes += store.memoryBytes;
    }
  }
}
