import type { SourceAddress } from '../binlog/mysql-client.ts';
import { openRowConnection, type RowConnection } from '../binlog/row-connection.ts';
import { readSourceIdentity, type SourceIdentity } from '../binlog/source-identity.ts';
import { HeavisideError } from '../errors.ts';
import type { BootstrapRow } from './bootstrap-rows.ts';
import { quoteName } from './key-literal.ts';
import { readWatermark } from './read-watermark.ts';
import type { Watermark } from './stream-place.ts';

export interface BootstrapTableOptions {
  readonly address: SourceAddress;
  /** The server that the stream is read from. */
  readonly expectedIdentity: string;
  /** Maxwell's schema_database. */
  readonly database: string;
  /** Rows of other clients are left alone. */
  readonly clientId: string;
}

const COLUMNS = ['client_id', 'database_name', 'inserted_rows', 'is_complete', 'started_at', 'where_clause'];

/** ER_OPTION_PREVENTS_STATEMENT (read_only), ER_READ_ONLY_MODE */
const READ_ONLY = new Set([1290, 1836]);

/** Whether the server lets this account, or anybody, not write. */
export function isWriteRefusal(error: unknown): boolean {
  if (!(error instanceof HeavisideError)) return false;
  const { cause } = error;
  const number = cause instanceof Error && 'errno' in cause ? Number(cause.errno) : 0;
  return error.code === 'SOURCE_PRIVILEGE_MISSING' || READ_ONLY.has(number);
}

/** Maxwell's table `bootstrap` on the source, by a connection of its own. */
export class BootstrapTable {
  readonly #connection: RowConnection;
  readonly #identity: SourceIdentity;
  readonly #name: string;
  readonly #clientId: string;

  private constructor(connection: RowConnection, identity: SourceIdentity, options: BootstrapTableOptions) {
    this.#connection = connection;
    this.#identity = identity;
    this.#name = `${quoteName(options.database)}.bootstrap`;
    this.#clientId = options.clientId;
  }

  /**
   * Null where the account sees no such table, or it is not Maxwell's.
   * @throws SOURCE_UNREACHABLE and its like; SOURCE_LOST where another server answers
   */
  static async open(options: BootstrapTableOptions): Promise<BootstrapTable | null> {
    const connection = await openRowConnection(options.address);
    try {
      const { query } = connection;
      const identity = await readSourceIdentity(query);
      if (identity.id !== options.expectedIdentity)
        throw new HeavisideError('SOURCE_LOST', 'the bootstrap table was looked for on another server');
      const columns = await query(
        `SELECT COLUMN_NAME AS name FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = ? AND TABLE_NAME = 'bootstrap'`,
        [options.database],
      );
      const names = new Set(columns.map(({ name }) => name));
      if (COLUMNS.every((name) => names.has(name))) {
        // Whoever holds a row of it locked must not hold the look at the others up.
        await query('SET SESSION innodb_lock_wait_timeout = 2');
        return new BootstrapTable(connection, identity, options);
      }
    } catch (error) {
      connection.destroy();
      throw error;
    }
    connection.destroy();
    return null;
  }

  /** The rows that are not complete, started ones first, then by id; and a moment behind which they were so. */
  async incomplete(): Promise<{ readonly rows: readonly BootstrapRow[]; readonly mark: Watermark }> {
    const found = await this.#connection.query(
      `SELECT *, started_at > NOW() AS is_put_off FROM ${this.#name}
        WHERE is_complete = 0 AND client_id = ? ORDER BY started_at IS NULL, started_at, id`,
      [this.#clientId],
    );
    const rows = found
      // The column's collation takes other names for equal.
      .filter((row) => row['client_id'] === this.#clientId)
      .map((row) => ({
        id: row['id'] ?? '',
        database: row['database_name'] ?? '',
        table: row['table_name'] ?? '',
        where: (row['where_clause'] ?? '').trim() === '' ? null : (row['where_clause'] ?? null),
        comment: row['comment'] ?? null,
        isPutOff: row['is_put_off'] === '1',
        hasStarted: row['started_at'] !== null,
        insertedRows: Number(row['inserted_rows']),
      }));
    // On MySQL by coordinates alone: there a row may be seen before its GTID counts as executed.
    const hasGtids = this.#identity.flavor === 'mariadb';
    return { rows, mark: await readWatermark(this.#connection.query, this.#identity, hasGtids) };
  }

  /** The snapshot that the row asks for is under way. */
  async showProgress(id: string, rows: number): Promise<void> {
    await this.#connection.query(
      `UPDATE ${this.#name} SET started_at = COALESCE(started_at, NOW()), inserted_rows = ?
        WHERE id = ? AND is_complete = 0`,
      [rows, id],
    );
  }

  /** The snapshot that the row asks for is over. */
  async showEnd(id: string, rows: number): Promise<void> {
    await this.#connection.query(
      `UPDATE ${this.#name} SET is_complete = 1, inserted_rows = ?, total_rows = IF(total_rows = 0, ?, total_rows),
        started_at = COALESCE(started_at, NOW()), completed_at = NOW() WHERE id = ? AND is_complete = 0`,
      [rows, rows, id],
    );
  }

  /** Closes the connection at once; what runs rejects. */
  destroy(): void {
    this.#connection.destroy();
  }
}
