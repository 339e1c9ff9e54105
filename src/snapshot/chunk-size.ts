const FIRST_ROWS = 500;
const MIN_ROWS = 1;
const MAX_ROWS = 20_000;
/** A SELECT is to take about as long. */
const TARGET_MS = 100;
/** Row images of one chunk. */
const MAX_BYTES = 2 * 1024 * 1024;

/** How many rows the next SELECT asks for: so many that it takes about 100 ms and 2 MiB. */
export class ChunkSize {
  #rows = FIRST_ROWS;

  get rows(): number {
    return this.#rows;
  }

  /** After a chunk: at most twice, at least half of what it was. */
  adapt(chunk: { readonly count: number; readonly byteLength: number }, milliseconds: number): void {
    if (chunk.count === 0) return;
    const byTime = this.#rows * Math.min(2, Math.max(0.5, TARGET_MS / Math.max(1, milliseconds)));
    const byBytes = (MAX_BYTES * chunk.count) / Math.max(1, chunk.byteLength);
    this.#rows = Math.round(Math.max(MIN_ROWS, Math.min(MAX_ROWS, byTime, byBytes)));
  }

  /** The chunk could not be used: a smaller window is touched less. */
  halve(): void {
    this.#rows = Math.max(MIN_ROWS, this.#rows >> 1);
  }
}
