import { HeavisideError } from '../errors.ts';

export interface SilenceWatchOptions {
  /** Heartbeat period of the source. */
  readonly periodMs: number;
  /** performance.now() of the last packet. */
  readonly lastPacketAt: () => number;
  /** Bytes that the link has brought so far: a large event is no silence while it comes, however slow the link is. */
  readonly receivedBytes: () => number;
  /** Whether silence is of our own making now. */
  readonly isExempt: () => boolean;
  readonly onSilence: (error: HeavisideError) => void;
}

/** Periods without a packet after which the link counts as half-open. */
const SILENT_PERIODS = 3;
/** A server may search its files for a while before the first event. */
const FIRST_EVENT_MS = 60_000;

/** Notices a source that sends neither events nor heartbeats. */
export class SilenceWatch {
  readonly #options: SilenceWatchOptions;
  readonly #timer: NodeJS.Timeout;
  #limitMs: number;
  #receivedBytes = 0;
  #lastBytesAt = Number.NEGATIVE_INFINITY;

  constructor(options: SilenceWatchOptions) {
    this.#options = options;
    this.#limitMs = Math.max(options.periodMs * SILENT_PERIODS, FIRST_EVENT_MS);
    this.#timer = setInterval(() => this.#look(), options.periodMs / 2);
    this.#timer.unref();
  }

  /** From now on heartbeats are due. */
  arm(): void {
    this.#limitMs = this.#options.periodMs * SILENT_PERIODS;
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #silentMs(): number {
    return performance.now() - Math.max(this.#options.lastPacketAt(), this.#lastBytesAt);
  }

  #isSilent(): boolean {
    return !this.#options.isExempt() && this.#silentMs() > this.#limitMs;
  }

  #look(): void {
    const receivedBytes = this.#options.receivedBytes();
    if (receivedBytes !== this.#receivedBytes) {
      this.#receivedBytes = receivedBytes;
      this.#lastBytesAt = performance.now();
    }
    if (!this.#isSilent()) return;
    // What arrived while our own thread was busy is read first.
    setImmediate(() => {
      if (!this.#isSilent()) return;
      this.stop();
      const seconds = Math.round(this.#silentMs() / 1000);
      this.#options.onSilence(
        new HeavisideError(
          'SOURCE_SILENT',
          `the source sent neither an event nor a heartbeat for ${seconds} s`,
        ),
      );
    });
  }
}
