/** As many as Maxwell's reservoirs keep. */
const CAPACITY = 1028;

/** The last values of something that happens often, for quantiles at a scrape. Adding costs a store. */
export class SampleReservoir {
  readonly #values = new Float64Array(CAPACITY);
  #count = 0;

  add(value: number): void {
    this.#values[this.#count++ % CAPACITY] = value;
  }

  /** Values since the start. */
  get count(): number {
    return this.#count;
  }

  /** The values at these shares (0 to 1) of those that are kept, by the nearest rank; 0 while there are none. */
  quantiles(shares: readonly number[]): number[] {
    const sorted = this.#values.slice(0, Math.min(this.#count, CAPACITY)).sort();
    return shares.map((share) => sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? 0);
  }
}
