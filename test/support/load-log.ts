import { readFileSync } from 'node:fs';

/** One row change of a source transaction, as the stream must show it. */
export interface RowChange {
  readonly op: 'insert' | 'update' | 'delete';
  /** Index into the tables of the load. */
  readonly table: number;
  /** JSON texts in column order; null where there is no such image. */
  readonly before: readonly string[] | null;
  readonly after: readonly string[] | null;
}

/** One transaction that the source has acknowledged, in the order of its row changes. */
export interface LoggedTransaction {
  /** As the server told it: MySQL `uuid:23`, MariaDB `0-2-815`. Null: the connection broke at COMMIT, and the rows were found afterwards. */
  readonly gtid: string | null;
  readonly rows: readonly RowChange[];
  /** When the acknowledgement came; milliseconds since 1970. */
  readonly acknowledgedAt: number;
}

/** Everything that the source has acknowledged of one load, and where it went. */
export interface LoadLog {
  readonly database: string;
  readonly hiddenDatabase: string;
  readonly transactions: readonly LoggedTransaction[];
}

/** Reads the JSON lines that a load wrote with `logFile`: the head first, then one transaction a line. */
export function readLoadLog(file: string): LoadLog {
  const [head = '{}', ...lines] = readFileSync(file, 'utf8').trimEnd().split('\n');
  const { database, hiddenDatabase } = JSON.parse(head) as { database: string; hiddenDatabase: string };
  return {
    database,
    hiddenDatabase,
    transactions: lines.map((line) => JSON.parse(line) as LoggedTransaction),
  };
}
