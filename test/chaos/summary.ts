import type { RoundResult } from './round-result.ts';

/** The last line of all. */
export interface Totals {
  readonly held: number;
  readonly failed: number;
  readonly void: number;
  readonly lost: number;
  readonly duplicated: number;
  readonly outOfOrder: number;
  readonly kills: number;
  readonly soakMinutes: number;
}

function sum(rounds: readonly RoundResult[], value: (round: RoundResult) => number): number {
  return rounds.reduce((total, round) => total + value(round), 0);
}

export function totals(rounds: readonly RoundResult[]): Totals {
  const count = (verdict: string): number => rounds.filter((round) => round.verdict === verdict).length;
  return {
    held: count('held'),
    failed: count('failed'),
    void: count('void'),
    lost: sum(rounds, ({ lost }) => lost),
    duplicated: sum(rounds, ({ duplicated }) => duplicated),
    outOfOrder: sum(rounds, ({ outOfOrder }) => outOfOrder),
    kills: sum(rounds, ({ kills }) => kills),
    soakMinutes: Math.round(sum(rounds, ({ soakMinutes }) => soakMinutes) * 10) / 10,
  };
}

/** The last round of each scenario, server and seed: one that was repeated counts once. */
export function latest<T extends RoundResult>(rounds: readonly T[]): T[] {
  const inTime = [...rounds].sort((one, other) => Date.parse(one.startedAt) - Date.parse(other.startedAt)); // of several files
  const named = inTime.map((round) => [`${round.scenario} ${round.server} ${round.seed}`, round] as const);
  return [...new Map(named).values()];
}

/** The value below which the share (0 to 1) of the sorted ones lies; undefined where there are none. */
export function percentile(sorted: readonly number[], share: number): number | undefined {
  return sorted[Math.ceil((sorted.length - 1) * share)];
}

/** A round in one line. */
export function roundLine(round: RoundResult): string {
  const { verdict, scenario, server, seed, seconds, transactions, rows, failovers, recoverySeconds } = round;
  const longest =
    recoverySeconds.length === 0 ? '' : `, longest gap ${Math.max(...recoverySeconds).toFixed(2)} s`;
  const head = `${verdict.toUpperCase()} scenario ${scenario} ${server} seed ${seed}: ${seconds.toFixed(0)} s`;
  const counts = `${transactions} transactions, ${rows} rows, ${failovers} changes of leader${longest}`;
  const missing = Object.entries(round.bites).filter(([, isSeen]) => !isSeen);
  const why = [
    ...Object.entries(round.counts).map(([invariant, count]) => `${invariant} broken ${count} times`),
    ...round.unmet.map((text) => `not met: ${text}`),
    ...missing.map(([text]) => `no evidence: ${text}`),
    ...(round.error === null ? [] : [round.error.split('\n')[0] ?? '']),
    ...(round.folder === null ? [] : [`everything to repeat it: ${round.folder}`]),
  ];
  return [`${head}: ${counts}`, ...why.map((text) => `    ${text}`)].join('\n');
}

/** What has accumulated, a line for each scenario and server. */
export function summary(rounds: readonly RoundResult[]): string {
  const names = [...new Set(rounds.map(({ scenario, server }) => `${scenario} ${server}`))];
  return names
    .map((name) => {
      const own = rounds.filter(({ scenario, server }) => `${scenario} ${server}` === name);
      const { held, failed, void: voids, kills, soakMinutes } = totals(own);
      const gaps = own.flatMap(({ recoverySeconds }) => recoverySeconds).sort((one, other) => one - other);
      const at = (share: number): string => (percentile(gaps, share) ?? 0).toFixed(2);
      const times = gaps.length === 0 ? '' : `, gaps p50 ${at(0.5)} s, p99 ${at(0.99)} s, of ${gaps.length}`;
      const soaked = soakMinutes === 0 ? '' : `, ${soakMinutes} min of soak`;
      return `${name.padEnd(14)} ${held} held, ${failed} failed, ${voids} void, ${kills} kills${soaked}${times}`;
    })
    .join('\n');
}
