import { HeavisideError } from '../errors.ts';

export interface SilenceWatchOptions {
  /** Heartbeat period of the source. */
  readonly periodMs: number;
  /** performance.now() of the last packet. */
  readonly lastPacketAt: () => number;
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

  #isSilent(): boolean {
    return !this.#options.isExempt() && performance.now() - this.#options.lastPacketAt() > this.#limitMs;
  }

  #look(): void {
    if (!this.#isSilent()) return;
    // What arrived while our own thread was busy is read first.
    setImmediate(() => {
      if (!this.#isSilent()) return;
      this.stop();
      const seconds = Math.round((performance.now() - this.#options.lastPacketAt()) / 1000);
      this.#options.onSilence(
        new HeavisideError(
          'SOURCE_SILENT',
          `the source sent neither an event nor a heartbeat for ${seconds} s`,
        ),
      );
    });
  }
}
