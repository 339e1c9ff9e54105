import { createConnection } from 'mysql2/promise';

/** Runs statements one after another on a connection of their own; resolves to the rows of the last one. */
export async function runStatements(
  { host, port, user, password }: { host: string; port: number; user: string; password: string },
  statements: readonly string[],
): Promise<Record<string, unknown>[]> {
  const connection = await createConnection({ host, port, user, password });
  try {
    let rows: unknown = [];
    for (const statement of statements) [rows] = await connection.query(statement);
    return Array.isArray(rows) ? (rows as Record<string, unknown>[]) : [];
  } finally {
    await connection.end();
  }
}
