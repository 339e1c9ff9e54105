import { setTimeout as sleep } from 'node:timers/promises';
import type { SourceAddress } from '../binlog/mysql-client.ts';
import { openRowConnection, type RowConnection } from '../binlog/row-connection.ts';
import { readSourceIdentity, type SourceIdentity } from '../binlog/source-identity.ts';
import { HeavisideError } from '../errors.ts';
import { parseGtidSet } from '../model/parse-gtid-set.ts';
import type { BinlogCoordinates } from '../model/position.ts';
import type { SnapshotTableName } from '../model/snapshot-progress.ts';
import { ChunkRows } from './chunk-rows.ts';
import { readWatermark } from './read-watermark.ts';
import { prepareSession } from './snapshot-session.ts';
import { describeTable, type SnapshotTable } from './snapshot-table.ts';
import { isAtOrBehind, type StreamPlace, type Watermark } from './stream-place.ts';

export interface ReadChunk {
  readonly rows: ChunkRows;
  /** Everything that the rows can show was committed by then. */
  readonly high: Watermark;
  /** Time of the SELECT. */
  readonly milliseconds: number;
}

export interface ChunkReaderOptions {
  readonly address: SourceAddress;
  /** Whether positions are GTID sets. */
  readonly usesGtid: boolean;
  /** The server that the stream is read from: a chunk of another one could not be set beside it. */
  readonly expectedIdentity: string;
}

export interface Pass {
  readonly low: StreamPlace;
  readonly isUsable: (high: Watermark) => Promise<boolean>;
  readonly onRows: (rows: ChunkRows, isLast: boolean) => Promise<void>;
}

/** Rows, and bytes of them, that are written at once. */
const PASS_ROWS = 2000;
const PASS_BYTES = 1024 * 1024;

const TABLES = `SELECT TABLE_SCHEMA AS db, TABLE_NAME AS name FROM information_schema.TABLES
  WHERE TABLE_TYPE IN ('BASE TABLE', 'SYSTEM VERSIONED')
    AND TABLE_SCHEMA NOT IN ('information_schema', 'performance_schema', 'sys', 'mysql')`;
/** Time in which what the stream has handed out must have been committed by the storage engine. */
const COMMIT_WAIT_MS = 30_000;

/**
 * Reads chunks of tables on a connection of its own: one SELECT at a time, nothing held from one to the next.
 *
 * The low watermark. The source sends a transaction once it stands in the binlog, which is before the storage engine has
 * committed it: a SELECT may not see yet what the stream has handed out already. So before each SELECT it is made sure
 * that all of it is committed:
 * - MySQL with GTID: it is in gtid_executed, which a GTID enters behind the engine's commit;
 * - MariaDB, where gtid_binlog_pos is set before it: by the binlog position that a consistent snapshot of its own tells
 *   (binlog_snapshot_file and _position);
 * - MySQL by file and offset, which tells neither: by a reading lock on the rows, for as long as the SELECT takes.
 */
export class ChunkReader {
  readonly #connection: RowConnection;
  readonly #identity: SourceIdentity;
  readonly #usesGtid: boolean;

  private constructor(connection: RowConnection, identity: SourceIdentity, usesGtid: boolean) {
    this.#connection = connection;
    this.#identity = identity;
    this.#usesGtid = usesGtid;
  }

  /** @throws SOURCE_UNREACHABLE and its like; SOURCE_LOST where another server answers */
  static async open({ address, usesGtid, expectedIdentity }: ChunkReaderOptions): Promise<ChunkReader> {
    const connection = await openRowConnection(address);
    try {
      const identity = await readSourceIdentity(connection.query);
      if (identity.id !== expectedIdentity)
        throw new HeavisideError('SOURCE_LOST', 'the snapshot reached another server than the stream');
      await prepareSession(connection.query, identity.flavor);
      return new ChunkReader(connection, identity, usesGtid);
    } catch (error) {
      connection.destroy();
      throw error;
    }
  }

  /** Every table that the account may read, sorted by name. */
  async tables(): Promise<SnapshotTableName[]> {
    const rows = await this.#connection.query(TABLES);
    return rows.map((row) => ({ database: row['db'] ?? '', table: row['name'] ?? '' }));
  }

  /** Null where there is no such table. */
  describe(name: SnapshotTableName, where: string | null): Promise<SnapshotTable | null> {
    return describeTable(this.#connection.query, name, { flavor: this.#identity.flavor, where });
  }

  /** The rows behind `last`, as they are at some moment after all that was handed out at `low`. */
  async read(
    table: SnapshotTable,
    { last, limit, low }: { last: readonly string[] | null; limit: number; low: StreamPlace },
  ): Promise<ReadChunk> {
    const { flavor } = this.#identity;
    const rows = new ChunkRows(table);
    const isLocking = flavor === 'mysql' && !this.#usesGtid;
    if (flavor === 'mariadb') await this.#openSnapshotBehind(low);
    else if (!isLocking) await this.#untilExecuted(low);
    const startedAt = performance.now();
    await this.#connection.rows(table.select(last, limit, isLocking), (row) => rows.add(row));
    const milliseconds = performance.now() - startedAt;
    if (flavor === 'mariadb') await this.#connection.query('COMMIT');
    return { rows, high: await this.#now(), milliseconds };
  }

  /**
   * Reads a whole table under one consistent snapshot, `onRows` for each part of it, the last one marked.
   * @param pass.isUsable told what the snapshot's moment is not behind; false gives the pass up
   * @returns whether the table was read
   */
  async readPass(table: SnapshotTable, { low, isUsable, onRows }: Pass): Promise<boolean> {
    const { query } = this.#connection;
    if (this.#identity.flavor === 'mariadb') {
      await this.#openSnapshotBehind(low);
    } else {
      await this.#untilExecuted(low);
      await query('START TRANSACTION WITH CONSISTENT SNAPSHOT');
    }
    // By coordinates alone: a transaction stands in the binlog, and may be seen, before its GTID counts as executed.
    if (!(await isUsable({ ...(await this.#now()), gtids: null }))) {
      await query('ROLLBACK');
      return false;
    }
    let rows = new ChunkRows(table);
    await this.#connection.rows(table.select(null, 0, false), (row) => {
      rows.add(row);
      if (rows.count < PASS_ROWS && rows.byteLength < PASS_BYTES) return undefined;
      const full = rows;
      rows = new ChunkRows(table);
      return onRows(full, false);
    });
    await onRows(rows, true);
    await query('COMMIT');
    return true;
  }

  /** MySQL: waits until all that was handed out counts as executed. */
  async #untilExecuted({ gtids }: StreamPlace): Promise<void> {
    await this.#until(async () => {
      const [row] = await this.#connection.query('SELECT @@GLOBAL.gtid_executed AS gtids');
      return gtids === null || parseGtidSet('mysql', row?.['gtids'] ?? '').contains(gtids);
    });
  }

  /** MariaDB: opens a consistent snapshot that stands behind all that was handed out. */
  async #openSnapshotBehind(low: StreamPlace): Promise<void> {
    await this.#until(async () => {
      await this.#connection.query('START TRANSACTION WITH CONSISTENT SNAPSHOT');
      const at = await this.#snapshotCoordinates();
      if (low.handed === null ? await this.#isGtidBefore(low, at) : isAtOrBehind(at, low.handed)) return true;
      await this.#connection.query('COMMIT');
      return false;
    });
  }

  async #snapshotCoordinates(): Promise<BinlogCoordinates | null> {
    const rows = await this.#connection.query("SHOW STATUS LIKE 'binlog\\_snapshot\\_%'");
    const values = new Map(
      rows.map((row) => [(row['Variable_name'] ?? '').toLowerCase(), row['Value'] ?? '']),
    );
    const file = values.get('binlog_snapshot_file') ?? '';
    return file === '' ? null : { file, offset: Number(values.get('binlog_snapshot_position') ?? 0) };
  }

  /** Before the first transaction of a stream: coordinates that were stored may be of another server, GTIDs are not. */
  async #isGtidBefore({ gtids }: StreamPlace, at: BinlogCoordinates | null): Promise<boolean> {
    if (gtids === null || gtids.isEmpty()) return true;
    if (at === null) return false;
    const [row] = await this.#connection.query('SELECT BINLOG_GTID_POS(?, ?) AS gtids', [at.file, at.offset]);
    return parseGtidSet('mariadb', row?.['gtids'] ?? '').contains(gtids);
  }

  async #until(isDone: () => Promise<boolean>): Promise<void> {
    const deadline = performance.now() + COMMIT_WAIT_MS;
    for (let waitMs = 1; !(await isDone()); waitMs = Math.min(100, waitMs * 2)) {
      if (performance.now() > deadline)
        throw new HeavisideError(
          'SOURCE_LOST',
          `the source has not committed within ${COMMIT_WAIT_MS / 1000} s what it has sent already`,
        );
      await sleep(waitMs);
    }
  }

  #now(): Promise<Watermark> {
    return readWatermark(this.#connection.query, this.#identity, this.#usesGtid);
  }

  /** Closes the connection at once; what runs rejects. */
  destroy(): void {
    this.#connection.destroy();
  }
}
