import { parseArgs } from 'node:util';
import type { Flavor } from '../../test/support/load-table.ts';

/** What the command line of the demo asks for. */
export interface DemoOptions {
  readonly rows: number;
  /** Rows per second. */
  readonly rate: number;
  readonly seed: number;
  readonly flavor: Flavor;
  /** Which reader the audit takes: the live one of the show, or Java's console consumer. */
  readonly reader: 'kafkajs' | 'java';
  readonly isKept: boolean;
  readonly command: 'show' | 'down' | 'help';
}

/** The help text. */
export const demoUsage = `usage: npm run demo -- [options]

  --rows N          rows that the load writes in all (100000)
  --rate N          rows per second (2000)
  --seed N          seed of the load (the time)
  --mariadb         MariaDB as the source instead of MySQL
  --reader java     the audit reads with Java's console consumer instead of kafkajs's
  --keep            leaves servers, replicas, topic and tables up, described in .demo/demo.json
  --down            takes down what --keep left
`;

function positive(text: string, option: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 1)
    throw new Error(`--${option} takes a whole number above 0\n${demoUsage}`);
  return value;
}

/** Reads the arguments. Throws Error with the usage on a wrong one. */
export function readDemoOptions(args: readonly string[]): DemoOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      rows: { type: 'string', default: '100000' },
      rate: { type: 'string', default: '2000' },
      seed: { type: 'string', default: String(Math.floor(Date.now() / 1000)) },
      mariadb: { type: 'boolean', default: false },
      reader: { type: 'string', default: 'kafkajs' },
      keep: { type: 'boolean', default: false },
      down: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  const { reader } = values;
  if (reader !== 'kafkajs' && reader !== 'java')
    throw new Error(`--reader takes kafkajs or java\n${demoUsage}`);
  return {
    rows: positive(values.rows, 'rows'),
    rate: positive(values.rate, 'rate'),
    seed: positive(values.seed, 'seed'),
    flavor: values.mariadb ? 'mariadb' : 'mysql',
    reader,
    isKept: values.keep,
    command: values.help ? 'help' : values.down ? 'down' : 'show',
  };
}
