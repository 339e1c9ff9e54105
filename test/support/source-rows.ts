import { LoadConnection, type SqlTarget } from './load-connection.ts';
import { loadTables, renderSelected, selectSql, type Flavor } from './load-table.ts';

/** The identity of a row in the fold of the stream: table and primary key. */
export function rowIdentity(table: string, key: readonly string[]): string {
  return `${table} ${key.join(',')}`;
}

/** SELECT * of the load's visible tables: row identity → the JSON object of the row, as the stream renders it. */
export async function readSourceRows(
  server: SqlTarget,
  flavor: Flavor,
  database: string,
): Promise<Map<string, string>> {
  const connection = new LoadConnection(server, flavor);
  await connection.open();
  const rows = new Map<string, string>();
  try {
    for (const table of loadTables.filter(({ isHidden }) => !isHidden)) {
      const columns = table.columns.map(selectSql).join(', ');
      for (const row of await connection.select(`SELECT ${columns} FROM ${database}.${table.name}`)) {
        const values = table.columns.map((column) =>
          renderSelected(column, row[column.name] ?? null, flavor),
        );
        const members = table.columns.map(
          ({ name }, index) => `${JSON.stringify(name)}:${values[index] ?? 'null'}`,
        );
        rows.set(rowIdentity(table.name, values.slice(0, table.keyColumns)), `{${members.join(',')}}`);
      }
    }
  } finally {
    connection.close();
  }
  return rows;
}
