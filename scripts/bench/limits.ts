import { decodeLabel } from '../../src/encode/decode-label.ts';
import { defaultEncodeOptions } from '../../src/encode/encode-options.ts';
import { MaxwellJson } from '../../src/encode/maxwell-json.ts';
import { TransactionEncoder } from '../../src/encode/transaction-encoder.ts';
import { firstBatchBytes } from '../../src/kafka/record-batch-writer.ts';
import { ByteSinkPool } from '../../src/model/byte-sink-pool.ts';
import { parseGtidSet } from '../../src/model/parse-gtid-set.ts';
import type { SourceTransaction } from '../../src/model/transaction.ts';
import { KafkaBatch } from '../../src/produce/kafka-batch.ts';
import { openBinlogBench, type BinlogBench } from '../../test/support/binlog-bench.ts';
import { kafkaJars } from '../stack/kafka.ts';
import { runCommand } from '../stack/run-command.ts';
import type { WrittenLoad } from './load.ts';
import { createTopics, deleteTopics } from './topics.ts';

/** Rows a second of one part alone. */
export interface Limits {
  /** Events read from the binlog, checked and put together to transactions. */
  readonly read: number;
  /** The same, and every row encoded as it goes to Kafka. */
  readonly encode: number;
  /** Records of the same size that Java's producer brings into the broker, acks=all, outside and inside of transactions. */
  readonly broker: number;
  readonly brokerTransactional: number;
}

const OUTPUT_BYTES = 8 * 1024 * 1024;
/** The clock of reading and encoding starts after so much of the load: before that, V8 still compiles. */
const WARM_SHARE = 0.4;
/** ProducerPerformance reports every 5 s; the first report holds the warm-up of its JVM. */
const PRODUCER_RECORDS = 9_000_000;

/** What the rows of a load could do at most, part by part. */
export async function measureLimits(
  load: WrittenLoad,
  { brokers, dir, recordBytes }: { brokers: readonly string[]; dir: string; recordBytes: number },
): Promise<Limits> {
  const bench = await openBinlogBench('mysql', 'bench_limits', 48_152);
  try {
    const read = await readAll(bench, load, () => Promise.resolve());
    const encode = await readAll(bench, load, encodeAll());
    const broker = await perfProducer(brokers, dir, recordBytes, []);
    const transactional = ['--transactional-id', 'bench-limit', '--transaction-duration-ms', '100'];
    return {
      read,
      encode,
      broker,
      brokerTransactional: await perfProducer(brokers, dir, recordBytes, transactional),
    };
  } finally {
    await bench.close();
  }
}

async function readAll(
  bench: BinlogBench,
  load: WrittenLoad,
  take: (transaction: SourceTransaction) => Promise<void>,
): Promise<number> {
  const from = { gtids: parseGtidSet('mysql', load.from.gtids), coordinates: null };
  const stream = await bench.open(from, { decodeLabel, needsColumns: (name) => name === load.database });
  const warm = Math.floor(load.transactions * WARM_SHARE);
  let startedAt = performance.now();
  let done = 0;
  while (done < load.transactions) {
    for (const transaction of await stream.take()) {
      if (!transaction.hasRows) continue;
      await take(transaction);
      transaction.dispose();
      if (++done === warm) startedAt = performance.now();
    }
  }
  const seconds = (performance.now() - startedAt) / 1000;
  await stream.close();
  return (load.rows * (1 - warm / load.transactions)) / seconds;
}

/** Encodes into batches that are given up as soon as they are full. @param compileAfterRows of MaxwellJson */
export function encodeAll(compileAfterRows?: number): (transaction: SourceTransaction) => Promise<void> {
  const buffers = new ByteSinkPool(firstBatchBytes, 4 * OUTPUT_BYTES);
  const createBatch = (): KafkaBatch =>
    new KafkaBatch({
      epoch: 1,
      recordBatchBytes: () => 512 * 1024,
      maxBytes: OUTPUT_BYTES,
      maxPartitions: 100,
      partitionCount: () => 4,
      prepareTopic: () => Promise.resolve(),
      buffers,
    });
  const options = { ...defaultEncodeOptions, topic: 'limits', partitionBy: 'primary_key' } as const;
  const encoder = new TransactionEncoder(options, new MaxwellJson(options, compileAfterRows));
  let batch = createBatch();
  return async (transaction) => {
    const encoding = encoder.encode(transaction, batch);
    while ((await encoding.next()).done !== true);
    if (!batch.isFull()) return;
    batch.release();
    batch = createBatch();
  };
}

/** The fastest report of Kafka's own producer benchmark behind its first one. */
async function perfProducer(
  brokers: readonly string[],
  dir: string,
  recordBytes: number,
  more: readonly string[],
): Promise<number> {
  const topic = `bench-limit-${Date.now().toString(36)}`;
  await createTopics(brokers, [topic], 4);
  try {
    const output = await runCommand('java', [
      '-Xms256M',
      '-Xmx512M',
      '-Dorg.apache.logging.log4j.level=OFF',
      '-cp',
      `${await kafkaJars(dir)}/*`,
      'org.apache.kafka.tools.ProducerPerformance',
      '--topic',
      topic,
      '--num-records',
      String(PRODUCER_RECORDS),
      '--record-size',
      String(Math.round(recordBytes)),
      '--throughput',
      '-1',
      ...more,
      '--producer-props',
      `bootstrap.servers=${brokers.join(',')}`,
      'acks=all',
      'batch.size=524288',
      'linger.ms=5',
    ]);
    const rates = [...output.matchAll(/, ([\d.]+) records\/sec/g)];
    // The last figure is the average of the whole run, the first one that of the warm-up.
    const steady = rates.slice(1, -1).map(([, figure]) => Number(figure));
    const rate = Math.max(...steady);
    if (!Number.isFinite(rate))
      throw new Error(`no rate in what ProducerPerformance printed:\n${output.slice(-500)}`);
    return rate;
  } finally {
    await deleteTopics(brokers, [topic]);
  }
}
