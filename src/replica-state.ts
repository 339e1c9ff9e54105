import type { HeavisideError } from './errors.ts';
import type { BatchTally } from './model/batch-tally.ts';
import type { Blocked } from './model/blocked.ts';
import type { PositionRecord } from './model/position-record.ts';
import type { VerifySummary } from './model/verify-summary.ts';
import { LagTracker } from './observability/lag-tracker.ts';
import type { BreakerState } from './produce/send-breaker.ts';
import { SnapshotStats } from './snapshot/snapshot-stats.ts';
import { TransactionSamples } from './observability/transaction-samples.ts';
import { createPipelineCounters } from './observability/pipeline-counters.ts';

export type Role = 'candidate' | 'standby' | 'leader';

/** What a replica knows of itself: written by the leadership and the election, read by health, metrics and status. */
export class ReplicaState {
  readonly replica: string;
  readonly counters = createPipelineCounters();
  readonly lag: LagTracker;
  readonly tables = new Set<string>();
  readonly samples: TransactionSamples;
  readonly snapshots = new SnapshotStats();
  role: Role = 'candidate';
  epoch = 0;
  isStopping = false;
  reason = 'starting';
  /** Why this replica does not take part now. */
  refusal: HeavisideError | null = null;
  /** Why the election cannot be taken part in now (Redis); of a candidate only. */
  electionFailure: HeavisideError | null = null;
  blocked: Blocked | null = null;
  /** The last position record that this leader committed (or found). */
  position: PositionRecord | null = null;
  positionCommittedAt: number | null = null;
  checkpointSavedAt: number | null = null;
  breaker: BreakerState = 'closed';
  isKafkaReachable = false;
  isSourceReachable = false;
  /** performance.now() before the last proof that Kafka and the source can be reached; null: none yet. */
  provedAt: number | null = null;
  isRedisUp: boolean | null = null;
  /** The last results of `heaviside verify`, as Redis has them. */
  verified: readonly VerifySummary[] = [];
  lastProgressAt = 0;
  kafkaTransactions = 0;
  lastTakeoverSeconds: number | null = null;
  /** Records committed a second, of a leader; null before it was measured, and on the others. */
  rowsPerSecond: number | null = null;
  bufferBytes: () => number = () => 0;
  queueBytes: () => number = () => 0;
  binlogRetentionSeconds: () => number | null = () => null;
  /** performance.now() when the source was last heard; null while no stream is open. */
  sourceHeardAt: () => number | null = () => null;

  /** Why this replica is not ready, if it is not. */
  get hindrance(): HeavisideError | null {
    return this.refusal ?? this.electionFailure;
  }

  /** @param sloSeconds option metrics_age_slo; null: none */
  constructor(replica: string, heartbeatMs: number, sloSeconds: number | null = null) {
    this.replica = replica;
    this.samples = new TransactionSamples(sloSeconds);
    this.lag = new LagTracker({ now: () => Date.now(), monotonic: () => performance.now(), heartbeatMs });
  }

  /** Replication lag in seconds; null while not leading. */
  lagSeconds(): number | null {
    const heardAt = this.sourceHeardAt();
    if (heardAt !== null) this.lag.heard(heardAt);
    return this.lag.lagSeconds();
  }

  /** While it looks, what the last look said stands: a standby that looks again has not lost the source. */
  async lookAtSource(look: Promise<void>): Promise<void> {
    let isThere = false;
    try {
      await look;
      isThere = true;
    } finally {
      this.isSourceReachable = isThere;
    }
  }

  /** What a batch held of the source is done with. */
  countCommitted(tally: BatchTally): void {
    if (tally.transactions === 0) return;
    const { counters, samples } = this;
    counters.transactions += tally.transactions;
    this.lag.committed(tally.transactions);
    const now = Date.now();
    for (const commitTimestampUs of tally.commitTimestampsUs) samples.addAge(commitTimestampUs, now);
    for (const rows of tally.rowCounts) samples.rows.add(rows);
    counters.insertedRows += tally.written.insert;
    counters.updatedRows += tally.written.update;
    counters.deletedRows += tally.written.delete;
    counters.filteredRows += tally.rowsFiltered;
    counters.undecodableRows += tally.rowsUndecodable;
    for (const table of tally.tables) this.tables.add(table);
  }
}
