import { setTimeout as sleep } from 'node:timers/promises';
import { asHeavisideError, HeavisideError } from '../errors.ts';
import type { Backoff } from '../lifecycle/backoff.ts';
import {
  tableLabel,
  type SnapshotCursor,
  type SnapshotProgress,
  type SnapshotTableName,
  type SnapshotTask,
} from '../model/snapshot-progress.ts';
import type { SourceTransaction } from '../model/transaction.ts';
import { Boundary, type SnapshotPiece } from './boundary.ts';
import { readChunk } from './keyed-table.ts';
import { readPass } from './keyless-table.ts';
import { followRows, type BootstrapRow } from './bootstrap-rows.ts';
import { beginTable, currentTask, nextTable, withEnd, withTask } from './progress-steps.ts';
import { carryOut, type SnapshotRequest } from './snapshot-request.ts';
import { SnapshotState } from './snapshot-state.ts';
import type { SnapshotTable } from './snapshot-table.ts';
import type { StreamPlace, Watermark } from './stream-place.ts';
import { OpenTable, type SnapshotReader, type StepOutcome, type WorkContext } from './table-work.ts';
import { TableWatch } from './table-watch.ts';

export interface SnapshotRunOptions extends Omit<WorkContext, 'boundary' | 'state'> {
  /** As the position record holds it; null: none under way. */
  readonly progress: SnapshotProgress | null;
  readonly openReader: () => Promise<SnapshotReader>;
  /** Whether the stream has the table's rows at all. */
  readonly isStreamed: (table: SnapshotTableName) => boolean;
  /** Whether a snapshot of all tables includes it. */
  readonly isIncluded: (table: SnapshotTableName) => boolean;
  /** Null: as fast as it goes. */
  readonly rowsPerSecond: number | null;
  /** No chunk is read while the stream lags by more seconds. */
  readonly maxLagSeconds: number;
  readonly lagSeconds: () => number | null;
  readonly backoff: Backoff;
}

const LAG_POLL_MS = 200;
/** A chunk that was thrown away so often in a row for what no smaller chunk mends. */
const MAX_FOREIGN = 20;
/** A statement on the table failed so often in a row. */
const MAX_FAILURES = 5;

/** Reads the snapshots that were asked for, one after the other, beside one stream. See docs/design/snapshot.md. */
export class SnapshotRun {
  readonly #options: SnapshotRunOptions;
  readonly #boundary = new Boundary();
  readonly #state: SnapshotState;
  readonly #context: WorkContext;
  readonly #closed = new AbortController();
  #reader: SnapshotReader | null = null;
  #open: OpenTable | null = null;
  #failures = 0;
  /** Ends the wait for something to do. */
  #nudge: () => void = () => undefined;

  constructor(options: SnapshotRunOptions) {
    this.#options = options;
    this.#state = new SnapshotState(options.progress, this.#boundary, (record) => {
      options.stats.progress = record;
      this.#nudge();
    });
    this.#context = { ...options, boundary: this.#boundary, state: this.#state };
  }

  /** What belongs into the position record that is committed with all that is written; null: nothing. */
  get progress(): SnapshotProgress | null {
    return this.#state.record;
  }

  /** Whether the pipeline has to show its transactions, and to stop by at boundaries. */
  get isActive(): boolean {
    return this.#open !== null || this.#boundary.isAwaited;
  }

  /** Whether something waits for a place that the stream has not reached yet. */
  get isAwaited(): boolean {
    return this.#boundary.isAwaited;
  }

  /** Whether the stream has to wait at this boundary. */
  get isHolding(): boolean {
    return this.#boundary.isHolding;
  }

  /** Begins. @param wake called where the pipeline is to come to a boundary */
  start(wake: () => void): void {
    this.#boundary.attach(wake);
    void this.#run();
  }

  /** Before a transaction is written. */
  async observe(transaction: SourceTransaction): Promise<void> {
    await this.#open?.watch.see(transaction);
  }

  /** Between two transactions. @param takesChunks false: the rows of a chunk have to wait */
  arrive(place: StreamPlace, takesChunks = true): SnapshotPiece | null {
    return this.#boundary.arrive(place, takesChunks);
  }

  /** Takes requests over into the progress. Resolves when they are in it, which is not yet committed. */
  request(requests: readonly SnapshotRequest[]): Promise<void> {
    return this.#state.change((progress) => requests.reduce(carryOut, progress));
  }

  /** As `request`, of all rows of the bootstrap table that are not complete: behind `mark` every source with our position has them. */
  async follow(rows: readonly BootstrapRow[], mark: Watermark): Promise<void> {
    const follow = (progress: SnapshotProgress): SnapshotProgress => followRows(progress, rows, Date.now());
    if (follow(this.#state.progress) !== this.#state.progress) await this.#state.change(follow, mark);
  }

  /** Requests that lie nowhere any more need not be remembered. */
  forget(ids: readonly string[]): Promise<void> {
    return this.#state.change((progress) => ({
      ...progress,
      handled: progress.handled.filter((id) => !ids.includes(id)),
    }));
  }

  close(): void {
    this.#closed.abort();
    this.#boundary.close(new HeavisideError('SOURCE_LOST', 'the stream has ended'));
    this.#leave();
  }

  #leave(): void {
    this.#reader?.destroy();
    this.#reader = null;
    this.#open = null;
  }

  async #run(): Promise<void> {
    const { log, backoff } = this.#options;
    while (!this.#closed.signal.aborted) {
      try {
        const task = currentTask(this.#state.progress);
        if (task === null) await this.#untilAsked();
        else await this.#work(task);
      } catch (cause) {
        if (this.#closed.signal.aborted) return;
        this.#reader?.destroy();
        this.#reader = null;
        const error = asHeavisideError(cause);
        log.warn({ code: error.code, error: error.message }, 'the snapshot waits before it goes on');
        await this.#sleep(backoff.next());
      }
    }
  }

  async #untilAsked(): Promise<void> {
    this.#leave();
    await new Promise<void>((resolve) => {
      this.#closed.signal.addEventListener('abort', () => resolve(), { once: true });
      this.#nudge = resolve;
    });
    this.#nudge = () => undefined;
  }

  async #sleep(milliseconds: number): Promise<void> {
    await sleep(milliseconds, undefined, { signal: this.#closed.signal }).catch(() => undefined);
  }

  async #work(task: SnapshotTask): Promise<void> {
    this.#reader ??= await this.#options.openReader();
    if (this.#closed.signal.aborted) return this.#leave();
    const { at } = task;
    if (at === null) await this.#chooseTable(task, this.#reader);
    else if (!(await this.#isBraked())) await this.#step(task, at, this.#reader);
  }

  /** Begins the task's next table, or ends the task. */
  async #chooseTable(task: SnapshotTask, reader: SnapshotReader): Promise<void> {
    const { isIncluded, isStreamed, log } = this.#options;
    const included = task.table === null ? (await reader.tables()).filter(isIncluded) : [];
    const name = task.table ?? nextTable(included, task.after);
    if (name === null) {
      const { id: snapshot, tablesDone: tables, rowsDone: rows } = task;
      log.info({ snapshot, tables, rows }, 'the snapshot is complete');
      return this.#state.change((progress) => withTask(progress, task.id, () => null));
    }
    if (!isStreamed(name)) return this.#giveUp(task, name, 'the filter leaves the table out');
    const table = await reader.describe(name, task.where);
    if (table === null) return this.#giveUp(task, name, 'there is no such table');
    const cursor = beginTable(name, table.estimatedRows);
    await this.#state.change((progress) => withTask(progress, task.id, (each) => ({ ...each, at: cursor })));
    log.info(
      { snapshot: task.id, table: tableLabel(name), estimatedRows: table.estimatedRows },
      table.key.length > 0
        ? 'the snapshot of a table begins'
        : 'the snapshot of a table without a key begins: in one pass, for which the stream waits',
    );
  }

  /** The table is left out; the stream goes on. */
  async #giveUp(task: SnapshotTask, name: SnapshotTableName, why: string): Promise<void> {
    const { log, stats } = this.#options;
    const table = tableLabel(name);
    stats.lastError = { table, message: why };
    log.error({ code: 'SNAPSHOT_UNFIT', snapshot: task.id, table, error: why }, 'a snapshot is given up');
    this.#open = null;
    this.#failures = 0;
    const at = task.at ?? beginTable(name, 0);
    await this.#state.change((progress) => withEnd(progress, task.id, at));
  }

  /** Holds back while the stream lags. */
  async #isBraked(): Promise<boolean> {
    const { lagSeconds, maxLagSeconds, stats } = this.#options;
    const isBehind = (lagSeconds() ?? 0) > maxLagSeconds;
    stats.brake = isBehind ? 'lag' : null;
    if (isBehind) await this.#sleep(LAG_POLL_MS);
    return isBehind;
  }

  /** From here on the stream's changes of the table are seen. */
  async #watch(task: SnapshotTask, { database, table }: SnapshotCursor): Promise<OpenTable> {
    if (this.#open?.isOf(task.id, { database, table }) === true) return this.#open;
    const open = new OpenTable(task.id, new TableWatch({ database, table }), this.#options.rowsPerSecond);
    await this.#boundary.next(() => {
      this.#open = open;
      return { value: undefined };
    });
    return open;
  }

  async #step(task: SnapshotTask, at: SnapshotCursor, reader: SnapshotReader): Promise<void> {
    const open = await this.#watch(task, at);
    try {
      if (open.table === null || open.watch.isStale) {
        open.watch.isStale = false; // before the look: what comes meanwhile makes it stale again
        open.table = await reader.describe(at, task.where);
      }
      const { table } = open;
      if (table === null) return await this.#giveUp(task, at, 'the table is gone');
      const cursor = this.#continued(task, at, table);
      const startedAt = performance.now();
      const read = table.key.length > 0 ? readChunk : readPass;
      const outcome = await read(this.#context, { task, cursor, table, reader, open });
      this.#failures = 0;
      this.#options.backoff.reset();
      await this.#follow(task, at, { open, outcome, milliseconds: performance.now() - startedAt });
    } catch (error) {
      if (this.#closed.signal.aborted || !isOfStatement(error)) throw error;
      // The table may have changed under the statement; where a new look does not mend it, the table is left out.
      open.table = null;
      if (++this.#failures >= MAX_FAILURES) return this.#giveUp(task, at, asHeavisideError(error).message);
      await this.#sleep(this.#options.backoff.next());
    }
  }

  async #follow(
    task: SnapshotTask,
    at: SnapshotCursor,
    { open, outcome, milliseconds }: { open: OpenTable; outcome: StepOutcome; milliseconds: number },
  ): Promise<void> {
    if (outcome.kind === 'thrown') {
      open.foreign = outcome.isForeign ? open.foreign + 1 : 0;
      if (outcome.isForeign) open.table = null;
      if (open.foreign >= MAX_FOREIGN)
        await this.#giveUp(task, at, 'the stream has its key in a form that cannot be compared');
      return;
    }
    open.foreign = 0;
    if (outcome.isLast) {
      this.#open = null;
      const rows = at.rows + outcome.rows;
      const about = { snapshot: task.id, table: tableLabel(at), rows };
      this.#options.log.info(about, 'the snapshot of a table is complete');
    }
    const { rowsPerSecond, stats } = this.#options;
    const waitMs = rowsPerSecond === null ? 0 : (outcome.rows * 1000) / rowsPerSecond - milliseconds;
    if (waitMs <= 0) return;
    stats.brake = 'rate';
    await this.#sleep(waitMs);
    stats.brake = null;
  }

  /** Where the table goes on; with another key from its first row. */
  #continued(task: SnapshotTask, at: SnapshotCursor, table: SnapshotTable): SnapshotCursor {
    const isSameKey = JSON.stringify(at.key) === JSON.stringify(table.keyNames);
    if (at.last === null || isSameKey) return { ...at, key: table.keyNames };
    const about = { snapshot: task.id, table: tableLabel(at) };
    this.#options.log.warn(about, 'the key was changed: the table begins anew');
    return { ...at, key: table.keyNames, last: null };
  }
}

/** Whether it is a matter of the table or the statement, and neither of the connection nor of Kafka's being there. */
function isOfStatement(error: unknown): boolean {
  if (error instanceof RangeError) return true;
  if (!(error instanceof HeavisideError)) return false;
  if (error.reaction !== 'retry' || error.code === 'SNAPSHOT_UNFIT') return true;
  const { cause } = error;
  return cause instanceof Error && 'errno' in cause && 'sqlState' in cause && Number(cause.errno) > 0;
}
