import { parseArgs } from 'node:util';

export interface BenchOptions {
  /** The base case alone. */
  readonly isQuick: boolean;
  /** peers: the base case, latency, limits, memory and the profile. factors: the base case and every other point. memory: Heaviside's memory alone. */
  readonly part: 'all' | 'peers' | 'factors' | 'memory';
  /** Ends with one line of JSON. */
  readonly isJson: boolean;
  readonly runs: number;
  /** Rows of the base case. */
  readonly rows: number;
  /** No further point is begun after so long; what is left out is told. */
  readonly minutes: number;
  /** Writes docs/bench. */
  readonly writes: boolean;
  /** Maxwell's home folder; null: it is not measured. */
  readonly maxwellHome: string | null;
}

/** The help text. */
export const benchUsage = `usage: npm run bench -- [options]
Heaviside beside Debezium (and Maxwell, where the environment has MAXWELL_HOME), on the local servers: the same binlog,
the same Kafka. The machine should do nothing else. Exits with 1 where a goal is missed.

  --quick     the base case and its latency alone, in less than 5 minutes
  --part X    peers: the base case, latency, limits, memory, profile; factors: the base case and one factor at a time;
              memory: Heaviside's memory under loads that are large in one way, printed and not written
  --json      the last line is {"heaviside":{…},"debezium":{…},"ratio":…}
  --runs N    runs of each figure (3)
  --rows N    rows of the base case (1000000; with --quick 500000)
  --minutes N begins no further point after so long, and tells what it left out (60)
  --write     writes docs/bench/README.md and its plots; not with --quick
`;

function positive(text: string, option: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 1)
    throw new Error(`--${option} takes a whole number above 0\n${benchUsage}`);
  return value;
}

/** Reads the arguments; null: the help was asked for. Throws Error with the usage on a wrong one. */
export function readBenchOptions(args: readonly string[], env: NodeJS.ProcessEnv): BenchOptions | null {
  const { values } = parseArgs({
    args: [...args],
    options: {
      quick: { type: 'boolean', default: false },
      part: { type: 'string', default: 'all' },
      json: { type: 'boolean', default: false },
      runs: { type: 'string', default: '3' },
      rows: { type: 'string' },
      minutes: { type: 'string', default: '60' },
      write: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return null;
  if (values.write && values.quick) throw new Error(`--write needs the whole bench\n${benchUsage}`);
  const { part } = values;
  if (part !== 'all' && part !== 'peers' && part !== 'factors' && part !== 'memory')
    throw new Error(`--part takes peers, factors or memory\n${benchUsage}`);
  const home = env['MAXWELL_HOME'];
  return {
    isQuick: values.quick,
    part,
    isJson: values.json,
    runs: positive(values.runs, 'runs'),
    rows: positive(values.rows ?? (values.quick ? '500000' : '1000000'), 'rows'),
    minutes: positive(values.minutes, 'minutes'),
    writes: values.write,
    maxwellHome: home === undefined || home === '' ? null : home,
  };
}
