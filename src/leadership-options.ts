import type { CheckpointStore } from './checkpoint/checkpointer.ts';
import type { HeavisideError } from './errors.ts';
import type { Position, SourceFlavor } from './model/position.ts';
import type { PositionRecord } from './model/position-record.ts';
import type { SourceSchema } from './model/schema-snapshot.ts';
import type { SnapshotProgress } from './model/snapshot-progress.ts';
import type { Log } from './observability/log.ts';
import type { TakeoverPhase } from './observability/metric-definition.ts';
import type { TransactionEncoderPort } from './pipeline-options.ts';
import type { Leading, OutputPort, SourcePort } from './ports.ts';
import type { Snapshots } from './snapshot/snapshots.ts';
import type { ReplicaState } from './replica-state.ts';

export interface LeadershipOptions {
  readonly state: ReplicaState;
  readonly source: SourcePort;
  readonly outputs: OutputPort;
  readonly createEncoder: (schema: SourceSchema | null) => TransactionEncoderPort;
  readonly checkpoints: CheckpointStore | null;
  readonly log: Log;
  readonly configFingerprint: string;
  readonly initPosition: (flavor: SourceFlavor) => Position | null;
  readonly onRegression: 'block' | 'replay';
  readonly lingerMs: number;
  readonly positionHeartbeatMs: number;
  readonly maxBlockMs: number;
  /** Reconnects to the source before the lease is given to another replica; null: no end. */
  readonly reconnectAttempts: number | null;
  /** Whether another replica proved within so long that it reaches the source: else the lease stays, for giving it away would mend nothing. */
  readonly canOtherReachSource: (withinMs: number) => Promise<boolean>;
  readonly backoffMs: (failures: number) => number;
  /** What a new cluster begins with; null: the stream alone. */
  readonly firstSnapshot: () => SnapshotProgress | null;
  /** The snapshots beside a stream that goes on at the record; null: none can be asked for. */
  readonly openSnapshots: (from: PositionRecord) => Snapshots | null;
  readonly onPhase: (phase: TakeoverPhase, seconds: number) => void;
  /** This replica leads: its first Kafka transaction is committed. */
  readonly onLeading: (start: Leading) => void;
  /** Redis knew less than the position record: it was emptied, failed over, or restored from a backup. */
  readonly onRedisRollback: () => void;
  readonly onError: (error: HeavisideError) => void;
}
