import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { RedisParts } from '../assembly/redis-parts.ts';
import { text } from '../config/option-type.ts';
import { HeavisideError } from '../errors.ts';
import { tableLabel, type SnapshotProgress } from '../model/snapshot-progress.ts';
import { parsePositionRecord } from '../model/position-record.ts';
import { ReplicaState } from '../replica-state.ts';
import type { SnapshotRequest } from '../snapshot/snapshot-request.ts';
import type { SnapshotView } from '../snapshot/snapshot-stats.ts';
import { jsonFlag, type Command, type CommandCall } from './command.ts';
import { openCommandLog } from './command-log.ts';
import { fetchStatus } from './leader-status.ts';
import { parseTable } from './table-name.ts';

/** For how long a leader is waited for that takes the request over. */
const takeoverMs = 10_000;
const verbs = ['start', 'status', 'pause', 'resume', 'cancel'] as const;
type Verb = (typeof verbs)[number];

const isVerb = (word: string | undefined): word is Verb => verbs.some((verb) => verb === word);

async function snapshot({ words, flags, load }: CommandCall): Promise<number> {
  const [verb, ...names] = words;
  if (!isVerb(verb))
    throw new HeavisideError('COMMAND_FAILED', `usage: heaviside snapshot ${verbs.join('|')} …`);
  const requests = verb === 'status' ? [] : requestsOf(verb, names, flags);
  const { config } = load();
  if (!config.ha.isEnabled)
    throw new HeavisideError(
      'COMMAND_FAILED',
      'the request lies in Redis until a leader takes it over: redis.nodes is not given',
    );
  const log = openCommandLog(config, 'snapshot');
  const redis = new RedisParts(config, log, new ReplicaState(config.replicaName, config.source.heartbeatMs));
  try {
    if (verb === 'status') return await showStatus(redis, config.http.pathPrefix, flags.has('--json'));
    for (const request of requests) await redis.snapshotRequests.add(request);
    return await untilTaken(redis, requests);
  } finally {
    await redis.close();
  }
}

function requestsOf(
  verb: Exclude<Verb, 'status'>,
  names: readonly string[],
  flags: CommandCall['flags'],
): SnapshotRequest[] {
  const at = Date.now();
  const about = { at, comment: flags.text('--comment'), where: flags.text('--where') };
  if (verb === 'start') {
    if (names.length === 0)
      throw new HeavisideError('COMMAND_FAILED', 'usage: heaviside snapshot start DATABASE.TABLE …');
    return names.map(parseTable).map(([database, table], index) => ({
      ...about,
      id: randomUUID(),
      at: at + index,
      action: 'start',
      database,
      table,
    }));
  }
  const targets = names.length === 0 ? [null] : names;
  return targets.map((target) => ({ id: randomUUID(), at, action: verb, target: targetOf(target) }));
}

/** The table's name without backquotes; an id stays as it is. */
function targetOf(word: string | null): string | null {
  if (word === null || !word.includes('.')) return word;
  const [database, table] = parseTable(word);
  return tableLabel({ database, table });
}

/** Waits until the leader has them in its position record. */
async function untilTaken(redis: RedisParts, requests: readonly SnapshotRequest[]): Promise<number> {
  const ids = new Set(requests.map(({ id }) => id));
  for (const { id } of requests) process.stdout.write(`${id}\n`);
  const deadline = performance.now() + takeoverMs;
  while (performance.now() < deadline) {
    const { requests: waiting } = await redis.snapshotRequests.list();
    if (!waiting.some(({ id }) => ids.has(id))) {
      process.stderr.write('the leader has taken it over\n');
      return 0;
    }
    await sleep(200);
  }
  process.stderr.write('no leader has taken it over yet: it waits in Redis for one\n');
  return 0;
}

async function showStatus(redis: RedisParts, pathPrefix: string, asJson: boolean): Promise<number> {
  const [replicas, checkpoint] = await Promise.all([redis.presence.read(), redis.checkpoints.load()]);
  const { requests: waiting } = await redis.snapshotRequests.list();
  const leader = replicas.find(({ role }) => role === 'leader') ?? null;
  const live = leader ? await fetchStatus(leader, pathPrefix) : null;
  const record = checkpoint && parsePositionRecord(checkpoint.record);
  const shown = {
    leader: leader?.replica ?? null,
    snapshots: live?.['snapshots'] ?? null,
    committed: record?.snapshot ?? null,
    waiting,
  };
  process.stdout.write(asJson ? `${JSON.stringify(shown)}\n` : render(shown));
  return leader ? 0 : 1;
}

interface Live {
  readonly tasks: readonly SnapshotView[];
  readonly lastError: { readonly table: string; readonly message: string } | null;
  readonly brake: string | null;
}

function render(shown: {
  leader: string | null;
  snapshots: unknown;
  committed: SnapshotProgress | null;
  waiting: readonly SnapshotRequest[];
}): string {
  const lines = [`leader    ${shown.leader ?? 'none'}`];
  const live = shown.snapshots as Live | null;
  for (const view of live?.tasks ?? []) lines.push(`snapshot  ${view.id}  ${describe(view)}`);
  if (live === null)
    for (const { id, at, table } of shown.committed?.tasks ?? []) {
      const name = at ?? table;
      lines.push(
        `snapshot  ${id}  ${name === null ? 'all tables' : tableLabel(name)}: ${at?.rows ?? 0} rows`,
      );
    }
  if (live?.brake) lines.push(`held back by ${live.brake}`);
  if (live?.lastError) lines.push(`given up  ${live.lastError.table}: ${live.lastError.message}`);
  for (const request of shown.waiting) lines.push(`waiting   ${request.id}  ${request.action}`);
  if (lines.length === 1) lines.push('no snapshot is under way');
  return `${lines.join('\n')}\n`;
}

function describe({
  table,
  state,
  rows,
  estimatedRows,
  rowsPerSecond,
  secondsLeft,
  tablesDone,
}: SnapshotView): string {
  const of = estimatedRows === null ? '' : ` of about ${estimatedRows}`;
  const left = secondsLeft === null ? '' : `, about ${secondsLeft} s left`;
  const tables = tablesDone > 0 ? `, ${tablesDone} tables done` : '';
  return `${table ?? 'all tables'}  ${state}: ${rows} rows${of}, ${rowsPerSecond} rows/s${left}${tables}`;
}

export const snapshotCommand: Command = {
  name: 'snapshot',
  about:
    'Reads rows that were there before the stream, beside it, and puts them into the topics: asked for here, done by whoever leads.',
  usages: [
    {
      words: 'snapshot start DATABASE.TABLE …',
      summary: 'Read tables from their first row to the last; docs/snapshot.md.',
    },
    { words: 'snapshot status', summary: 'Show what is under way, how far it is, and what waits.' },
    {
      words: 'snapshot pause|resume|cancel [DATABASE.TABLE|ID]',
      summary: 'Hold one (or all) up, let it go on where it was, or give it up.',
    },
  ],
  flags: {
    '--where': { type: text('SQL'), summary: 'start: only the rows for which this expression is true.' },
    '--comment': { type: text('TEXT'), summary: 'start: stands as comment on each record.' },
    '--json': jsonFlag,
  },
  exitCodes: [
    { code: 0, meaning: 'The request lies in Redis or was taken over; status: a replica leads.' },
    { code: 1, meaning: 'COMMAND_FAILED; status: no replica leads.' },
  ],
  run: snapshot,
};
