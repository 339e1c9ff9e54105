const FIRST_ROWS = 500;
const MIN_ROWS = 1;
/** The stream waits while a chunk is written: some tens of milliseconds for so many. */
const MAX_ROWS = 5000;
/** A SELECT is to take about as long. */
const TARGET_MS = 50;
/** Row images of one chunk. */
const MAX_BYTES = 1024 * 1024;

/** How many rows the next SELECT asks for: so many that it takes about 50 ms and 1 MiB. */
export class ChunkSize {
  readonly #maxRows: number;
  #rows: number;

  /** @param rowsPerSecond a bound on the rate: a chunk has a quarter of a second's worth at most; null: none */
  constructor(rowsPerSecond: number | null) {
    this.#maxRows = rowsPerSecond === null ? MAX_ROWS : Math.max(50, Math.min(MAX_ROWS, rowsPerSecond / 4));
    this.#rows = Math.round(Math.min(FIRST_ROWS, this.#maxRows));
  }

  get rows(): number {
    return this.#rows;
  }

  /** After a chunk: at most twice, at least half of what it was. */
  adapt(chunk: { readonly count: number; readonly byteLength: number }, milliseconds: number): void {
    if (chunk.count === 0) return;
    const byTime = this.#rows * Math.min(2, Math.max(0.5, TARGET_MS / Math.max(1, milliseconds)));
    const byBytes = (MAX_BYTES * chunk.count) / Math.max(1, chunk.byteLength);
    this.#rows = Math.round(Math.max(MIN_ROWS, Math.min(this.#maxRows, byTime, byBytes)));
  }

  /** The chunk could not be used: a smaller window is touched less. */
  halve(): void {
    this.#rows = Math.max(MIN_ROWS, this.#rows >> 1);
  }
}
