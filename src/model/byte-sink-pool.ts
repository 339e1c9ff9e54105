import { ByteSink } from './byte-sink.ts';

/** Sinks that were written full, kept for the next ones: a grown buffer is neither grown, nor mapped, nor collected again. */
export class ByteSinkPool {
  readonly #firstBytes: number;
  readonly #maxBytes: number;
  readonly #free: ByteSink[] = [];
  #bytes = 0;

  /**
   * @param firstBytes capacity of a new sink
   * @param maxBytes capacity that is kept in all; what is given back beyond it is dropped
   */
  constructor(firstBytes: number, maxBytes: number) {
    this.#firstBytes = firstBytes;
    this.#maxBytes = maxBytes;
  }

  /** An empty sink. */
  take(): ByteSink {
    const sink = this.#free.pop();
    if (sink === undefined) return new ByteSink(this.#firstBytes);
    this.#bytes -= sink.buffer.length;
    return sink;
  }

  /** Takes a sink back that nobody uses any more, nor a view on its buffer. */
  give(sink: ByteSink): void {
    if (this.#bytes + sink.buffer.length > this.#maxBytes) return;
    sink.reset();
    this.#bytes += sink.buffer.length;
    this.#free.push(sink);
  }
}
