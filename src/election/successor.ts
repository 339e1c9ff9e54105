import type { Presence } from './presence-board.ts';

/** A leader that is told to end, and what it may hand over to. */
export interface SuccessorQuestion {
  /** The leader that ends. */
  readonly leader: string;
  /** How old a proof of reaching Kafka and the source may be, in milliseconds. */
  readonly withinMs: number;
}

const byName = new Intl.Collator('en', { numeric: true });

/** Whether it runs another program or configuration and was started later: in a rolling update, one that is updated already. */
function isUpdated(other: Presence, leader: Presence): boolean {
  if (other.startedAt === undefined || leader.startedAt === undefined) return false;
  const isOther = other.version !== leader.version || other.config !== leader.config;
  return isOther && other.startedAt > leader.startedAt;
}

/**
 * Who is to lead after a leader that ends: a standby that is updated already, else the one with the lowest number. A
 * StatefulSet updates its pods from the highest number down, so a rolling update changes the leader twice at most.
 * Undefined where no standby has shown lately that it could lead: whoever comes first may.
 */
export function successor(
  entries: readonly Presence[],
  { leader, withinMs }: SuccessorQuestion,
): string | undefined {
  const mine = entries.find(({ replica }) => replica === leader);
  const [first] = entries
    .filter(
      (other) =>
        other.replica !== leader &&
        other.role === 'standby' &&
        other.kafkaReachable &&
        other.sourceReachable &&
        other.provedAgoMs !== null &&
        other.provedAgoMs + other.ageMs < withinMs,
    )
    .map((other) => ({ name: other.replica, updated: mine !== undefined && isUpdated(other, mine) }))
    .sort((a, b) => Number(b.updated) - Number(a.updated) || byName.compare(a.name, b.name));
  return first?.name;
}
