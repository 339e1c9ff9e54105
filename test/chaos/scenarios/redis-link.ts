import type { Direction } from '../../support/fault-proxy.ts';
import { monotonicEpochMs } from '../../support/monotonic-epoch.ts';
import { isLogged, wasCutOffBySource, wasRefused } from '../evidence.ts';
import type { Ground } from '../ground.ts';
import { expectRecovery } from '../recovery.ts';
import type { Scenario } from '../scenario.ts';
import { expectRepaired } from './redis-loss.ts';

const WAYS: readonly (readonly Direction[])[] = [[], ['to-server'], ['to-client']];

/** The leader alone loses Redis, for three times its lease; Kafka and the source stay. */
async function part(ground: Ground, directions: readonly Direction[]): Promise<void> {
  const { faults, notes } = ground;
  const what = directions.length === 0 ? 'in both directions' : directions.join();
  const { replica: leader, epoch } = await ground.leader();
  await ground.flow(200);
  const link = ground.link(leader, 'redis');
  link.hold(...directions);
  faults.add(`${leader} has no way to Redis (${what})`);
  const since = monotonicEpochMs();
  // The lease runs out, another replica takes it and fences the one that cannot hear of it.
  await expectRecovery(ground, {
    what: `no way to Redis (${what})`,
    since,
    limitMs: ground.failoverLimitMs,
    above: epoch,
  });
  await ground.pass(Math.max(0, since + 3 * ground.ttlMs - monotonicEpochMs()));
  const former = ground.replica(leader);
  const stopped = (await former.status())?.role !== 'leader';
  notes.bite(
    `cut off (${what}), the former leader was fenced, or cut off by the source, or had stopped`,
    wasRefused(former) || wasCutOffBySource(former) || stopped,
  );
  notes.demand(`the former leader (${what}) does not lead any more`, stopped);
  const second = await ground.leader(epoch);
  notes.demand(
    `one step of the epoch (${what}), it went from ${epoch} to ${second.epoch}`,
    second.epoch === epoch + 1,
  );
  link.heal();
  faults.add('healed');
  await ground.pass(2 * ground.ttlMs);
  const now = await ground.leader();
  notes.demand(`no change of leader when the link is back (${what})`, now.epoch === second.epoch);
  await former.waitForRole('standby', 60_000);
}

export const redisLink: Scenario = {
  id: '3',
  name: 'the leader alone is cut off from Redis: both directions, and one way',
  rounds: 2,
  run: async (ground) => {
    await ground.startAll();
    for (const directions of ground.isSlice ? WAYS.slice(0, 1) : WAYS) await part(ground, directions);
  },
};

const DOWN_MS = 60_000;
const SLICE_DOWN_MS = 8000;

/** Redis is away for a minute. */
function outage(isKept: boolean): Scenario['run'] {
  return async (ground) => {
    await ground.startAll();
    await redisAway(ground, isKept);
  };
}

/** @param isKept the replicas run with redis_outage=keep_leading, not stop */
export async function redisAway(ground: Ground, isKept: boolean): Promise<void> {
  const { notes, tail, redis, faults } = ground;
  await ground.flow(300);
  const { epoch, replica } = await ground.leader();
  await redis.kill();
  faults.add('Redis is away');
  await ground.pass(2 * ground.ttlMs);
  const atDeadline = tail.records;
  await ground.pass((ground.isSlice ? SLICE_DOWN_MS : DOWN_MS) - 2 * ground.ttlMs);
  const late = tail.records - atDeadline;
  notes.bite('the replicas missed Redis', isLogged(ground, /REDIS_UNREACHABLE|Redis/));
  notes.demand('no replica has ended', ground.running.length === 3);
  if (isKept) {
    notes.demand(`the leader goes on without Redis (${late} rows)`, late > 0);
    notes.demand(
      'on one epoch',
      [...tail.epochs.keys()].every((each) => each <= epoch),
    );
    notes.demand('it says that it leads', (await ground.replica(replica).status())?.role === 'leader');
  } else notes.demand(`nothing is committed after the end of the lease (${late} rows)`, late === 0);
  await redis.restart();
  faults.add('Redis is back, empty');
  const since = monotonicEpochMs();
  const limitMs = ground.failoverLimitMs;
  await expectRecovery(ground, {
    what: 'the return of Redis',
    since,
    limitMs,
    above: isKept ? null : epoch,
  });
  await ground.flow(200);
  await expectRepaired(ground, redis.port);
}

export const outageKept: Scenario = {
  id: '5a',
  name: 'Redis is away for a minute, redis_outage=keep_leading',
  rounds: 1,
  run: outage(true),
};

export const outageStopped: Scenario = {
  id: '5b',
  name: 'Redis is away for a minute, redis_outage=stop',
  config: { redis_outage: 'stop' },
  rounds: 1,
  run: outage(false),
};

export const rollback: Scenario = {
  id: '6',
  name: 'an old backup of Redis comes back, with its old epoch and checkpoint',
  rounds: 2,
  run: async (ground) => {
    const { notes, faults, redis } = ground;
    await ground.startAll();
    await ground.flow(200);
    const first = await ground.leader();
    await redis.backUp();
    faults.add(`a backup of Redis is made under epoch ${first.epoch}`);
    for (let step = 0; step < 2; step++) {
      const { replica, epoch } = await ground.leader();
      await ground.kill(replica);
      await ground.recovered(epoch);
      await ground.start(replica);
      await ground.flow(200);
    }
    const before = await ground.leader();
    await redis.kill();
    await redis.restore();
    faults.add('the backup is restored');
    const since = monotonicEpochMs();
    await ground.kill((await ground.leader()).replica);
    await expectRecovery(ground, {
      what: 'the return of an old backup',
      since,
      limitMs: ground.failoverLimitMs,
      above: before.epoch,
    });
    const after = await ground.leader(before.epoch);
    notes.bite('Redis had gone back', before.epoch > first.epoch);
    notes.demand(`the epoch rises, from ${before.epoch} to ${after.epoch}`, after.epoch > before.epoch);
    notes.demand('the replica that took over warns', isLogged(ground, /^Redis went back/));
    await expectRepaired(ground, redis.port);
  },
};
