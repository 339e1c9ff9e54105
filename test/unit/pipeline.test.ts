import { describe, expect, it } from 'vitest';
import { PositionTracker } from '../../src/checkpoint/position-tracker.ts';
import { HeavisideError } from '../../src/errors.ts';
import { MysqlGtidSet } from '../../src/model/mysql-gtid-set.ts';
import type { EncodedRows } from '../../src/model/batch-tally.ts';
import type { PositionRecord } from '../../src/model/position-record.ts';
import type { RecordSink } from '../../src/model/record-sink.ts';
import type { SourceTransaction } from '../../src/model/transaction.ts';
import type { PipelineOptions, TransactionEncoderPort } from '../../src/pipeline-options.ts';
import { Pipeline } from '../../src/pipeline.ts';
import type { CommitReceipt, Output, OutputBatch } from '../../src/produce/output.ts';
import { ByteSink } from '../../src/model/byte-sink.ts';
import { samplePositionRecord } from '../support/sample-position-record.ts';

const uuid = '3e11fa47-71ca-11e1-9e33-c80aa9429562';

function transaction(number: number, rows = 1): SourceTransaction & { readonly rows: number } {
  const place = { file: 'binlog.000001', offset: number * 100 };
  return {
    id: `${uuid}:${number}`,
    gtid: `${uuid}:${number}`,
    xid: BigInt(number),
    serverId: 1,
    threadId: 1,
    commitTimestampUs: number,
    fingerprint: `f${number}`,
    start: place,
    end: place,
    hasRows: rows > 0,
    schemaChange: null,
    memoryBytes: 100,
    rows,
    rowsEvents: async function* () {},
    dispose: () => undefined,
  };
}

/** Records are message ids; a batch is full at `limit`. */
class IdBatch implements OutputBatch {
  readonly ids: string[] = [];
  readonly #limit: number;
  #transaction = '';
  #before = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  get recordCount(): number {
    return this.ids.length;
  }
  get byteLength(): number {
    return this.ids.length;
  }
  partitionCount(): number {
    return 1;
  }
  prepareTopic(): Promise<void> {
    return Promise.resolve();
  }
  beginTransaction(id: string): void {
    this.#transaction = id;
    this.#before = this.ids.length;
  }
  rollbackTransaction(): void {
    this.ids.length = this.#before;
  }
  beginRecord(): ByteSink {
    return new ByteSink();
  }
  endKey(): void {
    /* nothing to end */
  }
  endRecord(index: number | string): void {
    this.ids.push(`${this.#transaction.split(':')[1]}#${index}`);
  }
  isFull(): boolean {
    return this.ids.length >= this.#limit;
  }
}

class IdEncoder implements TransactionEncoderPort {
  failAt: string | null = null;
  /** How long each transaction keeps the thread busy. */
  millisecondsEach = 0;

  async *encode(
    each: SourceTransaction,
    sink: RecordSink,
    resume: { nextRowIndex: number } | null = null,
  ): AsyncGenerator<{ nextRowIndex: number; xid: bigint | null; prefixHash: string }, EncodedRows> {
    await Promise.resolve();
    for (const until = performance.now() + this.millisecondsEach; performance.now() < until;);
    sink.beginTransaction(each.id);
    const { rows } = each as ReturnType<typeof transaction>;
    for (let index = resume?.nextRowIndex ?? 0; index < rows; index++) {
      if (this.failAt === `${each.id}#${index}`) throw new HeavisideError('ROW_UNDECODABLE', 'planted');
      sink.beginRecord('t', 0);
      sink.endKey();
      sink.endRecord(index);
      if (sink.isFull() && index + 1 < rows)
        yield { nextRowIndex: index + 1, xid: each.xid, prefixHash: `h${index + 1}` };
    }
    return {
      written: { insert: rows, update: 0, delete: 0 },
      rowsFiltered: 0,
      rowsUndecodable: 0,
      tables: new Set(['d.t']),
    };
  }
}

interface Commit {
  readonly ids: readonly string[];
  readonly record: PositionRecord;
}

class Bench {
  readonly commits: Commit[] = [];
  readonly encoder = new IdEncoder();
  readonly lost = new AbortController();
  readonly leave = new AbortController();
  batchLimit = 1000;
  /** Each commit waits for it. */
  gate: Promise<void> = Promise.resolve();
  commitError: Error | null = null;
  readonly #waiting: SourceTransaction[] = [];
  #wake: () => void = () => undefined;
  #streamError: Error | null = null;

  feed(...transactions: SourceTransaction[]): void {
    this.#waiting.push(...transactions);
    this.#wake();
  }

  breakStream(error: Error): void {
    this.#streamError = error;
    this.#wake();
  }

  async #take(): Promise<readonly SourceTransaction[]> {
    while (this.#waiting.length === 0) {
      if (this.#streamError) throw this.#streamError;
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
    return this.#waiting.splice(0);
  }

  readonly #output: Output = {
    createBatch: () => new IdBatch(this.batchLimit),
    commit: async (batch, record): Promise<CommitReceipt> => {
      await this.gate;
      if (this.commitError) throw this.commitError;
      this.commits.push({ ids: [...(batch as IdBatch).ids], record });
      return { positionsOffset: BigInt(this.commits.length) };
    },
    pinnedPartitions: () => ({ t: 1 }),
    close: () => Promise.resolve(),
  };

  pipeline(options: Partial<PipelineOptions> = {}): Pipeline {
    const { source, clusterUuid } = samplePositionRecord(1, 0);
    return new Pipeline({
      stream: { take: () => this.#take(), idleCoordinates: () => null },
      encoder: this.encoder,
      output: this.#output,
      tracker: new PositionTracker(
        { clusterUuid, source, epoch: 7, config: 'c' },
        { gtids: MysqlGtidSet.parse(''), coordinates: null },
        { lastTransaction: null, nextCommit: 1, fileCreatedAt: () => null },
      ),
      signal: this.lost.signal,
      leave: this.leave.signal,
      resume: null,
      lingerMs: 0,
      positionHeartbeatMs: 10_000,
      idleHeartbeatMs: 3_600_000,
      onTaken: () => undefined,
      onCommitted: () => undefined,
      onProgress: () => undefined,
      mayEncodeAgain: () => Promise.resolve(false),
      maxBlockMs: 60_000,
      onBufferExhausted: () => undefined,
      ...options,
    });
  }

  async until(condition: () => boolean): Promise<void> {
    for (let i = 0; i < 400 && !condition(); i++) await new Promise((resolve) => setTimeout(resolve, 5));
    expect(condition()).toBe(true);
  }
}

describe('the pipeline', () => {
  it('commits rows with the position behind them, numbered without a gap', async () => {
    const bench = new Bench();
    const running = bench.pipeline().run();
    bench.feed(transaction(1), transaction(2, 2));
    await bench.until(() => bench.commits.length === 1);
    bench.feed(transaction(3));
    await bench.until(() => bench.commits.length === 2);
    bench.leave.abort();
    await running;
    expect(bench.commits.map(({ ids }) => ids)).toEqual([['1#0', '2#0', '2#1'], ['3#0']]);
    expect(bench.commits.map(({ record }) => [record.epoch, record.commit, record.gtidSet])).toEqual([
      [7, 1, `${uuid}:1-2`],
      [7, 2, `${uuid}:1-3`],
    ]);
    expect(bench.commits.map(({ record }) => record.partitions)).toEqual([{ t: 1 }, { t: 1 }]);
    expect(bench.commits[1]?.record.lastTransaction).toEqual({ id: `${uuid}:3`, fingerprint: 'f3' });
  });

  it('fills the next batch while a commit is on its way: group commit', async () => {
    const bench = new Bench();
    let open: () => void = () => undefined;
    bench.gate = new Promise((resolve) => (open = resolve));
    const running = bench.pipeline().run();
    bench.feed(transaction(1));
    for (let number = 2; number <= 5; number++) {
      await new Promise((resolve) => setTimeout(resolve, 5));
      bench.feed(transaction(number));
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
    open();
    await bench.until(() => bench.commits.length === 2);
    bench.leave.abort();
    await running;
    expect(bench.commits.map(({ ids }) => ids)).toEqual([['1#0'], ['2#0', '3#0', '4#0', '5#0']]);
  });

  it('lets timers run while it encodes a backlog: the lease is renewed by one', async () => {
    const bench = new Bench();
    const running = bench.pipeline().run();
    let longestMs = 0;
    let ranAt = performance.now();
    const timer = setInterval(() => {
      longestMs = Math.max(longestMs, performance.now() - ranAt);
      ranAt = performance.now();
    }, 1);
    bench.encoder.millisecondsEach = 10;
    bench.feed(...Array.from({ length: 60 }, (_, index) => transaction(index + 1)));
    await bench.until(() => bench.commits.length > 0);
    clearInterval(timer);
    bench.leave.abort();
    await running;
    expect(bench.commits.flatMap(({ ids }) => ids)).toHaveLength(60);
    expect(longestMs).toBeLessThan(300); // half of what the backlog takes
  });

  it('splits a transaction that does not fit, with the row index in the position, and resumes there', async () => {
    const bench = new Bench();
    bench.batchLimit = 2;
    const running = bench.pipeline().run();
    bench.feed(transaction(1, 5));
    await bench.until(() => bench.commits.length === 3);
    bench.leave.abort();
    await running;
    expect(bench.commits.map(({ ids }) => ids)).toEqual([['1#0', '1#1'], ['1#2', '1#3'], ['1#4']]);
    const [first, second, last] = bench.commits.map(({ record }) => record);
    expect(first?.split).toMatchObject({
      transactionId: `${uuid}:1`,
      nextRowIndex: 2,
      xid: '1',
      prefixHash: 'h2',
    });
    expect(first?.gtidSet).toBe('');
    expect(last).toMatchObject({ split: null, gtidSet: `${uuid}:1` });

    const successor = new Bench();
    const resumed = successor.pipeline({ resume: second?.split ?? null }).run();
    successor.feed(transaction(1, 5));
    await successor.until(() => successor.commits.length === 1);
    successor.leave.abort();
    await resumed;
    expect(successor.commits[0]?.ids).toEqual(['1#4']);
  });

  it('tries a transaction again where it is allowed to, after it has committed what was complete before it', async () => {
    const bench = new Bench();
    bench.batchLimit = 2;
    bench.encoder.failAt = `${uuid}:2#3`;
    const seen: [string, number, number][] = [];
    const mayEncodeAgain = ({ code }: HeavisideError, failures: number): Promise<boolean> => {
      seen.push([code, failures, bench.commits.length]);
      if (failures === 3) bench.encoder.failAt = null;
      return Promise.resolve(true);
    };
    const running = bench.pipeline({ mayEncodeAgain }).run();
    bench.feed(transaction(1), transaction(2, 5), transaction(3));
    await bench.until(() => bench.commits.some(({ ids }) => ids.includes('3#0')));
    bench.leave.abort();
    await running;
    expect(seen).toEqual([1, 2, 3].map((failures) => ['ROW_UNDECODABLE', failures, 2]));
    expect(bench.commits.flatMap(({ ids }) => ids)).toEqual([
      '1#0',
      '2#0',
      '2#1',
      '2#2',
      '2#3',
      '2#4',
      '3#0',
    ]);
  });

  it('leaves while it waits to try again, at the place where it was cut', async () => {
    const bench = new Bench();
    bench.encoder.failAt = `${uuid}:2#1`;
    const mayEncodeAgain = (): Promise<boolean> => {
      bench.leave.abort();
      return Promise.resolve(true);
    };
    const running = bench.pipeline({ mayEncodeAgain }).run();
    bench.feed(transaction(1), transaction(2, 5));
    await running;
    expect(bench.commits.map(({ ids, record }) => [ids, record.gtidSet])).toEqual([[['1#0'], `${uuid}:1`]]);
  });

  it('keeps the split in every position until its transaction has come', async () => {
    const bench = new Bench();
    const split = { transactionId: `${uuid}:9`, nextRowIndex: 2, xid: '9', prefixHash: 'h2' };
    const running = bench.pipeline({ resume: split }).run();
    bench.feed(transaction(1));
    await bench.until(() => bench.commits.length === 1);
    bench.feed(transaction(9, 3));
    await bench.until(() => bench.commits.length === 2);
    bench.leave.abort();
    await running;
    expect(bench.commits[0]?.record.split).toEqual(split);
    expect(bench.commits[1]).toMatchObject({ ids: ['9#2'], record: { split: null } });
  });

  it('commits what stands before a row that cannot be decoded, and nothing of its transaction', async () => {
    const bench = new Bench();
    bench.encoder.failAt = `${uuid}:2#1`;
    const running = bench.pipeline({ lingerMs: 10 }).run();
    bench.feed(transaction(1), transaction(2, 3), transaction(3));
    await expect(running).rejects.toMatchObject({ code: 'ROW_UNDECODABLE' });
    expect(bench.commits.map(({ ids }) => ids)).toEqual([['1#0']]);
    expect(bench.commits[0]?.record.gtidSet).toBe(`${uuid}:1`);
  });

  it('moves the position of a stream without rows at the heartbeat, and not before', async () => {
    const bench = new Bench();
    const running = bench.pipeline({ positionHeartbeatMs: 80 }).run();
    bench.feed(transaction(1, 0), transaction(2, 0));
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(bench.commits).toEqual([]);
    await bench.until(() => bench.commits.length === 1);
    await new Promise((resolve) => setTimeout(resolve, 150));
    expect(bench.commits).toHaveLength(1);
    bench.leave.abort();
    await running;
    expect(bench.commits[0]).toMatchObject({
      ids: [],
      record: { reason: 'heartbeat', gtidSet: `${uuid}:1-2` },
    });
  });

  it('writes nothing more once the leadership is lost, and says why', async () => {
    const bench = new Bench();
    const running = bench.pipeline().run();
    bench.lost.abort(new HeavisideError('LEASE_LOST', 'gone'));
    bench.feed(transaction(1));
    await expect(running).rejects.toMatchObject({ code: 'LEASE_LOST' });
    expect(bench.commits).toEqual([]);
  });

  it('ends with the error of a commit that no retry mends, and with that of the stream', async () => {
    const bench = new Bench();
    bench.commitError = new HeavisideError('KAFKA_PARTITIONS_CHANGED', 'planted');
    const running = bench.pipeline().run();
    bench.feed(transaction(1));
    await expect(running).rejects.toMatchObject({ code: 'KAFKA_PARTITIONS_CHANGED' });

    const other = new Bench();
    const reading = other.pipeline().run();
    other.feed(transaction(1));
    await other.until(() => other.commits.length === 1);
    other.breakStream(new HeavisideError('SOURCE_LOST', 'planted'));
    await expect(reading).rejects.toMatchObject({ code: 'SOURCE_LOST' });
    expect(other.commits).toHaveLength(1);
  });

  it('a planned leave ends the commit on its way and begins no other', async () => {
    const bench = new Bench();
    let open: () => void = () => undefined;
    bench.gate = new Promise((resolve) => (open = resolve));
    const running = bench.pipeline().run();
    bench.feed(transaction(1));
    await new Promise((resolve) => setTimeout(resolve, 20));
    bench.feed(transaction(2));
    await new Promise((resolve) => setTimeout(resolve, 20));
    bench.leave.abort();
    open();
    await running;
    expect(bench.commits.map(({ ids }) => ids)).toEqual([['1#0']]);
  });
});
