import { setTimeout as sleep } from 'node:timers/promises';
import { createConnection, type Connection } from 'mysql2/promise';
import type { SqlServer } from '../../scripts/stack/stack-info.ts';
import { SeededRandom } from './seeded-random.ts';

/** Changes rows of one table without a pause; each writer has ids of its own, so that a row's versions only grow. */
export class SnapshotWriter {
  changes = 0;
  readonly #session: Connection;
  readonly #table: string;
  readonly #maxId: number;
  readonly #pauseMs: number;
  readonly #random: SeededRandom;
  readonly #part: { readonly index: number; readonly count: number };
  #isStopped = false;
  #version = 1;
  #done: Promise<void> | null = null;

  private constructor(
    session: Connection,
    options: { table: string; maxId: number; pauseMs: number; index: number; count: number },
  ) {
    this.#session = session;
    this.#table = options.table;
    this.#maxId = options.maxId;
    this.#pauseMs = options.pauseMs;
    this.#part = options;
    this.#random = new SeededRandom(7 + options.index);
  }

  static async start(
    { host, port, user, password }: SqlServer,
    options: { table: string; maxId: number; pauseMs?: number; index?: number; count?: number },
  ): Promise<SnapshotWriter> {
    const session = await createConnection({ host, port, user, password });
    const { index = 0, count = 1, pauseMs = 1 } = options;
    const writer = new SnapshotWriter(session, { ...options, index, count, pauseMs });
    writer.#done = writer.#run();
    return writer;
  }

  #id(): number {
    const { index, count } = this.#part;
    return this.#random.between(0, Math.floor(this.#maxId / count) - 1) * count + index + 1;
  }

  async #run(): Promise<void> {
    while (!this.#isStopped) {
      const id = this.#id();
      const version = ++this.#version;
      const kind = this.#random.between(0, 9);
      const values = `(${id}, ${version}, 'written ${version}')`;
      if (kind < 3) await this.#session.query(`REPLACE INTO ${this.#table} (id, ver, v) VALUES ${values}`);
      else if (kind < 7)
        await this.#session.query(
          `UPDATE ${this.#table} SET ver = ${version}, v = 'u${version}' WHERE id = ${id}`,
        );
      else if (kind < 9) await this.#session.query(`DELETE FROM ${this.#table} WHERE id = ${id}`);
      else
        await this.#session.query(
          `UPDATE IGNORE ${this.#table} SET id = ${this.#id()}, ver = ${version} WHERE id = ${id}`,
        );
      this.changes++;
      if (this.#pauseMs > 0) await sleep(this.#pauseMs);
    }
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    await this.#done;
    await this.#session.end();
  }
}
