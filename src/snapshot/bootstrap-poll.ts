import { setTimeout as sleep } from 'node:timers/promises';
import { asHeavisideError } from '../errors.ts';
import type { SnapshotProgress } from '../model/snapshot-progress.ts';
import type { Log } from '../observability/log.ts';
import { isWriteRefusal, type BootstrapTable } from './bootstrap-table.ts';
import type { SnapshotRun } from './snapshot-run.ts';

/** As Maxwell. */
const PERIOD_MS = 1000;
const RETRY_MS = 5000;
/** A source without the table is asked for it so often. */
const ABSENT_MS = 60_000;

export interface BootstrapPollOptions {
  /** Null: the source has no such table. */
  readonly open: () => Promise<Pick<
    BootstrapTable,
    'incomplete' | 'showProgress' | 'showEnd' | 'destroy'
  > | null>;
  /** False: its columns are never written. */
  readonly mayWrite: boolean;
  /** What the log has been told already; lives longer than one stream. */
  readonly said: Set<string>;
  readonly log: Log;
}

type Table = NonNullable<Awaited<ReturnType<BootstrapPollOptions['open']>>>;

/**
 * Brings the rows of Maxwell's bootstrap table to the snapshot at hand. What the table is told is what a position record
 * that is committed holds; a row is remembered there until the table shows it as complete: carried out once, whoever
 * dies in between, and whether or not the table can be written.
 */
export class BootstrapPoll {
  readonly #options: BootstrapPollOptions;
  readonly #run: Pick<SnapshotRun, 'follow'>;
  readonly #closed = new AbortController();
  #committed: SnapshotProgress | null;
  #mayWrite: boolean;
  #table: Table | null = null;

  /** @param committed as the position record holds it */
  constructor(
    options: BootstrapPollOptions,
    run: Pick<SnapshotRun, 'follow'>,
    committed: SnapshotProgress | null,
  ) {
    this.#options = options;
    this.#run = run;
    this.#committed = committed;
    this.#mayWrite = options.mayWrite;
  }

  committed(progress: SnapshotProgress | null): void {
    this.#committed = progress;
  }

  /** Looks until it is closed. Never rejects. */
  async poll(): Promise<void> {
    const { signal } = this.#closed;
    while (!signal.aborted) {
      const waitMs = await this.look();
      await sleep(waitMs, undefined, { signal, ref: false }).catch(() => undefined);
    }
  }

  /** One look. Resolves to the milliseconds until the next; never rejects. */
  async look(): Promise<number> {
    try {
      this.#table ??= await this.#options.open();
      if (this.#closed.signal.aborted) this.#leave();
      if (this.#table === null) return ABSENT_MS;
      await this.#follow(this.#table);
      return PERIOD_MS;
    } catch (cause) {
      this.#leave();
      if (this.#closed.signal.aborted) return 0;
      const { code, message: error } = asHeavisideError(cause);
      this.#say({ code, error }, 'the bootstrap table cannot be read');
      return RETRY_MS;
    }
  }

  async #follow(table: Table): Promise<void> {
    const { tasks, bootstrapped } = this.#committed ?? { tasks: [], bootstrapped: [] };
    const { rows, mark } = await table.incomplete();
    await this.#run.follow(rows, mark);
    for (const { id, hasStarted, insertedRows } of rows) {
      const done = bootstrapped?.find(({ row }) => row === id);
      const at = tasks.find(({ bootstrapRow }) => bootstrapRow === id)?.at;
      if (done !== undefined) await this.#write(() => table.showEnd(id, done.rows));
      else if (at && (!hasStarted || at.rows !== insertedRows))
        await this.#write(() => table.showProgress(id, at.rows));
    }
  }

  async #write(write: () => Promise<void>): Promise<void> {
    if (!this.#mayWrite) return;
    try {
      await write();
    } catch (cause) {
      if (!isWriteRefusal(cause)) throw cause;
      this.#mayWrite = false;
      const { code, message: error } = asHeavisideError(cause);
      const text = 'the bootstrap table cannot be written: snapshots are carried out, and its columns stay';
      this.#say({ code, error }, text);
    }
  }

  /** Once. */
  #say(about: Record<string, unknown>, text: string): void {
    const { said, log } = this.#options;
    const line = `${String(about['code'])} ${text}`;
    if (said.has(line)) return;
    said.add(line);
    log.warn(about, text);
  }

  #leave(): void {
    this.#table?.destroy();
    this.#table = null;
  }

  close(): void {
    this.#closed.abort();
    this.#leave();
  }
}
