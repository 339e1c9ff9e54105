import type { GtidSet } from './gtid-set.ts';
import type { PreparedTransaction } from './prepared-transaction.ts';

export type SourceFlavor = 'mysql' | 'mariadb';

/** A place in the binlog files of one server. */
export interface BinlogCoordinates {
  readonly file: string;
  /** Byte offset in the file, 4 to 2^32 - 1 where it is asked for. */
  readonly offset: number;
}

/** Where the stream is, after the last transaction that counts as replicated. Values are never changed in place. */
export interface Position {
  /** The GTID set that was replicated; null where the source is read by file and offset. */
  readonly gtids: GtidSet | null;
  /** End of the last transaction in the binlog of the server that was read; with GTID it only informs. */
  readonly coordinates: BinlogCoordinates | null;
  /** XA transactions that are prepared and not ended there, in the order of the binlog; absent: none. MySQL's GTID set leaves them out. */
  readonly prepared?: readonly PreparedTransaction[];
}
