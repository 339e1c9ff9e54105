import { Redis } from 'ioredis';
import { RedisProcess } from '../../support/redis-process.ts';
import { monotonicEpochMs } from '../../support/monotonic-epoch.ts';
import { waitUntil } from '../../support/wait-until.ts';
import type { Ground } from '../ground.ts';
import { expectRecovery } from '../recovery.ts';
import type { OwnServers, Scenario } from '../scenario.ts';

/** Runs commands on a Redis, past the relays. */
export async function onRedis<T>(port: number, work: (redis: Redis) => Promise<T>): Promise<T> {
  const redis = new Redis({ host: '127.0.0.1', port, lazyConnect: true, retryStrategy: () => null });
  redis.on('error', () => undefined); // the calls reject
  try {
    await redis.connect();
    return await work(redis);
  } finally {
    redis.disconnect();
  }
}

/** The epoch that Redis holds is that of the leader, and its checkpoint is not behind the takeover. */
export async function expectRepaired(ground: Ground, port: number): Promise<void> {
  const { clientId } = ground.place;
  const isRepaired = async (): Promise<boolean> => {
    const { epoch } = await ground.leader();
    const [stored, checkpoint] = await onRedis(port, (redis) =>
      Promise.all([
        redis.get(`heaviside:{${clientId}}:epoch`),
        redis.hget(`heaviside:{${clientId}}:checkpoint`, 'epoch'),
      ]),
    );
    return Number(stored) === epoch && Number(checkpoint) === epoch;
  };
  const isSeen = await waitUntil(isRepaired, {
    timeoutMs: 20_000,
    what: 'epoch and checkpoint',
    everyMs: 200,
  }).then(
    () => true,
    () => false,
  );
  ground.notes.demand('epoch and checkpoint in Redis are those of the leader again', isSeen);
}

export const flushAll: Scenario = {
  id: '4a',
  name: 'Redis forgets everything (FLUSHALL)',
  rounds: 2,
  run: async (ground) => {
    await ground.startAll();
    for (let loss = 0; loss < (ground.isSlice ? 1 : 4); loss++) {
      await ground.flow(ground.random.between(100, 400));
      const { epoch } = await ground.leader();
      const isCut = ground.random.chance(0.5);
      const { replica } = await ground.leader();
      // Half of the time the leader cannot hear of it, and two processes think that they lead.
      if (isCut) ground.link(replica, 'redis').cut();
      ground.faults.add(`FLUSHALL${isCut ? `, ${replica} cut off from Redis` : ''}`);
      await onRedis(ground.redis.port, (redis) => redis.flushall());
      const since = monotonicEpochMs();
      await expectRecovery(ground, {
        what: 'FLUSHALL',
        since,
        limitMs: ground.failoverLimitMs,
        above: epoch,
      });
      ground.notes.bite(
        'the lease was lost: another leadership began',
        (await ground.recovered(epoch)) > epoch,
      );
      await ground.flow(200);
      ground.link(replica, 'redis').heal();
      await expectRepaired(ground, ground.redis.port);
    }
  },
};

interface Group extends OwnServers {
  readonly master: RedisProcess;
  readonly replica: RedisProcess;
}

const groups = new WeakMap<RedisProcess, Group>();
const REPLICATION_USER = 'replication';

/** A master and its replica behind a Sentinel. The replica has an account of its own, which can be shut. */
async function sentinelGroup(): Promise<Group> {
  const password = 'of-this-test';
  const master = await RedisProcess.start();
  await onRedis(master.port, (redis) =>
    redis.call('ACL', 'SETUSER', REPLICATION_USER, 'on', `>${password}`, '+psync', '+replconf', '+ping'),
  );
  const login = ['--masteruser', REPLICATION_USER, '--masterauth', password];
  const replica = await RedisProcess.start({
    args: ['--replicaof', '127.0.0.1', String(master.port), ...login],
  });
  const sentinel = await RedisProcess.startSentinel(master.port);
  const group: Group = {
    master,
    replica,
    redis: master,
    redisUrl: `redis+sentinel://127.0.0.1:${sentinel.port}/main`,
    close: async () => {
      for (const each of [sentinel, replica, master]) await each[Symbol.asyncDispose]();
    },
  };
  groups.set(master, group);
  return group;
}

export const sentinel: Scenario = {
  id: '4b',
  name: 'the Redis master dies before its replica has the lock (Sentinel)',
  rounds: 2,
  servers: sentinelGroup,
  run: async (ground) => {
    const group = groups.get(ground.redis);
    if (group === undefined) throw new Error('no Sentinel group');
    const { faults, notes, ttlMs } = ground;
    await ground.startAll();
    await ground.flow(300);
    const { epoch } = await ground.leader();
    faults.add('the Redis replica gets nothing any more');
    await onRedis(group.master.port, async (redis) => {
      await redis.call('ACL', 'SETUSER', REPLICATION_USER, 'off');
      await redis.call('CLIENT', 'KILL', 'TYPE', 'REPLICA');
    });
    // The renewals do not reach it: its copy of the lock runs out. Longer, and the Sentinel would not promote it.
    await ground.pass(ttlMs + 300);
    const lease = `heaviside:{${ground.place.clientId}}:lease`;
    const [held, copied] = await Promise.all(
      [group.master, group.replica].map(({ port }) => onRedis(port, (redis) => redis.get(lease))),
    );
    notes.bite('the replica did not have the lock of the leader', held !== null && copied === null);
    faults.add('SIGKILL of the Redis master');
    await group.master.kill();
    const since = monotonicEpochMs();
    // The Sentinel cuts the clients of a replica that it promotes, this look among them.
    const isPromoted = (): Promise<boolean> =>
      onRedis(group.replica.port, (redis) => redis.role()).then(
        ([role]) => role === 'master',
        () => false,
      );
    await waitUntil(isPromoted, {
      timeoutMs: 30_000,
      what: 'the Sentinel to promote the replica',
      everyMs: 200,
    });
    faults.add(`the replica was promoted ${((monotonicEpochMs() - since) / 1000).toFixed(1)} s later`);
    await ground.pass(3 * ttlMs);
    await ground.flow(300);
    const now = await ground.leader();
    notes.demand('the epoch did not fall', now.epoch >= epoch);
    notes.figures['epochSteps'] = now.epoch - epoch;
    await expectRepaired(ground, group.replica.port);
  },
};
