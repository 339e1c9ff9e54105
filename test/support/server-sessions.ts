/** A session of a MySQL or MariaDB server. */
export interface ServerSession {
  readonly id: number;
  readonly user: string;
  /** `host:port` of the client. */
  readonly host: string;
  readonly command: string;
}

/**
 * The sessions of a server, by `SHOW PROCESSLIST`: MySQL's information_schema.processlist ends with an error while
 * another session runs a statement with a character outside utf8mb3.
 */
export async function serverSessions(
  query: (sql: string) => Promise<readonly Readonly<Record<string, unknown>>[]>,
): Promise<ServerSession[]> {
  const rows = await query('SHOW PROCESSLIST');
  return rows.map((row) => ({
    id: Number(row['Id']),
    user: String(row['User']),
    host: String(row['Host']),
    command: String(row['Command']),
  }));
}

/** Those of {@link serverSessions} that read the binlog. */
export async function dumpSessions(query: Parameters<typeof serverSessions>[0]): Promise<ServerSession[]> {
  return (await serverSessions(query)).filter(({ command }) => command.startsWith('Binlog Dump'));
}
