import type { BinlogCoordinates } from './position.ts';
import type { TableVersion } from './table.ts';

export type RowOperation = 'insert' | 'update' | 'delete';

/** What a record of a snapshot says of itself. */
export interface SnapshotMembers {
  /** insert: under snapshot_as_inserts. */
  readonly type: 'bootstrap-start' | 'bootstrap-insert' | 'bootstrap-complete' | 'insert';
  readonly comment: string | null;
}

/** The row images of one rows event, still as the server wrote them. */
export interface RowsEvent {
  readonly table: TableVersion;
  readonly operation: RowOperation;
  /** Header timestamp of the event, seconds since 1970. */
  readonly timestampSeconds: number;
  /** Where the event starts in the binlog (all events inside a compressed payload: where the payload starts). */
  readonly startOffset: number;
  readonly file: string;
  /** Bit i (LSB first in each byte) set: column i is in the image. `before` for delete and update, `after` for insert and update. */
  readonly columnsBefore: Buffer;
  readonly columnsAfter: Buffer;
  /** The row images: [before][after] for an update, one image otherwise; repeated to the end. Each image is a NULL bitmap over the present columns, then the values. */
  readonly rows: Buffer;
  /** An update whose after images may hold diffs of JSON values in place of whole ones (event type 39). */
  readonly isPartialJson?: boolean;
  /** Rows that were read from the table, or a mark before or behind them; absent: rows of the binlog. */
  readonly snapshot?: SnapshotMembers;
  /** Text of the statement (ROWS_QUERY or ANNOTATE_ROWS event), if the source logs it. */
  readonly query: string | null;
}

export const recordTypes = [
  'insert',
  'update',
  'delete',
  'bootstrap-start',
  'bootstrap-insert',
  'bootstrap-complete',
] as const;
export type RecordType = (typeof recordTypes)[number];

/** What a record of the event shows as its type. */
export const recordType = ({ operation, snapshot }: RowsEvent): RecordType => snapshot?.type ?? operation;

/** Whether the event stands for no row, but for where the rows of a snapshot begin or end. */
export const isSnapshotMark = ({ snapshot }: RowsEvent): boolean =>
  snapshot?.type === 'bootstrap-start' || snapshot?.type === 'bootstrap-complete';

/** A statement that is no row change: DDL and whatever else the server logged as text. */
export interface SchemaChange {
  /** The default database of the session. */
  readonly database: string;
  readonly sql: string;
  /** Header timestamp of the event, seconds since 1970. */
  readonly timestampSeconds: number;
  readonly file: string;
  /** Where the event starts in the binlog. */
  readonly startOffset: number;
  /** sql_mode of the session, its low 32 bits. */
  readonly sqlMode: number;
  /** collation_server of the session; null where the event does not tell. */
  readonly serverCollation: number | null;
}

/** What a transaction means to an XA transaction. */
export interface XaStep {
  /** As the server logs it: X'gtrid',X'bqual',formatID. */
  readonly xid: string;
  /** prepare: its rows were read and are held back; commit: they are the rows of this transaction; rollback: they are dropped. */
  readonly step: 'prepare' | 'commit' | 'rollback';
}

/** One committed source transaction, in binlog order. One without rows (DDL, filtered by the server, rolled back) still moves the position. */
export interface SourceTransaction {
  /** The part of message_id before `#`: MySQL `uuid:23` (or `uuid:tag:23`), MariaDB `0-1-815`, by file `binlog.000007:1234` (start of the transaction). */
  readonly id: string;
  /** GTID as the position takes it; null where the source is read by file and offset. */
  readonly gtid: string | null;
  /** XID of the ending event; null where it ended otherwise (DDL, COMMIT of non-transactional tables). */
  readonly xid: bigint | null;
  readonly serverId: number;
  /** Session id of the BEGIN; null where the server does not log it. */
  readonly threadId: number | null;
  /** Commit time at the original server, microseconds since 1970: from the GTID event where it has it, else the header's seconds. For lag. */
  readonly commitTimestampUs: number;
  /** Identifies the content of the transaction under its GTID; survives a failover to another server (docs/design/takeover.md, rule 14). */
  readonly fingerprint: string;
  readonly start: BinlogCoordinates;
  readonly end: BinlogCoordinates;
  /** True where rows follow; false for a position that merely moves on. */
  readonly hasRows: boolean;
  readonly schemaChange: SchemaChange | null;
  /** Where it prepares or ends an XA transaction. */
  readonly xa?: XaStep;
  /** Bytes held in memory for it, for the bound on the queue. */
  readonly memoryBytes: number;
  /** The rows events in order, in groups of bounded size (a large transaction is read back from its spill file). May be called once more after a failure. */
  rowsEvents(): AsyncIterable<readonly RowsEvent[]>;
  /** Removes the spill file, if there is one. */
  dispose(): void;
}
