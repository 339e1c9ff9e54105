import { HeavisideError } from '../errors.ts';
import type { BinlogCoordinates, Position, SourceFlavor } from '../model/position.ts';
import type { SourceSchema } from '../model/schema-snapshot.ts';
import type { SourceTransaction } from '../model/transaction.ts';
import { BinlogEventReader } from './binlog-event-reader.ts';
import type { BinlogStream } from './binlog-stream.ts';
import { lookUpTable } from './column-lookup.ts';
import {
  openDriverConnection,
  openQueryConnection,
  type DriverConnection,
  type Query,
  type SourceAddress,
} from './mysql-client.ts';
import { checkPosition } from './position-check.ts';
import { prepareSession } from './dump-session.ts';
import { RowStore } from './row-store.ts';
import { readSourceSchema } from './schema-reader.ts';
import { SilenceWatch } from './silence-watch.ts';
import { readSourceIdentity, type SourceIdentity } from './source-identity.ts';
import { statementTarget } from './statement-target.ts';
import { TableRegistry } from './table-registry.ts';
import type { DecodeLabel } from './table-version.ts';
import { TransactionAssembler } from './transaction-assembler.ts';
import { TransactionQueue } from './transaction-queue.ts';
import type { TransactionVerifier, VerifiedTransaction } from './transaction-verifier.ts';
import { planVerification, type VerificationPlan } from './verification-plan.ts';
import { Dump } from './zongji-client.ts';

export interface BinlogStreamOptions {
  readonly address: SourceAddress;
  /** 1 to 2^32 - 1; the same on every replica, so that the server ends the predecessor's dump. */
  readonly replicaServerId: number;
  readonly flavor: SourceFlavor;
  /** With GTIDs the stream is read by GTID, without by file and offset. */
  readonly from: Position;
  /** `SourceIdentity.id` that a file and offset belong to; null where it is not known. */
  readonly expectedIdentity: string | null;
  /** `fileCreatedAt()` that a file and offset belong to; null where it is not known. */
  readonly expectedFileCreatedAt: number | null;
  /** The last transaction of the position: read again, compared and dropped; null to do without. */
  readonly verify: VerifiedTransaction | null;
  /** Period in which an idle source sends a heartbeat. */
  readonly heartbeatMs: number;
  /** Complete transactions beyond this pause the dump until half of it was taken. */
  readonly maxQueueBytes: number;
  /** Rows of one transaction beyond this go to a file in `spillDirectory`. */
  readonly spillThresholdBytes: number;
  readonly spillDirectory: string;
  readonly replicateIgnoreServerIds: readonly number[];
  /** Whether the text of statements is kept with their rows. */
  readonly keepsQueryText: boolean;
  /** Whether the definitions of tables are read for DDL records. */
  readonly readsSchema?: boolean;
  readonly decodeLabel: DecodeLabel;
  /** Whether the names of a table's columns matter (it is not filtered out); they are looked up for no other. */
  readonly needsColumns: (database: string, table: string) => boolean;
  readonly signal: AbortSignal;
  readonly onWarning: (message: string) => void;
  /** Bytes of an event that came in. */
  readonly onBytes?: (bytes: number) => void;
  /** Bytes that were written to a spill file. */
  readonly onSpill?: (bytes: number) => void;
}

class DumpStream implements BinlogStream {
  readonly sourceIdentity: SourceIdentity;
  readonly schema: SourceSchema | null;
  readonly #options: BinlogStreamOptions;
  readonly #queue = new TransactionQueue();
  readonly #plan: VerificationPlan;
  readonly #verifier: TransactionVerifier;
  readonly #assembler: TransactionAssembler;
  readonly #reader: BinlogEventReader;
  readonly #dump: Dump;
  readonly #watch: SilenceWatch;
  /** Settles once the first events were read. */
  readonly opened: Promise<void>;
  #settleOpened: { readonly resolve: () => void; readonly reject: (error: unknown) => void } | null = null;
  #isOpen = false;

  constructor(
    options: BinlogStreamOptions,
    connection: DriverConnection,
    { identity, schema }: { readonly identity: SourceIdentity; readonly schema: SourceSchema | null },
    plan: VerificationPlan,
  ) {
    this.#options = options;
    this.sourceIdentity = identity;
    this.schema = schema;
    this.#plan = plan;
    this.#verifier = plan.verifier;
    this.opened = new Promise((resolve, reject) => {
      this.#settleOpened = { resolve, reject };
    });
    const tables = this.#createTables();
    this.#assembler = new TransactionAssembler({
      usesGtid: options.from.gtids !== null,
      ignoredServerIds: new Set(options.replicateIgnoreServerIds),
      isReplicated: (id) => plan.verifier.isReplicated(id),
      maxPreparedBytes: options.spillThresholdBytes,
      createStore: () => new RowStore(options),
      onTransaction: (transaction) => this.#accept(transaction),
      decodeText: options.decodeLabel,
      onSchemaChange: () => tables.clear(),
      concernsStatement: (sql, database) => this.#concerns(sql, database),
    });
    this.#reader = new BinlogEventReader({
      assembler: this.#assembler,
      tables,
      keepsQueryText: options.keepsQueryText,
    });
    this.#dump = Dump.open({
      connection,
      replicaServerId: options.replicaServerId,
      from: plan.from,
      wantsQueryText: options.keepsQueryText,
      onEvent: (buffer, start, end) => this.#read(buffer, start, end),
      onError: (error) => this.#end(error),
    });
    this.#watch = new SilenceWatch({
      periodMs: options.heartbeatMs,
      lastPacketAt: () => this.#dump.lastPacketAt,
      receivedBytes: () => this.#dump.receivedBytes,
      isExempt: () => this.#dump.isPaused,
      onSilence: (error) => this.#end(error),
    });
    options.signal.addEventListener('abort', this.#onAbort, { once: true });
  }

  async take(): Promise<readonly SourceTransaction[]> {
    const taken = this.#queue.take();
    this.#liftQueue();
    const transactions = await taken;
    this.#liftQueue();
    return transactions;
  }

  lastEventAt(): number {
    return this.#dump.lastPacketAt;
  }

  sourceTimestampSeconds(): number | null {
    return this.#reader.lastTimestampSeconds;
  }

  fileCreatedAt(): number | null {
    return this.#reader.fileCreatedAt;
  }

  coordinates(): BinlogCoordinates {
    return this.#reader.coordinates;
  }

  idleCoordinates(): BinlogCoordinates | null {
    return this.#assembler.isOpen || !this.#queue.isEmpty ? null : this.#reader.coordinates;
  }

  queuedBytes(): number {
    return this.#queue.bytes + this.#assembler.memoryBytes;
  }

  close(): Promise<void> {
    this.#end(new HeavisideError('SOURCE_LOST', 'the stream was closed'));
    this.#queue.dispose();
    return Promise.resolve();
  }

  readonly #onAbort = (): void => {
    this.#end(this.#options.signal.reason);
    this.#queue.dispose();
  };

  /** Tools such as table checksums log statements into tables of their own: those are passed over if they are filtered out. */
  #concerns(sql: string, defaultDatabase: string): boolean {
    const target = statementTarget(sql, defaultDatabase);
    if (!target || this.#options.needsColumns(target.database, target.table)) return true;
    this.#options.onWarning(
      `a data change to ${target.database}.${target.table}, which is filtered out, was logged as a statement`,
    );
    return false;
  }

  #createTables(): TableRegistry {
    const { address, flavor, decodeLabel, needsColumns, onWarning } = this.#options;
    const lookUp = async (database: string, table: string): ReturnType<typeof lookUpTable> => {
      const connection = await openQueryConnection(address);
      try {
        return await lookUpTable(connection.query, database, table);
      } finally {
        await connection.close();
      }
    };
    return new TableRegistry({ flavor, decodeLabel, needsColumns, onWarning, lookUp });
  }

  #read(buffer: Buffer, start: number, end: number): void | Promise<void> {
    this.#options.onBytes?.(end - start);
    const pending = this.#reader.read(buffer, start, end);
    if (!this.#isOpen && this.#reader.isInStream) this.#open();
    return pending;
  }

  #open(): void {
    const { from, fileCreatedAt: expected } = this.#plan;
    const createdAt = this.#reader.fileCreatedAt;
    if (from.gtids === null && expected !== null && createdAt !== expected) {
      throw new HeavisideError(
        'SOURCE_CHANGED',
        `${from.coordinates?.file ?? ''} was opened at ${createdAt ?? 0} and the position is in one that was opened at ${expected}`,
      );
    }
    this.#isOpen = true;
    this.#watch.arm();
    this.#settleOpened?.resolve();
  }

  #accept(transaction: SourceTransaction): void {
    let isAdmitted = false;
    try {
      isAdmitted = this.#verifier.admits(transaction);
    } finally {
      if (!isAdmitted) transaction.dispose();
    }
    if (!isAdmitted) return;
    this.#queue.push(transaction);
    if (this.#queue.bytes > this.#options.maxQueueBytes) this.#dump.hold('queue');
  }

  #liftQueue(): void {
    if (this.#queue.bytes <= this.#options.maxQueueBytes / 2) this.#dump.lift('queue');
  }

  #end(error: unknown): void {
    this.#options.signal.removeEventListener('abort', this.#onAbort);
    this.#watch.stop();
    this.#dump.close();
    this.#assembler.dispose();
    this.#queue.fail(error);
    this.#settleOpened?.reject(error);
  }
}

/** On the dump's own connection: its coordinates are those of the dump. */
function readSchema(
  query: Query,
  identity: SourceIdentity,
  { readsSchema, from, needsColumns }: BinlogStreamOptions,
): Promise<SourceSchema | null> {
  if (readsSchema !== true) return Promise.resolve(null);
  return readSourceSchema(query, identity, { usesGtid: from.gtids !== null, isWanted: needsColumns });
}

/**
 * Connects, checks the position on that very connection, and opens the dump. Resolves when its first events were read.
 * @throws HeavisideError of connecting, of `checkPosition`, and of the dump
 */
export async function openBinlogStream(options: BinlogStreamOptions): Promise<BinlogStream> {
  options.signal.throwIfAborted();
  const connection = await openDriverConnection(options.address);
  const onAbort = (): void => connection.destroy();
  options.signal.addEventListener('abort', onAbort, { once: true });
  try {
    const identity = await readSourceIdentity(connection.query);
    if (identity.flavor !== options.flavor) {
      throw new HeavisideError(
        'SOURCE_CHANGED',
        `the source is ${identity.flavor} (${identity.version}), not ${options.flavor}`,
      );
    }
    await checkPosition(connection.query, {
      identity,
      position: options.from,
      expectedIdentity: options.expectedIdentity,
    });
    const plan = await planVerification(connection.query, options.from, {
      expected: options.verify,
      fileCreatedAt: options.expectedFileCreatedAt,
    });
    await prepareSession(connection, options, !plan.verifier.isPending);
    const schema = await readSchema(connection.query, identity, options);
    const stream = new DumpStream(options, connection, { identity, schema }, plan);
    await stream.opened;
    return stream;
  } catch (error) {
    connection.destroy();
    options.signal.throwIfAborted();
    throw error;
  } finally {
    options.signal.removeEventListener('abort', onAbort);
  }
}
