import type { SourceTransaction } from '../model/transaction.ts';

interface Waiter {
  readonly resolve: (transactions: readonly SourceTransaction[]) => void;
  readonly reject: (error: unknown) => void;
}

/** Given out at once, about: more would no longer be counted, and fill the memory beside what comes in behind it. */
const TAKE_BYTES = 1024 * 1024;

/** Complete transactions between the dump and the one who takes them. What was complete before a failure is still given out. */
export class TransactionQueue {
  #transactions: SourceTransaction[] = [];
  #bytes = 0;
  #waiter: Waiter | null = null;
  #failure: { readonly error: unknown } | null = null;

  /** Bytes held in memory by what waits here. */
  get bytes(): number {
    return this.#bytes;
  }

  get isEmpty(): boolean {
    return this.#transactions.length === 0;
  }

  push(transaction: SourceTransaction): void {
    this.#transactions.push(transaction);
    this.#bytes += transaction.memoryBytes;
    const waiter = this.#waiter;
    if (waiter === null) return;
    this.#waiter = null;
    // In a later turn: the other events of the same packet run belong to the same take.
    queueMicrotask(() => waiter.resolve(this.#drain()));
  }

  /** Ends the queue; the first failure stays. */
  fail(error: unknown): void {
    this.#failure ??= { error };
    this.#waiter?.reject(error);
    this.#waiter = null;
  }

  /** Transactions that wait, at least one, about a mebibyte. One call at a time. Rejects with the failure once nothing is left. */
  take(): Promise<readonly SourceTransaction[]> {
    if (this.#waiter !== null) return Promise.reject(new RangeError('take() was called twice'));
    if (this.#transactions.length > 0) return Promise.resolve(this.#drain());
    if (this.#failure !== null) return Promise.reject(this.#failure.error);
    return new Promise((resolve, reject) => {
      this.#waiter = { resolve, reject };
    });
  }

  /** Drops what waits. */
  dispose(): void {
    for (const transaction of this.#transactions) transaction.dispose();
    this.#transactions = [];
    this.#bytes = 0;
  }

  #drain(): SourceTransaction[] {
    let [bytes, count] = [0, 0];
    for (const { memoryBytes } of this.#transactions) {
      if (bytes >= TAKE_BYTES) break;
      bytes += memoryBytes;
      count++;
    }
    this.#bytes -= bytes;
    return this.#transactions.splice(0, count);
  }
}
