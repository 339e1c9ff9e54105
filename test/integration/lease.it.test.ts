import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import type { RedisOutage } from '../../src/election/held-lease.ts';
import { LeaseKeeper } from '../../src/election/lease-keeper.ts';
import type { LeaseGrant } from '../../src/election/lease-store.ts';
import { RedlockLeaseStore } from '../../src/election/redlock-lease-store.ts';
import { HeavisideError } from '../../src/errors.ts';
import { RedisNode } from '../../src/redis/redis-node.ts';
import { patience } from '../support/ha-figures.ts';
import { MemoryLog } from '../support/memory-log.ts';
import { RedisProcess } from '../support/redis-process.ts';

// The machine is shared: a quarter of it is what one node may take to answer.
const TTL_MS = 900;
const stack: AsyncDisposable[] = [];
const nodes: RedisNode[] = [];

afterEach(async () => {
  for (const node of nodes.splice(0)) node.close();
  for (const each of stack.splice(0).reverse()) await each[Symbol.asyncDispose]();
});

async function startRedis(count = 1): Promise<RedisProcess[]> {
  const servers = await Promise.all(Array.from({ length: count }, () => RedisProcess.start()));
  stack.push(...servers);
  return servers;
}

async function openStore(
  servers: readonly RedisProcess[],
  ttlMs = TTL_MS,
  replica = 'it',
): Promise<RedlockLeaseStore> {
  const opened = servers.map(({ url }) => new RedisNode({ url, leaseTtlMs: ttlMs, log: new MemoryLog() }));
  nodes.push(...opened);
  await Promise.all(opened.map((node) => node.waitUntilReady(3000)));
  return new RedlockLeaseStore({
    nodes: opened,
    clientId: 'it',
    replica,
    nodeTimeoutMs: Math.floor(ttlMs / 4),
  });
}

interface Contender {
  readonly keeper: LeaseKeeper;
  readonly events: string[];
}

async function contend(
  servers: readonly RedisProcess[],
  redisOutage: RedisOutage = 'keep_leading',
): Promise<Contender> {
  const events: string[] = [];
  const keeper = new LeaseKeeper({
    store: await openStore(servers),
    ttlMs: TTL_MS,
    redisOutage,
    log: new MemoryLog(),
    announce: async (epoch) => void events.push(`released ${epoch}`),
    onOutage: () => events.push('outage'),
    onRecovered: () => events.push('recovered'),
  });
  return { keeper, events };
}

function reasonOf(signal: AbortSignal): string {
  return signal.reason instanceof HeavisideError ? signal.reason.code : String(signal.reason);
}

async function elapsedMs(work: Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work.catch(() => undefined);
  return performance.now() - start;
}

const isGrant = (result: object): result is LeaseGrant => 'value' in result;

describe.each([1, 3])('a lease over %i node(s)', (count) => {
  it('is given to one of two contenders that start at the same moment', async () => {
    const servers = await startRedis(count);
    const [a, b] = [await contend(servers), await contend(servers)];
    for (let round = 0; round < 20; round++) {
      const leases = await Promise.all([a.keeper.tryAcquire(), b.keeper.tryAcquire()]);
      const held = leases.filter((lease) => lease !== null);
      expect(held.length).toBeLessThanOrEqual(1);
      // Over several nodes the votes can split; over one node somebody always wins.
      if (count === 1) expect(held).toHaveLength(1);
      for (const lease of held) await lease.release();
    }
  });

  it('is renewed past its TTL, and free for another once it is released', async () => {
    const servers = await startRedis(count);
    const [a, b] = [await contend(servers), await contend(servers)];
    const lease = await a.keeper.tryAcquire();
    await sleep(TTL_MS * 2);
    expect(lease?.signal.aborted).toBe(false);
    expect(await b.keeper.tryAcquire()).toBeNull();
    expect(await b.keeper.isHeld()).toBe(true);
    expect(await lease?.prove()).toBe('mine');
    await lease?.release();
    expect(lease && reasonOf(lease.signal)).toBe('LEASE_LOST');
    expect(a.events).toEqual([`released ${lease?.epoch}`]);
    const next = await b.keeper.tryAcquire();
    expect(next?.epoch).toBeGreaterThan(lease?.epoch ?? Infinity);
    await next?.release();
  });

  it('that is handed over goes to the replica that is named, and after its head start to anyone', async () => {
    const servers = await startRedis(count);
    const [leader, target, other] = await Promise.all(
      ['a', 'b', 'c'].map((name) => openStore(servers, TTL_MS, name)),
    );
    if (leader === undefined || target === undefined || other === undefined) throw new Error('no stores');
    for (const isTaken of [true, false]) {
      const grant = await leader.acquire(TTL_MS);
      if (!isGrant(grant)) throw new Error('the lease is not free');
      await leader.release(grant, { to: 'b', forMs: 1000 });
      const refused = await other.acquire(TTL_MS);
      expect(isGrant(refused)).toBe(false);
      expect('retryAfterMs' in refused && refused.retryAfterMs).toBeLessThanOrEqual(1000);
      expect(await other.isHeld()).toBe(false);
      if (!isTaken) await sleep(1050);
      const next = await (isTaken ? target : other).acquire(TTL_MS);
      if (!isGrant(next)) throw new Error('the reservation binds whom it should not');
      expect(next.epoch).toBeGreaterThan(grant.epoch);
      await (isTaken ? target : other).release(next);
    }
  });

  it('runs out when its holder dies, and the refusal says when', async () => {
    const servers = await startRedis(count);
    const [dead, alive] = [await openStore(servers), await contend(servers)];
    expect(isGrant(await dead.acquire(TTL_MS))).toBe(true);
    expect(await alive.keeper.tryAcquire()).toBeNull();
    const waitMs = alive.keeper.retryAfterMs ?? Infinity;
    expect(waitMs).toBeLessThanOrEqual(TTL_MS);
    expect(waitMs).toBeGreaterThan(TTL_MS / 2);
    await sleep(waitMs + 5);
    const lease = await alive.keeper.tryAcquire();
    expect(lease).not.toBeNull();
    await lease?.release();
  });

  it('settles every call in bounded time while all nodes hang', async () => {
    const servers = await startRedis(count);
    const [a, b] = [await contend(servers), await contend(servers)];
    const lease = await a.keeper.tryAcquire();
    for (const server of servers) server.stop();
    const limitMs = TTL_MS / 4 + 100;
    expect(await elapsedMs(lease?.prove() ?? Promise.resolve())).toBeLessThan(2 * limitMs * patience());
    // redlock releases after a failed acquire: two timers.
    expect(await elapsedMs(b.keeper.tryAcquire())).toBeLessThan(2 * limitMs * patience());
    await expect(b.keeper.tryAcquire()).rejects.toMatchObject({ code: 'REDIS_UNREACHABLE' });
    expect(await elapsedMs(b.keeper.isHeld())).toBeLessThan(limitMs * patience());
    expect(await elapsedMs(lease?.confirm(1000) ?? Promise.resolve())).toBeLessThan(4 * limitMs * patience());
    expect(await elapsedMs(lease?.release() ?? Promise.resolve())).toBeLessThan(2 * limitMs * patience());
    for (const server of servers) server.continue();
  });

  it('is lost when Redis loses its data', async () => {
    const servers = await startRedis(count);
    const a = await contend(servers);
    const lease = await a.keeper.tryAcquire();
    for (const node of nodes) await node.store.call('FLUSHALL', []);
    await sleep(TTL_MS / 2);
    expect(lease?.signal.aborted).toBe(true);
    expect(lease && reasonOf(lease.signal)).toBe('LEASE_LOST');
    await expect(lease?.prove()).rejects.toMatchObject({ code: 'LEASE_LOST' });
    await lease?.release();
    expect(a.events).toEqual([]);
  });

  it('raises the epoch above the position record, only while it is mine', async () => {
    const servers = await startRedis(count);
    const a = await contend(servers);
    const lease = await a.keeper.tryAcquire();
    expect(await lease?.confirm(41)).toBe(42);
    expect(lease?.epoch).toBe(42);
    expect(await lease?.confirm(7)).toBe(42);
    for (const node of nodes) await node.store.call('SET', ['heaviside:{it}:lease', 'another']);
    await expect(lease?.confirm(100)).rejects.toMatchObject({ code: 'LEASE_LOST' });
    await lease?.release();
    expect(await nodes[0]?.store.call('GET', ['heaviside:{it}:epoch'])).toBe('42');
    expect(await nodes[0]?.store.call('GET', ['heaviside:{it}:lease'])).toBe('another');
  });

  it('keeps leading past its deadline while Redis is away, and steps down when it comes back empty', async () => {
    const servers = await startRedis(count);
    const a = await contend(servers, 'keep_leading');
    const lease = await a.keeper.tryAcquire();
    const epoch = await lease?.confirm(0);
    for (const server of servers) await server.kill();
    await sleep(TTL_MS * 2);
    expect(lease?.remainingMs()).toBe(0);
    expect(lease?.signal.aborted).toBe(false);
    expect(await lease?.prove()).toBe('unreachable');
    expect(await lease?.confirm(epoch ?? 0)).toBe(epoch);
    expect(a.events).toEqual(['outage']);
    for (const server of servers) await server.restart();
    await expect.poll(() => lease?.signal.aborted, { timeout: 5000 }).toBe(true);
    expect(a.events).toEqual(['outage', 'recovered']);
    await lease?.release();
  });

  it('with stop ends at its deadline, whatever the network does', async () => {
    const servers = await startRedis(count);
    const a = await contend(servers, 'stop');
    const lease = await a.keeper.tryAcquire();
    await sleep(TTL_MS);
    expect(lease?.signal.aborted).toBe(false);
    const start = performance.now();
    const remainingMs = lease?.remainingMs() ?? 0;
    for (const server of servers) server.stop();
    await new Promise((resolve) => lease?.signal.addEventListener('abort', resolve));
    const stoppedMs = performance.now() - start;
    expect(stoppedMs).toBeLessThan(TTL_MS + 50 * patience());
    expect(stoppedMs).toBeGreaterThan(remainingMs - 20);
    for (const server of servers) server.continue();
    await lease?.release();
  });

  it('survives an outage that is shorter than its TTL', async () => {
    const servers = await startRedis(count);
    const a = await contend(servers, 'stop');
    const lease = await a.keeper.tryAcquire();
    await sleep(TTL_MS / 3 + 50);
    for (const server of servers) server.stop();
    await sleep(TTL_MS / 2);
    for (const server of servers) server.continue();
    await sleep(TTL_MS);
    expect(lease?.signal.aborted).toBe(false);
    await lease?.release();
  });
});

describe('a lease over three nodes', () => {
  it('holds with one node down or hung, and heals the node that comes back empty', async () => {
    const servers = await startRedis(3);
    const a = await contend(servers, 'stop');
    const [first, second] = servers;
    const lease = await a.keeper.tryAcquire();
    await first?.kill();
    await sleep(TTL_MS * 1.5);
    expect(lease?.signal.aborted).toBe(false);
    await first?.restart();
    const healed = async (): Promise<unknown> =>
      nodes[0]?.store.call('EXISTS', ['heaviside:{it}:lease']).catch(() => 0);
    await expect.poll(healed, { timeout: 5000 }).toBe(1);
    expect(Number(await nodes[0]?.store.call('GET', ['heaviside:{it}:epoch']))).toBe(lease?.epoch);
    // Only with the healed node is this still a majority.
    second?.stop();
    await sleep(TTL_MS * 1.5);
    expect(lease?.signal.aborted).toBe(false);
    expect(a.events).toEqual([]);
    second?.continue();
    await lease?.release();
  });

  it('writes the epoch back to a majority before anyone acts under it', async () => {
    const servers = await startRedis(3);
    const store = await openStore(servers);
    const [a, b, c] = nodes;
    await a?.store.call('SET', ['heaviside:{it}:epoch', 10]);
    await servers[2]?.kill();
    const first = await store.acquire(TTL_MS);
    expect(first).toMatchObject({ epoch: 11 });
    // A crash before confirm: the lease runs out, and the one node that counted so far goes away.
    await Promise.all([a, b].map((node) => node?.store.call('DEL', ['heaviside:{it}:lease'])));
    await servers[2]?.restart();
    await c?.store.call('PING', []);
    await expect.poll(() => c?.lease.call('PING', []).catch(String)).toBe('PONG');
    await servers[0]?.kill();
    expect(await store.acquire(TTL_MS)).toMatchObject({ epoch: 12 });
  });

  it('hands out epochs that always grow, with a random node down and crashes before confirm', async () => {
    const servers = await startRedis(3);
    const ttlMs = 400;
    const store = await openStore(servers, ttlMs);
    const mine = [...nodes];
    let lastGranted = 0;
    let lastConfirmed = 0;
    let confirmed = 0;
    let down = -1;
    for (let round = 0; round < 300; round++) {
      if (round % 10 === 0) {
        servers[down]?.continue();
        down = Math.floor(Math.random() * 3);
        servers[down]?.stop();
        await sleep(ttlMs / 4);
      }
      const grant = await store.acquire(ttlMs).catch(() => ({ retryAfterMs: null }));
      if (!isGrant(grant)) continue;
      expect(grant.epoch).toBeGreaterThan(lastGranted);
      lastGranted = grant.epoch;
      if (Math.random() < 0.3) {
        // A crash: nothing is released; the lease is taken away as if it had run out.
        await Promise.all(
          mine.map((node, i) => (i === down ? undefined : node.store.call('DEL', ['heaviside:{it}:lease']))),
        );
        continue;
      }
      const epoch = await store.confirm(grant, Math.max(grant.epoch, lastConfirmed + 1));
      if (typeof epoch === 'number') {
        expect(epoch).toBeGreaterThan(lastConfirmed);
        lastConfirmed = epoch;
        lastGranted = Math.max(lastGranted, epoch);
        confirmed++;
      }
      await store.release(grant);
    }
    servers[down]?.continue();
    expect(confirmed).toBeGreaterThan(30);
  });
});

describe('redis.nodes', () => {
  it('refuses an even number of nodes and a node named twice', async () => {
    const node = { name: 'a:1', lease: { call: async () => 0, evaluate: async () => 0 } };
    const make = (list: (typeof node)[]): RedlockLeaseStore =>
      new RedlockLeaseStore({ nodes: list, clientId: 'it', replica: 'a', nodeTimeoutMs: 100 });
    expect(() => make([node, { ...node, name: 'b:1' }])).toThrow(/odd number/);
    expect(() => make([node, node, { ...node, name: 'b:1' }])).toThrow(/twice/);
  });
});
