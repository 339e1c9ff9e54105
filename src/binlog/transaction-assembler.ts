import { crc32 } from 'node:zlib';
import { HeavisideError } from '../errors.ts';
import type { BinlogCoordinates } from '../model/position.ts';
import type { RowsEvent, SourceTransaction, XaStep } from '../model/transaction.ts';
import type { EventHeader } from './event-header.ts';
import type { GtidEvent } from './gtid-event.ts';
import { closeTransaction, type OpenTransaction, type TransactionEnd } from './open-transaction.ts';
import { PreparedTransactions } from './prepared-transactions.ts';
import type { QueryEvent } from './query-event.ts';
import type { RowStore } from './row-store.ts';
import { Savepoints } from './savepoints.ts';
import { schemaChangeOf } from './schema-change-event.ts';
import { statementKind } from './statement-kind.ts';
import type { DecodeLabel } from './table-version.ts';
import { xidOfStatement, type XaPrepareEvent } from './xid.ts';

/** Where an event stands: its file, its first byte and the byte behind it. */
export interface EventPlace {
  readonly file: string;
  readonly startOffset: number;
  readonly endOffset: number;
}

export interface TransactionAssemblerOptions {
  /** Whether transactions are known by GTID; else by file and offset. */
  readonly usesGtid: boolean;
  /** Changes made on these servers are passed over. */
  readonly ignoredServerIds: ReadonlySet<number>;
  /** Whether a transaction, by its id, was replicated before: its rows are not kept, only counted into its fingerprint. */
  readonly isReplicated: (id: string) => boolean;
  /** Rows of prepared XA transactions in memory beyond which they go to disk, bytes. */
  readonly maxPreparedBytes: number;
  readonly createStore: () => RowStore;
  readonly onTransaction: (transaction: SourceTransaction) => void;
  /** Whether a data change that was logged as a statement may be one to a table that is replicated. */
  readonly concernsStatement: (sql: string, database: string) => boolean;
  /** Text in the character set of a collation id. */
  readonly decodeText: DecodeLabel;
  /** A schema change was read: what is known of tables may be wrong. */
  readonly onSchemaChange: () => void;
}

/** The event that ends a transaction. */
interface EndEvent {
  readonly header: EventHeader;
  readonly place: EventPlace;
}

const endOf = ({ file, endOffset }: EventPlace): BinlogCoordinates => ({ file, offset: endOffset });

const unknownPrepare = (xid: string): HeavisideError =>
  new HeavisideError(
    'XA_PREPARE_LOST',
    `the source commits XA transaction ${xid}, which was prepared before the position that the stream was started at`,
  );

const unsupported = (what: string): HeavisideError => new HeavisideError('BINLOG_EVENT_UNSUPPORTED', what);

/** Puts events together into committed transactions. Nothing of a transaction is given out before its end was read. */
export class TransactionAssembler {
  readonly #options: TransactionAssemblerOptions;
  readonly #prepared: PreparedTransactions;
  #open: OpenTransaction | null = null;

  constructor(options: TransactionAssemblerOptions) {
    this.#options = options;
    this.#prepared = new PreparedTransactions(options.maxPreparedBytes);
  }

  /** Bytes in memory: the transaction at hand, and those that are prepared. */
  get memoryBytes(): number {
    return (this.#open?.store?.memoryBytes ?? 0) + this.#prepared.memoryBytes;
  }

  /** Whether a transaction was begun whose end was not read. */
  get isOpen(): boolean {
    return this.#open !== null;
  }

  /** Whether the rows of the transaction at hand are kept. */
  get keepsRows(): boolean {
    return this.#open?.keepsRows === true;
  }

  gtid(event: GtidEvent, header: EventHeader, place: EventPlace): void {
    this.drop();
    if (this.#options.usesGtid && event.gtid === null) {
      throw new HeavisideError(
        'SOURCE_GTID_OFF',
        'the source logged a transaction without a GTID, which a GTID position cannot name',
      );
    }
    const open = this.#begin(header, place, event);
    open.isBegun = event.opensTransaction;
    open.threadId = event.threadId;
  }

  /** Returns a promise where rows are being written to disk. */
  query(event: QueryEvent, header: EventHeader, place: EventPlace): void | Promise<void> {
    const kind = statementKind(event.sql);
    if (kind === 'comment' || kind === 'xa-end') return undefined;
    if (kind === 'savepoint' || kind === 'rollback-to') return this.#savepoint(event.sql, kind);
    if (kind === 'data') {
      if (this.#options.concernsStatement(event.sql, event.database)) throw this.#statementBased();
      return undefined;
    }
    const open = this.#open ?? this.#begin(header, place, null);
    if (kind === 'begin' || kind === 'xa-start') {
      open.isBegun = true;
      open.threadId = event.threadId;
      return undefined;
    }
    if (kind === 'xa-commit' || kind === 'xa-rollback')
      return this.#endXa(open, event.sql, { header, place, kind });
    if (kind === 'commit') return this.#finish(header, place, null);
    if (kind === 'rollback') {
      this.#discardRows();
      return this.#finish(header, place, null);
    }
    return this.#statement(open, event, kind === 'open-create', { header, place });
  }

  /**
   * Takes note of row images, kept or not.
   * @throws HeavisideError SOURCE_CHANGED where no transaction is open
   */
  count(rows: Buffer): void {
    const open = this.#open;
    if (open?.isBegun !== true) throw this.#outsideTransaction();
    // MySQL's own commit time identifies a transaction; without one it is the content of its rows.
    if ((open.gtidEvent?.originalCommitUs ?? 0) > 0) return;
    open.rowsChecksum = crc32(rows, open.rowsChecksum);
    open.rowsBytes += rows.length;
  }

  /** Adds a rows event whose buffers are its own. Returns a promise where it is being written to disk. */
  rows(event: RowsEvent): void | Promise<void> {
    const open = this.#open;
    if (open === null) throw this.#outsideTransaction();
    open.store ??= this.#options.createStore();
    return open.store.add(event);
  }

  /** Returns a promise where rows are being written to disk. */
  xid(xid: bigint, header: EventHeader, place: EventPlace): void | Promise<void> {
    if (this.#open === null) throw this.#outsideTransaction();
    return this.#finish(header, place, xid);
  }

  /** Returns a promise where rows are being written to disk. */
  xaPrepare(event: XaPrepareEvent, header: EventHeader, place: EventPlace): void | Promise<void> {
    const open = this.#open;
    if (open === null) throw this.#outsideTransaction();
    if (event.isOnePhase) return this.#finish(header, place, null);
    const written = open.store?.finish();
    if (written !== undefined) return written.then(() => this.#hold(open, event.xid, { header, place }));
    return this.#hold(open, event.xid, { header, place });
  }

  /** Drops a transaction whose end was not read (ROTATE, FORMAT_DESCRIPTION, the end of the stream). */
  drop(): void {
    this.#open?.store?.dispose();
    this.#open = null;
  }

  /** Drops everything: nothing is read any more. */
  dispose(): void {
    this.drop();
    this.#prepared.dispose();
  }

  #begin(header: EventHeader, place: EventPlace, gtidEvent: GtidEvent | null): OpenTransaction {
    const gtid = this.#options.usesGtid ? (gtidEvent?.gtid ?? null) : null;
    if (this.#options.usesGtid && gtid === null) {
      throw unsupported('the source sent a transaction without its GTID event');
    }
    const id = gtid ?? `${place.file}:${place.startOffset}`;
    const open: OpenTransaction = {
      id,
      gtidEvent,
      serverId: header.serverId,
      start: { file: place.file, offset: place.startOffset },
      keepsRows: !this.#options.ignoredServerIds.has(header.serverId) && !this.#options.isReplicated(id),
      isBegun: false,
      savepoints: null,
      threadId: null,
      store: null,
      schemaChange: null,
      rowsChecksum: 0,
      rowsBytes: 0,
    };
    this.#open = open;
    return open;
  }

  #statement(
    open: OpenTransaction,
    event: QueryEvent,
    opensRows: boolean,
    at: { readonly header: EventHeader; readonly place: EventPlace },
  ): void | Promise<void> {
    this.#options.onSchemaChange();
    open.threadId = event.threadId;
    const isPartial = open.gtidEvent?.isPartialAlter === true;
    if (open.keepsRows && !isPartial) open.schemaChange = schemaChangeOf(event, at, this.#options.decodeText);
    if (opensRows) {
      open.isBegun = true;
      return undefined;
    }
    // Within BEGIN … COMMIT (temporary tables, say) the end comes later.
    return open.isBegun ? undefined : this.#finish(at.header, at.place, null);
  }

  #savepoint(sql: string, kind: 'savepoint' | 'rollback-to'): void {
    const open = this.#open;
    if (open === null) return;
    const eventCount = open.store?.eventCount ?? 0;
    if (kind === 'savepoint') {
      (open.savepoints ??= new Savepoints()).set(sql, eventCount);
      return;
    }
    if (eventCount === 0) return;
    const kept = open.savepoints?.rollBackTo(sql) ?? null;
    if (kept === null) throw unsupported('the source rolled back to a savepoint that it did not log');
    open.store?.undoFrom(kept);
  }

  #discardRows(): void {
    this.#open?.store?.dispose();
    if (this.#open !== null) this.#open.store = null;
  }

  #finish(header: EventHeader, place: EventPlace, xid: bigint | null): void | Promise<void> {
    const open = this.#open;
    if (open === null) return undefined;
    const written = open.store?.finish();
    const end = { header, end: endOf(place), xid, xa: null };
    if (written !== undefined) return written.then(() => this.#give(open, end));
    return this.#give(open, end);
  }

  /** Keeps the rows back until their XA transaction ends; the transaction that is given out merely moves the position on. */
  #hold(open: OpenTransaction, xid: string, { header, place }: EndEvent): void | Promise<void> {
    const { store, threadId } = open;
    open.store = null;
    const xa: XaStep = { xid, step: 'prepare' };
    const end = { header, end: endOf(place), xid: null, xa };
    const written = this.#prepared.hold(xid, { store, threadId });
    if (written !== undefined) return written.then(() => this.#give(open, end));
    return this.#give(open, end);
  }

  /** Gives the rows that were prepared out as rows of the transaction that commits them, or drops them. */
  #endXa(
    open: OpenTransaction,
    sql: string,
    { header, place, kind }: EndEvent & { readonly kind: 'xa-commit' | 'xa-rollback' },
  ): void {
    this.#discardRows();
    const xid = xidOfStatement(sql);
    if (xid === null)
      throw unsupported('the source logged the end of an XA transaction without a readable XID');
    const held = this.#prepared.take(xid);
    const isCommit = kind === 'xa-commit';
    if (isCommit && open.keepsRows && held === undefined) throw unknownPrepare(xid);
    if (isCommit && open.keepsRows) {
      open.store = held?.store ?? null;
      open.threadId = held?.threadId ?? null;
    } else {
      held?.store?.dispose();
    }
    const step = isCommit ? 'commit' : 'rollback';
    this.#give(open, { header, end: endOf(place), xid: null, xa: { xid, step } });
  }

  #give(open: OpenTransaction, end: TransactionEnd): void {
    this.#open = null;
    this.#options.onTransaction(closeTransaction(open, this.#options.usesGtid, end));
  }

  #statementBased(): HeavisideError {
    return unsupported(
      'the source logged a data change as a statement, not as rows: SET GLOBAL binlog_format=ROW and reconnect its clients',
    );
  }

  #outsideTransaction(): HeavisideError {
    return new HeavisideError(
      'SOURCE_CHANGED',
      'the stream starts in the middle of a transaction: the position is not at the end of one',
    );
  }
}
