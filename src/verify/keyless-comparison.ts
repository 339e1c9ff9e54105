import type { Comparison, Finding } from './comparison.ts';
import type { CanonicalRow } from './row-change.ts';
import { hashColumns } from './row-hash.ts';
import type { RecordPlace } from './row-table.ts';
import type { VerifiedTable } from './table-columns.ts';
import type { FoldedRecord } from './topic-history.ts';

interface Counted {
  /** Below zero: rows that were there before the topic, and were changed or deleted since. */
  count: number;
  at: RecordPlace;
}

/** A table without a primary key: how often each row is there. A row that was changed is one missing and one extra. */
export class KeylessComparison implements Comparison {
  readonly uncompared: readonly number[];
  readonly #columns: readonly number[];
  readonly #rows = new Map<string, Counted>();
  #records = 0;
  #firstSeconds: number | null = null;

  constructor({ columns }: VerifiedTable) {
    this.#columns = columns.map((_, index) => index);
    this.uncompared = columns.map(() => 0);
  }

  get records(): number {
    return this.#records;
  }

  get firstSeconds(): number | null {
    return this.#firstSeconds;
  }

  fold({ change, at }: FoldedRecord): void {
    this.#records++;
    if (this.#firstSeconds === null || change.timestampSeconds < this.#firstSeconds)
      this.#firstSeconds = change.timestampSeconds;
    if (change.operation !== 'insert') this.#count(change.former, -1, at);
    if (change.operation !== 'delete') this.#count(change.row, 1, at);
  }

  #count(row: CanonicalRow, by: number, at: RecordPlace): void {
    const name = this.#name(row);
    const counted = this.#rows.get(name);
    if (counted === undefined) this.#rows.set(name, { count: by, at });
    else if (counted.count + by === 0) this.#rows.delete(name);
    else {
      counted.count += by;
      counted.at = at;
    }
  }

  #name(row: CanonicalRow): string {
    const { low, high } = hashColumns(row, this.#columns);
    return `${low}:${high}`;
  }

  compare(row: CanonicalRow): Finding {
    const counted = this.#rows.get(this.#name(row));
    if (counted === undefined || counted.count <= 0) return { kind: 'never-seen', why: 'unknown' };
    counted.count--;
    return { kind: 'equal' };
  }

  get mayLeaveOut(): boolean {
    return !this.extra().next().done;
  }

  leaveOut(row: CanonicalRow): void {
    this.compare(row);
  }

  *extra(): Generator<{ readonly at: RecordPlace }> {
    for (const { count, at } of this.#rows.values()) for (let left = count; left > 0; left--) yield { at };
  }
}
