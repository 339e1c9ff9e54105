import type { Query } from '../binlog/mysql-client.ts';
import { readVariables } from '../binlog/source-identity.ts';
import type { SourceFlavor } from '../model/position.ts';

const HIDES_KEYS = 'show_gipk_in_create_table_and_information_schema';

/**
 * Makes a session read values as the binlog has them: times in UTC, CHAR without its
 * padding, zero dates as literals, no time-out of the server between two chunks; and nothing is ever written.
 */
export async function prepareSession(query: Query, flavor: SourceFlavor): Promise<void> {
  await query("SET SESSION sql_mode = 'ALLOW_INVALID_DATES', time_zone = '+00:00', wait_timeout = 28800");
  await query('SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ');
  await query('SET SESSION TRANSACTION READ ONLY');
  const variables = flavor === 'mysql' ? await readVariables(query, [HIDES_KEYS]) : new Map<string, string>();
  if (variables.has(HIDES_KEYS)) await query(`SET SESSION ${HIDES_KEYS} = ON`);
}
