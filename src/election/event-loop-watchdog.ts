import { Worker } from 'node:worker_threads';

const TICK_MS = 100;

/** Cells of the shared array: the main thread's ticks, and the limit in ms (0: not armed). */
const TICKS = 0;
const LIMIT = 1;

// Text, so that it runs the same from src and from dist. It counts its own steps instead of reading a clock: after a
// SIGSTOP, which stops it too, it has slept one step, however long the process stood still.
const workerCode = `
const { writeSync } = require('node:fs');
const { workerData } = require('node:worker_threads');
const cells = new Int32Array(workerData);
let seen = Atomics.load(cells, ${TICKS});
let stalledMs = 0;
for (;;) {
  const limit = Atomics.load(cells, ${LIMIT});
  if (limit === 0) {
    Atomics.wait(cells, ${LIMIT}, 0);
    seen = Atomics.load(cells, ${TICKS});
    stalledMs = 0;
    continue;
  }
  const stepMs = Math.min(${TICK_MS}, limit / 4);
  if (Atomics.wait(cells, ${LIMIT}, limit, stepMs) !== 'timed-out') { stalledMs = 0; continue; }
  const ticks = Atomics.load(cells, ${TICKS});
  stalledMs = ticks === seen ? stalledMs + stepMs : 0;
  seen = ticks;
  if (stalledMs < limit) continue;
  const line = { level: 'fatal', message: 'event loop blocked past its limit while leading; ending the process', limitMs: limit, pid: process.pid };
  try { writeSync(2, JSON.stringify(line) + '\\n'); } catch {}
  process.kill(process.pid, 'SIGKILL');
}
`;

/**
 * Ends the process with SIGKILL if the event loop stands still for too long while it leads: a leader that cannot see
 * its signal must not go on when it wakes. process.exit in a worker would leave the main thread running (takeover.md, rule 26).
 */
export class EventLoopWatchdog {
  readonly #cells = new Int32Array(new SharedArrayBuffer(8));
  readonly #worker: Worker;
  #ticker: NodeJS.Timeout | null = null;

  constructor() {
    this.#worker = new Worker(workerCode, {
      eval: true,
      workerData: this.#cells.buffer,
      execArgv: [],
      env: {},
    });
    this.#worker.unref();
  }

  /** @param limitMs how long the event loop may stand still, 200 or more */
  arm(limitMs: number): void {
    if (!(limitMs >= 200)) throw new RangeError(`limitMs must be 200 or more, not ${limitMs}`);
    Atomics.add(this.#cells, TICKS, 1);
    this.#setLimit(Math.ceil(limitMs));
    this.#ticker ??= setInterval(
      () => void Atomics.add(this.#cells, TICKS, 1),
      Math.min(TICK_MS, limitMs / 4),
    );
    this.#ticker.unref();
  }

  disarm(): void {
    if (this.#ticker !== null) clearInterval(this.#ticker);
    this.#ticker = null;
    this.#setLimit(0);
  }

  /** Ends the thread. */
  async close(): Promise<void> {
    this.disarm();
    await this.#worker.terminate();
  }

  #setLimit(limitMs: number): void {
    Atomics.store(this.#cells, LIMIT, limitMs);
    Atomics.notify(this.#cells, LIMIT);
  }
}
