import type { StartEvidence } from './checkpoint/start-position.ts';
import type { Lease } from './election/lease.ts';
import type { BinlogCoordinates, Position } from './model/position.ts';
import type { PositionRecord, SourceIdentityRecord } from './model/position-record.ts';
import type { SourceSchema } from './model/schema-snapshot.ts';
import type { TransactionStream } from './pipeline-options.ts';
import type { Output } from './produce/output.ts';

/** The source as a leadership needs it. */
export interface SourcePort {
  /** Connects for questions. Tries each address in turn. */
  inspect(): Promise<SourceInspection>;
  open(from: Position, last: PositionRecord, signal: AbortSignal): Promise<OpenStream>;
}

/** A connection to the source that answers what a takeover asks; to be closed. */
export interface SourceInspection {
  readonly identity: SourceIdentityRecord;
  readonly isGtid: boolean;
  /** Where the source stands now. */
  readonly current: Position;
  /** Refuses a position that the source cannot continue from. */
  check(position: Position): Promise<void>;
  close(): Promise<void>;
}

export interface OpenStream extends TransactionStream {
  /** What DDL records need; null without them. */
  readonly schema: SourceSchema | null;
  /** Where the reader is. */
  coordinates(): BinlogCoordinates;
  queuedBytes(): number;
  /** When the binlog file that is read was opened, seconds since 1970. */
  fileCreatedAt(): number | null;
  /** performance.now() of the last event or heartbeat. */
  lastEventAt(): number;
  close(): Promise<void>;
}

/** Everything that is known when the fence stands. */
export interface Evidence {
  readonly record: PositionRecord | null;
  readonly recordOffset: bigint;
  readonly checkpoint: StartEvidence['checkpoint'];
}

/** Where rows go, as a leadership opens it. */
export interface OutputPort {
  /** Fences every other producer, then reads the last position. */
  fence(lease: Lease): Promise<Evidence>;
  /** Whether the cluster's topics hold data although no position does. */
  hasData(): Promise<boolean>;
  /** Opens the output under the confirmed epoch. May be called once after each `fence`. */
  open(lease: Lease): Promise<Output>;
  /** Drops what `fence` opened and `open` did not take. */
  abandon(): void;
}

/** How a leadership began. */
export interface Leading {
  readonly epoch: number;
  /** From the lease to the first commit. */
  readonly seconds: number;
  /** The predecessor's last position record; null where nobody led before. */
  readonly previous: PositionRecord | null;
}
