import { monotonicEpochMs } from '../support/monotonic-epoch.ts';
import { waitUntil } from '../support/wait-until.ts';
import type { Ground } from './ground.ts';

/** A fault of whose end or beginning the time counts. */
export interface Expectation {
  readonly what: string;
  /** Milliseconds since 1970. */
  readonly since: number;
  readonly limitMs: number;
  /** Records of an epoch above this one count; null: the next record does. */
  readonly above: number | null;
}

const WAIT_MS = 120_000;

/** I9: waits for the first committed record after a fault, and holds the time against the limit. */
export async function expectRecovery(ground: Ground, expectation: Expectation): Promise<number> {
  const { tail, notes, patience, faults } = ground;
  const { what, since, limitMs, above } = expectation;
  const count = tail.records;
  const look = (): number | undefined => {
    if (above !== null) return tail.after(above)[0]?.firstArrivedAt;
    return tail.records > count ? monotonicEpochMs() : undefined;
  };
  const at = await waitUntil(look, { timeoutMs: WAIT_MS, what: `the first record after ${what}` });
  const seconds = Math.max(0, at - since) / 1000;
  const limitSeconds = (limitMs * patience) / 1000;
  notes.recovery({ what, seconds, limitSeconds });
  faults.add(`the stream goes on ${seconds.toFixed(2)} s after ${what}`);
  notes.demand(
    `I9: the stream goes on within ${limitSeconds} s after ${what}, it took ${seconds.toFixed(2)} s`,
    seconds <= limitSeconds,
  );
  return seconds;
}

/** A transaction that a dead leader left open would hide its successor's records: none may be hidden for more than 2 s. */
export async function expectNothingHidden(ground: Ground, above: number): Promise<void> {
  const { tail, notes, patience } = ground;
  const partitions = 3;
  const look = (): boolean => {
    const seen = new Set(tail.after(above).flatMap((epoch) => [...epoch.partitions.keys()]));
    return seen.size === partitions;
  };
  const limitMs = 2000 * patience + 1000; // the load needs a moment to reach all partitions
  const isShown = await waitUntil(look, { timeoutMs: limitMs, what: 'records in all partitions' }).then(
    () => true,
    () => false,
  );
  notes.demand(`records of the new leader are seen in all partitions within ${limitMs / 1000} s`, isShown);
}
