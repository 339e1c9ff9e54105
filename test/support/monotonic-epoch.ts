/** Milliseconds since 1970 that never go back and are not moved by clock changes after the process started. */
export function monotonicEpochMs(): number {
  return performance.timeOrigin + performance.now();
}
