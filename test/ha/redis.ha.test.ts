import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it, onTestFinished } from 'vitest';
import { expectClean } from '../support/expect-clean.ts';
import { HaCluster } from '../support/ha-cluster.ts';
import { LEASE_TTL_MS } from '../support/ha-place.ts';
import { RedisLink } from '../support/redis-link.ts';
import { RedisProcess } from '../support/redis-process.ts';
import { waitUntil } from '../support/wait-until.ts';

async function ownRedis(): Promise<RedisProcess> {
  const redis = await RedisProcess.start();
  onTestFinished(() => redis[Symbol.asyncDispose]());
  return redis;
}

function steppedDown(cluster: HaCluster, name: string): boolean {
  const lines = cluster.replica(name).logLines();
  return lines.some(({ message, code }) => message === 'leadership ended' && code === 'LEASE_LOST');
}

it.each(['deleted', 'taken by a stranger'])('the lease is %s under load', async (what) => {
  const cluster = await HaCluster.create();
  const first = await cluster.startLedBy('a', 'b');
  cluster.startLoad();
  await cluster.flow();
  await cluster.redis(async (redis) => {
    if (what === 'deleted') await redis.del(cluster.redisKey('lease'));
    else await redis.set(cluster.redisKey('lease'), 'stranger', 'PX', LEASE_TTL_MS);
  });
  await cluster.flowAfter(first.epoch);
  await cluster.flow(500);
  expect(steppedDown(cluster, 'a')).toBe(true);
  expectClean(await cluster.finish());
});

it('Redis loses everything (FLUSHALL) under load: the position record keeps position and epoch', async () => {
  const redis = await ownRedis();
  const cluster = await HaCluster.create({ redisUrls: [redis.url] });
  const first = await cluster.startLedBy('a', 'b');
  cluster.startLoad();
  for (let epoch = first.epoch, round = 0; round < 2; round++) {
    await cluster.flow(500);
    await cluster.redis((client) => client.flushall());
    epoch = await cluster.flowAfter(epoch);
    expect((await cluster.leader(epoch - 1)).epoch).toBe(epoch);
  }
  expectClean(await cluster.finish());
  const stored = await cluster.redis((client) => client.get(cluster.redisKey('epoch')));
  expect(Number(stored)).toBe(cluster.tail.epochs.at(-1)?.epoch);
});

it('Redis is away: the leader goes on under its epoch, and the cluster is whole again when Redis is back', async () => {
  const redis = await ownRedis();
  const cluster = await HaCluster.create({ redisUrls: [redis.url] });
  const first = await cluster.startLedBy('a', 'b');
  cluster.startLoad();
  await cluster.flow(500);
  await redis.kill();
  const killedAt = performance.now();
  await sleep(2 * LEASE_TTL_MS);
  await cluster.flow(1000); // long after the lease ran out
  expect(performance.now() - killedAt).toBeGreaterThan(2 * LEASE_TTL_MS);
  expect(cluster.tail.epochs.map(({ epoch }) => epoch)).toEqual([first.epoch]);
  expect((await cluster.replica('a').status())?.role).toBe('leader');
  await redis.restart();
  await cluster.flow(1000);
  const wholeAgain = async (): Promise<boolean> => {
    const roles = (await cluster.statuses()).map(({ role }) => role).toSorted();
    return roles.join() === 'leader,standby';
  };
  await waitUntil(wholeAgain, { timeoutMs: 20_000, what: 'a leader and a standby' });
  await cluster.flow(500);
  expectClean(await cluster.finish());
});

it('[redis_outage@exactly_once] stop: the leader stops at its deadline and the cluster resumes after the return', async () => {
  const redis = await ownRedis();
  const cluster = await HaCluster.create({ redisUrls: [redis.url], config: { redis_outage: 'stop' } });
  const first = await cluster.startLedBy('a', 'b');
  cluster.startLoad();
  await cluster.flow(500);
  await redis.kill();
  await sleep(LEASE_TTL_MS + 1000);
  const { length } = cluster.tail.records;
  await sleep(1500);
  expect(cluster.tail.records.length).toBe(length);
  expect(cluster.load.progress.rows).toBeGreaterThan(length);
  await redis.restart();
  await cluster.flowAfter(first.epoch);
  expectClean(await cluster.finish());
});

it.each([
  ['and cannot hear of it', true],
  ['and hears of it', false],
])(
  'Redis is emptied while the leader sits in a Kafka transaction %s: another leads, the first steps down',
  async (_, isCut) => {
    const redis = await ownRedis();
    const link = await RedisLink.open(redis.url);
    onTestFinished(() => link.cut());
    const cluster = await HaCluster.create({ redisUrls: [redis.url] });
    await cluster.start('a', { 'redis.nodes': link.url });
    const first = await cluster.leader();
    await cluster.start('b');
    await cluster.replica('b').waitForRole('standby');
    cluster.startLoad();
    await cluster.flow(500);
    await cluster.failpoints.order({ name: 'transaction.sent', action: 'hold', replica: 'a' });
    if (isCut) await link.cut();
    await cluster.redis((client) => client.flushall());
    expect((await cluster.leader(first.epoch)).replica).toBe('b');
    await cluster.flowAfter(first.epoch);
    cluster.failpoints.clear();
    await waitUntil(() => steppedDown(cluster, 'a'), { timeoutMs: 30_000, what: 'a to step down' });
    await cluster.flow(500);
    expectClean(await cluster.finish());
    expect(cluster.tail.epochs.map(({ epoch }) => epoch)).toEqual([first.epoch, first.epoch + 1]);
  },
);
