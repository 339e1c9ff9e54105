import { hostname } from 'node:os';
import { BlockedStore } from '../checkpoint/blocked-store.ts';
import type { Blocked } from '../model/blocked.ts';
import { parsePositionRecord, positionText, type PositionRecord } from '../model/position-record.ts';
import type { CheckpointStore } from '../checkpoint/checkpointer.ts';
import { RedisCheckpointStore } from '../checkpoint/redis-checkpoint-store.ts';
import type { Config } from '../config/config.ts';
import { configDigest } from '../config/config-digest.ts';
import { ControlChannel } from '../election/control-channel.ts';
import { EventLoopWatchdog } from '../election/event-loop-watchdog.ts';
import { LeaderElector, type ElectionJob } from '../election/leader-elector.ts';
import { LeaseKeeper } from '../election/lease-keeper.ts';
import { PresenceBoard, type Presence } from '../election/presence-board.ts';
import { isReachedByOther } from '../election/proven-reach.ts';
import { TakeoverLog, type Takeover } from '../election/takeover-log.ts';
import { RedlockLeaseStore } from '../election/redlock-lease-store.ts';
import { successor } from '../election/successor.ts';
import type { Log } from '../observability/log.ts';
import { withDeadline } from '../redis/node-votes.ts';
import type { RedisNode } from '../redis/redis-node.ts';
import type { Leading } from '../ports.ts';
import type { ReplicaState } from '../replica-state.ts';
import { RequestStore } from '../snapshot/request-store.ts';
import { version } from '../version.ts';
import { VerifyResults } from '../verify/verify-results.ts';
import { leaseTimes } from './lease-times.ts';
import { ownAddress } from './own-address.ts';
import { redisNodes } from './redis-nodes.ts';

const connectionWaitMs = 1000;
/** How often a replica looks for new results of `heaviside verify`. */
const verifyLookMs = 15_000;
/** The status page must not wait long for a Redis that is away. */
const lookMs = 500;
/** A leader that said so, or nothing, left in a planned way; else it says the code of its error. */
const plannedReasons: readonly (string | undefined)[] = [undefined, 'shutdown', 'switchover'];

type Departure = Pick<Takeover, 'kind' | 'reason'>;
const firstLeader: Departure = { kind: 'first', reason: 'nobody had led before' };

/** A checkpoint as the status page shows it. */
export interface CheckpointView {
  readonly gtidSet: string | null;
  readonly file: string | null;
  readonly offset: number | null;
  readonly epoch: number;
  /** Milliseconds since 1970, by the leader's clock. */
  readonly savedAt: number;
}

/** Everything of a replica that lives in Redis, joined. */
export class RedisParts {
  readonly checkpoints: RedisCheckpointStore;
  readonly channel: ControlChannel;
  readonly blocked: BlockedStore;
  readonly keeper: LeaseKeeper;
  readonly presence: PresenceBoard;
  readonly verifyResults: VerifyResults;
  readonly takeovers: TakeoverLog;
  readonly snapshotRequests: RequestStore;
  httpPort: number | null = null;
  #othersBlock: Blocked | null = null;
  #released: { readonly at: number; readonly reason: string | undefined } | null = null;
  readonly #config: Config;
  readonly #configDigest: string;
  readonly #log: Log;
  readonly #state: ReplicaState;
  readonly #nodes: readonly RedisNode[];

  /** @param leaseName the name by which a lease may be reserved for this process */
  constructor(config: Config, log: Log, state: ReplicaState, leaseName = config.replicaName) {
    const { clientId, ha, replicaName } = config;
    this.#config = config;
    this.#configDigest = configDigest(config);
    this.#log = log;
    this.#state = state;
    const nodes = redisNodes(config, log);
    this.#nodes = nodes;
    this.checkpoints = new RedisCheckpointStore({ nodes, clientId });
    this.blocked = new BlockedStore({ nodes, clientId });
    this.verifyResults = new VerifyResults({ nodes, clientId });
    this.snapshotRequests = new RequestStore({ nodes, clientId });
    this.channel = new ControlChannel({ nodes, clientId, log });
    this.takeovers = new TakeoverLog({ nodes, clientId });
    this.presence = new PresenceBoard({
      nodes,
      clientId,
      replica: replicaName,
      periodMs: ha.leaseTtlMs / 2,
      log,
      onWritten: (isTaken) => (state.isRedisUp = isTaken),
    });
    const { nodeTimeoutMs, ...times } = leaseTimes(config);
    this.keeper = new LeaseKeeper({
      store: new RedlockLeaseStore({ nodes, clientId, replica: leaseName, nodeTimeoutMs }),
      ...times,
      redisOutage: ha.redisOutage,
      log,
      announce: (epoch, target, reason) =>
        this.channel.publish({
          type: 'released',
          epoch,
          replica: replicaName,
          ...(target === undefined ? {} : { target }),
          ...(reason === undefined ? {} : { reason }),
        }),
      onOutage: () => (state.isRedisUp = false), // sooner than the next look of the presence board
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
    this.channel.on('released', ({ reason }) => (this.#released = { at: performance.now(), reason }));
    const address = ownAddress();
    const startedAt = Math.round(performance.timeOrigin);
    this.presence.start(() => ({
      host: hostname(),
      address,
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
      lagSeconds: this.#state.lagSeconds(),
      rowsPerSecond: this.#state.rowsPerSecond,
      breaker: this.#state.role === 'leader' ? this.#state.breaker : null,
      refusal: this.#state.hindrance?.report ?? null,
      version,
      config: this.#configDigest,
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

  /** A block that other configurations met does not bind this one. */
  async #readBlocked(): Promise<Blocked | null> {
    const blocked = await this.blocked.get();
    const isOurs = blocked !== null && (blocked.configs?.includes(this.#configDigest) ?? true);
    this.#state.blocked = isOurs ? blocked : null;
    this.#othersBlock = isOurs ? null : blocked;
    return this.#state.blocked;
  }

  /** Replicas of two configurations that both meet it do not take turns: the block holds for each that has. */
  async block(blocked: Omit<Blocked, 'replica' | 'at' | 'configs'>): Promise<void> {
    const former = this.#othersBlock?.position === blocked.position ? (this.#othersBlock.configs ?? []) : [];
    const configs = [...former, this.#configDigest];
    const entry = { ...blocked, configs, replica: this.#config.replicaName, at: Date.now() };
    this.#state.blocked = entry;
    await this.blocked.set(entry);
  }

  /** A commit beyond what another configuration was blocked at: going back to that one, nobody shall find the block again. */
  async #notePassed(record: PositionRecord): Promise<void> {
    if (this.#othersBlock === null || this.#othersBlock.position === positionText(record)) return;
    await this.blocked.clear();
    this.#othersBlock = null;
  }

  /** The checkpoints as the leadership writes them. */
  checkpointStore(): CheckpointStore {
    return {
      save: async (record, positionsOffset) => {
        const saved = await this.checkpoints.save({
          v: 1,
          epoch: record.epoch,
          positionsOffset: String(positionsOffset ?? 0n),
          record: JSON.stringify(record),
          savedAt: Date.now(),
        });
        if (saved === 'saved') await this.#notePassed(record);
        return saved;
      },
    };
  }

  /** How the leader before this one ended: what it said when it left before this takeover, else its lease ran out. */
  #departure(takeoverMs: number): Departure {
    const released = this.#released;
    const sinceMs = this.#config.ha.leaseTtlMs + takeoverMs;
    if (released === null || performance.now() - released.at >= sinceMs)
      return { kind: 'failover', reason: 'its lease ran out' };
    const { reason = 'switchover' } = released;
    if (!plannedReasons.includes(released.reason)) return { kind: 'failover', reason: `it met ${reason}` };
    return {
      kind: 'switchover',
      reason: reason === 'shutdown' ? 'it was shut down' : 'an operator asked for it',
    };
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
      return await withDeadline(this.presence.read(), lookMs, 'majority');
    } catch {
      return [];
    }
  }

  /** The last changes of leader, newest first; null where Redis does not answer. */
  async lastTakeovers(): Promise<Takeover[] | null> {
    return withDeadline(this.takeovers.read(), lookMs, 'majority').catch(() => null);
  }

  /** The position of the checkpoint: on a standby too. Null where there is none, or Redis does not answer. */
  async checkpoint(): Promise<CheckpointView | null> {
    const held = await withDeadline(this.checkpoints.load(), lookMs, 'first').catch(() => null);
    const record = held && parsePositionRecord(held.record);
    if (!held || !record) return null;
    const { gtidSet, file, offset, epoch } = record;
    return { gtidSet, file, offset, epoch, savedAt: held.savedAt };
  }

  /** Notes for people that this replica leads, and how that came; what cannot be noted is only logged. */
  noteTakeover({ epoch, seconds, previous }: Leading): Takeover['kind'] {
    const at = Date.now();
    const standstillSeconds = previous ? Math.max(0, at - Date.parse(previous.at)) / 1000 : null;
    const how = previous ? this.#departure(seconds * 1000) : firstLeader;
    const takeover = { at, epoch, to: this.#config.replicaName, seconds, standstillSeconds, ...how };
    this.takeovers.append(takeover).catch((error: unknown) => {
      this.#log.warn({ error: String(error) }, 'the takeover could not be noted in Redis');
    });
    return how.kind;
  }

  close(): Promise<void> {
    for (const node of this.#nodes) node.close();
    return Promise.resolve();
  }
}
