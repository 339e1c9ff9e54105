import type { Config } from '../config/config.ts';
import type { MetricReadings } from '../observability/metric-definition.ts';
import type { ReplicaState } from '../replica-state.ts';
import { queueLimitBytes } from './source-settings.ts';

const ageSeconds = (atMs: number | null): number | null =>
  atMs === null ? null : Math.max(0, Date.now() - atMs) / 1000;

/** The state of the replica as the metrics show it; what only a leader knows is absent on a standby. */
export function metricReadings(state: ReplicaState, config: Config): MetricReadings {
  const isLeader = state.role === 'leader';
  const lastCommitMs = state.lag.lastCommitMs();
  return {
    role: state.role,
    epoch: state.epoch,
    lagSeconds: state.lagSeconds(),
    positionAgeSeconds: isLeader ? ageSeconds(state.positionCommittedAt) : null,
    lastCommitTimestampSeconds: isLeader && lastCommitMs !== null ? lastCommitMs / 1000 : null,
    binlogFile: isLeader ? (state.position?.file ?? null) : null,
    binlogOffset: isLeader ? (state.position?.offset ?? null) : null,
    tablesProcessed: state.tables.size,
    waitingTransactions: isLeader ? state.lag.waitingCount : null,
    bufferBytes: state.bufferBytes(),
    bufferLimitBytes: config.kafka.bufferBytes,
    queueBytes: state.queueBytes(),
    queueLimitBytes: queueLimitBytes(config),
    breakerState: state.breaker === 'half-open' ? 'half_open' : state.breaker,
    checkpointAgeSeconds: isLeader ? ageSeconds(state.checkpointSavedAt) : null,
    isRedisUp: state.isRedisUp,
    isSourceConnected: isLeader ? state.isSourceReachable : null,
    binlogRetentionSeconds: isLeader ? state.binlogRetentionSeconds() : null,
    snapshots: state.snapshots.readings(isLeader),
    isBlocked: state.blocked !== null,
    isRefused: state.hindrance !== null,
    verified: state.verified,
  };
}
