import { openDriverConnection, type DriverConnection, type SourceAddress } from '../binlog/mysql-client.ts';
import { showGeneratedKeys } from '../binlog/schema-reader.ts';
import { readSourceIdentity, type SourceIdentity } from '../binlog/source-identity.ts';

/** A session that may read for long. */
export interface SourceSession extends Pick<DriverConnection, 'query' | 'rows'> {
  readonly identity: SourceIdentity;
  close(): void;
}

/** How long the server waits for us to take rows, seconds: as long as a broker may be away. */
const NET_WRITE_SECONDS = 600;

/** Opens it: texts in UTF-8, times in UTC, one snapshot for as long as a transaction lasts. */
export async function openSourceSession(address: SourceAddress): Promise<SourceSession> {
  const connection = await openDriverConnection(address);
  const { query } = connection;
  try {
    const identity = await readSourceIdentity(query);
    const limit = identity.flavor === 'mysql' ? 'max_execution_time' : 'max_statement_time';
    await query(
      `SET SESSION time_zone = '+00:00', sql_mode = '', net_write_timeout = ${NET_WRITE_SECONDS}, ${limit} = 0`,
    );
    await query('SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ');
    await showGeneratedKeys(query);
    return {
      identity,
      query,
      rows: (sql) => connection.rows(sql),
      close: () => connection.destroy(),
    };
  } catch (error) {
    connection.destroy();
    throw error;
  }
}
