// What batching brings, step by step: npm run bench:tuning [-- --rows N --runs N]. Prints the table and writes docs/tuning.md.
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { cpus, loadavg } from 'node:os';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { ensureStack } from '../stack/ensure-stack.ts';
import { measureLatency } from './latency.ts';
import { LoadWriter } from './load.ts';
import { Measurer, type Measured } from './measure.ts';
import { HeavisidePeer } from './peers/heaviside-peer.ts';
import { basePoint } from './plan.ts';

interface Step {
  readonly label: string;
  readonly options: Readonly<Record<string, string>>;
  /** Part of the rows that is replayed: a slow step would take minutes. */
  readonly share: number;
}

const alone = { 'kafka.batch.size': '0', kafka_transaction_max_bytes: '1024' };
/** The walk: nothing is batched; larger batches; then time to fill them. */
const steps: readonly Step[] = [
  { label: 'baseline: a record a batch, the smallest transactions', options: alone, share: 0.04 },
  {
    label: 'batches of 16 KiB',
    options: { 'kafka.batch.size': '16384', kafka_transaction_max_bytes: '16384' },
    share: 0.3,
  },
  {
    label: 'batches of 64 KiB',
    options: { 'kafka.batch.size': '65536', kafka_transaction_max_bytes: '262144' },
    share: 1,
  },
  { label: 'batches of 512 KiB, transactions of 8 MiB (the defaults)', options: {}, share: 1 },
  { label: 'the defaults and linger 5 ms', options: { 'kafka.linger.ms': '5' }, share: 1 },
  { label: 'the defaults and linger 50 ms', options: { 'kafka.linger.ms': '50' }, share: 1 },
];

interface StepResult {
  readonly step: Step;
  readonly measured: Measured;
  /** Milliseconds from commit to consumer at 200 single-row transactions a second. */
  readonly p50: number;
  readonly p99: number;
}

const RATE = 200;

function table(results: readonly StepResult[]): string {
  const baseline = results[0]?.measured.rowsPerSecond.median ?? NaN;
  const lines = [
    '| step | options | rows/s | factor | CPU µs a row | p50, ms | p99, ms |',
    '|---|---|---|---|---|---|---|',
  ];
  for (const { step, measured, p50, p99 } of results) {
    const options = Object.entries(step.options).map(([key, value]) => `\`${key}=${value}\``);
    const { median, least, most } = measured.rowsPerSecond;
    const whole = (value: number): string => Math.round(value).toLocaleString('en');
    lines.push(
      `| ${step.label} | ${options.join(' ')} | ${whole(median)} (${whole(least)}–${whole(most)}) | ${(median / baseline).toFixed(1)} × | ` +
        `${measured.cpuMicrosPerRow.median.toFixed(1)} | ${p50.toFixed(1)} | ${p99.toFixed(1)} |`,
    );
  }
  return lines.join('\n');
}

function page(results: readonly StepResult[], { rows, runs }: { rows: number; runs: number }): string {
  const commit = execFileSync('git', ['rev-parse', '--short', 'HEAD']).toString().trim();
  return `# Tuning

What to set, and what it brings. Written by \`npm run bench:tuning -- --rows ${rows} --runs ${runs}\`.

${table(results)}

Rows of 8 columns, 1,000 a transaction, exactly-once, one topic of 4 partitions; medians of ${runs} runs with the smallest and the
largest; the factor is against the first row. The latency is from commit to a read_committed consumer at ${RATE} single-row
transactions a second. ${new Date().toISOString().slice(0, 16)} UTC, commit ${commit}, Node.js ${process.version}, ${cpus().length} cores that MySQL and Kafka
shared, load average ${(loadavg()[0] ?? NaN).toFixed(0)}: compare the rows with each other, not with other machines.

## Advice

- **Leave batching as it is.** A batch goes out as soon as no other is on its way, so an idle stream has no delay to win and a
  busy one fills its batches by itself (group commit). \`kafka.batch.size\` of 512 KiB and \`kafka_transaction_max_bytes\` of
  8 MiB are where more brings nothing.
- **Smaller batches cost CPU**, on both sides: each has a header, a checksum and a sequence; each Kafka transaction has five
  round trips and a marker in every partition it touched. A configuration carried over with \`kafka.batch.size=16384\`
  (Java's default) should drop that line.
- **\`kafka.linger.ms\` delays single transactions and brings a busy stream nothing**: it is for sources whose many small
  transactions should share Kafka transactions, where consumers do not wait for them.
- **Keep \`kafka.max.request.size\` above \`kafka.batch.size\`**: a batch never spans two requests.
- **Memory** follows \`kafka_transaction_max_bytes\` (two of them are held, one that fills and one that is committed) and
  the rows that wait to be encoded. Halve it before you halve anything else; transactions larger than memory go to disk.
- **Compression** costs CPU and saves network and disk: [bench/compression.md](bench/compression.md).
- **Partitions**: a transaction is written to every partition it touches, so 64 partitions cost more a row than 4 where
  transactions are small; \`npm run bench -- --part factors\` draws the curve.
- **The source** must keep up first: \`binlog_row_image=FULL\` sends each updated row twice, \`binlog_transaction_compression\`
  trades its CPU for network.
`;
}

const { values } = parseArgs({
  options: { rows: { type: 'string', default: '200000' }, runs: { type: 'string', default: '3' } },
});
const [rows, runs] = [Number(values.rows), Number(values.runs)];
const stack = await ensureStack({ mysql: true, redisNodes: 1, brokers: 1 });
if (stack.mysql === undefined) throw new Error('no MySQL in the stack');
const writer = await LoadWriter.open(stack.mysql);
try {
  const brokers = stack.kafka.map(({ host, port }) => `${host}:${port}`);
  const measurer = new Measurer(writer, brokers);
  const base = basePoint(rows);
  const results: StepResult[] = [];
  for (const [index, step] of steps.entries()) {
    const peer = new HeavisidePeer(stack, 'exactly_once', { extra: step.options });
    const load = { ...base.load, rows: Math.ceil((rows * step.share) / 1000) * 1000 };
    const point = { ...base, label: step.label, loadName: `tuning${load.rows}`, load };
    const [measured] = await measurer.measure(point, [peer], runs);
    if (measured === undefined) throw new Error(`${point.label} was not measured`);
    const [latency] = await measureLatency(peer, writer, { brokers, rates: [RATE], seconds: 5 });
    results.push({ step, measured, p50: latency?.p50 ?? NaN, p99: latency?.p99 ?? NaN });
    process.stderr.write(`[tuning] ${index + 1} of ${steps.length} done\n`);
  }
  process.stdout.write(`${table(results)}\n`);
  writeFileSync(
    fileURLToPath(new URL('../../docs/tuning.md', import.meta.url)),
    page(results, { rows, runs }),
  );
} finally {
  await writer.close();
}
