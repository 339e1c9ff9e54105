import { availableParallelism, loadavg } from 'node:os';

/** Prints a measured time, for the log of the run. */
export function report(what: string, seconds: number): void {
  process.stderr.write(`[ha] ${what}: ${seconds.toFixed(2)} s\n`);
}

/**
 * By how much a time may be longer than promised: 1 where the machine has a core for each process that wants one (load
 * average of a minute), else as many times as they take turns.
 */
export function patience(): number {
  return Math.max(1, (loadavg()[0] ?? 0) / availableParallelism());
}
