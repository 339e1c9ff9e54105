import { createHash } from 'node:crypto';
import Redlock, { ExecutionError, ResourceLockedError, type Lock, type RedlockClient } from 'redlock';
import { asHeavisideError, HeavisideError } from '../errors.ts';
import { askNodes, majorityOf, requireMajority, withDeadline } from '../redis/node-votes.ts';
import type { RedisPeer } from '../redis/redis-connection.ts';
import { redisKeys } from '../redis/redis-keys.ts';
import {
  acquireScript,
  confirmScript,
  extendScript,
  healScript,
  handOverScript,
  releaseScript,
  reservedFor,
  reservedPrefix,
} from './lease-scripts.ts';
import type {
  ExtendOptions,
  HandOver,
  LeaseGrant,
  LeaseRefusal,
  LeaseStore,
  LeaseVerdict,
} from './lease-store.ts';

export interface RedlockLeaseStoreOptions {
  /** One node, or an odd number of nodes that do not replicate one another. */
  readonly nodes: readonly Pick<RedisPeer, 'name' | 'lease'>[];
  readonly clientId: string;
  /** The name by which a lease may be reserved for this store. */
  readonly replica: string;
  /** How long one node may take to answer, in milliseconds; well below the renewal period. */
  readonly nodeTimeoutMs: number;
}

const CONFIRM_ROUNDS = 5;
// After a split vote: far enough apart that one of the contenders comes first.
const SPLIT_RETRY_MIN_MS = 20;
const SPLIT_RETRY_SPREAD_MS = 130;

/** The lease through redlock 5 with scripts of our own (takeover.md, recipe 3). Its clock and its retries are not used. */
export class RedlockLeaseStore implements LeaseStore {
  readonly #clients: readonly NodeClient[];
  readonly #redlock: Redlock;
  readonly #keys: readonly [lease: string, epoch: string];
  readonly #nodeTimeoutMs: number;
  readonly #locks = new Map<string, Lock>();

  /** @throws CONFIG_INVALID for an even number of nodes (a split vote would never settle) or a node named twice */
  constructor(options: RedlockLeaseStoreOptions) {
    const { nodes } = options;
    if (nodes.length % 2 === 0)
      throw new HeavisideError(
        'CONFIG_INVALID',
        `redis.nodes needs one or an odd number of nodes, not ${nodes.length}`,
      );
    if (new Set(nodes.map(({ name }) => name)).size < nodes.length)
      throw new HeavisideError('CONFIG_INVALID', 'redis.nodes names a node twice');
    const keys = redisKeys(options.clientId);
    this.#keys = [keys.lease, keys.epoch];
    this.#nodeTimeoutMs = options.nodeTimeoutMs;
    this.#clients = nodes.map((node) => new NodeClient(node, options));
    this.#redlock = new Redlock(
      this.#clients,
      { retryCount: 0 },
      {
        acquireScript: () => acquireScript,
        extendScript: () => extendScript,
        releaseScript: () => releaseScript,
      },
    );
  }

  async acquire(ttlMs: number): Promise<LeaseGrant | LeaseRefusal> {
    for (const client of this.#clients) client.forgetAcquire();
    let lock: Lock;
    try {
      lock = await this.#redlock.acquire([...this.#keys], ttlMs);
    } catch (error) {
      return this.#refusal(error);
    }
    this.#locks.set(lock.value, lock);
    const epochs = this.#clients.map((client) => client.epochOf(lock.value));
    const grant = { value: lock.value, epoch: Math.max(...epochs) };
    if (this.#clients.length === 1) return grant;
    // Each node counts for itself: the highest must be known to a majority before anyone acts under it.
    const epoch = await this.confirm(grant, grant.epoch);
    if (typeof epoch === 'number') return { value: grant.value, epoch };
    await this.release(grant);
    return { retryAfterMs: splitRetryMs() };
  }

  async extend(grant: LeaseGrant, options: ExtendOptions): Promise<LeaseVerdict> {
    const lock = this.#locks.get(grant.value);
    if (lock === undefined) return 'lost';
    // redlock would refuse by the wall clock; the deadline is kept by the caller on the monotonic one.
    lock.expiration = Infinity;
    try {
      const { attempts } = await this.#redlock.extend(lock, options.ttlMs);
      // The slower nodes may still be answering: the verdict does not wait for them.
      void attempts.at(-1)?.then(() => this.#heal(grant, options));
      return 'mine';
    } catch (error) {
      const votes = await votesOf(error);
      if (this.#clients.length - votes.against < majorityOf(this.#clients.length)) return 'lost';
      if (votes.for > 0) await this.#heal(grant, options);
      return 'unreachable';
    }
  }

  async confirm(grant: LeaseGrant, epoch: number): Promise<number | 'lost' | 'unreachable'> {
    const majority = majorityOf(this.#clients.length);
    let floor = epoch;
    for (let round = 0; round < CONFIRM_ROUNDS; round++) {
      const { answers } = await askNodes(
        this.#clients,
        async (client) => Number(await client.run(confirmScript, this.#keys, [grant.value, floor])),
        {
          timeoutMs: this.#nodeTimeoutMs,
          isSettled: (replies) => replies.filter((reply) => reply >= 0).length >= majority,
        },
      );
      const epochs = answers.filter((reply) => reply >= 0);
      const refusals = answers.length - epochs.length;
      if (epochs.length < majority)
        return this.#clients.length - refusals < majority ? 'lost' : 'unreachable';
      const highest = Math.max(...epochs);
      if (highest === floor) return floor;
      floor = highest + 1;
    }
    return 'unreachable';
  }

  async release(grant: LeaseGrant, handOver?: HandOver): Promise<void> {
    const lock = this.#locks.get(grant.value);
    if (lock === undefined) return;
    this.#locks.delete(grant.value);
    if (handOver === undefined) {
      await this.#redlock.release(lock).catch(() => undefined);
      return;
    }
    const args = [grant.value, reservedFor(handOver.to), Math.ceil(handOver.forMs)];
    await askNodes(this.#clients, (client) => client.run(handOverScript, this.#keys, args), {
      timeoutMs: this.#nodeTimeoutMs,
    });
  }

  async isHeld(): Promise<boolean> {
    const votes = await askNodes(this.#clients, (client) => client.holds(this.#keys[0]), {
      timeoutMs: this.#nodeTimeoutMs,
    });
    const answers = requireMajority(votes, this.#clients.length);
    return answers.filter(Boolean).length >= majorityOf(this.#clients.length);
  }

  async #heal(grant: LeaseGrant, options: ExtendOptions): Promise<void> {
    const empty = this.#clients.filter((client) => client.lostLease);
    if (empty.length === 0 || !options.mayHeal() || !this.#locks.has(grant.value)) return;
    const args = [grant.value, options.ttlMs, grant.epoch];
    await askNodes(empty, (client) => client.run(healScript, this.#keys, args), {
      timeoutMs: this.#nodeTimeoutMs,
    });
  }

  /** @throws the first node's error where too few nodes answered */
  async #refusal(error: unknown): Promise<LeaseRefusal> {
    const votes = await votesOf(error);
    const majority = majorityOf(this.#clients.length);
    if (votes.for + votes.against < majority)
      throw asHeavisideError(votes.failure ?? error, 'REDIS_UNREACHABLE');
    const held = this.#clients.flatMap((client) => client.holder ?? []);
    const holders = new Map<string, number>();
    for (const { value } of held) holders.set(value, (holders.get(value) ?? 0) + 1);
    if (Math.max(0, ...holders.values()) < majority) return { retryAfterMs: splitRetryMs() };
    // Free for me as soon as so many of the nodes that refused have let it go.
    const waits = held.map(({ ttlMs }) => ttlMs).sort((a, b) => a - b);
    const wait = waits[Math.max(0, majority - votes.for - 1)];
    return { retryAfterMs: wait === undefined || wait < 0 ? null : wait };
  }
}

function splitRetryMs(): number {
  return SPLIT_RETRY_MIN_MS + Math.random() * SPLIT_RETRY_SPREAD_MS;
}

interface Votes {
  readonly for: number;
  readonly against: number;
  /** Of a node that gave no vote. */
  readonly failure: Error | null;
}

/** Tells a node that refused from one that did not answer. @throws what is no vote of redlock's */
async function votesOf(error: unknown): Promise<Votes> {
  if (!(error instanceof ExecutionError)) throw error;
  const stats = await error.attempts.at(-1);
  if (stats === undefined) return { for: 0, against: 0, failure: null };
  const errors = [...stats.votesAgainst.values()];
  const failures = errors.filter((each) => !(each instanceof ResourceLockedError));
  return { for: stats.votesFor.size, against: errors.length - failures.length, failure: failures[0] ?? null };
}

const scriptsByHash = new Map(
  [acquireScript, extendScript, releaseScript].map((script) => [
    createHash('sha1').update(script).digest('hex'),
    script,
  ]),
);

/** One node as redlock wants it: every call settles in time, and only the first number of a reply is shown to it. */
class NodeClient implements RedlockClient {
  readonly name: string;
  readonly #connection: RedisPeer['lease'];
  readonly #timeoutMs: number;
  readonly #reservation: string;
  readonly #epochs = new Map<string, number>();
  /** Who refused the last acquire. */
  holder: { readonly value: string; readonly ttlMs: number } | null = null;
  /** The last extend found no lease at all. */
  lostLease = false;

  constructor(
    node: Pick<RedisPeer, 'name' | 'lease'>,
    { nodeTimeoutMs, replica }: Pick<RedlockLeaseStoreOptions, 'nodeTimeoutMs' | 'replica'>,
  ) {
    this.name = node.name;
    this.#connection = node.lease;
    this.#timeoutMs = nodeTimeoutMs;
    this.#reservation = reservedFor(replica);
  }

  forgetAcquire(): void {
    this.holder = null;
    this.#epochs.clear();
  }

  /** The epoch that came with the lease of this value; 0 where this node has not granted it. */
  epochOf(value: string): number {
    return this.#epochs.get(value) ?? 0;
  }

  run(script: string, keys: readonly string[], args: readonly (string | number)[]): Promise<unknown> {
    return withDeadline(this.#connection.evaluate(script, keys, args), this.#timeoutMs, this.name);
  }

  async holds(key: string): Promise<boolean> {
    const holder = await this.#connection.call('GET', [key]);
    return typeof holder === 'string' && !holder.startsWith(reservedPrefix);
  }

  evalsha(hash: string, keyCount: number, keysAndArguments: readonly (string | number)[]): Promise<unknown> {
    const script = scriptsByHash.get(hash);
    if (script === undefined) return Promise.reject(new Error('NOSCRIPT'));
    return this.eval(script, keyCount, keysAndArguments);
  }

  async eval(
    script: string,
    keyCount: number,
    keysAndArguments: readonly (string | number)[],
  ): Promise<unknown> {
    const keys = keysAndArguments.slice(0, keyCount).map(String);
    const args = keysAndArguments.slice(keyCount);
    if (script === acquireScript) args.push(this.#reservation);
    if (script === extendScript) this.lostLease = false;
    const reply = await this.run(script, keys, args);
    if (script === extendScript) this.lostLease = reply === -1;
    if (!Array.isArray(reply)) return reply;
    const [vote, second, holder] = reply as unknown[];
    if (vote === 0) this.holder = { value: String(holder), ttlMs: Number(second) };
    else this.#epochs.set(String(args[0]), Number(second));
    return vote;
  }

  quit(): Promise<unknown> {
    return Promise.resolve('OK');
  }
}
