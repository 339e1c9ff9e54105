import type { Clock } from './clock.ts';

/** Exit codes of a process that was told to leave; documented in docs/errors.md. */
export const shutdownExitCodes = {
  /** Left in time. */
  graceful: 0,
  /** The deadline passed before everything had stopped. */
  deadline: 124,
  /** A second signal: 128 + its number, as shells have it. */
  SIGINT: 130,
  SIGTERM: 143,
} as const;

export type ShutdownSignal = 'SIGTERM' | 'SIGINT';

/** What the shutdown needs of `process`. */
export interface SignalSource {
  on(name: ShutdownSignal, listener: (name: ShutdownSignal) => void): unknown;
  off(name: ShutdownSignal, listener: (name: ShutdownSignal) => void): unknown;
}

export interface ShutdownOptions {
  readonly signals: SignalSource;
  readonly clock: Clock;
  /** Time for the graceful way in milliseconds, counted from the first request. */
  readonly deadlineMs: number;
  /** Called before `exit` is: 'signal' on a second signal, 'deadline' when the time is up. */
  readonly onForced?: (reason: 'signal' | 'deadline') => void;
  /** Ends the process. */
  readonly exit: (code: number) => void;
}

/**
 * Leaving: the first SIGTERM or SIGINT (or `request`) aborts `signal`, and whoever holds it stops in order.
 * A second signal, or the deadline, ends the process at once with a code of its own.
 */
export class Shutdown {
  readonly #options: ShutdownOptions;
  readonly #controller = new AbortController();
  readonly #finished = new AbortController();
  readonly #onSignal = (name: ShutdownSignal): void => this.#receive(name);

  constructor(options: ShutdownOptions) {
    this.#options = options;
    options.signals.on('SIGTERM', this.#onSignal);
    options.signals.on('SIGINT', this.#onSignal);
  }

  /** Aborted by the first request; its reason is an Error that names the request. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Asks for the graceful way; a second call changes nothing. */
  request(reason: string): void {
    if (this.#controller.signal.aborted || this.#finished.signal.aborted) return;
    this.#controller.abort(new Error(`shutdown: ${reason}`));
    void this.#enforceDeadline();
  }

  /** Everything has stopped: takes the listeners and the deadline away. May be called twice. */
  finish(): void {
    this.#options.signals.off('SIGTERM', this.#onSignal);
    this.#options.signals.off('SIGINT', this.#onSignal);
    this.#finished.abort();
  }

  #receive(name: ShutdownSignal): void {
    if (!this.#controller.signal.aborted) this.request(name);
    else this.#force('signal', shutdownExitCodes[name]);
  }

  async #enforceDeadline(): Promise<void> {
    try {
      await this.#options.clock.sleep(this.#options.deadlineMs, this.#finished.signal);
    } catch {
      return; // finished in time
    }
    this.#force('deadline', shutdownExitCodes.deadline);
  }

  #force(reason: 'signal' | 'deadline', code: number): void {
    this.#options.onForced?.(reason);
    this.#options.exit(code);
  }
}
