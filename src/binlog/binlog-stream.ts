import type { BinlogCoordinates } from '../model/position.ts';
import type { SourceSchema } from '../model/schema-snapshot.ts';
import type { SourceTransaction } from '../model/transaction.ts';
import type { SourceIdentity } from './source-identity.ts';

/** The committed transactions of a source, in binlog order. */
export interface BinlogStream {
  readonly sourceIdentity: SourceIdentity;
  /** Null where it was not asked for. */
  readonly schema: SourceSchema | null;
  /**
   * Complete transactions that wait, at least one, about a mebibyte. Their `dispose` is then the caller's. One call at a time.
   * Rejects with the error that ended the stream, once what was complete before it is taken.
   */
  take(): Promise<readonly SourceTransaction[]>;
  /** performance.now() when the last event or heartbeat came. */
  lastEventAt(): number;
  /** Header timestamp of the last event that a session wrote, seconds since 1970; null before the first. */
  sourceTimestampSeconds(): number | null;
  /** When the binlog file that is read was opened, seconds since 1970; null before it is known. */
  fileCreatedAt(): number | null;
  /** Where the next event starts, also inside a transaction; moved by ROTATE and heartbeats too. */
  coordinates(): BinlogCoordinates;
  /** The coordinates while all that was read is taken and no transaction is under way, so that a stream may start there; else null. */
  idleCoordinates(): BinlogCoordinates | null;
  /** Bytes held in memory: complete transactions and the one that is being read. */
  queuedBytes(): number;
  /** Ends the stream at once; transactions not taken are dropped. */
  close(): Promise<void>;
}
