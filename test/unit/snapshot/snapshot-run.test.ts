import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { defaultEncodeOptions } from '../../../src/encode/encode-options.ts';
import { TablePlan } from '../../../src/encode/table-plan.ts';
import { Backoff } from '../../../src/lifecycle/backoff.ts';
import { MysqlGtidSet } from '../../../src/model/mysql-gtid-set.ts';
import type { SnapshotProgress } from '../../../src/model/snapshot-progress.ts';
import type { SourceTransaction } from '../../../src/model/transaction.ts';
import type { SnapshotPiece } from '../../../src/snapshot/boundary.ts';
import { ChunkRows } from '../../../src/snapshot/chunk-rows.ts';
import { integerImage, prefixedImage } from '../../../src/snapshot/image-writer.ts';
import { initialProgress } from '../../../src/snapshot/snapshot-request.ts';
import { SnapshotRun, type SnapshotRunOptions } from '../../../src/snapshot/snapshot-run.ts';
import { SnapshotStats } from '../../../src/snapshot/snapshot-stats.ts';
import type { SnapshotTable } from '../../../src/snapshot/snapshot-table.ts';
import type { StreamPlace } from '../../../src/snapshot/stream-place.ts';
import { TableFilter } from '../../../src/transform/table-filter.ts';
import { MemoryLog } from '../../support/memory-log.ts';
import {
  column,
  image,
  int32,
  prefixed,
  rowsEvent,
  table,
  transaction,
} from '../../support/row-image-bytes.ts';
import { waitUntil } from '../../support/wait-until.ts';

const uuid = '3e11fa47-71ca-11e1-9e33-c80aa9429562';
const version = table([column('id', 3), column('v', 15, { metadata: 40, collation: 45 })]);

/** A source of one table whose rows are in a map, a stream that is moved by hand, and a pipeline that keeps what it is given. */
class Bench {
  readonly rows = new Map<number, string>();
  /** GTID numbers: committed at the source, and handed out by the stream. */
  executed = 10;
  handed = 10;
  /** What the reader was told: the low place of each read. */
  readonly reads: { low: StreamPlace; last: readonly string[] | null }[] = [];
  /** Called inside a read, between the low and the high watermark. */
  duringRead: () => Promise<void> | void = () => undefined;
  keyless = false;
  describes = 0;
  readonly pieces: SourceTransaction[] = [];
  readonly records: string[] = [];
  readonly log = new MemoryLog();
  readonly stats = new SnapshotStats();
  lag = 0;
  run!: SnapshotRun;

  start(
    progress: SnapshotProgress | null = initialProgress(1),
    changed: Partial<SnapshotRunOptions> = {},
  ): void {
    this.run = new SnapshotRun({
      progress,
      openReader: () => Promise.resolve(this.#reader),
      createPlan: (each) => new TablePlan(each, new TableFilter(null), defaultEncodeOptions),
      isStreamed: () => true,
      isIncluded: () => true,
      asInserts: false,
      rowsPerSecond: null,
      maxLagSeconds: 5,
      lagSeconds: () => this.lag,
      stats: this.stats,
      backoff: new Backoff({ initialMs: 1 }),
      log: this.log,
      ...changed,
    });
    this.run.start(() => undefined);
  }

  get place(): StreamPlace {
    return { gtids: MysqlGtidSet.parse(`${uuid}:1-${this.handed}`), handed: null, idle: null };
  }

  readonly #table: () => SnapshotTable = () => ({
    version,
    columns: version.columns.map((each, at) => ({
      column: each,
      expression: each.name,
      write: at === 0 ? integerImage(4) : prefixedImage(1),
      key: { name: each.name, kind: at === 0 ? ('number' as const) : ('text' as const), collation: null },
    })),
    key: this.keyless ? [] : [0],
    keyNames: this.keyless ? [] : ['id'],
    estimatedRows: this.rows.size,
    select: () => '',
  });

  #rowsBehind(last: readonly string[] | null, limit: number): ChunkRows {
    const found = new ChunkRows(this.#table());
    const ids = [...this.rows.keys()]
      .sort((a, b) => a - b)
      .filter((id) => last === null || id > Number(last[0]));
    for (const id of ids.slice(0, limit))
      found.add([Buffer.from(String(id)), Buffer.from(this.rows.get(id) ?? '')]);
    return found;
  }

  get #high() {
    return { gtids: MysqlGtidSet.parse(`${uuid}:1-${this.executed}`), coordinates: null };
  }

  readonly #reader: Awaited<ReturnType<SnapshotRunOptions['openReader']>> = {
    tables: () => Promise.resolve([{ database: 'shop', table: 'item' }]),
    describe: () => {
      this.describes++;
      return Promise.resolve(this.#table());
    },
    read: async (_table, { last, limit, low }) => {
      this.reads.push({ low, last });
      const rows = this.#rowsBehind(last, limit);
      await this.duringRead();
      return { rows, high: this.#high, milliseconds: 100 };
    },
    readPass: async (_table, { isUsable, onRows }) => {
      await this.duringRead();
      if (!(await isUsable(this.#high))) return false;
      await onRows(this.#rowsBehind(null, 2), false);
      await onRows(this.#rowsBehind(['2'], 1000), true);
      return true;
    },
    destroy: () => undefined,
  };

  /** A change at the source; it comes into the stream with `hand`. */
  change(id: number, text: string | null): SourceTransaction {
    const before = this.rows.get(id);
    const old = before === undefined ? null : image(int32(id), prefixed(1, before));
    const next = text === null ? null : image(int32(id), prefixed(1, text));
    if (text === null) this.rows.delete(id);
    else this.rows.set(id, text);
    this.executed++;
    const operation = old === null ? 'insert' : next === null ? 'delete' : 'update';
    const rows = Buffer.concat([old, next].filter((each) => each !== null));
    return transaction([[rowsEvent(operation, { table: version, rows })]], {
      id: `${uuid}:${this.executed}`,
    });
  }

  /** The stream hands a transaction out. */
  async hand(each: SourceTransaction): Promise<void> {
    if (this.run.isActive) await this.run.observe(each);
    this.records.push(each.id.split(':')[1] ?? '');
    this.handed++;
    await this.stopBy();
  }

  async stopBy(): Promise<void> {
    for (let piece = this.run.arrive(this.place); piece !== null; piece = this.run.arrive(this.place))
      await this.#write(piece);
  }

  async #write(piece: SnapshotPiece): Promise<void> {
    await turn();
    this.pieces.push(piece.transaction);
    for await (const group of piece.transaction.rowsEvents())
      for (const { snapshot, rows } of group)
        this.records.push(
          snapshot?.type === 'bootstrap-insert'
            ? rows
                .toString('latin1')
                .replaceAll(/[^a-z]+/g, ' ')
                .trim()
            : (snapshot?.type ?? ''),
        );
    piece.written();
  }

  /** Stops by until the condition holds. */
  async until(what: string, isDone: () => boolean): Promise<void> {
    await waitUntil(
      async () => {
        await this.stopBy();
        return isDone();
      },
      { timeoutMs: 8000, what, everyMs: 1 },
    );
  }
}

describe('a snapshot beside a stream', () => {
  it('writes every row once, between its two marks, and is over then', async () => {
    const bench = new Bench();
    for (const [id, text] of [
      [1, 'one'],
      [2, 'two'],
    ] as const)
      bench.rows.set(id, text);
    bench.start();
    await bench.until('the end', () => bench.run.progress === null);
    expect(bench.records).toEqual(['bootstrap-start', 'one two', 'bootstrap-complete']);
    expect(bench.pieces.map(({ id }) => id)).toEqual(['initial-1:shop.item:0']);
    bench.run.close();
  });

  it('leaves out what the stream changes between the opening of the window and its end', async () => {
    const bench = new Bench();
    for (const [id, text] of [
      [1, 'one'],
      [2, 'two'],
      [3, 'three'],
      [4, 'four'],
    ] as const)
      bench.rows.set(id, text);
    bench.duringRead = async () => {
      bench.duringRead = () => undefined;
      // One comes while the SELECT runs, one is committed by then and comes behind it.
      await bench.hand(bench.change(2, 'changed'));
      late = bench.change(3, null);
    };
    let late: SourceTransaction | null = null;
    bench.start();
    await bench.until('the read', () => late !== null);
    await bench.stopBy();
    expect(bench.pieces).toEqual([]); // not before the stream has passed the window
    await bench.hand(late as unknown as SourceTransaction);
    await bench.until('the end', () => bench.run.progress === null);
    expect(bench.records.filter((each) => !/^\d/.test(each))).toEqual([
      'bootstrap-start',
      'one four',
      'bootstrap-complete',
    ]);
    expect([bench.stats.rows, bench.stats.overtaken]).toEqual([2, 2]);
    bench.run.close();
  });

  it('tells the reader what was handed out when the window was opened', async () => {
    const bench = new Bench();
    bench.rows.set(1, 'one');
    bench.handed = 10;
    bench.start();
    await bench.until('the read', () => bench.reads.length > 0);
    expect(String(bench.reads[0]?.low.gtids)).toBe(`${uuid}:1-10`);
    bench.run.close();
  });

  it('throws a chunk away over which the table was altered, and looks at the table anew', async () => {
    const bench = new Bench();
    bench.rows.set(1, 'one');
    const schemaChange = {
      database: 'shop',
      sql: 'ALTER TABLE item ADD x INT',
      timestampSeconds: 1,
      file: 'f',
      startOffset: 4,
      sqlMode: 0,
      serverCollation: null,
    };
    bench.duringRead = async () => {
      bench.duringRead = () => undefined;
      bench.executed++;
      await bench.hand(transaction([], { hasRows: false, schemaChange }));
    };
    bench.start();
    await bench.until('the end', () => bench.run.progress === null);
    expect(bench.records.filter((each) => each === 'one')).toHaveLength(1);
    expect([bench.stats.discarded, bench.reads.length]).toEqual([1, 2]);
    expect(bench.describes).toBeGreaterThan(2);
    bench.run.close();
  });

  it('goes on behind the last key of the position record, with the next chunk and no second mark', async () => {
    const bench = new Bench();
    for (const [id, text] of [
      [1, 'one'],
      [2, 'two'],
      [3, 'three'],
    ] as const)
      bench.rows.set(id, text);
    const [task] = initialProgress(1).tasks;
    if (task === undefined) throw new Error('no task');
    const at = {
      database: 'shop',
      table: 'item',
      key: ['id'],
      last: ['2'],
      chunk: 5,
      rows: 2,
      estimatedRows: 3,
    };
    bench.start({ tasks: [{ ...task, at }], handled: [] });
    await bench.until('the end', () => bench.run.progress === null);
    expect([bench.records, bench.pieces[0]?.id]).toEqual([
      ['three', 'bootstrap-complete'],
      'initial-1:shop.item:5',
    ]);
    bench.run.close();
  });

  it('[snapshot_max_lag_seconds] waits while the stream lags', async () => {
    const bench = new Bench();
    bench.rows.set(1, 'one');
    bench.lag = 6;
    bench.start();
    await bench.until('the brake', () => bench.stats.brake === 'lag');
    expect(bench.reads).toEqual([]);
    bench.lag = 0;
    await bench.until('the end', () => bench.run.progress === null);
    bench.run.close();
  });

  it('takes a row of the bootstrap table over behind its place in the stream, and remembers it when it is done', async () => {
    const bench = new Bench();
    bench.rows.set(1, 'one');
    bench.start(null);
    const asked = {
      id: '7',
      database: 'shop',
      table: 'item',
      where: null,
      comment: null,
      isPutOff: false,
      hasStarted: false,
      insertedRows: 0,
    };
    const inserted = bench.change(2, 'two');
    const mark = { gtids: MysqlGtidSet.parse(`${uuid}:1-${bench.executed}`), coordinates: null };
    void bench.run.follow([asked], mark);
    await turn();
    await bench.stopBy();
    expect(bench.run.progress).toBeNull();
    await bench.hand(inserted);
    await bench.until('the end', () => bench.run.progress?.tasks.length === 0);
    expect(bench.run.progress?.bootstrapped).toEqual([{ row: '7', rows: 2 }]);
    await bench.run.follow([asked], mark); // nothing to be done
    void bench.run.follow([], mark);
    await bench.until('that it is forgotten', () => bench.run.progress === null);
    expect(bench.records).toEqual(['11', 'bootstrap-start', 'one two', 'bootstrap-complete']);
    bench.run.close();
  });

  it('pauses, resumes and is cancelled by requests', async () => {
    const bench = new Bench();
    bench.rows.set(1, 'one');
    bench.start(null);
    const start = {
      id: 'r',
      at: 1,
      action: 'start',
      database: 'shop',
      table: 'item',
      where: null,
      comment: 'c',
    } as const;
    const both = [start, { id: 'p', at: 2, action: 'pause', target: null }] as const;
    void bench.run.request(both);
    await bench.until('the request', () => bench.run.progress !== null);
    await bench.stopBy();
    expect(bench.reads).toEqual([]);
    void bench.run.request([{ id: 'q', at: 3, action: 'resume', target: 'shop.item' }]);
    await bench.until('the end', () => bench.run.progress?.tasks.length === 0);
    expect([bench.pieces[0]?.id, bench.run.progress?.handled]).toEqual(['r:shop.item:0', ['r', 'p', 'q']]);
    bench.run.close();
  });

  it('holds the stream for a table without a key, and tries again where the table was changed in between', async () => {
    const bench = new Bench();
    bench.keyless = true;
    for (const [id, text] of [
      [1, 'one'],
      [2, 'two'],
      [3, 'three'],
    ] as const)
      bench.rows.set(id, text);
    let passes = 0;
    bench.duringRead = async () => {
      if (++passes === 1) await bench.hand(bench.change(3, 'changed'));
    };
    bench.start();
    await bench.until('the hold', () => bench.run.isHolding || bench.run.progress === null);
    await bench.until('the end', () => bench.run.progress === null);
    expect(bench.records.filter((each) => !/^\d/.test(each))).toEqual([
      'bootstrap-start',
      'one two',
      'changed',
      'bootstrap-complete',
    ]);
    expect([passes, bench.run.isHolding]).toEqual([2, false]);
    bench.run.close();
  });
});
