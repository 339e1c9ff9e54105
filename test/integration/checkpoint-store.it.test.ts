import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { BlockedStore } from '../../src/checkpoint/blocked-store.ts';
import { type Checkpoint, RedisCheckpointStore } from '../../src/checkpoint/redis-checkpoint-store.ts';
import { TakeoverLog } from '../../src/election/takeover-log.ts';
import { PresenceBoard, type PresenceReport } from '../../src/election/presence-board.ts';
import { RedisNode } from '../../src/redis/redis-node.ts';
import { MemoryLog } from '../support/memory-log.ts';
import { RedisProcess } from '../support/redis-process.ts';

const stack: AsyncDisposable[] = [];
const nodes: RedisNode[] = [];

afterEach(async () => {
  for (const node of nodes.splice(0)) node.close();
  for (const each of stack.splice(0).reverse()) await each[Symbol.asyncDispose]();
});

async function start(count: number): Promise<RedisProcess[]> {
  const servers = await Promise.all(Array.from({ length: count }, () => RedisProcess.start()));
  stack.push(...servers);
  nodes.push(...servers.map(({ url }) => new RedisNode({ url, leaseTtlMs: 1000, log: new MemoryLog() })));
  return servers;
}

function checkpoint(epoch: number, positionsOffset: string): Checkpoint {
  return {
    v: 1,
    epoch,
    positionsOffset,
    record: `{"epoch":${epoch},"o":"${positionsOffset}"}`,
    savedAt: 1_700_000_000_000,
  };
}

describe.each([1, 3])('the checkpoint over %i node(s)', (count) => {
  it('is what was saved last, and refuses a lower epoch and a lower offset of its epoch', async () => {
    await start(count);
    const store = new RedisCheckpointStore({ nodes, clientId: 'it' });
    expect(await store.load()).toBeNull();
    expect(await store.save(checkpoint(5, '99'))).toBe('saved');
    expect(await store.save(checkpoint(5, '100'))).toBe('saved');
    expect(await store.save(checkpoint(5, '100'))).toBe('saved');
    expect(await store.save(checkpoint(5, '99'))).toBe('stale');
    expect(await store.save(checkpoint(4, '5000'))).toBe('stale');
    expect(await store.load()).toEqual(checkpoint(5, '100'));
    // A topic that was made anew counts from 0 again, under a higher epoch.
    expect(await store.save(checkpoint(6, '0'))).toBe('saved');
    expect(await store.save(checkpoint(6, '9007199254740993'))).toBe('saved');
    expect(await store.save(checkpoint(6, '9007199254740992'))).toBe('stale');
    expect(await store.load()).toEqual(checkpoint(6, '9007199254740993'));
  });

  it('is refused where it cannot be read, rather than taken for none', async () => {
    await start(count);
    const store = new RedisCheckpointStore({ nodes, clientId: 'it' });
    for (const node of nodes)
      await node.store.call('HSET', ['heaviside:{it}:checkpoint', 'v', 2, 'epoch', 3]);
    await expect(store.load()).rejects.toMatchObject({ code: 'POSITION_UNREADABLE' });
  });

  it('rejects in bounded time while the nodes hang, and serves again after', async () => {
    const servers = await start(count);
    const store = new RedisCheckpointStore({ nodes, clientId: 'it' });
    await store.save(checkpoint(1, '1'));
    for (const server of servers) server.stop();
    const startMs = performance.now();
    await expect(store.save(checkpoint(1, '2'))).rejects.toMatchObject({ code: 'REDIS_UNREACHABLE' });
    await expect(store.load()).rejects.toMatchObject({ code: 'REDIS_UNREACHABLE' });
    expect(performance.now() - startMs).toBeLessThan(9500);
    for (const server of servers) server.continue();
    await expect.poll(() => store.save(checkpoint(1, '3')).catch(String), { timeout: 10_000 }).toBe('saved');
  });

  it('tells the highest epoch', async () => {
    await start(count);
    const store = new RedisCheckpointStore({ nodes, clientId: 'it' });
    expect(await store.readEpoch()).toBe(0);
    // As a lease leaves it: on a majority, so that whichever majority answers first knows it.
    const majority = nodes.slice(0, Math.floor(count / 2) + 1);
    for (const node of majority) await node.store.call('SET', ['heaviside:{it}:epoch', 17]);
    expect(await store.readEpoch()).toBe(17);
  });
});

describe('over three nodes with one down', () => {
  it('keeps the checkpoint and the block, also when another one is down later', async () => {
    const servers = await start(3);
    const checkpoints = new RedisCheckpointStore({ nodes, clientId: 'it' });
    const blocked = new BlockedStore({ nodes, clientId: 'it' });
    const why = { code: 'BINLOG_PURGED', message: 'gone', position: 'a:1-5', replica: 'r1', at: 1 };
    await blocked.set(why);
    await servers[0]?.kill();
    expect(await checkpoints.save(checkpoint(2, '7'))).toBe('saved');
    expect(await blocked.clear()).toBe(true);
    await servers[0]?.restart();
    await nodes[0]?.store.call('SET', [
      'heaviside:{it}:blocked',
      JSON.stringify({ version: 1, blocked: why }),
    ]);
    servers[2]?.stop();
    expect(await checkpoints.load()).toEqual(checkpoint(2, '7'));
    // Node 0 still has the block, node 1 knows that it was cleared after.
    expect(await blocked.get()).toBeNull();
    await blocked.set({ ...why, message: 'again' });
    servers[2]?.continue();
    expect((await blocked.get())?.message).toBe('again');
  });

  it('rejects rather than answer from a minority', async () => {
    const servers = await start(3);
    const checkpoints = new RedisCheckpointStore({ nodes, clientId: 'it' });
    await servers[0]?.kill();
    await servers[1]?.kill();
    await expect(checkpoints.load()).rejects.toMatchObject({ code: 'REDIS_UNREACHABLE' });
    await expect(checkpoints.save(checkpoint(2, '7'))).rejects.toMatchObject({ code: 'REDIS_UNREACHABLE' });
  });
});

describe('the log of takeovers', () => {
  const takeover = {
    at: 1_800_000_000_123,
    kind: 'failover',
    seconds: 0.25,
    standstillSeconds: 3.5,
  } as const;
  const append = (to: string, epoch: number): Promise<void> =>
    new TakeoverLog({ nodes, clientId: 'it' }).append({
      ...takeover,
      to,
      epoch,
      reason: 'its lease ran out',
    });

  it('keeps the last twenty, newest first, each from the one before', async () => {
    await start(1);
    const log = new TakeoverLog({ nodes, clientId: 'it' });
    expect(await log.read()).toEqual([]);
    for (let epoch = 1; epoch <= 22; epoch++) await append(epoch % 2 === 0 ? 'b' : 'a', epoch);
    const all = await log.read();
    expect(all.map(({ epoch }) => epoch)).toEqual(Array.from({ length: 20 }, (_, index) => 22 - index));
    expect(all[0]).toEqual({ ...takeover, epoch: 22, from: 'a', to: 'b', reason: 'its lease ran out' });
  });

  it('shows what a node has missed, and rejects rather than answer from a minority', async () => {
    const servers = await start(3);
    await append('a', 1);
    await servers[0]?.kill();
    await append('b', 2);
    await servers[0]?.restart();
    servers[2]?.stop();
    const log = new TakeoverLog({ nodes, clientId: 'it' });
    expect((await log.read()).map(({ epoch, from }) => [epoch, from])).toEqual([
      [2, 'a'],
      [1, null],
    ]);
    servers[1]?.stop();
    await expect(log.read()).rejects.toMatchObject({ code: 'REDIS_UNREACHABLE' });
    servers[1]?.continue();
    servers[2]?.continue();
  });
});

describe('the presence board', () => {
  const report: PresenceReport = {
    host: 'h',
    pid: 1,
    httpPort: null,
    role: 'standby',
    epoch: null,
    kafkaReachable: true,
    sourceReachable: false,
    provedAgoMs: null,
    version: '0.1.0',
  };

  it('shows who wrote within three periods, and takes away who left', async () => {
    await start(1);
    const board = (replica: string): PresenceBoard =>
      new PresenceBoard({ nodes, clientId: 'it', replica, periodMs: 100, log: new MemoryLog() });
    const [a, b] = [board('a'), board('b')];
    a.start(() => ({ ...report, role: 'leader', epoch: 3 }));
    await b.write(report);
    await sleep(50);
    const both = await a.read();
    expect(both.map(({ replica, role }) => `${replica} ${role}`)).toEqual(['a leader', 'b standby']);
    expect(both[1]).toMatchObject({ ...report, replica: 'b' });
    expect(both[1]?.ageMs).toBeGreaterThanOrEqual(40);
    await sleep(350);
    expect((await b.read()).map(({ replica }) => replica)).toEqual(['a']);
    expect(await nodes[0]?.store.call('HKEYS', ['heaviside:{it}:presence'])).toEqual(['a']);
    await a.stop();
    expect(await b.read()).toEqual([]);
  });
});

describe('a Redis with a password', () => {
  it('is used with the right one; the wrong one is named by its code and shown nowhere', async () => {
    const server = await RedisProcess.start({
      args: ['--requirepass', 's3cr3t/x'],
      credentials: ':s3cr3t%2Fx@',
    });
    stack.push(server);
    const log = new MemoryLog();
    const right = new RedisNode({ url: server.url, leaseTtlMs: 1000, log });
    const wrong = new RedisNode({ url: server.url.replace('s3cr3t', 'wr0ng'), leaseTtlMs: 1000, log });
    nodes.push(right, wrong);
    expect(await right.store.call('PING', [])).toBe('PONG');
    const error: unknown = await wrong.store.call('PING', []).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'REDIS_ACCESS_DENIED' });
    const everything =
      JSON.stringify(log.lines) + String(error) + JSON.stringify(error) + right.name + wrong.name;
    expect(everything).not.toMatch(/wr0ng|s3cr3t/);
    expect(log.lines.length).toBeGreaterThan(0);
  });
});

describe('a Sentinel group', () => {
  it('is followed to the new master', async () => {
    const master = await RedisProcess.start();
    const replica = await RedisProcess.start({ args: ['--replicaof', '127.0.0.1', String(master.port)] });
    const sentinel = await RedisProcess.startSentinel(master.port);
    stack.push(master, replica, sentinel);
    const url = `redis+sentinel://127.0.0.1:${sentinel.port}/main`;
    const node = new RedisNode({ url, leaseTtlMs: 1000, log: new MemoryLog() });
    nodes.push(node);
    const store = new RedisCheckpointStore({ nodes: [node], clientId: 'it' });
    expect(await store.save(checkpoint(1, '1'))).toBe('saved');
    // The Sentinel must know the replica (it asks every 10 s) before it can promote it.
    const knows = async (): Promise<boolean> => {
      const probe = new RedisNode({ url: sentinel.url, leaseTtlMs: 1000, log: new MemoryLog() });
      const reply = await probe.store.call('SENTINEL', ['REPLICAS', 'main']).finally(() => probe.close());
      return Array.isArray(reply) && reply.length === 1 && JSON.stringify(reply).includes('"slave-priority"');
    };
    await expect.poll(knows, { timeout: 30_000, interval: 500 }).toBe(true);
    await sleep(1500);
    await master.kill();
    await expect
      .poll(() => store.save(checkpoint(1, '2')).catch((error: unknown) => String(error)), {
        timeout: 30_000,
      })
      .toBe('saved');
    expect(await store.load()).toEqual(checkpoint(1, '2'));
  }, 90_000);
});
