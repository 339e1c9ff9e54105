/** Prints one progress line of the local stack on stderr, which leaves stdout to results. */
export function progress(server: string, message: string): void {
  process.stderr.write(`[stack] ${server}: ${message}\n`);
}
