// Measures what each codec makes of real rows, as JSON and as Avro: npm run bench:compression [-- --rows N --runs N]
// Rows are inserted into MySQL, read from its binlog, encoded and batched by the product's own stages; then every batch is
// compressed by every codec. Prints the table and writes docs/bench/compression.md.
import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { MaxwellAvro } from '../../src/encode/avro/maxwell-avro.ts';
import { decodeLabel } from '../../src/encode/decode-label.ts';
import { defaultEncodeOptions } from '../../src/encode/encode-options.ts';
import { MaxwellJson } from '../../src/encode/maxwell-json.ts';
import { TransactionEncoder } from '../../src/encode/transaction-encoder.ts';
import type { ValueWriter } from '../../src/encode/value-writer.ts';
import { createCompressor, type CompressionType } from '../../src/kafka/compression.ts';
import { ByteSinkPool } from '../../src/model/byte-sink-pool.ts';
import { KafkaBatch } from '../../src/produce/kafka-batch.ts';
import type { SourceTransaction } from '../../src/model/transaction.ts';
import { openBinlogBench, takeOf } from '../../test/support/binlog-bench.ts';
import { FixedSchemaIds } from '../../test/support/fixed-schema-ids.ts';
import { SeededRandom } from '../../test/support/seeded-random.ts';

const DATABASE = 'heaviside_compression';
const TOPIC = 'mysql';
const formats = ['JSON', 'Avro'] as const;
const codecs: readonly CompressionType[] = ['none', 'snappy', 'lz4', 'gzip', 'zstd'];
/** kafka.batch.size of the guide, and the default. */
const batchSizes = [64 * 1024, 512 * 1024] as const;
const page = fileURLToPath(new URL('../../docs/bench/compression.md', import.meta.url));

const words =
  'order parcel customer asked for delivery before noon please ring the bell twice leave at neighbour paid by card invoice sent refund pending fragile gift wrapped express standard return label warehouse north south depot'.split(
    ' ',
  );
const cities = ['Berlin', 'Zürich', '上海', 'Paris', 'São Paulo', 'Oslo', 'Kraków'];

const two = (number: number): string => String(number).padStart(2, '0');

/** The values of one order as SQL. */
function orderSql(id: number, random: SeededRandom): string {
  const below = (limit: number): number => random.between(0, limit - 1);
  const note = Array.from({ length: random.between(20, 80) }, () => random.pick(words)).join(' ');
  const state = random.pick(['new', 'paid', 'sent', 'returned']);
  const at = `2024-${two(random.between(1, 12))}-${two(random.between(1, 28))} ${two(below(24))}:${two(below(60))}:00`;
  const positions = Array.from(
    { length: random.between(1, 4) },
    () => `{"sku": "A-${below(9000)}", "count": ${random.between(1, 9)}}`,
  ).join(', ');
  const price = `${below(100_000)}.${two(below(100))}`;
  return `(${id}, ${below(100_000)}, '${state}', ${price}, 'customer${below(50_000)}@example.com', '${random.pick(cities)}', '${note}', '[${positions}]', '${at}', '${at}')`;
}

interface Figure {
  readonly bytesPerRow: number;
  /** Microseconds of CPU a row for compression alone, all threads. */
  readonly cpu: readonly number[];
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1] ?? 0;
}

/** All rows in batches of that many bytes, as they are before compression. */
async function fill(
  transactions: readonly SourceTransaction[],
  values: ValueWriter,
  batchBytes: number,
): Promise<KafkaBatch> {
  const batch = new KafkaBatch({
    epoch: 1,
    recordBatchBytes: () => batchBytes,
    maxBytes: Infinity,
    maxPartitions: 50,
    partitionCount: () => 1,
    prepareTopic: () => Promise.resolve(),
    buffers: new ByteSinkPool(16 * 1024, 0),
  });
  const encoder = new TransactionEncoder({ ...defaultEncodeOptions, topic: TOPIC }, values);
  for (const transaction of transactions) {
    const steps = encoder.encode(transaction, batch);
    while ((await steps.next()).done !== true);
  }
  return batch;
}

async function measure(
  transactions: readonly SourceTransaction[],
  format: (typeof formats)[number],
  {
    codec,
    batchBytes,
    rows,
    runs,
  }: { codec: CompressionType; batchBytes: number; rows: number; runs: number },
): Promise<Figure> {
  const compressor = await createCompressor(codec);
  const cpu: number[] = [];
  let bytes = 0;
  for (let run = 0; run <= runs; run++) {
    const options = { ...defaultEncodeOptions, topic: TOPIC };
    const values =
      format === 'JSON' ? new MaxwellJson(options) : new MaxwellAvro(options, new FixedSchemaIds());
    const batch = await fill(transactions, values, batchBytes);
    const before = process.cpuUsage();
    const parts = await batch.finish(Date.now(), compressor);
    const { user, system } = process.cpuUsage(before);
    bytes = parts.flatMap((part) => part.batches).reduce((sum, each) => sum + each.bytes.length, 0);
    if (run > 0) cpu.push((user + system) / rows); // the first run warms up
  }
  return { bytesPerRow: bytes / rows, cpu };
}

function table(figures: ReadonlyMap<string, Figure>, batchBytes: number): string {
  const lines = [
    '| format | codec | bytes a row | of the same uncompressed | of JSON uncompressed | CPU µs a row, median (least–most) |',
    '|---|---|---|---|---|---|',
  ];
  const of = (format: string, codec: string): Figure =>
    figures.get(`${format} ${codec} ${batchBytes}`) ?? { bytesPerRow: NaN, cpu: [] };
  const percent = (part: number, whole: number): string => `${((100 * part) / whole).toFixed(0)} %`;
  for (const format of formats) {
    for (const codec of codecs) {
      const { bytesPerRow, cpu } = of(format, codec);
      const spread = `${median(cpu).toFixed(2)} (${Math.min(...cpu).toFixed(2)}–${Math.max(...cpu).toFixed(2)})`;
      lines.push(
        `| ${format} | ${codec} | ${bytesPerRow.toFixed(0)} | ${percent(bytesPerRow, of(format, 'none').bytesPerRow)} | ${percent(bytesPerRow, of('JSON', 'none').bytesPerRow)} | ${spread} |`,
      );
    }
  }
  return lines.join('\n');
}

const { values: given } = parseArgs({
  options: { rows: { type: 'string', default: '20000' }, runs: { type: 'string', default: '5' } },
});
const [rows, runs] = [Number(given.rows), Number(given.runs)];
const bench = await openBinlogBench('mysql', DATABASE, 4051);
try {
  await bench.admin('SET NAMES utf8mb4');
  await bench.admin(
    "CREATE TABLE orders (id BIGINT PRIMARY KEY, customer_id INT, state ENUM('new','paid','sent','returned'), price DECIMAL(10,2), email VARCHAR(100), city VARCHAR(50), note TEXT, positions JSON, ordered_at DATETIME, updated_at TIMESTAMP NULL) DEFAULT CHARSET utf8mb4",
  );
  const stream = await bench.open(await bench.now(true), { decodeLabel });
  const random = new SeededRandom(7); // the same rows in every run
  const perStatement = 500;
  for (let id = 0; id < rows; id += perStatement) {
    const count = Math.min(perStatement, rows - id);
    const orders = Array.from({ length: count }, (_, at) => orderSql(id + at + 1, random));
    await bench.admin(`INSERT INTO orders VALUES ${orders.join(', ')}`);
  }
  const transactions = await takeOf(stream, DATABASE, Math.ceil(rows / perStatement));
  await stream.close();
  const figures = new Map<string, Figure>();
  for (const batchBytes of batchSizes) {
    for (const format of formats) {
      for (const codec of codecs) {
        process.stderr.write(`${format} ${codec}, batches of ${batchBytes / 1024} KiB\n`);
        const figure = await measure(transactions, format, { codec, batchBytes, rows, runs });
        figures.set(`${format} ${codec} ${batchBytes}`, figure);
      }
    }
  }
  for (const transaction of transactions) transaction.dispose();
  const [cpu] = cpus();
  const commit = execFileSync('git', ['rev-parse', '--short', 'HEAD']).toString().trim();
  const sections = batchSizes.map(
    (batchBytes) => `## Batches of ${batchBytes / 1024} KiB\n\n${table(figures, batchBytes)}\n`,
  );
  const text = `# Compression

What \`kafka.compression.type\` saves and costs, for JSON and for Avro. Written by the run; to repeat it:

\`\`\`
npm run bench:compression -- --rows ${rows} --runs ${runs}
\`\`\`

${rows.toLocaleString('en')} rows of a table of orders (bigint, int, enum, decimal, two varchars, a text of 20 to 80 words, JSON, datetime, timestamp), inserted into MySQL and read from its binlog; Maxwell's envelope with keys and headers; gzip at level 6, zstd at level 3 (WebAssembly). CPU is that of all threads, of the compression alone, in ${runs} runs after one to warm up. Commit ${commit}, Node.js ${process.version}, ${cpus().length} × ${cpu?.model ?? 'CPU of no name'}.

${sections.join('\n')}`;
  process.stdout.write(text);
  mkdirSync(fileURLToPath(new URL('../../docs/bench', import.meta.url)), { recursive: true });
  writeFileSync(page, text);
} finally {
  await bench.close();
}
