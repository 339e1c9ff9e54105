import { setTimeout as sleep } from 'node:timers/promises';
import { LoadConnection, type SqlTarget } from '../../support/load-connection.ts';
import { isLost } from '../../support/load-outcome.ts';
import type { Flavor } from '../../support/load-table.ts';
import { SeededRandom } from '../../support/seeded-random.ts';
import { Ledger, type Row, type TableBefore } from './ledger.ts';
import { WriterSession, type Statement } from './writer-session.ts';
import { writerTables } from './writer-table.ts';

export interface WriterOptions {
  readonly server: SqlTarget;
  readonly flavor: Flavor;
  readonly database: string;
  readonly seed: number;
  /** Visible row changes per second, all sessions together. */
  readonly rowsPerSecond: number;
  /** Where the acknowledged transactions are written. */
  readonly ledgerFile: string;
  /** False: no DDL between the row events. */
  readonly hasDdl?: boolean;
  /** About so many rows are in the tables before the load begins; default none. */
  readonly rowsBefore?: number;
}

/** A session and the source of its numbers. */
interface Hand {
  readonly session: WriterSession;
  readonly random: SeededRandom;
}

const SESSIONS = 3;
const ROLLBACK_SHARE = 0.04;
const ALTER_SHARE = 0.01;
const OFTEN_ALTER_SHARE = 0.2;
const PATIENCE_MS = 60_000;

/** The seeded writer: sessions side by side, and the ledger of what the source has acknowledged. */
export class Writer {
  readonly ledger: Ledger;
  readonly #options: WriterOptions;
  readonly #stop = new AbortController();
  readonly #hands: readonly Hand[];
  readonly #before = new Map<string, { readonly key: readonly string[]; readonly rows: Row[] }>();
  #server: SqlTarget;
  #running: Promise<void> = Promise.resolve();
  #large = 0;
  #isPaused = false;
  #alterShare: number;
  alterations = 0;
  rolledBack = 0;

  private constructor(options: WriterOptions) {
    this.#options = options;
    this.#server = options.server;
    this.#alterShare = options.hasDdl === false ? 0 : ALTER_SHARE;
    this.ledger = new Ledger(options.ledgerFile);
    this.#hands = Array.from({ length: SESSIONS }, (_, index) => {
      const random = new SeededRandom(options.seed * 100 + index);
      const { database } = options;
      const session = new WriterSession({ index, random, database, hiddenDatabase: this.hiddenDatabase });
      return { session, random };
    });
  }

  /** Creates the databases with their tables, and the rows that are there before. */
  static async create(options: WriterOptions): Promise<Writer> {
    const writer = new Writer(options);
    const connection = new LoadConnection(options.server, options.flavor);
    await connection.open();
    try {
      for (const name of [options.database, writer.hiddenDatabase])
        await connection.run(`CREATE DATABASE ${name} CHARACTER SET utf8mb4`);
      for (const { name, isHidden, definition } of writerTables) {
        const database = isHidden ? writer.hiddenDatabase : options.database;
        await connection.run(`CREATE TABLE ${database}.${name} (${definition}) ENGINE=InnoDB`);
      }
      if (options.rowsBefore !== undefined) await writer.#fill(connection, options.rowsBefore);
    } finally {
      connection.close();
    }
    return writer;
  }

  get hiddenDatabase(): string {
    return `${this.#options.database}_hidden`;
  }

  /** The rows that were there before the load began; they are in no ledger. */
  get before(): TableBefore[] {
    return [...this.#before].map(([table, { key, rows }]) => ({ table, key, rows }));
  }

  start(): void {
    const sessions = this.#hands.map((hand, index) => this.#session(hand, index));
    for (const session of sessions) session.catch(() => this.#stop.abort()); // one that failed ends the others
    this.#running = Promise.all(sessions).then(() => undefined);
    this.#running.catch(() => undefined); // stop tells
  }

  /** Ends the sessions after the transactions at hand. Rejects with what a session met. */
  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#running;
    await this.ledger.close();
  }

  /** Holds the sessions between two transactions, or lets them go on. */
  pause(isPaused: boolean): void {
    this.#isPaused = isPaused;
  }

  /** The next transaction of the last session has so many rows. */
  writeLarge(rows: number): void {
    this.#large = rows;
  }

  /** From now on every fifth transaction of the first session is followed by an ALTER TABLE. */
  alterOften(): void {
    this.#alterShare = OFTEN_ALTER_SHARE;
  }

  /** From the next transaction on another server is written to. */
  moveTo(server: SqlTarget): void {
    this.#server = server;
  }

  async #fill(connection: LoadConnection, rows: number): Promise<void> {
    for (const { session } of this.#hands)
      for (const { sql, changes } of session.fill(rows / SESSIONS)) {
        await connection.run(sql);
        session.keep();
        for (const { table, key, after } of changes) {
          const known = this.#before.get(table) ?? { key, rows: [] };
          this.#before.set(table, known);
          if (after !== null) known.rows.push(after);
        }
      }
  }

  async #session({ session, random }: Hand, index: number): Promise<void> {
    const { flavor } = this.#options;
    let connection = new LoadConnection(this.#server, flavor);
    await connection.open();
    let server = this.#server;
    const startedAt = performance.now();
    let written = 0;
    let pausedMs = 0;
    try {
      while (!this.#stop.signal.aborted) {
        if (server !== this.#server) {
          server = this.#server;
          connection = await this.#reconnect(connection);
        }
        const isLarge = index === SESSIONS - 1 && this.#large > 0;
        const statements = isLarge ? await session.planLarge(this.#large) : session.plan();
        if (isLarge) this.#large = 0;
        connection = await this.#transaction(connection, { session, statements, random });
        if (index === 0 && random.chance(this.#alterShare)) await this.#alter(connection, session);
        if (!isLarge) written += statements.reduce((sum, { changes }) => sum + changes.length, 0);
        const due = startedAt + pausedMs + (written * SESSIONS * 1000) / this.#options.rowsPerSecond;
        await this.#wait(due - performance.now());
        const heldAt = performance.now();
        while (this.#isPaused && !this.#stop.signal.aborted) await this.#wait(20);
        pausedMs += performance.now() - heldAt;
      }
    } finally {
      connection.close();
    }
  }

  async #wait(milliseconds: number): Promise<void> {
    if (milliseconds < 1) return;
    await sleep(milliseconds, undefined, { signal: this.#stop.signal }).catch(() => undefined);
  }

  async #alter(connection: LoadConnection, session: WriterSession): Promise<void> {
    const gtid = await session.alter(connection);
    this.alterations += 1;
    this.ledger.add({ gtid, changes: [], acknowledgedAt: Date.now() });
  }

  /** Carries a transaction out, whatever breaks; resolves to the connection that is open then. */
  async #transaction(connection: LoadConnection, job: Transaction): Promise<LoadConnection> {
    const { session, statements, random } = job;
    const isRolledBack = statements.length > 1 && random.chance(ROLLBACK_SHARE);
    let gtid: string | null = null;
    let isEnding = false;
    try {
      await connection.run('START TRANSACTION');
      for (const { sql, changes } of statements) {
        const { affectedRows } = await connection.run(sql);
        if (affectedRows !== changes.length) throw new Error(`${affectedRows} rows by ${sql.slice(0, 50)}`);
      }
      isEnding = !isRolledBack;
      ({ gtid } = await connection.run(isRolledBack ? 'ROLLBACK' : 'COMMIT'));
      if (gtid === null && !isRolledBack) throw new Error('the source gave no GTID for a commit');
    } catch (error) {
      const isDeadlock = (error as { code?: string }).code === 'ER_LOCK_DEADLOCK';
      if (isDeadlock) await connection.run('ROLLBACK');
      else if (!isLost(error)) throw error;
      else connection = await this.#reconnect(connection);
      if (!isEnding || isDeadlock || !(await session.isCommitted(connection))) {
        session.undo();
        return connection;
      }
    }
    if (isRolledBack) {
      this.rolledBack += 1;
      session.undo();
      return connection;
    }
    session.keep();
    const changes = statements.flatMap((statement) => statement.changes);
    this.ledger.add({ gtid, changes, acknowledgedAt: Date.now() });
    return connection;
  }

  async #reconnect(former: LoadConnection): Promise<LoadConnection> {
    former.close();
    const connection = new LoadConnection(this.#server, this.#options.flavor);
    const deadline = performance.now() + PATIENCE_MS;
    for (;;) {
      try {
        await connection.open(PATIENCE_MS);
        await sleep(1000); // the session before it is ended by then
        return connection;
      } catch (error) {
        if (performance.now() > deadline) throw error;
      }
    }
  }
}

interface Transaction {
  readonly session: WriterSession;
  readonly statements: readonly Statement[];
  readonly random: SeededRandom;
}
