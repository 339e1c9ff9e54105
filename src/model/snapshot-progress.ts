export interface SnapshotTableName {
  readonly database: string;
  readonly table: string;
}

/** How far a table's snapshot is: its rows up to a key are in Kafka. */
export interface SnapshotCursor extends SnapshotTableName {
  /** Names of the key's columns; with another key the table begins anew. Empty: a table without a key, read in one pass. */
  readonly key: readonly string[];
  /** The key of the last row that was read, as SQL literals; null before the first. */
  readonly last: readonly string[] | null;
  /** Number of the next chunk. */
  readonly chunk: number;
  /** Rows written. */
  readonly rows: number;
  /** The server's estimate of the table's rows when it was begun. */
  readonly estimatedRows: number;
}

/** One snapshot that was asked for. */
export interface SnapshotTask {
  /** Names it for ever: no request of the same id is taken twice. */
  readonly id: string;
  /** initial: option snapshot_mode; request: the command; bootstrap: a row of Maxwell's bootstrap table. */
  readonly origin: 'initial' | 'request' | 'bootstrap';
  /** Id of that row; absent: another origin. */
  readonly bootstrapRow?: string;
  /** Null: every table that snapshot_tables includes, in the order of their names. */
  readonly table: SnapshotTableName | null;
  /** SQL condition on the rows; null: all. */
  readonly where: string | null;
  readonly comment: string | null;
  readonly isPaused: boolean;
  /** The table that is being read; null: none yet, or between two. */
  readonly at: SnapshotCursor | null;
  /** Of several tables: the last that is done with. */
  readonly after: SnapshotTableName | null;
  readonly tablesDone: number;
  /** Rows written of tables that are done with. */
  readonly rowsDone: number;
  /** When it was taken over: clock of the leader, milliseconds since 1970. */
  readonly askedAt: number;
}

/** What of snapshots the position record holds: committed in one Kafka transaction with the rows that it speaks of. */
export interface SnapshotProgress {
  /** In the order in which they are read; the first that is not paused is under way. */
  readonly tasks: readonly SnapshotTask[];
  /** Requests that were carried out and may still lie in Redis: not to be carried out again. */
  readonly handled: readonly string[];
  /** Rows of the bootstrap table that are done with and not yet seen as complete: not to be carried out again. Absent: none. */
  readonly bootstrapped?: readonly BootstrappedRow[];
}

/** A row of the bootstrap table, and how many rows were written for it. */
export interface BootstrappedRow {
  readonly row: string;
  readonly rows: number;
}

export const tableLabel = ({ database, table }: SnapshotTableName): string => `${database}.${table}`;

/** Null where nothing is left to be remembered. */
export function progressOrNull(progress: SnapshotProgress): SnapshotProgress | null {
  const { tasks, handled, bootstrapped = [] } = progress;
  return tasks.length + handled.length + bootstrapped.length === 0 ? null : progress;
}
