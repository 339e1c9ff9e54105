import { join } from 'node:path';
import type { ResultsFile, RunHead, StoredRound } from './results-file.ts';
import { Round } from './round.ts';
import type { Scenario } from './scenario.ts';
import { scenarios } from './scenarios/all.ts';

const SOAK = '15';
const DEFAULT_SOAK_MINUTES = 10;
const LONGEST_SOAK_ROUND_MINUTES = 15;

export interface CampaignOptions {
  readonly head: RunHead;
  readonly results: ResultsFile;
  /** Where rounds work and failed ones are kept. */
  readonly folder: string;
  readonly signal: AbortSignal;
  readonly say: (text: string) => void;
  readonly onRound: (round: StoredRound) => void;
}

interface Planned {
  readonly scenario: Scenario;
  readonly server: RunHead['servers'][number];
  readonly seed: number;
  readonly minutes: number;
}

/** The rounds of a run, one after the other, without those that an earlier sitting has done. */
export class Campaign {
  readonly #options: CampaignOptions;
  readonly #startedAt = performance.now();

  constructor(options: CampaignOptions) {
    this.#options = options;
  }

  /** Ends after the last round, or after the round in hand once the signal is aborted. */
  async run(): Promise<void> {
    const { head, results, folder, signal, say, onRound } = this.#options;
    const done = new Set(results.rounds(head.run).map(nameOf));
    for (const planned of this.#plan()) {
      if (signal.aborted) return;
      const { scenario, server, seed, minutes } = planned;
      if (done.has(nameOf({ scenario: scenario.id, server, seed }))) continue;
      say(`scenario ${scenario.id} (${scenario.name}), ${server}, seed ${seed}`);
      const round = new Round({
        scenario,
        flavor: server,
        seed,
        minutes,
        patience: head.patience,
        isSlice: head.isSlice,
        faultEverySeconds: head.faultEverySeconds,
        killShare: head.killShare,
        folder: join(folder, `${head.run}-${scenario.id}-${server}-${seed}`),
        say: (text) => say(`${scenario.id} ${server}: ${text}`),
        signal,
      });
      const result = await round.run();
      if (result === null) return; // stopped half-way: it is done again by the next sitting
      const stored = { run: head.run, ...result };
      results.addRound(stored);
      onRound(stored);
    }
  }

  *#plan(): Generator<Planned> {
    const { head } = this.#options;
    const chosen = scenarios.filter(({ id }) => head.scenarios.includes(id));
    for (let number = 0; ; number++) {
      let isAny = false;
      for (const scenario of chosen)
        for (const server of head.servers) {
          const minutes = scenario.id === SOAK ? this.#soakMinutes() : 0;
          if (!this.#isDue(scenario, number)) continue;
          isAny = true;
          yield { scenario, server, seed: head.seed + number, minutes };
        }
      if (!isAny) return;
    }
  }

  #soakMinutes(): number {
    const { minutes, isSlice } = this.#options.head;
    return isSlice ? 1 : Math.min(minutes ?? DEFAULT_SOAK_MINUTES, LONGEST_SOAK_ROUND_MINUTES);
  }

  #isDue(scenario: Scenario, number: number): boolean {
    const { minutes, rounds, isSlice } = this.#options.head;
    const spent = (performance.now() - this.#startedAt) / 60_000;
    if (rounds !== null) return number < rounds;
    if (minutes !== null) return spent < minutes;
    return number < (isSlice ? 1 : scenario.rounds);
  }
}

function nameOf({ scenario, server, seed }: { scenario: string; server: string; seed: number }): string {
  return `${scenario} ${server} ${seed}`;
}
