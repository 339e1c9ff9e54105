import { appendFileSync, mkdirSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type { RoundResult } from './round-result.ts';

/** How a run was asked for; `--resume` goes on with the last one. */
export interface RunHead {
  readonly run: string;
  readonly scenarios: readonly string[];
  readonly servers: readonly ('mysql' | 'mariadb')[];
  readonly seed: number;
  readonly minutes: number | null;
  readonly rounds: number | null;
  readonly patience: number;
  readonly isSlice: boolean;
  /** From a fault of a soak to the next. */
  readonly faultEverySeconds: number;
  /** Share of a soak's faults that are a SIGKILL of the leader, beside the random ones. */
  readonly killShare: number;
}

export type StoredRound = RoundResult & { readonly run: string };

/** `.chaos/results.jsonl`: what all sittings have left, one JSON object a line. */
export class ResultsFile {
  readonly #path: string;

  constructor(path: string) {
    this.#path = path;
    mkdirSync(dirname(path), { recursive: true });
  }

  addHead(head: RunHead): void {
    appendFileSync(this.#path, `${JSON.stringify({ head })}\n`);
  }

  addRound(round: StoredRound): void {
    appendFileSync(this.#path, `${JSON.stringify({ round })}\n`);
  }

  /** Null where there is none. */
  lastHead(): RunHead | null {
    return this.#lines().findLast(({ head }) => head !== undefined)?.head ?? null;
  }

  /** The rounds of a run; of all runs where none is given. */
  rounds(run?: string): StoredRound[] {
    const all = this.#lines().flatMap(({ round }) => (round === undefined ? [] : [round]));
    return run === undefined ? all : all.filter((round) => round.run === run);
  }

  #lines(): { readonly head?: RunHead; readonly round?: StoredRound }[] {
    let text: string;
    try {
      text = readFileSync(this.#path, 'utf8');
    } catch {
      return [];
    }
    return text
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line) as { head?: RunHead; round?: StoredRound });
  }
}
