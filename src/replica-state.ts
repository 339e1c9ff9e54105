import type { HeavisideError } from './errors.ts';
import type { Blocked } from './model/blocked.ts';
import type { PositionRecord } from './model/position-record.ts';
import { LagTracker } from './observability/lag-tracker.ts';
import type { EncodedRows } from './pipeline.ts';
import type { BreakerState } from './produce/send-breaker.ts';
import { createPipelineCounters } from './observability/pipeline-counters.ts';

export type Role = 'candidate' | 'standby' | 'leader';

/** What a replica knows of itself: written by the leadership and the election, read by health, metrics and status. */
export class ReplicaState {
  readonly replica: string;
  readonly counters = createPipelineCounters();
  readonly lag: LagTracker;
  readonly tables = new Set<string>();
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
  lastProgressAt = 0;
  kafkaTransactions = 0;
  lastTakeoverSeconds: number | null = null;
  bufferBytes: () => number = () => 0;
  queueBytes: () => number = () => 0;
  /** performance.now() when the source was last heard; null while no stream is open. */
  sourceHeardAt: () => number | null = () => null;

  /** Why this replica is not ready, if it is not. */
  get hindrance(): HeavisideError | null {
    return this.refusal ?? this.electionFailure;
  }

  constructor(replica: string, heartbeatMs: number) {
    this.replica = replica;
    this.lag = new LagTracker({ now: () => Date.now(), monotonic: () => performance.now(), heartbeatMs });
  }

  /** Replication lag in seconds; null while not leading. */
  lagSeconds(): number | null {
    const heardAt = this.sourceHeardAt();
    if (heardAt !== null) this.lag.heard(heardAt);
    return this.lag.lagSeconds();
  }

  /** Rows of one source transaction whose records are committed. */
  countRows(rows: EncodedRows): void {
    this.counters.insertedRows += rows.written.insert;
    this.counters.updatedRows += rows.written.update;
    this.counters.deletedRows += rows.written.delete;
    this.counters.filteredRows += rows.rowsFiltered;
    this.counters.undecodableRows += rows.rowsUndecodable;
    for (const table of rows.tables) this.tables.add(table);
  }
}
