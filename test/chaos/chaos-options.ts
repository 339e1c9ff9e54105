import { parseArgs } from 'node:util';
import type { RunHead } from './results-file.ts';
import { scenarios } from './scenarios/all.ts';

/** What `npm run chaos` was asked for. */
export interface ChaosOptions {
  readonly mode: 'run' | 'resume' | 'self-test' | 'summary' | 'report' | 'help';
  /** Without the name of the run. */
  readonly head: Omit<RunHead, 'run'>;
  /** True: the results of the rounds as JSON lines on stdout instead of text. */
  readonly isJson: boolean;
}

const SLICE = 'slice';
const FAULT_EVERY_S = 120;

/** A wrong command line. */
export class UsageError extends Error {}

export const usage = `usage: npm run chaos -- [options]
  --scenario LIST     numbers, as 1,4a,15 (4 stands for 4a and 4b); default all
  --server WHICH      mysql, mariadb or both (default)
  --seed N            of the first round; the rounds after it take N+1, N+2 … (default: from the clock)
  --rounds N          of each scenario and server (default: as many as the scenario asks for)
  --minutes N         go on with rounds for so long; with scenario 15: length of the soak (default 10)
  --fault-every S     seconds from a fault of a soak to the next, above 10 (default 120)
  --kill-share P      share of a soak's faults that are a SIGKILL of the leader, beside the random ones (0 to 1, default 0)
  --patience F        factor on every limit of time, for a machine that is busy (default 1)
  --slice             the short version for CI: one cluster a server, all faults in it; with --scenario: fewer rounds
  --resume            go on with the run that was stopped last
  --json              one JSON line a round on stdout
  --self-test         check the checker: a good log into which faults are planted
  --summary           what has accumulated in .chaos/results.jsonl; of a seed the last round counts
  --report            the same as docs/chaos-results.md
scenarios:
${scenarios.map(({ id, name }) => `  ${id.padEnd(4)} ${name}`).join('\n')}
Exit code: 0 held; 1 failed or void; 2 wrong command line; 130 stopped by Ctrl-C (then --resume).
`;

function number(text: string | undefined, option: string): number | null {
  if (text === undefined) return null;
  const value = Number(text);
  if (!(value > 0) && !(option === 'seed' && value === 0))
    throw new UsageError(`--${option} takes a number above 0, not "${text}"`);
  return value;
}

function chosen(text: string | undefined, isSlice: boolean): string[] {
  if (text === undefined) return scenarios.filter(({ id }) => (id === SLICE) === isSlice).map(({ id }) => id);
  return text.split(',').flatMap((wanted) => {
    const found = scenarios.filter(({ id }) => id === wanted || id.replace(/[a-z]$/, '') === wanted);
    if (found.length === 0) throw new UsageError(`there is no scenario "${wanted}"`);
    return found.map(({ id }) => id);
  });
}

/** Throws UsageError. */
export function readChaosOptions(argv: readonly string[]): ChaosOptions {
  const flag = { type: 'boolean', default: false } as const;
  let values;
  try {
    ({ values } = parseArgs({
      args: [...argv],
      options: {
        scenario: { type: 'string' },
        server: { type: 'string', default: 'both' },
        seed: { type: 'string' },
        rounds: { type: 'string' },
        minutes: { type: 'string' },
        patience: { type: 'string' },
        'fault-every': { type: 'string' },
        'kill-share': { type: 'string' },
        slice: flag,
        resume: flag,
        json: flag,
        'self-test': flag,
        summary: flag,
        report: flag,
        help: flag,
      },
    }));
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
  const { server, slice, json } = values;
  if (!['mysql', 'mariadb', 'both'].includes(server)) throw new UsageError(`there is no server "${server}"`);
  const mode =
    (['help', 'self-test', 'summary', 'report', 'resume'] as const).find((each) => values[each]) ?? 'run';
  return {
    mode,
    isJson: json,
    head: {
      scenarios: chosen(values.scenario, slice),
      servers: server === 'both' ? ['mysql', 'mariadb'] : [server as 'mysql' | 'mariadb'],
      seed: number(values.seed, 'seed') ?? Math.floor(Date.now() / 1000) % 1_000_000,
      minutes: number(values.minutes, 'minutes'),
      rounds: number(values.rounds, 'rounds'),
      patience: number(values.patience, 'patience') ?? 1,
      isSlice: slice,
      killShare: number(values['kill-share'], 'kill-share') ?? 0,
      faultEverySeconds: number(values['fault-every'], 'fault-every') ?? FAULT_EVERY_S,
    },
  };
}
