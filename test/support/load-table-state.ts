import type { SeededRandom } from './seeded-random.ts';

/** The JSON texts of a row in column order. */
export type RowTexts = readonly string[];

/** What one connection's part of a table holds, with an undo for transactions that are rolled back. */
export class LoadTableState {
  readonly #rows = new Map<number, RowTexts>();
  readonly #present: number[] = [];
  readonly #places = new Map<number, number>();
  /** Row numbers that were used once and are free again → the greatest `ver` they ever had. */
  readonly #retired = new Map<number, number>();
  readonly #verColumn: number;
  readonly #undo: [number, RowTexts | undefined][] = [];
  #nextNumber: number;

  constructor(verColumn: number, firstNumber: number) {
    this.#verColumn = verColumn;
    this.#nextNumber = firstNumber;
  }

  get size(): number {
    return this.#present.length;
  }

  /** The row of this number. Throws RangeError where there is none. */
  row(n: number): RowTexts {
    const row = this.#rows.get(n);
    if (row === undefined) throw new RangeError(`no row ${n}`);
    return row;
  }

  /** A row number that is free, new or used before, and the `ver` with which it has to start. */
  freeNumber(random: SeededRandom, isReuseAllowed: boolean): { readonly n: number; readonly ver: number } {
    const [used] = this.#retired;
    if (isReuseAllowed && used !== undefined && random.chance(0.2)) return { n: used[0], ver: used[1] + 1 };
    this.#nextNumber += 1;
    return { n: this.#nextNumber - 1, ver: 1 };
  }

  /** Up to `count` different row numbers that are present, smallest first. */
  pick(count: number, random: SeededRandom): number[] {
    const picked = new Set<number>();
    const wanted = Math.min(count, this.size);
    while (picked.size < wanted) picked.add(random.pick(this.#present));
    return [...picked].sort((a, b) => a - b);
  }

  /** Puts a row, or takes it away (undefined). */
  set(n: number, row: RowTexts | undefined): void {
    this.#undo.push([n, this.#rows.get(n)]);
    this.#put(n, row);
  }

  /** Takes back everything since the last `keep`. Numbers that were new stay used. */
  undo(): void {
    for (const [n, row] of this.#undo.reverse()) this.#put(n, row);
    this.#undo.length = 0;
  }

  /** Makes everything since the last `keep` final. */
  keep(): void {
    this.#undo.length = 0;
  }

  #put(n: number, row: RowTexts | undefined): void {
    const place = this.#places.get(n);
    const former = this.#rows.get(n);
    if (row !== undefined) {
      this.#rows.set(n, row);
      this.#retired.delete(n);
      if (place === undefined) this.#places.set(n, this.#present.push(n) - 1);
      return;
    }
    if (place === undefined || former === undefined) return;
    this.#rows.delete(n);
    this.#places.delete(n);
    this.#retired.set(n, Number(former[this.#verColumn]));
    const last = this.#present.pop();
    if (last === undefined || last === n) return;
    this.#present[place] = last;
    this.#places.set(last, place);
  }
}
