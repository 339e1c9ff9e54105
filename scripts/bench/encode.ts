// What it costs to encode the bench's base case, with and without code of a table's own (src/encode/busy-tables.ts):
//   npm run bench:encode [-- --rounds N]
// The rows are read from the binlog once, then encoded again and again in memory, one way and the other in turns. Prints the
// time of a row in microseconds: the quickest hundredth of the transactions, where nothing else took the core, and the median.
import { parseArgs } from 'node:util';
import { decodeLabel } from '../../src/encode/decode-label.ts';
import { defaultEncodeOptions } from '../../src/encode/encode-options.ts';
import { MaxwellJson } from '../../src/encode/maxwell-json.ts';
import { TransactionEncoder } from '../../src/encode/transaction-encoder.ts';
import { firstBatchBytes } from '../../src/kafka/record-batch-writer.ts';
import { ByteSinkPool } from '../../src/model/byte-sink-pool.ts';
import { parseGtidSet } from '../../src/model/parse-gtid-set.ts';
import type { SourceTransaction } from '../../src/model/transaction.ts';
import { KafkaBatch } from '../../src/produce/kafka-batch.ts';
import { openBinlogBench } from '../../test/support/binlog-bench.ts';
import { ensureStack } from '../stack/ensure-stack.ts';
import { LoadWriter } from './load.ts';
import { basePoint } from './plan.ts';
import { quantile } from './statistics.ts';

const ROWS = 10_000;
const BATCH_BYTES = 8 * 1024 * 1024;
/** Rounds that are not counted: V8 still compiles. */
const WARM_ROUNDS = 20;

/** Encodes whole transactions into batches that are given up as soon as they are full. */
class Encoding {
  readonly #encoder: TransactionEncoder;
  readonly #buffers = new ByteSinkPool(firstBatchBytes, 4 * BATCH_BYTES);
  #batch = this.#createBatch();
  /** Microseconds a row, a figure a transaction. */
  readonly figures: number[] = [];

  constructor(compileAfterRows: number) {
    const options = { ...defaultEncodeOptions, topic: 'encode', partitionBy: 'primary_key' } as const;
    this.#encoder = new TransactionEncoder(options, new MaxwellJson(options, compileAfterRows));
  }

  #createBatch(): KafkaBatch {
    return new KafkaBatch({
      epoch: 1,
      recordBatchBytes: () => 512 * 1024,
      maxBytes: BATCH_BYTES,
      maxPartitions: 100,
      partitionCount: () => 4,
      prepareTopic: () => Promise.resolve(),
      buffers: this.#buffers,
    });
  }

  async encode(transaction: SourceTransaction, rows: number): Promise<void> {
    if (this.#batch.byteLength > BATCH_BYTES / 2) {
      this.#batch.release();
      this.#batch = this.#createBatch();
    }
    const startedAt = performance.now();
    const encoding = this.#encoder.encode(transaction, this.#batch);
    while ((await encoding.next()).done !== true);
    this.figures.push(((performance.now() - startedAt) * 1000) / rows);
  }
}

const { values } = parseArgs({ options: { rounds: { type: 'string', default: '150' } } });
const rounds = Number(values.rounds);
if (!Number.isInteger(rounds) || rounds < 1) throw new Error('--rounds takes a whole number from 1');
const { mysql } = await ensureStack({ mysql: true });
if (mysql === undefined) throw new Error('no mysql in the stack');
const writer = await LoadWriter.open(mysql);
const load = await writer.write('encode', { ...basePoint(ROWS).load, rows: ROWS });
const bench = await openBinlogBench('mysql', 'bench_encode', 48_153);
const from = { gtids: parseGtidSet('mysql', load.from.gtids), coordinates: null };
const stream = await bench.open(from, { decodeLabel, needsColumns: (name) => name === load.database });
const transactions: SourceTransaction[] = [];
while (transactions.length < load.transactions)
  transactions.push(...(await stream.take()).filter(({ hasRows }) => hasRows));
const without = new Encoding(Number.POSITIVE_INFINITY);
const own = new Encoding(1);
for (let round = 0; round < WARM_ROUNDS + rounds; round++) {
  if (round === WARM_ROUNDS) for (const { figures } of [without, own]) figures.length = 0;
  for (const transaction of transactions)
    for (const encoding of [without, own]) await encoding.encode(transaction, ROWS / transactions.length);
}
for (const [name, { figures }] of Object.entries({ without, own })) {
  const [quick, middle] = [0.01, 0.5].map((share) => quantile(figures, share).toFixed(2));
  process.stdout.write(`${name.padEnd(8)} quickest hundredth ${quick} µs a row, median ${middle} µs\n`);
}
await stream.close();
await bench.close();
await writer.close();
