import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it, onTestFinished } from 'vitest';
import { expectClean } from '../support/expect-clean.ts';
import { FaultProxy } from '../support/fault-proxy.ts';
import { HaCluster } from '../support/ha-cluster.ts';
import { patience, report } from '../support/ha-figures.ts';
import { LEASE_TTL_MS } from '../support/ha-place.ts';
import { RedisLink } from '../support/redis-link.ts';
import { waitUntil } from '../support/wait-until.ts';

/** A zombie that wakes sees within about two seconds that it leads no more (the figure is reported); this is for a busy machine. */
const STEP_DOWN_MS = 15_000;

/** Milliseconds until the replica does not call itself leader. */
async function stepDown(cluster: HaCluster, name: string): Promise<number> {
  const from = performance.now();
  const look = async (): Promise<boolean> => {
    const status = await cluster.replica(name).status();
    return status !== null && status.role !== 'leader';
  };
  await waitUntil(look, { timeoutMs: STEP_DOWN_MS, what: `${name} to step down`, everyMs: 10 });
  return performance.now() - from;
}

/** The broker's error 47 (INVALID_PRODUCER_EPOCH) in the replica's log. */
function wasRefused(cluster: HaCluster, name: string): boolean {
  const lines = cluster.replica(name).logLines();
  return lines.some(({ code, error }) => code === 'KAFKA_FENCED' && /error 47\b/.test(String(error)));
}

/** The source ends the predecessor's dump when the successor opens its own: between two writes that comes before a refusal. */
function wasCutOffBySource(cluster: HaCluster, name: string): boolean {
  return cluster
    .replica(name)
    .logLines()
    .some(({ error }) => String(error).includes('the source ended our dump'));
}

/** A leader whose dump another with its server id has ended opens it once more. */
function hasReopened(cluster: HaCluster, name: string): boolean {
  const lines = cluster.replica(name).logLines();
  return lines.some(({ code, failures }) => code === 'SERVER_ID_IN_USE' && failures === 1);
}

describe.each(['mysql', 'mariadb'] as const)('a zombie (%s)', (flavor) => {
  it('stopped past its lease and woken, it steps down and nothing of it is seen', async () => {
    const cluster = await HaCluster.create({ flavor });
    const first = await cluster.startLedBy('a', 'b');
    cluster.startLoad();
    await cluster.flow();
    cluster.freeze('a');
    const second = await cluster.leader(first.epoch);
    await cluster.flowAfter(first.epoch);
    await sleep(LEASE_TTL_MS);
    cluster.thaw('a');
    report(`a woken zombie steps down, ${flavor}`, (await stepDown(cluster, 'a')) / 1000);
    await cluster.flow(500);
    expect((await cluster.leader()).replica).toBe('b');
    expectClean(await cluster.finish());
    expect(cluster.led('a')).toEqual([first.epoch]);
    expect(second.epoch).toBe(first.epoch + 1);
  });

  it.each(['transaction.begun', 'transaction.sent'])(
    'stopped at %s and woken without Redis, its writes are refused by the broker',
    async (name) => {
      const cluster = await HaCluster.create({ flavor });
      const link = await RedisLink.open(cluster.place.redisUrls[0] ?? '');
      onTestFinished(() => link.cut());
      await cluster.start('a', { 'redis.nodes': link.url });
      const first = await cluster.leader();
      await cluster.start('b');
      await cluster.replica('b').waitForRole('standby');
      cluster.startLoad();
      await cluster.flow();
      await cluster.failpoints.order({ name, action: 'stop', replica: 'a' });
      cluster.noteFrozen('a');
      await cluster.leader(first.epoch);
      await cluster.flowAfter(first.epoch);
      await link.cut(); // it cannot hear that the lease went to another: only the fence is left
      cluster.thaw('a');
      report(`a zombie without Redis steps down, ${flavor}, ${name}`, (await stepDown(cluster, 'a')) / 1000);
      await cluster.flow(500);
      expect(wasRefused(cluster, 'a')).toBe(true);
      expect((await cluster.leader(first.epoch)).replica).toBe('b');
      expectClean(await cluster.finish());
      expect(cluster.led('a')).toEqual([first.epoch]);
    },
  );
});

it('a leader that is cut off from Redis alone is fenced by its successor, and does not fight it', async () => {
  const cluster = await HaCluster.create();
  const link = await RedisLink.open(cluster.place.redisUrls[0] ?? '');
  onTestFinished(() => link.cut());
  await cluster.start('a', { 'redis.nodes': link.url });
  const first = await cluster.leader();
  await cluster.start('b');
  await cluster.replica('b').waitForRole('standby');
  cluster.startLoad();
  await cluster.flow();
  await link.cut();
  const second = await cluster.leader(first.epoch);
  expect(second.replica).toBe('b');
  await cluster.flowAfter(first.epoch, 1500);
  await waitUntil(() => wasRefused(cluster, 'a') || wasCutOffBySource(cluster, 'a'), {
    timeoutMs: STEP_DOWN_MS,
    what: 'a to be fenced by Kafka or by the source',
  });
  expectClean(await cluster.finish());
  expect(second.epoch).toBe(first.epoch + 1);
  expect(cluster.led('a')).toEqual([first.epoch]);
  report('the stream stood still while the cut-off leader was fenced', cluster.gap(first.epoch));
});

it('a leader cut off from everything but Kafka, and back at the source before Redis, ends the dump of its successor, which goes on leading', async () => {
  const cluster = await HaCluster.create();
  const redis = await RedisLink.open(cluster.place.redisUrls[0] ?? '');
  const source = await FaultProxy.open(cluster.place.source);
  onTestFinished(() => Promise.all([redis.cut(), source.close()]).then(() => undefined));
  await cluster.start('a', { 'redis.nodes': redis.url, host: '127.0.0.1', port: String(source.port) });
  const first = await cluster.leader();
  await cluster.start('b');
  await cluster.replica('b').waitForRole('standby');
  cluster.startLoad();
  await cluster.flow();
  source.cut();
  await redis.cut();
  const second = await cluster.leader(first.epoch);
  await cluster.flowAfter(first.epoch);
  source.heal();
  await waitUntil(() => hasReopened(cluster, 'b'), {
    timeoutMs: STEP_DOWN_MS * patience(),
    what: 'b to open its dump again',
  });
  await cluster.flow(1500);
  expectClean(await cluster.finish());
  expect(cluster.led('a')).toEqual([first.epoch]);
  expect(cluster.led('b')).toEqual([second.epoch]);
});

it('the position is read behind the fence: a leader that still writes cannot get past it', async () => {
  const cluster = await HaCluster.create();
  const link = await RedisLink.open(cluster.place.redisUrls[0] ?? '');
  onTestFinished(() => link.cut());
  await cluster.start('a', { 'redis.nodes': link.url });
  const first = await cluster.leader();
  await cluster.start('b');
  await cluster.replica('b').waitForRole('standby');
  cluster.startLoad();
  await cluster.flow();
  await link.cut();
  await cluster.failpoints.order({ name: 'takeover.fenced', action: 'hold', replica: 'b' });
  await sleep(700); // time for the old leader to write, if it could
  cluster.failpoints.clear();
  await cluster.flowAfter(first.epoch, 500);
  const result = await cluster.finish();
  expectClean(result);
  expect(wasRefused(cluster, 'a')).toBe(true);
  // A successor that had read too early would be stopped by its own first commit, and begin again.
  const overtaken = cluster
    .replica('b')
    .logLines()
    .filter(({ error }) => String(error).includes('the positions topic was read up to offset'));
  expect(overtaken).toEqual([]);
});
