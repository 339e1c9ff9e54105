import type { Invariant } from './checker/findings.ts';

/** held: all invariants held and the fault bit; void: it did not bite, which proves nothing. */
export type Verdict = 'held' | 'failed' | 'void';

/** What a round leaves: one JSON line in `.chaos/results.jsonl`. */
export interface RoundResult {
  readonly scenario: string;
  readonly server: string;
  readonly seed: number;
  readonly verdict: Verdict;
  readonly startedAt: string;
  readonly seconds: number;
  readonly patience: number;
  readonly error: string | null;
  /** Invariant → how often it was broken. */
  readonly counts: Readonly<Partial<Record<Invariant, number>>>;
  readonly lost: number;
  readonly duplicated: number;
  readonly outOfOrder: number;
  readonly transactions: number;
  readonly rows: number;
  readonly kills: number;
  readonly failovers: number;
  readonly soakMinutes: number;
  readonly recoverySeconds: readonly number[];
  /** Demands of the scenario that were not met, I9 among them. */
  readonly unmet: readonly string[];
  readonly bites: Readonly<Record<string, boolean>>;
  readonly figures: Readonly<Record<string, number | string>>;
  /** Where everything is that repeats it; null where it held. */
  readonly folder: string | null;
}
