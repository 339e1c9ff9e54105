import { HeavisideError } from '../errors.ts';
import {
  openDriverConnection,
  type DriverConnection,
  type Query,
  type SourceAddress,
} from './mysql-client.ts';
import { queryError } from './source-error.ts';

/** A row's values as the server sent them; the bytes are good until the handler returns. */
export type RawRow = readonly (Buffer | null)[];

/** A connection for reading tables. */
export interface RowConnection {
  readonly query: Query;
  /**
   * Runs a SELECT and hands out its rows one by one; after one for which the handler returns a promise nothing is received until it settles.
   * Rejects with a HeavisideError, or with what the handler throws.
   */
  readonly rows: (sql: string, onRow: (row: RawRow) => void | Promise<void>) => Promise<void>;
  /** Closes the socket at once; what runs rejects. */
  destroy(): void;
}

/** As `queryOn`, for many rows: the time-out counts from the row before. */
function rowsOn(connection: DriverConnection, timeoutMs: number): RowConnection['rows'] {
  const { driver, socket } = connection;
  return (sql, onRow) =>
    new Promise((resolve, reject) => {
      let failure: unknown = null;
      const settle = (error: unknown): void => {
        clearTimeout(timer);
        socket.off('close', onClose);
        if (failure !== null) reject(failure);
        else if (error === null) resolve();
        else reject(queryError(error));
      };
      const hold = (pending: Promise<void>): void => {
        driver.pause();
        pending
          .catch((error: unknown) => (failure ??= error))
          .finally(() => {
            timer.refresh();
            driver.resume();
          });
      };
      const lost = (text: string): void => settle(new HeavisideError('SOURCE_LOST', text));
      const onClose = (): void => lost('the connection to the source closed while a table was read');
      const timer = setTimeout(() => {
        lost(`the source sent no row of a table for ${timeoutMs} ms`);
        connection.destroy();
      }, timeoutMs);
      socket.once('close', onClose);
      driver
        .query({ sql, rowsAsArray: true, typeCast: (field) => field.buffer() })
        .on('result', (row) => {
          timer.refresh();
          if (failure !== null) return;
          try {
            const pending = onRow(row as unknown as RawRow);
            if (pending !== undefined) hold(pending);
          } catch (error) {
            failure = error;
          }
        })
        .on('error', settle)
        .on('end', () => settle(null));
    });
}

/**
 * Opens a connection for reading tables.
 * @throws HeavisideError SOURCE_UNREACHABLE, SOURCE_ACCESS_DENIED
 */
export async function openRowConnection(address: SourceAddress): Promise<RowConnection> {
  const connection = await openDriverConnection(address);
  return {
    query: connection.query,
    rows: rowsOn(connection, address.connectTimeoutMs),
    destroy: () => connection.destroy(),
  };
}
