import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { BenchOptions } from './bench-options.ts';
import { configurationSections, type PeerConfiguration } from './configurations.ts';
import type { HotFunction } from './cpu-profile.ts';
import type { PeerSummary, Verdict } from './goal.ts';
import { growthTable, writeGrowthPlots, writePeerPlots } from './growth.ts';
import type { Limits } from './limits.ts';
import type { Measured, SpeedFigures } from './measure.ts';
import { STEADY } from './replay.ts';
import type { Figure } from './statistics.ts';

/** Latency of a peer at a rate: medians of several processes. */
export interface LatencyOf {
  readonly peer: string;
  readonly rate: number;
  readonly p50: number;
  readonly p99: number;
  /** The highest of the runs. */
  readonly p99Most: number;
}

/** Everything that one run of the bench has found. */
export interface BenchResults {
  readonly measured: readonly Measured[];
  readonly latency: readonly LatencyOf[];
  readonly limits: Limits | null;
  readonly profile: readonly HotFunction[];
  /** What could not be measured, and why. */
  readonly failures: readonly string[];
  /** Points that `--minutes` left no time for. */
  readonly leftOut: readonly string[];
  readonly summaries: { readonly heaviside: PeerSummary; readonly debezium: PeerSummary };
  readonly peers: readonly PeerConfiguration[];
  readonly machine: readonly string[];
  readonly options: BenchOptions;
}

/** A share as text. */
export const percent = (share: number): string => `${Math.round(share * 100)} %`;

const whole = (value: number): string => Math.round(value).toLocaleString('en');

function spread({ median, least, most, runs }: Figure, show: (value: number) => string): string {
  return runs === 1 ? show(median) : `${show(median)} (${show(least)}–${show(most)})`;
}

/** The figures as a table, a line a peer and case. */
export function figuresTable(measured: readonly Measured[]): string {
  const speed = (of: SpeedFigures | null): string[] =>
    of === null
      ? ['–', '–']
      : [spread(of.rowsPerSecond, whole), spread(of.cpuMicrosPerRow, (value) => value.toFixed(1))];
  const hasSteady = measured.some(({ steady }) => steady !== null);
  const cells = [
    [
      'case',
      'peer',
      'rows',
      ...(hasSteady
        ? ['rows/s', 'CPU µs a row', 'rows/s, whole run', 'CPU, whole run']
        : ['rows/s', 'CPU µs a row']),
      'peak RSS, MB',
    ],
    ...measured.map((each) => [
      each.label,
      each.peer,
      whole(each.rows),
      ...(hasSteady ? speed(each.steady) : []),
      ...speed(each),
      spread(each.peakRssMb, whole),
    ]),
  ];
  const [head = [], ...rest] = cells;
  return [head, head.map(() => '---'), ...rest].map((line) => `| ${line.join(' | ')} |`).join('\n');
}

function latencyTable(latency: readonly LatencyOf[]): string {
  const lines = ['| peer | transactions/s | p50, ms | p99, ms | highest p99, ms |', '|---|---|---|---|---|'];
  for (const { peer, rate, p50, p99, p99Most } of latency)
    lines.push(`| ${peer} | ${rate} | ${p50.toFixed(1)} | ${p99.toFixed(1)} | ${p99Most.toFixed(1)} |`);
  return lines.join('\n');
}

function limitsTable(limits: Limits, measured: readonly Measured[]): string {
  const of = (peer: string): number =>
    measured.find((each) => each.factor === 'base' && each.peer === peer)?.steady?.rowsPerSecond.median ??
    NaN;
  const lines = ['| limit | rows/s | heaviside | debezium |', '|---|---|---|---|'];
  for (const [name, limit] of [
    ['the binlog read, checked and put together to transactions', limits.read],
    ['the same, and every row encoded into record batches', limits.encode],
    ["the broker, with Java's producer benchmark, acks=all", limits.broker],
    ['the same in transactions of 100 ms', limits.brokerTransactional],
  ] as const) {
    const share = (peer: string): string => `${((100 * of(peer)) / limit).toFixed(0)} %`;
    lines.push(`| ${name} | ${whole(limit)} | ${share('heaviside')} | ${share('debezium')} |`);
  }
  return lines.join('\n');
}

function profileTable(profile: readonly HotFunction[]): string {
  const lines = ['| function | file | share |', '|---|---|---|'];
  for (const { name, file, share } of profile)
    lines.push(`| \`${name}\` | ${file === '' ? 'the runtime' : file} | ${(share * 100).toFixed(1)} % |`);
  return lines.join('\n');
}

/** The results as text, for the terminal. */
export function printResults(results: BenchResults, verdicts: readonly Verdict[]): string {
  const { measured, latency, limits, profile, peers, machine } = results;
  const parts = [
    machine.join('\n'),
    ...(results.leftOut.length === 0 ? [] : [`left out for time: ${results.leftOut.join('; ')}`]),
    figuresTable(measured),
    latencyTable(latency),
    ...(limits === null ? [] : [limitsTable(limits, measured)]),
    ...(profile.length === 0 ? [] : [profileTable(profile)]),
    ...peers.map(
      ({ name, version, guarantee, configuration }) => `${name} ${version}, ${guarantee}:\n${configuration}`,
    ),
    verdicts.map(({ text, isMet }) => `${isMet ? 'met' : 'MISSED'}  ${text}`).join('\n'),
  ];
  return `${parts.join('\n\n')}\n`;
}

/** Writes docs/bench/README.md, and factors.md where points beside the base case were measured, with their plots. */
export function writeReport(results: BenchResults, verdicts: readonly Verdict[]): void {
  const folder = fileURLToPath(new URL('../../docs/bench', import.meta.url));
  mkdirSync(folder, { recursive: true });
  if (results.options.part !== 'factors')
    writeFileSync(join(folder, 'README.md'), markdown(results, verdicts, writePeerPlots(folder, results)));
  if (results.measured.some(isFactor)) {
    const plots = writeGrowthPlots(folder, results.measured);
    writeFileSync(join(folder, 'factors.md'), factorsMarkdown(results, plots));
  }
}

const isFactor = ({ factor }: Measured): boolean => factor !== 'base' && factor !== 'memory';

const images = (plots: readonly string[]): string =>
  plots.map((name) => `![${name.replaceAll('-', ' ').replace('.svg', '')}](${name})`).join('\n\n');

function factorsMarkdown(results: BenchResults, plots: readonly string[]): string {
  const { measured, machine, options, leftOut } = results;
  return `# One factor at a time

Written by the run, like the plots below. To repeat it, on a machine that does nothing else:

\`\`\`
npm run bench -- --part factors --write --runs ${options.runs} --rows ${options.rows}
\`\`\`

${machine.map((line) => `- ${line}`).join('\n')}

Each case differs from the base case of [README.md](README.md) in what it is called, and is measured and checked as
told there; a window of the rows is compared only where Debezium ran too, and else the whole run is shown. Where Debezium is not in the table it was not measured: a start of its JVM for each run is most of the
bench's time. Avro is Heaviside's alone, because Confluent's converter is not on Maven Central.${leftOut.length === 0 ? '' : ` Left out for time (\`--minutes\`): ${leftOut.join('; ')}.`}

${figuresTable(measured.filter((each) => each.factor !== 'memory'))}

## How the cost grows

The exponent b of CPU a row = a·x^b over the points of each axis: 1 is linear. A row of more columns or more bytes may cost more;
for the other axes more than 0 means that a row costs more where there is more around it.

${growthTable(measured)}

${images(plots)}
`;
}

/** Why no worker thread: what is left of the core that the main thread runs on. */
function oneThread(base: readonly Measured[]): string {
  const found = base.find(({ peer }) => peer === 'heaviside');
  const { rowsPerSecond, cpuMicrosPerRow } = found?.steady ?? {};
  const cores = ((rowsPerSecond?.median ?? NaN) * (cpuMicrosPerRow?.median ?? NaN)) / 1e6;
  return `Decoding, encoding and sending share one thread. In the base case the whole process keeps ${cores.toFixed(2)} of a core busy, so a
worker thread could win ${(100 * (1 - Math.min(1, cores))).toFixed(0)} % at most where the source and the broker leave it a core; on two cores they take the
other one, and rows would have to be copied between the threads. So there is none. This follows from the figures above; a version with a
worker was not built.`;
}

function markdown(results: BenchResults, verdicts: readonly Verdict[], plots: readonly string[]): string {
  const { measured, latency, limits, profile, peers, machine, options } = results;
  const base = measured.filter(({ factor }) => factor === 'base');
  const memory = measured.filter(({ factor }) => factor === 'memory');
  return `# Heaviside beside its peers

Written by the run, like the plots beside it. To repeat it, on a machine that does nothing else:

\`\`\`
npm run bench -- --write --runs ${options.runs} --rows ${options.rows}
\`\`\`

${machine.map((line) => `- ${line}`).join('\n')}

One load is written into the binlog, once; then every peer replays it from the same position into topics of its own, one
peer at a time in turns, ${options.runs} runs each, in a process that is new for each run, after one run that warms the broker up and is
not counted. Figures are medians, with the smallest and the
largest value seen. Rows/s and CPU (user and system time of the whole process, of /proc) are compared in one window that is
the same for every peer: from ${percent(STEADY.from)} to ${percent(STEADY.to)} of the rows, as a consumer sees them that reads committed. So no peer's warm-up counts,
and at both ends of the window each has rows left to read ahead. The figures of the whole run go to the last row: for
Heaviside from the moment at which it reads the binlog, with its warm-up; for a Java peer from 40 % of the rows on. Peak RSS is VmHWM over the whole run. After each run every row, every source transaction and every \`commit\` is counted in Kafka; a run in which
one is missing or double ends the bench. Debezium writes at least once here: Kafka Connect has exactly-once for sources in
its distributed mode only.

## Goals, with exactly-once on

${verdicts.map(({ text, isMet }) => `- ${isMet ? 'met' : '**missed**'}: ${text}`).join('\n')}

## The base case

Rows of 8 columns (bigint, int, enum, decimal, varchar, JSON, datetime, timestamp), inserted 1,000 a transaction into one
table; JSON, no compression, one topic of 4 partitions.

${figuresTable(base)}

${images(plots)}

Rows, operations, transactions, tables, partitions, codecs and formats, one at a time: [factors.md](factors.md).

## Latency

Single-row transactions at a steady rate; from the source's acknowledgement to the arrival at a consumer that reads
committed, over 8 s at each rate.

${latencyTable(latency)}

## How far from the limits

The base case against what each part of the way can do by itself. Reading and encoding are Heaviside's own, so that their
share says what is left to gain around them. Each limit is one run, without its warm-up: reading and encoding from 40 % of the
rows on, the broker by the fastest 5 s that Kafka's ProducerPerformance reports after its first 5. A share above 100 % says that
what was measured held itself back more than the broker does: one Java producer is no faster.

${limits === null ? '' : limitsTable(limits, measured)}

## One thread

${oneThread(base)}

## Memory

One run each, every row counted in Kafka afterwards.

${figuresTable(memory)}

## Where the time goes

The ten hottest functions of the main thread in the steady state of the base case, by their own time, from \`node --cpu-prof\` of the real process:

${profileTable(profile)}

${configurationSections(peers)}`;
}
