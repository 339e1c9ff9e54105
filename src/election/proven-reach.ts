import type { Presence } from './presence-board.ts';

export interface ReachQuestion {
  /** The replica that asks. */
  readonly replica: string;
  readonly what: 'kafka' | 'source';
  /** How old the other's proof may be, in milliseconds: what was proven before the outage here says nothing, for it may be everybody's. */
  readonly withinMs: number;
}

/** Whether a fresh entry of another replica says that it reaches what this one cannot (takeover.md, rule 25). */
export function isReachedByOther(
  entries: readonly Presence[],
  { replica, what, withinMs }: ReachQuestion,
): boolean {
  return entries.some(
    (other) =>
      other.replica !== replica &&
      (what === 'kafka' ? other.kafkaReachable : other.sourceReachable) &&
      other.provedAgoMs !== null &&
      other.provedAgoMs + other.ageMs < withinMs,
  );
}
