import type { FoldedRecord } from './topic-history.ts';
import type { CanonicalRow } from './row-change.ts';
import { hashColumns } from './row-hash.ts';
import { rowState, type RecordPlace } from './row-table.ts';
import type { Comparison, Finding, NeverSeen } from './comparison.ts';
import { TopicFold, type FoldOptions } from './topic-fold.ts';
import type { VerifiedTable } from './table-columns.ts';

/** A table with a primary key: row by row. */
export class KeyedComparison implements Comparison {
  readonly #fold: TopicFold;
  readonly #table: VerifiedTable;
  readonly #uncompared: number[];

  constructor(options: FoldOptions) {
    this.#fold = new TopicFold(options);
    this.#table = options.table;
    this.#uncompared = options.table.columns.map(() => 0);
  }

  get records(): number {
    return this.#fold.records;
  }

  get firstSeconds(): number | null {
    return this.#fold.firstSeconds;
  }

  get uncompared(): readonly number[] {
    return this.#uncompared;
  }

  fold({ change, at }: FoldedRecord): void {
    this.#fold.apply(change, at);
  }

  compare(row: CanonicalRow): Finding {
    const { rows } = this.#fold;
    const slot = rows.find(hashColumns(row, this.#table.key));
    if (slot < 0) return { kind: 'never-seen', why: this.#neverSeen(row) };
    const at = rows.at(slot);
    rows.markSeen(slot);
    if (rows.state(slot) === rowState.deleted) return { kind: 'missing', at };
    const columns = this.#fold.columnsOf(slot);
    if (columns.length < this.#uncompared.length)
      for (const column of this.#uncompared.keys())
        if (!columns.includes(column)) this.#uncompared[column] = (this.#uncompared[column] ?? 0) + 1;
    return rows.hasRow(slot, hashColumns(row, columns)) ? { kind: 'equal' } : { kind: 'changed', at };
  }

  /** A row with an AUTO_INCREMENT key beyond those that the topic begins with was inserted while it was written. */
  #neverSeen(row: CanonicalRow): NeverSeen {
    const { counter } = this.#table;
    const first = this.#fold.firstCounters;
    const text = counter === null ? null : row[counter];
    if (first === null || typeof text !== 'string' || !/^-?\d+$/.test(text)) return 'unknown';
    const value = BigInt(text);
    return value > first.most ? 'newer' : value < first.least ? 'older' : 'between';
  }

  leaveOut(row: CanonicalRow): void {
    const slot = this.#fold.rows.find(hashColumns(row, this.#table.key));
    if (slot >= 0) this.#fold.rows.markSeen(slot);
  }

  get mayLeaveOut(): boolean {
    return !this.extra().next().done;
  }

  *extra(): Generator<{ readonly at: RecordPlace }> {
    const { rows } = this.#fold;
    for (const slot of rows.present()) if (!rows.isSeen(slot)) yield { at: rows.at(slot) };
  }
}
