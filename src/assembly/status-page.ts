import type { Config } from '../config/config.ts';
import { leaderOf, type Presence } from '../election/presence-board.ts';
import type { Takeover } from '../election/takeover-log.ts';
import type { StreamHistory } from '../observability/stream-history.ts';
import type { ReplicaState } from '../replica-state.ts';
import { version } from '../version.ts';
import type { CheckpointView } from './redis-parts.ts';
import { sampleMs, streamOf } from './stream-watch.ts';

/** Where a replica sees the others; each answers soon, with nothing where Redis does not. */
export interface StatusSources {
  replicas(): Promise<readonly Presence[]>;
  lastTakeovers(): Promise<readonly Takeover[] | null>;
  checkpoint(): Promise<CheckpointView | null>;
}

/** What Redis holds of the cluster; null: it does not answer, or there is no HA. */
export interface Surroundings {
  readonly replicas: readonly Presence[];
  readonly takeovers: readonly Takeover[] | null;
  readonly checkpoint: CheckpointView | null;
}

/** Looks at everything side by side. */
export async function lookAround(redis: StatusSources | null): Promise<Surroundings> {
  if (redis === null) return { replicas: [], takeovers: null, checkpoint: null };
  const [replicas, takeovers, checkpoint] = await Promise.all([
    redis.replicas(),
    redis.lastTakeovers(),
    redis.checkpoint(),
  ]);
  return { replicas, takeovers, checkpoint };
}

/** The stage that holds the others up, in a word: for `heaviside status`. */
function slowStage(state: ReplicaState): string | null {
  if (state.role !== 'leader') return null;
  if (state.breaker !== 'closed') return 'kafka: the circuit breaker is open';
  if (!state.isSourceReachable) return 'source: not connected';
  return state.queueBytes() > 0 ? 'kafka: transactions wait to be written' : 'source: nothing waits';
}

/** What `/status` shows. */
export function statusPage(state: ReplicaState, config: Config, around: Surroundings): object {
  const { position } = state;
  const { replicas, takeovers, checkpoint } = around;
  const isLeader = state.role === 'leader';
  return {
    version,
    clientId: config.clientId,
    replica: state.replica,
    /** This replica's clock, milliseconds since 1970: the others' times are told against it. */
    now: Date.now(),
    role: state.blocked && !isLeader ? 'blocked' : state.role,
    reason: state.reason,
    epoch: state.epoch,
    isHighlyAvailable: config.ha.isEnabled,
    isRedisUp: state.isRedisUp,
    leader: isLeader ? state.replica : (leaderOf(replicas)?.replica ?? null),
    lagSeconds: state.lagSeconds(),
    /** Of the cluster's stream: this leader's own, else as the leader told it last. */
    stream: isLeader
      ? { lagSeconds: state.lagSeconds(), rowsPerSecond: state.rowsPerSecond, breaker: state.breaker }
      : streamOf(leaderOf(replicas)),
    slowStage: slowStage(state),
    rowsTotal: state.counters.records,
    transactionsTotal: state.counters.transactions,
    kafkaTransactionsTotal: state.kafkaTransactions,
    takeoverSeconds: state.lastTakeoverSeconds,
    position: position && {
      gtidSet: position.gtidSet,
      file: position.file,
      offset: position.offset,
      split: position.split,
      epoch: position.epoch,
      at: position.at,
    },
    checkpoint,
    snapshots:
      state.role === 'leader'
        ? {
            tasks: state.snapshots.views(),
            rowsTotal: state.snapshots.rows,
            lastError: state.snapshots.lastError,
            brake: state.snapshots.brake,
          }
        : null,
    breaker: state.breaker,
    queueBytes: state.queueBytes(),
    refusal: state.hindrance?.report ?? null,
    blocked: state.blocked,
    replicas,
    takeovers,
  };
}

/** What `/history` shows: [milliseconds since 1970, lag in seconds or null, rows a second or null], oldest first. */
export function historyPage({ samples }: StreamHistory): object {
  return {
    sampleMs,
    samples: samples.map(({ at, lagSeconds, rowsPerSecond }) => [at, lagSeconds, rowsPerSecond]),
  };
}
