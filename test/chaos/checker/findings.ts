/** The invariants (docs/design/chaos.md): what must hold after any fault. */
export const invariants = {
  I1: 'no loss: every row change of every executed transaction is in the topic, as it was made',
  I2: 'no duplicate: each row change stands there once',
  I3: 'order: per key by version, per partition by transaction',
  I4: 'no phantom: every record belongs to an executed transaction',
  I5: 'whole transactions: all rows of one or none',
  I6: 'epochs never fall, in the positions topic and in every partition',
  I7: 'the checkpoint in Redis is committed in Kafka at every sample',
  I8: 'the fold of the topic is the final content of the tables',
  I9: 'recovery within its limit',
} as const;

export type Invariant = keyof typeof invariants;

export interface Finding {
  readonly invariant: Invariant;
  readonly text: string;
}

const KEPT_PER_INVARIANT = 50;

/** What a check has found wrong; the first ones of each invariant in words, all of them counted. */
export class Findings {
  readonly list: Finding[] = [];
  readonly #counts = new Map<Invariant, number>();
  /** Row changes. */
  lost = 0;
  duplicated = 0;
  outOfOrder = 0;
  /** Rows that snapshots brought, and rows that they left to the stream, which had them newer. */
  snapshotRows = 0;
  overtakenRows = 0;

  add(invariant: Invariant, text: string): void {
    const count = this.count(invariant) + 1;
    this.#counts.set(invariant, count);
    if (count <= KEPT_PER_INVARIANT) this.list.push({ invariant, text });
  }

  count(invariant: Invariant): number {
    return this.#counts.get(invariant) ?? 0;
  }

  /** Invariant → how often it was broken. */
  get counts(): Readonly<Partial<Record<Invariant, number>>> {
    return Object.fromEntries(this.#counts);
  }
}
