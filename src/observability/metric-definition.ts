import type { VerifySummary } from '../model/verify-summary.ts';
import type { PipelineCounters } from './pipeline-counters.ts';
import type { ProcessUsage } from './process-usage.ts';

export const roles = ['candidate', 'standby', 'leader'] as const;
export type Role = (typeof roles)[number];

export const breakerStates = ['closed', 'half_open', 'open'] as const;
export type BreakerState = (typeof breakerStates)[number];

export const kafkaTransactionOutcomes = ['committed', 'aborted', 'unknown'] as const;
export type KafkaTransactionOutcome = (typeof kafkaTransactionOutcomes)[number];

/** The steps of a takeover from the lease on (docs/design/takeover.md), and the whole of it; fence: with the read of the position. */
export const takeoverPhases = ['fence', 'check_source', 'first_commit', 'total'] as const;
export type TakeoverPhase = (typeof takeoverPhases)[number];

/** Snapshots at a scrape; what only a leader knows is null on a standby. */
export interface SnapshotReadings {
  readonly rows: number;
  readonly chunks: number;
  readonly discarded: number;
  readonly overtaken: number;
  readonly tasks: number | null;
  readonly tableRows: number | null;
  readonly tableEstimate: number | null;
  readonly secondsLeft: number | null;
}

/** The state of the process at a scrape. Null: the metric is absent, because there is nothing to say. */
export interface MetricReadings {
  readonly role: Role;
  /** The fencing number of the last leadership that this replica knows of. */
  readonly epoch: number;
  readonly lagSeconds: number | null;
  /** Since the last position record that this leader committed. */
  readonly positionAgeSeconds: number | null;
  /** Since 1970: commit time at the source of the newest transaction in Kafka. */
  readonly lastCommitTimestampSeconds: number | null;
  readonly binlogFile: string | null;
  readonly binlogOffset: number | null;
  /** Distinct tables of which a record was written since the start of the process. */
  readonly tablesProcessed: number;
  /** Source transactions read and not yet in Kafka; null on a standby. */
  readonly waitingTransactions: number | null;
  /** Records waiting in batches, in bytes, and the bound on them. */
  readonly bufferBytes: number;
  readonly bufferLimitBytes: number;
  /** Source transactions read and not yet encoded. */
  readonly queueBytes: number;
  /** The bound on them, at which the binlog is paused. */
  readonly queueLimitBytes: number;
  readonly breakerState: BreakerState;
  /** Since the last checkpoint written to Redis or position_file. */
  readonly checkpointAgeSeconds: number | null;
  readonly isRedisUp: boolean | null;
  readonly isSourceConnected: boolean | null;
  /** For how long the source keeps its binlogs; null: not known, or without end. */
  readonly binlogRetentionSeconds: number | null;
  readonly snapshots: SnapshotReadings;
  readonly isBlocked: boolean;
  /** Waiting with a refusal: up, and looking again from time to time. */
  readonly isRefused: boolean;
  /** The last `heaviside verify` of each table; empty without HA. */
  readonly verified: readonly VerifySummary[];
}

/** What the 30-second windows are kept of. */
export type WindowName =
  | 'records'
  | 'batches'
  | 'batchBytes'
  | 'requests'
  | 'requestBytes'
  | 'requestSeconds'
  | 'recordQueueSeconds'
  | 'failedRecords'
  | 'retriedRecords'
  | 'bufferExhaustedWaits'
  | 'failedAuthentications'
  | 'sourceBytes'
  | 'cpuSeconds'
  | 'diskReadBytes'
  | 'diskWrittenBytes';

/** Everything that a metric may be computed from, taken once a scrape. */
export interface MetricView {
  readonly counters: PipelineCounters;
  readonly readings: MetricReadings;
  readonly usage: ProcessUsage;
  /** Growth a second within 30 s. */
  rate(name: WindowName): number;
  /** Growth of one total for each unit of growth of another within 30 s; 0 where that one did not grow. */
  average(sum: WindowName, count: WindowName): number;
}

export interface LabelledValue {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** One row of the metrics page and of docs/metrics.md. */
export interface MetricDefinition {
  readonly name: string;
  readonly kind: 'counter' | 'gauge' | 'histogram';
  /** One sentence, with the unit where the name does not hold it. */
  readonly help: string;
  readonly labels?: readonly string[];
  /** Upper bounds of a histogram's buckets. */
  readonly buckets?: readonly number[];
  /** Computes it at a scrape; null: absent. Without it, the metric counts events as they happen. */
  readonly read?: (view: MetricView) => number | null | readonly LabelledValue[];
}
