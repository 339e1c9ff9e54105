import type { LedgerEntry, Row, TableBefore } from '../writer/ledger.ts';

/** A record of the data topic as a read_committed reader gets it. */
export interface StreamRecord {
  readonly partition: number;
  readonly offset: number;
  readonly key: string | null;
  readonly value: string | null;
  readonly messageId: string;
  readonly epoch: number;
}

/** A record of the positions topic. */
export interface PositionSeen {
  readonly offset: number;
  readonly epoch: number;
  /** Counts the Kafka transactions of the epoch. */
  readonly commit: number;
  readonly gtidSet: string;
}

/** The checkpoint as Redis held it at a moment. */
export interface CheckpointSample {
  readonly at: number;
  readonly positionsOffset: number;
  readonly epoch: number;
  readonly commit: number;
}

/** Everything that the checker is given: what MySQL says, what Kafka says, what Redis said. */
export interface CheckInput {
  readonly ledger: readonly LedgerEntry[];
  /** What stood in the tables before the baseline, and has come since by a snapshot at most. */
  readonly before: readonly TableBefore[];
  /** Tables of which one snapshot was asked for, by their names without the database. */
  readonly snapshots: readonly string[];
  /** GTID set of the source at the end, and before the first transaction of the ledger. */
  readonly executed: string;
  readonly baseline: string;
  /** MySQL: the servers' uuids in the order in which they were written to; MariaDB: the domains. */
  readonly sources: readonly string[];
  /** In the order of partition and offset. */
  readonly records: readonly StreamRecord[];
  readonly positions: readonly PositionSeen[];
  readonly checkpoints: readonly CheckpointSample[];
  /** Table → rows of the source at the end. */
  readonly tables: ReadonlyMap<string, readonly Row[]>;
}
