import type { Clock } from './clock.ts';
import type { MemoryReading } from './memory-usage.ts';

export interface MemoryGuardOptions {
  readonly clock: Clock;
  readonly read: () => readonly MemoryReading[];
  /** Once each time a kind of memory passes `warnRatio`. */
  readonly onWarn: (reading: MemoryReading) => void;
  /** Once: memory stood at `leaveRatio` in two looks on end, so that no garbage awaiting its collector ends the process. */
  readonly onLeave: (reading: MemoryReading) => void;
  /** Part of the limit, 0 to 1. Default 0.85. */
  readonly warnRatio?: number;
  /** Part of the limit, 0 to 1. Default 0.95. */
  readonly leaveRatio?: number;
  /** Time between two looks in milliseconds. Default 1000. */
  readonly intervalMs?: number;
}

/** A kind warns anew only after it fell this far below the warning. */
const hysteresis = 0.05;
const looksBeforeLeaving = 2;

/** Warns and leaves before the kernel or V8 ends the process without a word. */
export class MemoryGuard {
  readonly #options: Required<MemoryGuardOptions>;
  readonly #warned = new Set<MemoryReading['kind']>();
  readonly #looksAtLimit = new Map<MemoryReading['kind'], number>();
  #hasLeft = false;

  constructor(options: MemoryGuardOptions) {
    this.#options = { warnRatio: 0.85, leaveRatio: 0.95, intervalMs: 1000, ...options };
  }

  /** Looks every `intervalMs` until the signal aborts or `onLeave` was called; never rejects. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted && !this.#hasLeft) {
      this.look();
      try {
        await this.#options.clock.sleep(this.#options.intervalMs, signal);
      } catch {
        return;
      }
    }
  }

  /** One look at all kinds of memory. */
  look(): void {
    for (const reading of this.#options.read()) this.#judge(reading);
  }

  #judge(reading: MemoryReading): void {
    const { warnRatio, leaveRatio, onWarn, onLeave } = this.#options;
    const { kind } = reading;
    const ratio = reading.usedBytes / reading.limitBytes;

    if (ratio < warnRatio - hysteresis) this.#warned.delete(kind);
    if (ratio >= warnRatio && !this.#warned.has(kind)) {
      this.#warned.add(kind);
      onWarn(reading);
    }

    const looks = ratio >= leaveRatio ? (this.#looksAtLimit.get(kind) ?? 0) + 1 : 0;
    this.#looksAtLimit.set(kind, looks);
    if (looks >= looksBeforeLeaving && !this.#hasLeft) {
      this.#hasLeft = true;
      onLeave(reading);
    }
  }
}
