import { monotonicEpochMs } from '../support/monotonic-epoch.ts';
import type { LiveTail } from './live-tail.ts';
import type { LedgerEntry } from './writer/ledger.ts';

const LAG_LIMIT_MS = 30_000;

/** The share (0 to 1) of the time since `from` in which no acknowledged transaction was late by 30 s or more. */
export function availability(entries: readonly LedgerEntry[], tail: LiveTail, from: number): number {
  const to = monotonicEpochMs();
  const late = entries
    .filter(({ changes }) => changes.some(({ isHidden }) => !isHidden))
    .map(({ gtid, acknowledgedAt }) => ({
      from: Math.max(from, acknowledgedAt + LAG_LIMIT_MS),
      to: Math.min(to, gtid === null ? acknowledgedAt : (tail.arrivals.get(gtid) ?? to)),
    }))
    .filter((span) => span.to > span.from)
    .sort((one, other) => one.from - other.from);
  let lateMs = 0;
  let end = from;
  for (const span of late) {
    lateMs += Math.max(0, span.to - Math.max(end, span.from));
    end = Math.max(end, span.to);
  }
  return 1 - lateMs / (to - from);
}
