import type { SourceTransaction } from '../model/transaction.ts';
import type { StreamPlace } from './stream-place.ts';

/** Records of a snapshot on their way into the batch at hand, in place of a transaction of the source. */
export interface SnapshotPiece {
  readonly transaction: SourceTransaction;
  /** The records before row `nextRowIndex` go out now, the rest follow. */
  cut(nextRowIndex: number): void;
  /** All of them are in the batch. */
  written(): void;
  /** They cannot be written: none of those behind the last cut is in the batch. */
  failed(error: unknown): void;
}

/** later: call again at the next boundary. */
export type BoundaryResult<T> =
  | 'later'
  | { readonly value: T }
  | {
      readonly value: T;
      readonly transaction: SourceTransaction;
      readonly onCut: (nextRowIndex: number) => void;
    };

type Attempt = (place: StreamPlace) => SnapshotPiece | 'later' | 'done';

interface Waiting {
  readonly attempt: Attempt;
  readonly isChunk: boolean;
}

/**
 * Where a snapshot meets the stream: between two transactions, when nothing is half written. What runs beside the stream
 * hands in what is to be done there; the pipeline does it.
 */
export class Boundary {
  /** The stream waits: no transaction is written until `release`. Set at a boundary. */
  isHolding = false;
  #waiting: Waiting[] = [];
  #wake: () => void = () => undefined;
  #failure: { readonly error: unknown } | null = null;
  readonly #rejects = new Set<(error: unknown) => void>();

  /** @param wake called where something waits for a boundary */
  attach(wake: () => void): void {
    this.#wake = wake;
    if (this.isAwaited) wake();
  }

  get isAwaited(): boolean {
    return this.#waiting.length > 0;
  }

  /**
   * Has the work done at the first boundary where it does not answer 'later'; a piece counts when it is written.
   * @param isChunk it writes many rows: only where the pipeline takes such
   */
  next<T>(
    work: (place: StreamPlace) => BoundaryResult<T>,
    onWritten: (value: T) => void = () => undefined,
    isChunk = false,
  ): Promise<T> {
    return new Promise((resolve, reject) => {
      if (this.#failure !== null) {
        reject(this.#failure.error);
        return;
      }
      this.#rejects.add(reject);
      const settle = (act: () => void): void => {
        this.#rejects.delete(reject);
        act();
      };
      const attempt: Attempt = (place) => {
        let result: BoundaryResult<T>;
        try {
          result = work(place);
        } catch (error) {
          settle(() => reject(error));
          return 'done';
        }
        if (result === 'later') return 'later';
        const { value } = result;
        if (!('transaction' in result)) {
          settle(() => resolve(value));
          return 'done';
        }
        return {
          transaction: result.transaction,
          cut: result.onCut,
          written: () => {
            onWritten(value);
            settle(() => resolve(value));
          },
          failed: (error) => settle(() => reject(error)),
        };
      };
      this.#waiting.push({ attempt, isChunk });
      this.#wake();
    });
  }

  /** Does what can be done here, up to the first records to be written. */
  arrive(place: StreamPlace, takesChunks = true): SnapshotPiece | null {
    for (const waiting of this.#waiting) {
      if (waiting.isChunk && !takesChunks) continue;
      const result = waiting.attempt(place);
      if (result === 'later') continue;
      this.#waiting = this.#waiting.filter((each) => each !== waiting);
      if (result !== 'done') return result;
    }
    return null;
  }

  release(): void {
    this.isHolding = false;
    this.#wake();
  }

  /** Nothing is done any more; what waits rejects. */
  close(error: unknown): void {
    this.isHolding = false;
    this.#failure ??= { error };
    this.#waiting = [];
    for (const reject of this.#rejects) reject(error);
    this.#rejects.clear();
  }
}
