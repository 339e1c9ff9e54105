import { monotonicEpochMs } from '../../support/monotonic-epoch.ts';
import { waitUntil } from '../../support/wait-until.ts';
import { loggedLines } from '../evidence.ts';
import type { Ground } from '../ground.ts';
import { expectRecovery } from '../recovery.ts';
import type { Scenario } from '../scenario.ts';

const HEARTBEAT_MS = 500;
export const sourceLinkConfig = {
  source_heartbeat_ms: String(HEARTBEAT_MS),
  'mysql.connection_timeout_ms': '3000',
} as const;
const LOST = /SOURCE_(SILENT|LOST|UNREACHABLE)|source was lost/;

const READING = /^reading the binlog/;

interface Begun {
  readonly leader: string;
  readonly epoch: number;
  /** How often the leader had lost the source by then, and how often it had begun to read. */
  readonly lost: number;
  readonly read: number;
}

/** The leader's link to the source is about to do something bad. */
async function begin(ground: Ground): Promise<Begun> {
  const { replica: leader, epoch } = await ground.leader();
  await ground.flow(200);
  const process = ground.replica(leader);
  return { leader, epoch, lost: loggedLines(process, LOST), read: loggedLines(process, READING) };
}

async function isSaid(ground: Ground, leader: string, text: RegExp, more: number): Promise<boolean> {
  const look = (): boolean => loggedLines(ground.replica(leader), text) > more;
  return waitUntil(look, { timeoutMs: 30_000, what: String(text), everyMs: 50 }).then(
    () => true,
    () => false,
  );
}

/** What comes next was read behind the fault: records that were on their way before say nothing, and the next fault would meet a leader without a connection. */
async function readsAgain(ground: Ground, { leader, read }: Begun): Promise<void> {
  ground.notes.demand('the leader reads the source again', await isSaid(ground, leader, READING, read));
}

export async function halfOpen(ground: Ground): Promise<void> {
  const begun = await begin(ground);
  const { leader } = begun;
  ground.faults.add(`${leader}: the link to the source is half-open`);
  const heldAt = monotonicEpochMs();
  ground.link(leader, 'source').stall();
  const limitMs = 3 * HEARTBEAT_MS * ground.patience + 1000;
  const isNoticed = await isSaid(ground, leader, LOST, begun.lost);
  const tookMs = monotonicEpochMs() - heldAt;
  ground.notes.bite('the half-open link was noticed', isNoticed);
  ground.notes.demand(
    `a half-open link is noticed within three heartbeats (${limitMs} ms with margin), it took ${tookMs.toFixed(0)} ms`,
    tookMs <= limitMs,
  );
  await readsAgain(ground, begun);
  await expectRecovery(ground, {
    what: 'a half-open source link',
    since: heldAt,
    limitMs: 3 * HEARTBEAT_MS + 3000,
    above: null,
  });
  ground.link(leader, 'source').heal();
  await unchanged(ground, begun);
}

export async function reset(ground: Ground): Promise<void> {
  const begun = await begin(ground);
  const { leader } = begun;
  ground.faults.add(`${leader}: the connections to the source are reset`);
  ground.link(leader, 'source').reset();
  const since = monotonicEpochMs();
  ground.notes.bite('the reset was noticed', await isSaid(ground, leader, LOST, begun.lost));
  await readsAgain(ground, begun);
  await expectRecovery(ground, { what: 'a reset of the source link', since, limitMs: 3000, above: null });
  await unchanged(ground, begun);
}

async function trickle(ground: Ground): Promise<void> {
  const begun = await begin(ground);
  const { leader } = begun;
  ground.faults.add(`${leader}: the source comes one byte at a time`);
  const link = ground.link(leader, 'source');
  const before = link.slices;
  link.trickle();
  await ground.pass(ground.isSlice ? 2000 : 5000);
  ground.notes.bite('bytes came one at a time', link.slices - before > 1000);
  link.heal();
  ground.faults.add('healed');
  const since = monotonicEpochMs();
  await expectRecovery(ground, { what: 'a slow source link', since, limitMs: 5000, above: null });
  await unchanged(ground, begun);
}

async function unchanged(ground: Ground, { leader, epoch }: Begun): Promise<void> {
  const now = await ground.leader();
  ground.notes.demand('no change of leader', now.replica === leader && now.epoch === epoch);
}

export const sourceLink: Scenario = {
  id: '9',
  name: 'the link to the source: half-open, reset, one byte at a time',
  config: sourceLinkConfig,
  rounds: 2,
  run: async (ground) => {
    await ground.startAll();
    await halfOpen(ground);
    await reset(ground);
    await trickle(ground);
  },
};
