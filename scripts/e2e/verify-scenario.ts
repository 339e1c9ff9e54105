import { LoadConnection, type SqlTarget } from '../../test/support/load-connection.ts';
import { waitUntil } from '../../test/support/wait-until.ts';
import { demand, type Stage } from './stage.ts';

/** What a line of `heaviside verify --json` tells. */
interface VerifyLine {
  readonly table: string;
  readonly isEqual: boolean;
  readonly sourceRows: number;
  readonly mismatchedRows: number;
  readonly missingRows: number;
  readonly extraRows: number;
}

const WAIT_MS = 240_000;
const PLANTED = 'e2e_planted.t';
const TABLES = ['e2e_verify.orders', 'e2e_verify.items', 'e2e_verify.notes', PLANTED];

async function onSource(sql: SqlTarget, statements: readonly string[]): Promise<void> {
  const connection = new LoadConnection(sql, 'mysql');
  await connection.open();
  try {
    for (const statement of statements) await connection.run(statement);
  } finally {
    connection.close();
  }
}

/** Makes a job of the CronJob at once. @returns what it printed, and whether it ended with 0 */
async function runJob(
  { release }: Stage,
  name: string,
): Promise<{ readonly isComplete: boolean; readonly lines: readonly VerifyLine[] }> {
  const { kube, fullName } = release;
  await kube.run('create', 'job', name, `--from=cronjob/${fullName}-verify`);
  const look = async (): Promise<'complete' | 'failed' | undefined> => {
    const { status } = await kube.get<{ status: { succeeded?: number; failed?: number } }>('job', name);
    if ((status.succeeded ?? 0) > 0) return 'complete';
    return (status.failed ?? 0) > 0 ? 'failed' : undefined;
  };
  const end = await waitUntil(look, { timeoutMs: WAIT_MS, everyMs: 500, what: `the job ${name} to end` });
  const text = await kube.run('logs', `job/${name}`);
  const lines = text.split('\n').filter((line) => line.includes('"isEqual"'));
  demand(lines.length === TABLES.length, `the job ${name} told of ${lines.length} tables:\n${text}`);
  return { isComplete: end === 'complete', lines: lines.map((line) => JSON.parse(line) as VerifyLine) };
}

/** Waits until the leader's metrics tell so many mismatched, missing and extra rows of the planted table. */
async function metricsTell({ release }: Stage, rows: number): Promise<void> {
  const wanted = ['mismatched', 'missing', 'extra'].map(
    (kind) => new RegExp(`^heaviside_verify_${kind}_rows\\{.*table="${PLANTED}".*\\} ${rows}$`, 'm'),
  );
  const look = async (): Promise<boolean> => {
    const page = (await release.metrics((await release.leader()).replica)) ?? '';
    return wanted.every((line) => line.test(page));
  };
  await waitUntil(look, { timeoutMs: WAIT_MS, everyMs: 1000, what: `the metrics to tell ${rows} of each` });
}

/** `heaviside verify` as the chart's CronJob, under load: equal, and then with a difference of each kind behind the binlog's back. */
export async function verifyAsCronJob(stage: Stage): Promise<void> {
  const { release, sql, note } = stage;
  const numbers = Array.from({ length: 100 }, (_, index) => `(${index}, ${index})`).join(', ');
  await onSource(sql, [
    'CREATE DATABASE e2e_planted',
    `CREATE TABLE ${PLANTED} (id INT PRIMARY KEY, v INT)`,
    `INSERT INTO ${PLANTED} VALUES ${numbers}`,
  ]);
  // --complete: the topics hold these tables from their first row on; --lock: they are written all the time.
  await release.upgrade([
    'verify.enabled=true',
    `verify.tables={${TABLES.join(',')}}`,
    'verify.args={--json,--quiet,--complete,--lock}',
  ]);
  const equal = await runJob(stage, 'verify-equal');
  demand(equal.isComplete, `differences where there are none: ${JSON.stringify(equal.lines)}`);
  const rows = equal.lines.reduce((sum, { sourceRows }) => sum + sourceRows, 0);
  note(`${rows} rows of ${TABLES.length} tables equal while they are written`);
  await metricsTell(stage, 0);
  await onSource(sql, [
    'SET SESSION sql_log_bin = 0',
    `UPDATE ${PLANTED} SET v = -1 WHERE id = 11`,
    `DELETE FROM ${PLANTED} WHERE id = 12`,
    `INSERT INTO ${PLANTED} VALUES (1000, 0)`,
  ]);
  const different = await runJob(stage, 'verify-different');
  demand(!different.isComplete, 'the job ended with 0 in spite of three differences');
  for (const line of different.lines) {
    const { table, mismatchedRows, missingRows, extraRows } = line;
    const expected = table === PLANTED ? 1 : 0;
    const isAsPlanted = [mismatchedRows, missingRows, extraRows].every((found) => found === expected);
    demand(isAsPlanted, `not the differences that were planted: ${JSON.stringify(line)}`);
  }
  await metricsTell(stage, 1);
  note('the changed, the missing and the extra row were found, and the metrics tell them');
}
