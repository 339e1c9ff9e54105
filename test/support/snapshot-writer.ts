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
  /** Which of `count` writers it is. */
  readonly index?: number;
  readonly count?: number;
}

/** Changes rows of one table without an end; each writer has ids of its own, so that a row's versions only grow. */
export class SnapshotWriter {
  /** Statements that have changed something. */
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
    const defaults = { pauseMs: 1, changesPerSecond: undefined, index: 0, count: 1 };
    const writer = new SnapshotWriter(session, { ...defaults, ...options });
    writer.#done = writer.#run();
    return writer;
  }

  #id(): number {
    const { maxId, index, count } = this.#options;
    return this.#random.between(0, Math.floor(maxId / count) - 1) * count + index + 1;
  }

  #statement(): string {
    const { table } = this.#options;
    const id = this.#id();
    const version = ++this.#version;
    const kind = this.#random.between(0, 9);
    if (kind < 3)
      return `REPLACE INTO ${table} (id, ver, v) VALUES (${id}, ${version}, 'written ${version}')`;
    if (kind < 7) return `UPDATE ${table} SET ver = ${version}, v = 'u${version}' WHERE id = ${id}`;
    if (kind < 9) return `DELETE FROM ${table} WHERE id = ${id}`;
    return `UPDATE IGNORE ${table} SET id = ${this.#id()}, ver = ${version} WHERE id = ${id}`;
  }

  async #run(): Promise<void> {
    const { pauseMs, changesPerSecond } = this.#options;
    const startedAt = performance.now();
    while (!this.#isStopped) {
      const [result] = await this.#session.query<ResultSetHeader>(this.#statement());
      if (result.affectedRows > 0) this.changes++;
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
