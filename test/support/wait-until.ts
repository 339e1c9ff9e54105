import { setTimeout as sleep } from 'node:timers/promises';

/** How long to wait, and for what, in the words of the error. */
export interface WaitOptions {
  readonly timeoutMs: number;
  readonly what: string;
  /** Pause between two looks in milliseconds; default 20. */
  readonly everyMs?: number;
  readonly signal?: AbortSignal;
}

/**
 * Looks until the condition gives something other than false, null or undefined, and resolves to that. What the
 * condition throws is thrown at once. Rejects with an Error that names `what` after the timeout.
 */
export async function waitUntil<T>(
  condition: () => T | Promise<T>,
  { timeoutMs, what, everyMs = 20, signal }: WaitOptions,
): Promise<Exclude<T, false | null | undefined>> {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    signal?.throwIfAborted();
    const value = await condition();
    if (value !== false && value !== null && value !== undefined)
      return value as Exclude<T, false | null | undefined>;
    if (performance.now() > deadline) throw new Error(`${what}: not within ${timeoutMs / 1000} s`);
    await sleep(everyMs, undefined, signal === undefined ? {} : { signal }).catch(() =>
      signal?.throwIfAborted(),
    );
  }
}
