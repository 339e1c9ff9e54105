import { createWriteStream, type WriteStream } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { LoadConnection, type SqlTarget } from './load-connection.ts';
import type { LoadLog, LoggedTransaction, RowChange } from './load-log.ts';
import { isCommitted, isLost } from './load-outcome.ts';
import { makeStatement, verColumn, type LoadStatement, type StatementPlace } from './load-statement.ts';
import { createTableSql, loadTables, type Flavor } from './load-table.ts';
import { LoadTableState } from './load-table-state.ts';
import { monotonicEpochMs } from './monotonic-epoch.ts';
import { SeededRandom } from './seeded-random.ts';

/** What a load writes, where, and how fast. */
export interface LoadOptions {
  readonly server: SqlTarget;
  readonly flavor: Flavor;
  /** Dropped and created anew by `create`; plain letters, digits and underscores. */
  readonly database: string;
  /** A second database, outside the filter, whose rows count for message_id. Default: the first with `_hidden`. */
  readonly hiddenDatabase?: string;
  readonly seed: number;
  /** Sessions that write side by side, each to rows of its own, so that the order per key is certain. Default 2. */
  readonly connections?: number;
  /** Rows of the visible database per second, all sessions together. */
  readonly rowsPerSecond: number;
  /** Ends by itself after so many visible rows (the last transaction is ended first). Default: no end. */
  readonly totalRows?: number;
  /** At most this many rows in one transaction. Default 200. */
  readonly maxTransactionRows?: number;
  /** Where every acknowledged transaction is written as a JSON line; see readLoadLog. */
  readonly logFile?: string;
  /** Milliseconds for which a lost source is waited for; 0 (the default): a lost connection fails the load. */
  readonly reconnectMs?: number;
}

/** How far a load is. */
export interface LoadProgress {
  /** Acknowledged row changes of the visible database. */
  readonly rows: number;
  readonly transactions: number;
  readonly rolledBack: number;
}

const NUMBERS_PER_CONNECTION = 100_000_000;
const ROLLBACK_SHARE = 0.04;

/**
 * A seeded writer of inserts, updates (of primary keys too), deletes, multi-row and multi-table transactions and
 * rollbacks, that logs every acknowledged transaction with its GTID and the exact values the stream must show.
 * The same seed gives each session the same statements, whatever the speed.
 */
export class LoadGenerator {
  readonly #options: LoadOptions;
  readonly #transactions: LoggedTransaction[] = [];
  readonly #file: WriteStream | null;
  readonly #stop = new AbortController();
  #ended: Promise<void> | null = null;
  #rows = 0;
  #reserved = 0;
  #rolledBack = 0;
  #startedAt = 0;

  private constructor(options: LoadOptions) {
    this.#options = options;
    this.#file = options.logFile === undefined ? null : createWriteStream(options.logFile);
    this.#file?.write(
      `${JSON.stringify({ database: options.database, hiddenDatabase: this.hiddenDatabase })}\n`,
    );
  }

  /** Creates both databases with their tables. */
  static async create(options: LoadOptions): Promise<LoadGenerator> {
    const generator = new LoadGenerator(options);
    const connection = new LoadConnection(options.server, options.flavor);
    await connection.open();
    try {
      for (const database of [options.database, generator.hiddenDatabase]) {
        await connection.run(`DROP DATABASE IF EXISTS ${database}`);
        await connection.run(`CREATE DATABASE ${database} CHARACTER SET utf8mb4`);
      }
      for (const table of loadTables)
        await connection.run(createTableSql(generator.#databaseOf(table), table));
    } finally {
      connection.close();
    }
    return generator;
  }

  get hiddenDatabase(): string {
    return this.#options.hiddenDatabase ?? `${this.#options.database}_hidden`;
  }

  /** What was acknowledged so far; grows while the load runs. */
  get log(): LoadLog {
    return {
      database: this.#options.database,
      hiddenDatabase: this.hiddenDatabase,
      transactions: this.#transactions,
    };
  }

  get progress(): LoadProgress {
    return { rows: this.#rows, transactions: this.#transactions.length, rolledBack: this.#rolledBack };
  }

  /** Starts the sessions. Resolves when the load has ended; rejects with what mysql2 threw. */
  async run(): Promise<void> {
    this.#startedAt = performance.now();
    const sessions = Array.from({ length: this.#options.connections ?? 2 }, (_, index) =>
      this.#session(index),
    );
    this.#ended = Promise.all(sessions).then(() => undefined);
    try {
      await this.#ended;
    } finally {
      this.#stop.abort(); // one that failed ends the others
      await Promise.allSettled(sessions);
      await new Promise<void>((resolve) => (this.#file === null ? resolve() : this.#file.end(resolve)));
    }
  }

  /** Ends the load after the transactions at hand. */
  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#ended?.catch(() => undefined);
  }

  async #session(index: number): Promise<void> {
    const { server, flavor, seed } = this.#options;
    const connection = new LoadConnection(server, flavor);
    const random = new SeededRandom(seed * 1000 + index);
    const places = loadTables.map((table, tableIndex): StatementPlace => {
      const state = new LoadTableState(verColumn(table), index * NUMBERS_PER_CONNECTION);
      return { table, tableIndex, name: `${this.#databaseOf(table)}.${table.name}`, state, random, flavor };
    });
    await connection.open(this.#options.reconnectMs ?? 0);
    try {
      while (!this.#isOver()) {
        const statements = this.#plan(random, places);
        const visible = statements
          .flatMap(({ changes }) => changes)
          .filter((row) => this.#isVisible(row)).length;
        this.#reserved += visible;
        await this.#transaction(connection, { statements, random, places });
        await this.#keepPace();
      }
    } finally {
      connection.close();
    }
  }

  #isOver(): boolean {
    return this.#stop.signal.aborted || this.#reserved >= (this.#options.totalRows ?? Infinity);
  }

  #isVisible(row: RowChange): boolean {
    return loadTables[row.table]?.isHidden === false;
  }

  #databaseOf(table: { readonly isHidden: boolean }): string {
    return table.isHidden ? this.hiddenDatabase : this.#options.database;
  }

  /** Waits until the rows that are under way fit the rate. */
  async #keepPace(): Promise<void> {
    const due = this.#startedAt + (this.#reserved / this.#options.rowsPerSecond) * 1000;
    const waitMs = due - performance.now();
    if (waitMs > 1) await sleep(waitMs, undefined, { signal: this.#stop.signal }).catch(() => undefined);
  }

  #plan(random: SeededRandom, places: readonly StatementPlace[]): LoadStatement[] {
    const dice = random.next();
    const most = dice < 0.6 ? 10 : dice < 0.9 ? 60 : 200;
    let left = Math.min(random.between(1, most), this.#options.maxTransactionRows ?? 200);
    const statements: LoadStatement[] = [];
    while (left > 0) {
      const statement = makeStatement(random.pick(places), left);
      statements.push(statement);
      left -= statement.changes.length;
    }
    return statements;
  }

  async #transaction(
    connection: LoadConnection,
    {
      statements,
      random,
      places,
    }: { statements: LoadStatement[]; random: SeededRandom; places: StatementPlace[] },
  ): Promise<void> {
    const rows = statements.flatMap(({ changes }) => changes);
    const isRolledBack = statements.length > 1 && random.chance(ROLLBACK_SHARE);
    const [single] = statements;
    const isAutocommit = statements.length === 1 && random.chance(0.5);
    let gtid: string | null = null;
    let isEnding = false;
    for (let isDone = false; !isDone;) {
      try {
        isEnding = false;
        if (!isAutocommit) await connection.run('START TRANSACTION');
        for (const statement of isAutocommit ? [] : statements) await runChecked(connection, statement);
        isEnding = !isRolledBack;
        if (isAutocommit && single !== undefined) gtid = await runChecked(connection, single);
        else ({ gtid } = await connection.run(isRolledBack ? 'ROLLBACK' : 'COMMIT'));
        if (gtid === null && !isRolledBack) throw new Error('the source gave no GTID for a commit');
        isDone = true;
      } catch (error) {
        if (isDeadlock(error)) {
          await connection.run('ROLLBACK'); // and once more: the same statements, so that the seed decides alone
          continue;
        }
        const patienceMs = this.#options.reconnectMs ?? 0;
        if (patienceMs === 0 || !isLost(error)) throw error;
        if (!(await isCommitted(connection, { places, rows, isEnding, patienceMs })))
          return this.#forget(rows, places);
        isDone = true;
      }
    }
    if (isRolledBack) {
      this.#rolledBack += 1;
      return this.#forget(rows, places);
    }
    for (const { state } of places) state.keep();
    const logged: LoggedTransaction = { gtid, rows, acknowledgedAt: monotonicEpochMs() };
    this.#transactions.push(logged);
    this.#rows += rows.filter((row) => this.#isVisible(row)).length;
    this.#file?.write(`${JSON.stringify(logged)}\n`);
  }

  #forget(rows: readonly RowChange[], places: readonly StatementPlace[]): void {
    this.#reserved -= rows.filter((row) => this.#isVisible(row)).length;
    for (const { state } of places) state.undo();
  }
}

async function runChecked(
  connection: LoadConnection,
  { sql, changes }: LoadStatement,
): Promise<string | null> {
  const { gtid, affectedRows } = await connection.run(sql);
  if (affectedRows !== changes.length)
    throw new Error(
      `a load statement changed ${affectedRows} rows instead of ${changes.length}: ${sql.slice(0, 60)}`,
    );
  return gtid;
}

function isDeadlock(error: unknown): boolean {
  const { code } = error as { code?: string };
  return code === 'ER_LOCK_DEADLOCK' || code === 'ER_LOCK_WAIT_TIMEOUT';
}
