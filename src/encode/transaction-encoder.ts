import { HeavisideError } from '../errors.ts';
import type { EncodedRows } from '../model/batch-tally.ts';
import type { RowScript } from '../model/row-script.ts';
import type { RecordSink } from '../model/record-sink.ts';
import type { TableVersion } from '../model/table.ts';
import { recordType, type SourceTransaction } from '../model/transaction.ts';
import { TableFilter } from '../transform/table-filter.ts';
import type { DdlEncoder } from './ddl/ddl-encoder.ts';
import type { EncodeOptions } from './encode-options.ts';
import { RunBuffers } from './event-cursor.ts';
import { MaxwellJson } from './maxwell-json.ts';
import { PartitionKey } from './partition-key.ts';
import type { PassedOverRow } from './passed-over-rows.ts';
import type { PrefixHash } from './prefix-hash.ts';
import type { RunParts, RunStop } from './run-parts.ts';
import { TablePlan } from './table-plan.ts';
import { Tombstones } from './tombstones.ts';
import { TransactionRun } from './transaction-run.ts';
import type { ValueWriter } from './value-writer.ts';

/** Where a transaction that is too large for one Kafka transaction is cut. */
export interface SplitPoint {
  /** Index, among all rows of the transaction, of the next row to be written. */
  readonly nextRowIndex: number;
  /** The xid that its rows show; a resumed transaction goes on with it, even on another server. */
  readonly xid: bigint | null;
  /** Hash over table, index and primary key of all rows before `nextRowIndex`. */
  readonly prefixHash: string;
}

/** A split point as it was stored: the transaction goes on there. */
export type SplitResume = SplitPoint;

/** What looks on, or into, an encoder's work. */
export interface EncoderHooks {
  /** Told of each row that on_decode_error=skip passes over, once an attempt. */
  readonly onPassedOver?: (row: PassedOverRow) => void;
  /** Looks at every row that the filter lets through; null: none does. */
  readonly script?: RowScript | null;
  /** Writes the records of schema changes; null: none are written. */
  readonly ddl?: DdlEncoder | null;
}

/** Plans of table versions that are kept; more than that many live versions are made anew now and then. */
const MAX_PLANS = 10_000;

/** Stages 2 and 3: a source transaction's row images → filtered records. */
export class TransactionEncoder {
  readonly #options: EncodeOptions;
  readonly #filter: TableFilter;
  readonly #values: ValueWriter;
  readonly #script: RowScript | null;
  readonly #partitionKey: PartitionKey;
  readonly #tombstones: Tombstones | null;
  readonly #onPassedOver: (row: PassedOverRow) => void;
  readonly #ddl: DdlEncoder | null;
  /** Kept for the next transaction; null while one is under way. */
  #buffers: RunBuffers | null = null;
  readonly #planOfVersion = new WeakMap<TableVersion, TablePlan>();
  readonly #planOfFingerprint = new Map<string, TablePlan>();

  /**
   * Throws CONFIG_INVALID where the filter has a syntax error.
   * @param values of this encoder alone; Maxwell's JSON unless said otherwise
   */
  constructor(
    options: EncodeOptions,
    values: ValueWriter = new MaxwellJson(options),
    { onPassedOver = () => undefined, script = null, ddl = null }: EncoderHooks = {},
  ) {
    this.#ddl = ddl;
    this.#options = options;
    this.#filter = new TableFilter(options.filter);
    this.#values = values;
    this.#script = script;
    this.#partitionKey = new PartitionKey(options);
    this.#tombstones = options.outputTombstones ? new Tombstones(options, this.#partitionKey) : null;
    this.#onPassedOver = onPassedOver;
  }

  /**
   * Writes the transaction's rows into the sink. Yields where the sink is full and more rows follow: the caller sends what is
   * there, with the split point in its position, and goes on. Throws ROW_UNDECODABLE, KAFKA_TOPIC_INVALID, what
   * `sink.prepareTopic` and the value writer's `prepare` throw, and SPLIT_PREFIX_MISMATCH where the transaction is not the one that `resume` was cut from.
   */
  async *encode(
    transaction: SourceTransaction,
    sink: RecordSink,
    resume: SplitResume | null = null,
  ): AsyncGenerator<SplitPoint, EncodedRows> {
    const xid = resume === null ? transaction.xid : resume.xid;
    const buffers = this.#buffers ?? new RunBuffers();
    this.#buffers = null;
    const parts = this.#parts(sink, buffers, this.#script);
    const run = new TransactionRun(parts, transaction, xid, resume?.nextRowIndex ?? 0);
    const plans = new Set<TablePlan>();
    sink.beginTransaction(transaction.id);
    if (this.#ddl !== null) await this.#ddl.encode(transaction, sink, resume !== null);
    for await (const group of transaction.rowsEvents()) {
      for (const event of group) {
        const plan = this.#planOf(event.table);
        plans.add(plan);
        run.open(event, plan);
        let stop: RunStop = run.advance();
        while (stop !== 'end') {
          if (stop === 'topic') {
            await sink.prepareTopic(run.wantedTopic);
            if (sink.partitionCount(run.wantedTopic) === undefined) {
              throw new HeavisideError('KAFKA_TOPIC_UNKNOWN', `topic ${run.wantedTopic} has no partitions`);
            }
          } else if (stop === 'values') {
            await this.#values.prepare(plan, recordType(event));
          } else if (stop === 'resume') {
            checkPrefix(transaction, resume, run.hash);
          } else {
            run.hash ??= await this.#hashBefore(transaction, run.pendingIndex);
            yield { nextRowIndex: run.pendingIndex, xid, prefixHash: run.hash.digest() };
            run.hashPending();
          }
          stop = run.advance();
        }
      }
    }
    if (!run.isResumed) checkPrefix(transaction, resume, null);
    run.finish();
    this.#buffers = buffers;
    return {
      written: run.written,
      rowsFiltered: run.filtered,
      rowsUndecodable: run.passedOver,
      tables: includedTables(plans),
    };
  }

  #planOf(table: TableVersion): TablePlan {
    let plan = this.#planOfVersion.get(table);
    if (plan !== undefined) return plan;
    const key = `${table.database}\0${table.table}\0${table.fingerprint}`;
    plan = this.#planOfFingerprint.get(key);
    if (plan === undefined) {
      plan = new TablePlan(table, this.#filter, this.#options);
      if (this.#planOfFingerprint.size >= MAX_PLANS) this.#planOfFingerprint.clear();
      this.#planOfFingerprint.set(key, plan);
    }
    this.#planOfVersion.set(table, plan);
    return plan;
  }

  /** Walks the transaction once more, without the script, up to row `index`: most transactions never split, and so never pay for the hash. */
  async #hashBefore(transaction: SourceTransaction, index: number): Promise<PrefixHash> {
    const run = new TransactionRun(this.#parts(noSink, new RunBuffers(), null), transaction, null, index);
    for await (const group of transaction.rowsEvents()) {
      for (const event of group) {
        run.open(event, this.#planOf(event.table));
        if (run.advance() === 'resume' && run.hash !== null) return run.hash;
      }
    }
    throw new HeavisideError('INTERNAL', 'the rows of a transaction changed between two readings');
  }

  #parts(sink: RecordSink, buffers: RunBuffers, script: RowScript | null): RunParts {
    return {
      options: this.#options,
      values: this.#values,
      partitionKey: this.#partitionKey,
      tombstones: this.#tombstones,
      onPassedOver: this.#onPassedOver,
      sink,
      buffers,
      script,
    };
  }
}

/** For a run that stops before it writes. */
const noSink: RecordSink = {
  partitionCount: refuse,
  prepareTopic: refuse,
  beginTransaction: refuse,
  beginRecord: refuse,
  endKey: refuse,
  endRecord: refuse,
  isFull: refuse,
};

function refuse(): never {
  throw new HeavisideError('INTERNAL', 'a row was written while its transaction was only read');
}

function checkPrefix(
  transaction: SourceTransaction,
  resume: SplitResume | null,
  hash: PrefixHash | null,
): void {
  if (resume === null || hash?.digest() === resume.prefixHash) return;
  const found = hash === null ? 'has fewer rows' : 'has other rows';
  throw new HeavisideError(
    'SPLIT_PREFIX_MISMATCH',
    `transaction ${transaction.id} was written up to row ${resume.nextRowIndex}, and on this source it ${found}`,
  );
}

function includedTables(plans: ReadonlySet<TablePlan>): ReadonlySet<string> {
  const tables = new Set<string>();
  for (const { table, verdict } of plans)
    if (verdict.kind !== 'exclude') tables.add(`${table.database}.${table.table}`);
  return tables;
}
