import { LoadConnection, type SqlTarget } from '../support/load-connection.ts';
import type { Flavor } from '../support/load-table.ts';
import type { Row } from './writer/ledger.ts';
import { writerTables } from './writer/writer-table.ts';

async function withSource<T>(
  server: SqlTarget,
  flavor: Flavor,
  work: (connection: LoadConnection) => Promise<T>,
): Promise<T> {
  const connection = new LoadConnection(server, flavor);
  await connection.open();
  try {
    return await work(connection);
  } finally {
    connection.close();
  }
}

/** The GTIDs that the source has executed, in its own words. */
export async function executedGtids(server: SqlTarget, flavor: Flavor): Promise<string> {
  const what = flavor === 'mysql' ? '@@GLOBAL.gtid_executed' : '@@GLOBAL.gtid_binlog_state';
  const [row] = await withSource(server, flavor, (connection) =>
    connection.select(`SELECT ${what} AS gtids`),
  );
  return row?.['gtids'] ?? '';
}

/** The content of the visible tables: table → rows, every value as text. */
export async function sourceTables(
  server: SqlTarget,
  flavor: Flavor,
  database: string,
): Promise<Map<string, Row[]>> {
  return withSource(server, flavor, async (connection) => {
    const tables = new Map<string, Row[]>();
    for (const { name, isHidden } of writerTables) {
      if (isHidden) continue;
      const columns = await connection.select(
        `SELECT column_name AS name FROM information_schema.columns WHERE table_schema = '${database}' AND table_name = '${name}'`,
      );
      const selected = columns.map((column) => `CAST(${column['name']} AS CHAR) AS ${column['name']}`);
      tables.set(name, await connection.select(`SELECT ${selected.join(', ')} FROM ${database}.${name}`));
    }
    return tables;
  });
}
