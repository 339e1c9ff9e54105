import { hostname } from 'node:os';
import { BlockedStore } from '../checkpoint/blocked-store.ts';
import type { Blocked } from '../model/blocked.ts';
import type { CheckpointStore } from '../checkpoint/checkpointer.ts';
import { RedisCheckpointStore } from '../checkpoint/redis-checkpoint-store.ts';
import { configDigest, configFingerprint, type Config } from '../config/config.ts';
import { ControlChannel } from '../election/control-channel.ts';
import { EventLoopWatchdog } from '../election/event-loop-watchdog.ts';
import { LeaderElector, type ElectionJob } from '../election/leader-elector.ts';
import { LeaseKeeper } from '../election/lease-keeper.ts';
import { PresenceBoard, type Presence } from '../election/presence-board.ts';
import { isReachedByOther } from '../election/proven-reach.ts';
import { RedlockLeaseStore } from '../election/redlock-lease-store.ts';
import { successor } from '../election/successor.ts';
import type { Log } from '../observability/log.ts';
import { withDeadline } from '../redis/node-votes.ts';
import type { RedisNode } from '../redis/redis-node.ts';
import type { ReplicaState } from '../replica-state.ts';
import { version } from '../version.ts';
import { VerifyResults } from '../verify/verify-results.ts';
import { leaseTimes } from './lease-times.ts';
import { redisNodes } from './redis-nodes.ts';

const connectionWaitMs = 1000;
/** How often a replica looks for new results of `heaviside verify`. */
const verifyLookMs = 15_000;
/** The status page must not wait long for a Redis that is away. */
const replicasWaitMs = 500;

/** Everything of a replica that lives in Redis, joined. */
export class RedisParts {
  readonly checkpoints: RedisCheckpointStore;
  readonly channel: ControlChannel;
  readonly blocked: BlockedStore;
  readonly keeper: LeaseKeeper;
  readonly presence: PresenceBoard;
  readonly verifyResults: VerifyResults;
  httpPort: number | null = null;
  #releasedAt = -Infinity;
  readonly #config: Config;
  readonly #log: Log;
  readonly #state: ReplicaState;
  readonly #nodes: readonly RedisNode[];

  /** @param leaseName the name by which a lease may be reserved for this process */
  constructor(config: Config, log: Log, state: ReplicaState, leaseName = config.replicaName) {
    const { clientId, ha, replicaName } = config;
    this.#config = config;
    this.#log = log;
    this.#state = state;
    const nodes = redisNodes(config, log);
    this.#nodes = nodes;
    this.checkpoints = new RedisCheckpointStore({ nodes, clientId });
    this.blocked = new BlockedStore({ nodes, clientId });
    this.verifyResults = new VerifyResults({ nodes, clientId });
    this.channel = new ControlChannel({ nodes, clientId, log });
    this.presence = new PresenceBoard({
      nodes,
      clientId,
      replica: replicaName,
      periodMs: ha.leaseTtlMs / 2,
      log,
    });
    const { nodeTimeoutMs, ...times } = leaseTimes(config);
    this.keeper = new LeaseKeeper({
      store: new RedlockLeaseStore({ nodes, clientId, replica: leaseName, nodeTimeoutMs }),
      ...times,
      redisOutage: ha.redisOutage,
      log,
      announce: (epoch, target) =>
        this.channel.publish({
          type: 'released',
          epoch,
          replica: replicaName,
          ...(target === undefined ? {} : { target }),
        }),
      onOutage: () => (state.isRedisUp = false),
      onRecovered: () => (state.isRedisUp = true),
    });
  }

  /** Gives the connections a moment: else a first attempt at the lease would find none yet, and fail. */
  async connect(): Promise<void> {
    await Promise.all(this.#nodes.map((node) => node.waitUntilReady(connectionWaitMs)));
  }

  /** Stands for election until the job's signal ends it. */
  async run(job: ElectionJob): Promise<void> {
    await this.connect();
    const watchdog = new EventLoopWatchdog();
    this.channel.start();
    this.channel.on('released', () => (this.#releasedAt = performance.now()));
    this.#state.isRedisUp = true;
    const config = configDigest(this.#config);
    const startedAt = Math.round(performance.timeOrigin);
    this.presence.start(() => ({
      host: hostname(),
      pid: process.pid,
      httpPort: this.httpPort,
      role: this.#state.role,
      epoch: this.#state.role === 'leader' ? this.#state.epoch : null,
      kafkaReachable: this.#state.isKafkaReachable,
      sourceReachable: this.#state.isSourceReachable,
      provedAgoMs:
        this.#state.role === 'leader' || this.#state.provedAt === null
          ? null
          : Math.round(performance.now() - this.#state.provedAt),
      version,
      config,
      startedAt,
    }));
    const elector = new LeaderElector({
      keeper: this.keeper,
      channel: this.channel,
      blocked: { get: () => this.#readBlocked() },
      successor: () => this.#successor(),
      replica: this.#config.replicaName,
      log: this.#log,
      ...(process.env['HEAVISIDE_FAILPOINT_WATCHDOG'] === 'off' ? {} : { watchdog }),
    });
    const verifyLooks = setInterval(() => void this.#readVerified(), verifyLookMs);
    void this.#readVerified();
    try {
      await elector.run({
        ...job,
        onRole: (change) => {
          job.onRole?.(change);
          this.presence.refresh();
        },
      });
    } finally {
      clearInterval(verifyLooks);
      await watchdog.close();
      await this.presence.stop().catch(() => undefined);
    }
  }

  /** What is known stays where Redis does not answer. */
  async #readVerified(): Promise<void> {
    this.#state.verified = await this.verifyResults.read().catch(() => this.#state.verified);
  }

  /** A block that another configuration met does not bind this one. */
  async #readBlocked(): Promise<Blocked | null> {
    const blocked = await this.blocked.get();
    const isOurs =
      blocked !== null &&
      (blocked.config === undefined || blocked.config === configFingerprint(this.#config));
    this.#state.blocked = isOurs ? blocked : null;
    return this.#state.blocked;
  }

  async block(blocked: Omit<Blocked, 'replica' | 'at'>): Promise<void> {
    const entry = { ...blocked, replica: this.#config.replicaName, at: Date.now() };
    this.#state.blocked = entry;
    await this.blocked.set(entry);
  }

  /** The checkpoints as the leadership writes them. */
  checkpointStore(): CheckpointStore {
    return {
      save: (record, positionsOffset) =>
        this.checkpoints.save({
          v: 1,
          epoch: record.epoch,
          positionsOffset: String(positionsOffset ?? 0n),
          record: JSON.stringify(record),
          savedAt: Date.now(),
        }),
    };
  }

  /** Whether a leader left in a planned way just now. */
  wasReleased(): boolean {
    return performance.now() - this.#releasedAt < this.#config.ha.leaseTtlMs;
  }

  /** Whether another replica has proven within so many milliseconds that it reaches what this one cannot. */
  async otherReaches(what: 'kafka' | 'source', withinMs: number): Promise<boolean> {
    return isReachedByOther(await this.replicas(), { replica: this.#config.replicaName, what, withinMs });
  }

  /** A proof is renewed every half of the TTL and told with the next entry. */
  async #successor(): Promise<string | undefined> {
    const { replicaName: leader, ha } = this.#config;
    return successor(await this.replicas(), { leader, withinMs: 2 * ha.leaseTtlMs });
  }

  /** Fresh entries of all replicas; empty where Redis does not answer. */
  async replicas(): Promise<Presence[]> {
    try {
      return await withDeadline(this.presence.read(), replicasWaitMs, 'majority');
    } catch {
      return [];
    }
  }

  close(): Promise<void> {
    for (const node of this.#nodes) node.close();
    return Promise.resolve();
  }
}
