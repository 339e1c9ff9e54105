import type { SourceFlavor } from './position.ts';
import type { PreparedTransaction } from './prepared-transaction.ts';
import type { SnapshotProgress } from './snapshot-progress.ts';

/** Where a split source transaction goes on: its first rows are committed, the rest is not. */
export interface SplitPosition {
  readonly transactionId: string;
  /** Index (over all row images, before any filter) of the next row to be written. */
  readonly nextRowIndex: number;
  /** Decimal xid as it stands on the rows that are out already; null where the transaction has none. */
  readonly xid: string | null;
  /** Hash over table, ordinal and primary key of all rows before nextRowIndex. */
  readonly prefixHash: string;
}

/** Identifies the source; with file and offset it is part of the position. */
export interface SourceIdentityRecord {
  readonly flavor: SourceFlavor;
  /** server_uuid (MySQL), or what stands for it (MariaDB). */
  readonly id: string;
}

/**
 * The position as it is committed inside a Kafka transaction: the truth.
 * A reader that does not know `v` must not lead (POSITION_UNREADABLE).
 */
export interface PositionRecord {
  /** 2 while it holds a snapshot, which a leader that knows version 1 alone would forget. */
  readonly v: 1 | 2;
  /** Minted at the first start of a cluster; another one under the same client_id is CLUSTER_ID_CLASH. */
  readonly clusterUuid: string;
  readonly source: SourceIdentityRecord;
  /** GTID set that is in Kafka; null where the source is read by file and offset. */
  readonly gtidSet: string | null;
  readonly file: string | null;
  readonly offset: number | null;
  /** When `file` was opened (its FORMAT_DESCRIPTION), seconds since 1970: tells a file of the same name apart. Null where not known. */
  readonly fileCreatedAt: number | null;
  readonly split: SplitPosition | null;
  /** XA transactions that are prepared and not ended at the position; absent: none. A reader that does not know it meets XA COMMIT as an error. */
  readonly prepared?: readonly PreparedTransaction[];
  /** Snapshots under way; absent: none. */
  readonly snapshot?: SnapshotProgress;
  /** The last transaction that is wholly in Kafka, and what identifies its content. */
  readonly lastTransaction: { readonly id: string; readonly fingerprint: string } | null;
  readonly epoch: number;
  /** Counts the commits of this epoch from 0; (epoch, commit) names a Kafka transaction. */
  readonly commit: number;
  /** Partition count by topic: keys stay where they are. */
  readonly partitions: Readonly<Record<string, number>>;
  /** Fingerprint of the configuration that decides content and place of records. */
  readonly config: string;
  readonly reason: 'first' | 'restated' | 'rows' | 'heartbeat' | 'operator';
  /** Wall clock of the writer, ISO 8601; for people. */
  readonly at: string;
}

/** The position as text, for people; of equal places it is equal. */
export function positionText({
  gtidSet,
  file,
  offset,
}: Pick<PositionRecord, 'gtidSet' | 'file' | 'offset'>): string {
  return gtidSet ?? `${file}:${offset}`;
}

export function samePlace(a: PositionRecord, b: PositionRecord): boolean {
  return a.epoch === b.epoch && a.commit === b.commit && a.clusterUuid === b.clusterUuid;
}

const hasKnownVersion = ({ v, snapshot }: Partial<PositionRecord>): boolean =>
  v === 1 || (v === 2 && typeof snapshot === 'object');

/** Parses a record; null where its version is another one or it is no record at all. */
export function parsePositionRecord(text: string): PositionRecord | null {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return null;
  }
  if (typeof value !== 'object' || value === null) return null;
  const record = value as Partial<PositionRecord>;
  const isWhole =
    hasKnownVersion(record) &&
    typeof record.clusterUuid === 'string' &&
    typeof record.epoch === 'number' &&
    typeof record.commit === 'number' &&
    typeof record.source === 'object' &&
    typeof record.partitions === 'object' &&
    (record.prepared === undefined || Array.isArray(record.prepared)) &&
    (typeof record.gtidSet === 'string' || typeof record.file === 'string');
  return isWhole ? (record as PositionRecord) : null;
}
