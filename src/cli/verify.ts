import { redisNodes } from '../assembly/redis-nodes.ts';
import type { Config } from '../config/config.ts';
import { duration, integer, text } from '../config/option-type.ts';
import { asHeavisideError, HeavisideError } from '../errors.ts';
import type { Log } from '../observability/log.ts';
import { Progress } from '../verify/progress.ts';
import { renderResult } from '../verify/report.ts';
import type { TableResult } from '../verify/table-result.ts';
import { writeMetricsFile } from '../verify/metrics-file.ts';
import { VerifyResults } from '../verify/verify-results.ts';
import { verifyTables } from '../verify/verify-tables.ts';
import { jsonFlag, type Command, type CommandCall } from './command.ts';
import { openCommandLog } from './command-log.ts';
import { parseTable } from './table-name.ts';

const defaultTimeoutMs = 60_000;
const defaultShow = 20;

/** Lets every replica's metrics tell of the results. A Redis that is away makes none of them wrong. */
async function publish(config: Config, log: Log, results: readonly TableResult[]): Promise<void> {
  const nodes = redisNodes(config, log);
  try {
    const board = new VerifyResults({ nodes, clientId: config.clientId });
    for (const result of results) await board.save(result);
  } catch (cause) {
    process.stderr.write(`the results are not on the metrics pages: ${asHeavisideError(cause).message}\n`);
  } finally {
    for (const node of nodes) node.close();
  }
}

async function verify({ words, flags, load }: CommandCall): Promise<number> {
  if (words.length === 0)
    throw new HeavisideError('COMMAND_FAILED', 'usage: heaviside verify DATABASE.TABLE …');
  const tables = words.map(parseTable);
  const { config } = load();
  const log = openCommandLog(config, 'verify');
  const progress = new Progress(flags.has('--quiet') ? null : process.stderr);
  const where = flags.text('--where');
  const results: TableResult[] = [];
  try {
    for await (const result of verifyTables(config, tables, {
      where,
      max: flags.text('--max'),
      created: flags.text('--created'),
      isComplete: flags.has('--complete'),
      locks: flags.has('--lock'),
      show: flags.number('--show') ?? defaultShow,
      timeoutMs: flags.number('--timeout') ?? defaultTimeoutMs,
      progress,
      log,
    })) {
      results.push(result);
      process.stdout.write(flags.has('--json') ? `${JSON.stringify(result)}\n` : renderResult(result));
    }
    return results.every(({ isEqual }) => isEqual) ? 0 : 1;
  } finally {
    progress.end();
    const file = flags.text('--metrics-file');
    if (file !== null) writeMetricsFile(file, config.clientId, results);
    // Rows of a part of the table only would pass for those of all.
    if (config.ha.isEnabled && where === null) await publish(config, log, results);
  }
}

export const verifyCommand: Command = {
  name: 'verify',
  about:
    'Compares live tables with what a consumer of their topics holds, exactly at one snapshot of the source: counts, a checksum of every row, the largest value of a column. Changes nothing.',
  usages: [
    {
      words: 'verify DATABASE.TABLE …',
      summary: 'Compare tables with their topics, row by row; docs/verify.md.',
    },
  ],
  flags: {
    '--where': {
      type: text('SQL'),
      summary: 'Only the rows of the source for which this expression is true.',
    },
    '--max': {
      type: text('COLUMN'),
      summary: 'Tell the largest value of a number or time column on both sides too.',
    },
    '--complete': {
      type: null,
      summary: 'The topic holds the table from its first row on: a row that no record tells of is missing.',
    },
    '--created': {
      type: text('COLUMN'),
      summary: 'When a row was made: one that is younger than the topic and in no record is missing.',
    },
    '--lock': {
      type: null,
      summary:
        'Take the snapshot under LOCK TABLES … READ, for milliseconds; for tables that are written all the time.',
    },
    '--timeout': {
      type: duration(1000),
      summary: `How long a cluster that does not come on is waited for (default ${defaultTimeoutMs / 1000}s).`,
    },
    '--show': {
      type: integer(0, 1_000_000),
      summary: `How many differences are told one by one, with key and place (default ${defaultShow}).`,
    },
    '--metrics-file': {
      type: text('FILE'),
      summary: "Write the counts in Prometheus's text format, for a textfile collector.",
    },
    '--quiet': { type: null, summary: 'No progress on stderr.' },
    '--json': { ...jsonFlag, summary: 'Write a line of JSON a table on stdout instead of text.' },
  },
  exitCodes: [
    { code: 0, meaning: 'All tables are equal to their topics; rows that are not covered do not count.' },
    { code: 1, meaning: 'Differences were found (or CONFIG_INVALID, COMMAND_FAILED: nothing was compared).' },
    {
      code: 11,
      meaning: 'VERIFY_IMPOSSIBLE: the table or the configuration does not allow it; the reason is told.',
    },
    { code: 12, meaning: "VERIFY_NOT_REACHED: the cluster's position does not reach the snapshot." },
  ],
  run: verify,
};
