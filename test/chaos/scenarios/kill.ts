import { monotonicEpochMs } from '../../support/monotonic-epoch.ts';
import { REPLICAS, type Ground } from '../ground.ts';
import { expectNothingHidden, expectRecovery } from '../recovery.ts';
import type { Scenario } from '../scenario.ts';

/** Where the leader is killed: at a moment of chance, or at a point of its way. */
export const KILL_POINTS = [
  'moment',
  'transaction.begun',
  'transaction.sent',
  'transaction.checked',
  'transaction.ended',
  'takeover.leased',
  'takeover.fenced',
  'takeover.read',
] as const;

export type KillPoint = (typeof KILL_POINTS)[number];

const KILLS_PER_ROUND = 10;
const POINT_MS = 30_000;

/** Kills the leader at the point; resolves to when, and whether the kill left a Kafka transaction open. */
async function killAt(ground: Ground, point: KillPoint, leader: string): Promise<number> {
  const { random, failpoints, faults, notes } = ground;
  if (random.chance(0.3)) {
    ground.writer.writeLarge(3000);
    await ground.pass(random.between(0, 60));
  }
  if (point === 'moment') {
    await ground.pass(random.between(0, 800));
    await ground.kill(leader);
    return monotonicEpochMs();
  }
  if (point.startsWith('takeover')) {
    // The leader dies, and its successor in the middle of its takeover: the third replica has to do it.
    const hit = failpoints.order({ name: point, action: 'kill' }, POINT_MS);
    await ground.kill(leader);
    const { replica } = await hit;
    faults.add(`SIGKILL ${replica} at ${point}`);
    notes.kills += 1;
    await ground.replica(replica).exited;
    return monotonicEpochMs();
  }
  await failpoints.order({ name: point, action: 'kill', replica: leader }, POINT_MS);
  faults.add(`SIGKILL ${leader} at ${point}`);
  notes.kills += 1;
  await ground.replica(leader).exited;
  return monotonicEpochMs();
}

async function run(ground: Ground): Promise<void> {
  const { random } = ground;
  await ground.startAll();
  const kills = ground.isSlice ? 4 : KILLS_PER_ROUND;
  for (let kill = 0; kill < kills; kill++) {
    // The short version meets the points that matter most, in turn; a round of many kills draws.
    const point = ground.isSlice ? (KILL_POINTS[kill + 1] ?? 'moment') : random.pick(KILL_POINTS);
    await killLeader(ground, point);
  }
}

/** The leader is killed at the point, another one takes over in time, and all replicas stand again. */
export async function killLeader(ground: Ground, point: KillPoint): Promise<void> {
  const { random, notes } = ground;
  const { replica: leader, epoch } = await ground.leader();
  await ground.flow(random.between(20, 300));
  const since = await killAt(ground, point, leader);
  const what = `SIGKILL at ${point}`;
  await expectRecovery(ground, { what, since, limitMs: ground.failoverLimitMs, above: epoch });
  await expectNothingHidden(ground, epoch);
  notes.bite('the epoch rose after each kill', (await ground.leader(epoch)).epoch > epoch);
  await standAgain(ground);
}

/** Starts what was killed: the next kill needs replicas that stand by. */
export async function standAgain(ground: Ground): Promise<void> {
  for (const name of REPLICAS) if (!ground.replica(name).isRunning) await ground.start(name);
  for (const { name } of ground.running) {
    const status = await ground.replica(name).status();
    if (status?.role !== 'leader') await ground.replica(name).waitForRole('standby', 60_000);
  }
}

export const kill: Scenario = {
  id: '1',
  name: 'the leader is killed',
  rounds: 5,
  run,
};
