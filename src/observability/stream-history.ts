/** How the stream was at one moment; null where that was not known. */
export interface StreamSample {
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly lagSeconds: number | null;
  readonly rowsPerSecond: number | null;
}

/** The last samples, oldest first: the curves of the status page. */
export class StreamHistory {
  readonly #size: number;
  readonly #samples: StreamSample[] = [];

  /** @param size samples that are kept, 1 or more */
  constructor(size: number) {
    this.#size = size;
  }

  add(sample: StreamSample): void {
    this.#samples.push(sample);
    if (this.#samples.length > this.#size) this.#samples.shift();
  }

  get samples(): readonly StreamSample[] {
    return this.#samples;
  }
}
