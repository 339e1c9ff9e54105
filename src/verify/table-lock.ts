import { openQueryConnection, type SourceAddress } from '../binlog/mysql-client.ts';
import { quoteName } from './table-columns.ts';

/** Seconds to wait for the writers of a table to end their transactions. */
const LOCK_SECONDS = 10;

/**
 * Runs jobs while a session of its own holds LOCK TABLES … READ: then no transaction that wrote the table is open or
 * half committed. Needs the privilege LOCK TABLES.
 */
export function withTableLock(
  address: SourceAddress,
  database: string,
  name: string,
): <T>(job: () => Promise<T>) => Promise<T> {
  return async (job) => {
    const connection = await openQueryConnection(address);
    try {
      await connection.query(`SET SESSION lock_wait_timeout = ${LOCK_SECONDS}`);
      await connection.query(`LOCK TABLES ${quoteName(database)}.${quoteName(name)} READ`);
      return await job();
    } finally {
      await connection.close(); // which unlocks
    }
  };
}
