import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { BlockedStore } from '../../src/checkpoint/blocked-store.ts';
import { ControlChannel } from '../../src/election/control-channel.ts';
import {
  LeaderElector,
  type LeaderElectorOptions,
  type ElectionJob,
  type LeadOutcome,
  type RoleChange,
} from '../../src/election/leader-elector.ts';
import { LeaseKeeper } from '../../src/election/lease-keeper.ts';
import type { Lease } from '../../src/election/lease.ts';
import { RedlockLeaseStore } from '../../src/election/redlock-lease-store.ts';
import { HeavisideError } from '../../src/errors.ts';
import { RedisNode } from '../../src/redis/redis-node.ts';
import { patience } from '../support/ha-figures.ts';
import { MemoryLog } from '../support/memory-log.ts';
import { RedisProcess } from '../support/redis-process.ts';
import { waitUntil } from '../support/wait-until.ts';

// Long enough that a takeover within it cannot be the lease running out.
const TTL_MS = 3000;
const servers: RedisProcess[] = [];
const running: Replica[] = [];

afterEach(async () => {
  for (const server of servers) server.continue();
  await Promise.all(running.splice(0).map((replica) => replica.end()));
  for (const server of servers.splice(0)) await server[Symbol.asyncDispose]();
});

async function startRedis(count = 1): Promise<void> {
  servers.push(...(await Promise.all(Array.from({ length: count }, () => RedisProcess.start()))));
}

interface ReplicaOptions {
  readonly ttlMs?: number;
  readonly prove?: () => Promise<void>;
  /** In place of the store in Redis. */
  readonly blocked?: LeaderElectorOptions['blocked'];
  readonly successor?: () => Promise<string | undefined>;
  /** Default: leads until asked to leave or the lease is lost. */
  readonly lead?: (lease: Lease, leave: AbortSignal) => Promise<LeadOutcome>;
}

/** A replica whose leadership does nothing. */
class Replica {
  readonly name: string;
  readonly roles: (RoleChange & { readonly atMs: number })[] = [];
  readonly nodes: RedisNode[];
  readonly channel: ControlChannel;
  readonly blocked: BlockedStore;
  /** What its election ended with. */
  failure: unknown;
  readonly #stop = new AbortController();
  readonly #run: Promise<void>;

  constructor(
    name: string,
    { ttlMs = TTL_MS, prove, lead, blocked: fakeBlocked, successor }: ReplicaOptions = {},
  ) {
    this.name = name;
    const log = new MemoryLog();
    this.nodes = servers.map(({ url }) => new RedisNode({ url, leaseTtlMs: ttlMs, log }));
    const { nodes } = this;
    const clientId = 'it';
    this.channel = new ControlChannel({ nodes, clientId, log });
    this.channel.start();
    this.blocked = new BlockedStore({ nodes, clientId });
    const keeper = new LeaseKeeper({
      store: new RedlockLeaseStore({ nodes, clientId, replica: name, nodeTimeoutMs: ttlMs / 4 }),
      ttlMs,
      redisOutage: 'keep_leading',
      log,
      announce: (epoch, target) =>
        this.channel.publish({
          type: 'released',
          epoch,
          replica: name,
          ...(target === undefined ? {} : { target }),
        }),
    });
    const { channel } = this;
    const blocked = fakeBlocked ?? this.blocked;
    const elector = new LeaderElector({
      keeper,
      channel,
      blocked,
      replica: name,
      log,
      waitMs: 500,
      blockedPollMs: 60_000,
      ...(successor === undefined ? {} : { successor }),
    });
    const job: ElectionJob = {
      signal: this.#stop.signal,
      prove: prove ?? (async () => undefined),
      lead: lead ?? untilAsked,
      onRole: (change) => this.roles.push({ ...change, atMs: performance.now() }),
    };
    const run = Promise.all(nodes.map((node) => node.waitUntilReady(300))).then(() => elector.run(job));
    this.#run = run.catch((error: unknown) => void (this.failure = error));
    running.push(this);
  }

  get role(): RoleChange['role'] | undefined {
    return this.roles.at(-1)?.role;
  }

  async end(): Promise<void> {
    this.#stop.abort();
    await this.#run;
    for (const node of this.nodes) node.close();
  }

  /** As if its process had died: nothing is released. */
  die(): void {
    for (const node of this.nodes) node.close();
  }
}

function untilAsked(lease: Lease, leave: AbortSignal): Promise<LeadOutcome> {
  return new Promise((resolve, reject) => {
    leave.addEventListener('abort', () => resolve({ kind: 'left' }));
    lease.signal.addEventListener('abort', () => reject(lease.signal.reason as Error));
  });
}

async function until(what: string, condition: () => boolean, timeoutMs = 10_000): Promise<number> {
  await waitUntil(condition, { what, timeoutMs, everyMs: 2 });
  return performance.now();
}

/** A leader `a` and standbys that have seen it. */
async function leaderAndStandbys(...standbys: string[]): Promise<Replica[]> {
  const a = new Replica('a');
  await until('a leads', () => a.role === 'leader');
  const others = standbys.map((name) => new Replica(name));
  await until('standbys', () => others.every(({ role }) => role === 'standby'));
  await sleep(100);
  return [a, ...others];
}

describe('the election', () => {
  it('has one leader of three that start together', async () => {
    await startRedis(3);
    const replicas = ['a', 'b', 'c'].map((name) => new Replica(name));
    await until('a leader', () => replicas.some(({ role }) => role === 'leader'));
    await until('two standbys', () => replicas.filter(({ role }) => role === 'standby').length === 2);
    await sleep(500);
    expect(replicas.filter(({ role }) => role === 'leader')).toHaveLength(1);
  });

  it.each([1, 3])('is over in 300 ms when the leader leaves (%i nodes)', async (count) => {
    await startRedis(count);
    const [a, b, c] = await leaderAndStandbys('b', 'c');
    const startMs = performance.now();
    await a?.end();
    const endMs = await until('a new leader', () => b?.role === 'leader' || c?.role === 'leader');
    expect(endMs - startMs).toBeLessThan(300 * patience());
  });

  it('follows the lease that runs out after a crash, at once', async () => {
    await startRedis();
    const [a, b] = await leaderAndStandbys('b');
    a?.die();
    const startMs = performance.now();
    const endMs = await until('b leads', () => b?.role === 'leader');
    expect(endMs - startMs).toBeLessThan(TTL_MS + 300 * patience());
    expect(b?.roles.at(-1)?.epoch).toBeGreaterThan(a?.roles.at(-1)?.epoch ?? Infinity);
  });

  it('switches over to the replica that is asked for, and the leaver stays out', async () => {
    await startRedis();
    const [a, b, c] = await leaderAndStandbys('b', 'c');
    const startMs = performance.now();
    await b?.channel.requestSwitchover('c');
    const endMs = await until('c leads', () => c?.role === 'leader');
    expect(endMs - startMs).toBeLessThan(1000 * patience());
    await until('a is a standby', () => a?.role === 'standby');
    expect(b?.roles.some(({ role }) => role === 'leader')).toBe(false);
    await sleep(TTL_MS);
    expect([a?.role, b?.role, c?.role]).toEqual(['standby', 'standby', 'leader']);
    // The request is gone, and a request to the leader itself changes nothing.
    expect(await c?.nodes[0]?.store.call('EXISTS', ['heaviside:{it}:switchover'])).toBe(0);
    await b?.channel.requestSwitchover('c');
    await sleep(200);
    expect(c?.role).toBe('leader');
  });

  it.each(['b', 'c'])('goes to the successor of a leader whose process ends: %s', async (name) => {
    await startRedis();
    const a = new Replica('a', { successor: async () => name });
    await until('a leads', () => a.role === 'leader');
    const standbys = ['b', 'c'].map((each) => new Replica(each));
    await until('standbys', () => standbys.every(({ role }) => role === 'standby'));
    await sleep(100);
    const startMs = performance.now();
    await a.end();
    const next = standbys.find((each) => each.name === name);
    const endMs = await until('the successor leads', () => next?.role === 'leader');
    expect(endMs - startMs).toBeLessThan(1000 * patience());
    expect(standbys.filter(({ roles }) => roles.some(({ role }) => role === 'leader'))).toEqual([next]);
  });

  it('goes to whoever comes first where the successor cannot be told', async () => {
    await startRedis();
    const a = new Replica('a', { successor: () => Promise.reject(new Error('Redis does not answer')) });
    await until('a leads', () => a.role === 'leader');
    const b = new Replica('b');
    await until('b stands by', () => b.role === 'standby');
    await sleep(100);
    await a.end();
    await until('b leads', () => b.role === 'leader', 1000 * patience());
  });

  it('finds a switchover request that no message brought', async () => {
    await startRedis();
    const [a, b] = await leaderAndStandbys('b');
    const epoch = a?.roles.at(-1)?.epoch;
    const request = JSON.stringify({ type: 'switchover', requestId: 'r', epoch });
    await b?.nodes[0]?.store.call('SET', ['heaviside:{it}:switchover', request, 'PX', 30_000]);
    await until('b leads', () => b?.role === 'leader', TTL_MS / 3 + 1000);
    await sleep(TTL_MS / 2);
    expect(b?.role).toBe('leader');
  });

  it('lets nobody lead while the cluster is blocked, until it is cleared', async () => {
    await startRedis();
    const lead = async (): Promise<LeadOutcome> => {
      const error = new HeavisideError('BINLOG_PURGED', 'the source has purged what follows');
      const why = { code: error.code, message: error.message, position: 'u:1-5', replica: 'a', at: 0 };
      await a.blocked.set(why);
      throw error;
    };
    const a: Replica = new Replica('a', { lead });
    await until('a blocked', () => a.roles.some(({ code }) => code === 'BINLOG_PURGED'));
    const b = new Replica('b');
    await until('b sees it', () => b.roles.at(-1)?.code === 'CLUSTER_BLOCKED');
    await sleep(300);
    expect(b.role).toBe('standby');
    await b.blocked.clear();
    await b.channel.publish({ type: 'unblocked' });
    await until('b leads', () => b.role === 'leader', 1000);
  });

  it('gives the lease back when the block came just before it', async () => {
    await startRedis();
    const why = { code: 'BINLOG_PURGED', message: 'gone', position: 'u:1-5', replica: 'b', at: 0 };
    let looks = 0;
    const replica = new Replica('a', { blocked: { get: async () => (looks++ === 0 ? null : why) } });
    await until('a sees it', () => replica.roles.at(-1)?.code === 'CLUSTER_BLOCKED');
    await until('two looks', () => looks === 2);
    await sleep(50);
    expect(replica.roles.some(({ role }) => role === 'leader')).toBe(false);
    expect(await replica.nodes[0]?.store.call('EXISTS', ['heaviside:{it}:lease'])).toBe(0);
  });

  it('does not stand without a proof, and stays out longer each time it cannot lead', async () => {
    await startRedis();
    let reaches = false;
    const leads: number[] = [];
    const replica = new Replica('a', {
      ttlMs: 400,
      prove: async () => {
        if (!reaches) throw new HeavisideError('KAFKA_UNREACHABLE', 'no broker');
      },
      lead: async () => {
        leads.push(performance.now());
        throw new HeavisideError('SOURCE_UNREACHABLE', 'no source');
      },
    });
    await sleep(500);
    expect(replica.roles.at(-1)).toMatchObject({ role: 'candidate', code: 'KAFKA_UNREACHABLE' });
    expect(leads).toHaveLength(0);
    reaches = true;
    await until('three tries', () => leads.length === 3, 5000);
    const [first = 0, second = 0, third = 0] = leads;
    expect(second - first).toBeGreaterThanOrEqual(395);
    expect(third - second).toBeGreaterThanOrEqual(795);
  });

  it('ends with an error that no other try would change', async () => {
    await startRedis();
    const failing = new Replica('a', {
      lead: async () => {
        throw new HeavisideError('KAFKA_UNSUPPORTED', 'too old');
      },
    });
    await until('a has led', () => failing.roles.some(({ role }) => role === 'leader'));
    const b = new Replica('b');
    await until('b leads: the lease was given back', () => b.role === 'leader', 1000);
    expect(failing.failure).toMatchObject({ code: 'KAFKA_UNSUPPORTED' });
  });

  it('waits while Redis is away, and leads when it is back', async () => {
    await startRedis();
    const [server] = servers;
    await server?.kill();
    const a = new Replica('a', { ttlMs: 600 });
    await until('a cannot', () => a.roles.at(-1)?.code === 'REDIS_UNREACHABLE');
    await server?.restart();
    await until('a leads', () => a.role === 'leader', 3000);
  });

  it('hears messages again after the subscription was cut', async () => {
    await startRedis();
    const [a, b] = await leaderAndStandbys('b');
    await b?.nodes[0]?.store.call('CLIENT', ['KILL', 'TYPE', 'pubsub']);
    await sleep(500);
    const startMs = performance.now();
    await a?.end();
    const endMs = await until('b leads', () => b?.role === 'leader');
    expect(endMs - startMs).toBeLessThan(300 * patience());
  });
});
