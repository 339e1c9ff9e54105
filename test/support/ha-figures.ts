/** Prints a measured time, for the log of the run. */
export function report(what: string, seconds: number): void {
  process.stderr.write(`[ha] ${what}: ${seconds.toFixed(2)} s\n`);
}
