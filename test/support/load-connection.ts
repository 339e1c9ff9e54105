import { setTimeout as sleep } from 'node:timers/promises';
import { createConnection, type Connection, type ResultSetHeader, type RowDataPacket } from 'mysql2/promise';
import type { Flavor } from './load-table.ts';
import { serverSessions } from './server-sessions.ts';

/** A server and an account that may write to it. */
export interface SqlTarget {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
}

/** The session state that a server sends with an OK packet, as mysql2 leaves it (lib/packets/resultset_header.js). */
interface TrackedHeader extends ResultSetHeader {
  readonly stateChanges?: {
    readonly gtids: readonly string[];
    readonly systemVariables: Readonly<Record<string, string>>;
  };
}

const SESSION_END_MS = 3000;

/** One session of the load that learns the GTID of what it commits from the server's own acknowledgement. */
export class LoadConnection {
  readonly #target: SqlTarget;
  readonly #flavor: Flavor;
  #connection: Connection | null = null;
  #sessionId = -1;

  constructor(target: SqlTarget, flavor: Flavor) {
    this.#target = target;
    this.#flavor = flavor;
  }

  /** Connects, for up to `patienceMs` while the server does not answer. Throws what mysql2 throws. */
  async open(patienceMs = 0): Promise<void> {
    const deadline = performance.now() + patienceMs;
    for (;;) {
      this.close();
      try {
        const { host, port, user, password } = this.#target;
        const connection = await createConnection({
          host,
          port,
          user,
          password,
          charset: 'utf8mb4',
          connectTimeout: 5000,
        });
        connection.on('error', () => undefined); // the query at hand rejects
        this.#connection = connection;
        this.#sessionId = connection.threadId;
        await connection.query("SET SESSION time_zone='+00:00'");
        // Sessions write to rows of their own: without gap locks they seldom meet.
        await connection.query('SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED');
        // MySQL and MariaDB each name the GTID in the OK packet of the statement that committed.
        await connection.query(
          this.#flavor === 'mysql'
            ? "SET SESSION session_track_gtids='OWN_GTID'"
            : "SET SESSION session_track_system_variables='last_gtid'",
        );
        return;
      } catch (error) {
        if (performance.now() > deadline) throw error;
        await sleep(100);
      }
    }
  }

  /** Runs a statement. Resolves to the GTID that the server acknowledged with it, else null. */
  async run(sql: string): Promise<{ readonly gtid: string | null; readonly affectedRows: number }> {
    const [header] = await this.#open().query<ResultSetHeader>(sql);
    const changes = (header as TrackedHeader).stateChanges;
    const gtid = this.#flavor === 'mysql' ? changes?.gtids[0] : changes?.systemVariables['last_gtid'];
    return { gtid: gtid === undefined || gtid === '' ? null : gtid, affectedRows: header.affectedRows };
  }

  /**
   * Connects anew after a break and waits until the server has ended the session before it, so that what that session
   * was asked to commit is either there or will never be. Rejects after `patienceMs`.
   */
  async reopen(patienceMs: number): Promise<void> {
    const former = this.#sessionId;
    const deadline = performance.now() + patienceMs;
    await this.open(patienceMs);
    // A server that was restarted may have given the number to somebody else: not longer than a few seconds.
    const limit = Math.min(deadline, performance.now() + SESSION_END_MS);
    const open = async (): Promise<boolean> =>
      (await serverSessions((sql) => this.select(sql))).some(({ id }) => id === former);
    while ((await open()) && performance.now() < limit) await sleep(5);
  }

  /** The rows of a SELECT whose columns are all text or NULL. */
  async select(sql: string): Promise<Record<string, string | null>[]> {
    const [rows] = await this.#open().query<RowDataPacket[]>(sql);
    return rows as Record<string, string | null>[];
  }

  close(): void {
    this.#connection?.destroy();
    this.#connection = null;
  }

  #open(): Connection {
    if (this.#connection === null) throw new Error('the load connection is closed');
    return this.#connection;
  }
}
