import { setTimeout as sleep } from 'node:timers/promises';
import { createConnection, type Connection, type ResultSetHeader } from 'mysql2/promise';
import type { SqlServer } from '../../scripts/stack/stack-info.ts';
import { SeededRandom } from './seeded-random.ts';

export interface SnapshotWriterOptions {
  readonly table: string;
  readonly maxId: number;
  /** Milliseconds between two statements (1). */
  readonly pauseMs?: number;
  /** Changes a second, in place of the pause. */
  readonly changesPerSecond?: number | undefined;
  /** Rows that a statement changes at most (1). */
  readonly rowsPerStatement?: number;
  /** Which of `count` writers it is. */
  readonly index?: number;
  readonly count?: number;
}

/** Changes rows of one table without an end; each writer has ids of its own, so that a row's versions only grow. */
export class SnapshotWriter {
  /** Rows that were changed. */
  changes = 0;
  readonly #session: Connection;
  readonly #options: Required<SnapshotWriterOptions>;
  readonly #random: SeededRandom;
  #isStopped = false;
  #version = 1;
  #done: Promise<void> | null = null;

  private constructor(session: Connection, options: Required<SnapshotWriterOptions>) {
    this.#session = session;
    this.#options = options;
    this.#random = new SeededRandom(7 + options.index);
  }

  static async start(
    { host, port, user, password }: SqlServer,
    options: SnapshotWriterOptions,
  ): Promise<SnapshotWriter> {
    const session = await createConnection({ host, port, user, password });
    const defaults = { pauseMs: 1, changesPerSecond: undefined, rowsPerStatement: 1, index: 0, count: 1 };
    const writer = new SnapshotWriter(session, { ...defaults, ...options });
    writer.#done = writer.#run();
    return writer;
  }

  #id(): number {
    const { maxId, index, count } = this.#options;
    return this.#random.between(0, Math.floor(maxId / count) - 1) * count + index + 1;
  }

  #statement(): string {
    const { table, rowsPerStatement } = this.#options;
    const ids = Array.from({ length: rowsPerStatement }, () => this.#id());
    const [id] = ids;
    const version = ++this.#version;
    const kind = this.#random.between(0, 9);
    if (kind < 3)
      return `REPLACE INTO ${table} (id, ver, v) VALUES ${ids.map((each) => `(${each}, ${version}, 'written ${version}')`).join(', ')}`;
    if (kind < 7)
      return `UPDATE ${table} SET ver = ${version}, v = 'u${version}' WHERE id IN (${ids.join(', ')})`;
    if (kind < 9) return `DELETE FROM ${table} WHERE id IN (${ids.join(', ')})`;
    return `UPDATE IGNORE ${table} SET id = ${this.#id()}, ver = ${version} WHERE id = ${id}`;
  }

  async #run(): Promise<void> {
    const { pauseMs, changesPerSecond } = this.#options;
    const startedAt = performance.now();
    while (!this.#isStopped) {
      const [result] = await this.#session.query<ResultSetHeader>(this.#statement());
      // A replaced row counts twice.
      this.changes += Math.min(result.affectedRows, this.#options.rowsPerStatement);
      const waitMs =
        changesPerSecond === undefined
          ? pauseMs
          : startedAt + (this.changes * 1000) / changesPerSecond - performance.now();
      if (waitMs > 0) await sleep(waitMs);
    }
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    await this.#done;
    await this.#session.end();
  }
}
