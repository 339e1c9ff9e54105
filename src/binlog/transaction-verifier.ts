import { HeavisideError } from '../errors.ts';
import type { PreparedTransaction } from '../model/prepared-transaction.ts';
import type { SourceTransaction } from '../model/transaction.ts';
import type { ReplayedPart } from './replayed-part.ts';

/** The last transaction of a position, as it was seen when it was replicated. */
export interface VerifiedTransaction {
  /** `SourceTransaction.id` */
  readonly id: string;
  /** `SourceTransaction.fingerprint` */
  readonly fingerprint: string;
}

/** The last transaction, and how it is missed. */
interface Expected extends VerifiedTransaction {
  /** Whether a transaction stands where the expected one should, or behind it. */
  readonly isMissedBy: (transaction: SourceTransaction) => boolean;
}

/**
 * Stands between the stream and what was replicated already. Meets the last replicated transaction once more: drops it where it
 * is the same, and fails where the source carries another one in its place. Passes over all else that is read once more, but
 * keeps the rows of XA transactions that were prepared there.
 */
export class TransactionVerifier {
  readonly #expected: Expected | null;
  readonly #replayed: ReplayedPart | null;
  readonly #preparedIds: ReadonlySet<string>;
  #isPending: boolean;

  constructor(
    expected: Expected | null,
    replayed: ReplayedPart | null = null,
    prepared: readonly PreparedTransaction[] = [],
  ) {
    this.#expected = expected;
    this.#replayed = replayed;
    this.#preparedIds = new Set(prepared.map(({ id }) => id));
    this.#isPending = expected !== null;
  }

  /** Whether the last replicated transaction is still waited for. */
  get isPending(): boolean {
    return this.#isPending;
  }

  /** Whether the rows of a transaction, by its id, are of no use: it was replicated, and prepares nothing that is open. */
  isReplicated(id: string): boolean {
    const isCovered = this.#replayed?.covers(id) === true || (this.#isPending && id === this.#expected?.id);
    return isCovered && !this.#preparedIds.has(id);
  }

  /**
   * Whether a transaction is to be given out.
   * @throws HeavisideError SOURCE_HISTORY_CHANGED
   */
  admits(transaction: SourceTransaction): boolean {
    const isReplayed = this.#replayed?.covers(transaction.id) === true;
    this.#replayed?.passed(transaction.id);
    const isExpected = this.#isPending && this.#expected !== null && this.#meets(this.#expected, transaction);
    return !isReplayed && !isExpected;
  }

  #meets(expected: Expected, transaction: SourceTransaction): boolean {
    if (transaction.id !== expected.id) {
      if (expected.isMissedBy(transaction)) throw changed(expected.id, `comes ${transaction.id} instead`);
      return false;
    }
    this.#isPending = false;
    if (transaction.fingerprint !== expected.fingerprint) throw changed(expected.id, 'has other content');
    return true;
  }
}

const changed = (id: string, what: string): HeavisideError =>
  new HeavisideError('SOURCE_HISTORY_CHANGED', `where ${id} was replicated, ${what} on this source`);
