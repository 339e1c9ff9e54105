// Heaviside beside its peers: npm run bench -- --help
import { mkdtempSync, rmSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { SchemaRegistryProcess } from '../../test/support/schema-registry-process.ts';
import { ensureStack } from '../stack/ensure-stack.ts';
import type { StackInfo } from '../stack/stack-info.ts';
import { benchUsage, readBenchOptions, type BenchOptions } from './bench-options.ts';
import { configurationsOf } from './configurations.ts';
import { hottestFunctions, readLargestProfile, type HotFunction } from './cpu-profile.ts';
import { goals, MAX_RSS_MB, summaryOf, type PeerSummary, type Verdict } from './goal.ts';
import { measureLatency, type Latency } from './latency.ts';
import { measureLimits, type Limits } from './limits.ts';
import { LoadWriter, type WrittenLoad } from './load.ts';
import { machineLines } from './machine.ts';
import { Measurer, type MeasuredPoint } from './measure.ts';
import { DebeziumPeer } from './peers/debezium-peer.ts';
import { HeavisidePeer } from './peers/heaviside-peer.ts';
import { MaxwellPeer } from './peers/maxwell-peer.ts';
import type { Peer } from './peers/peer.ts';
import { allPoints, basePoint, memoryPoints, type Point } from './plan.ts';
import { printResults, writeReport, type BenchResults, type LatencyOf } from './report.ts';
import { median } from './statistics.ts';

const RATES = [50, 500] as const;
const LATENCY_SECONDS = 8;
/** Bytes of a record's key and value in the base case, about: what the broker's own limit is measured with. */
const RECORD_BYTES = 400;

const say = (words: string): void => void process.stderr.write(`[bench] ${words}\n`);

class Bench {
  readonly #options: BenchOptions;
  readonly #stack: StackInfo;
  readonly #writer: LoadWriter;
  readonly #measurer: Measurer;
  readonly #brokers: readonly string[];
  readonly #heaviside: Peer;
  readonly #debezium: Peer;
  readonly #peers: readonly Peer[];
  readonly #loadBefore = loadavg()[0] ?? NaN;
  readonly #latency: LatencyOf[] = [];
  readonly #failures: string[] = [];
  readonly #leftOut: string[] = [];
  #limits: Limits | null = null;
  #profile: HotFunction[] = [];

  constructor(options: BenchOptions, stack: StackInfo, writer: LoadWriter) {
    this.#options = options;
    this.#stack = stack;
    this.#writer = writer;
    this.#brokers = stack.kafka.map(({ host, port }) => `${host}:${port}`);
    this.#measurer = new Measurer(writer, this.#brokers);
    this.#heaviside = new HeavisidePeer(stack, 'exactly_once');
    this.#debezium = new DebeziumPeer(stack);
    const { maxwellHome } = options;
    this.#peers = [
      this.#heaviside,
      this.#debezium,
      new HeavisidePeer(stack, 'at_least_once'),
      ...(maxwellHome === null ? [] : [new MaxwellPeer(stack, maxwellHome)]),
    ];
  }

  /** Heaviside's memory alone; what it needed is said as it goes. Rejects where a point fails or needs too much. */
  async memory(): Promise<void> {
    for (const point of memoryPoints()) await this.#measurer.measure(point, [this.#heaviside], 1);
    const peak = Math.max(...this.#measurer.measured.map(({ peakRssMb }) => peakRssMb.most));
    if (peak > MAX_RSS_MB)
      throw new Error(`${peak.toFixed(0)} MB are more than the ${MAX_RSS_MB} MB of the goal`);
  }

  /** Measures everything; `onResults` gets what is known after each part, from the base case on. */
  async run(onResults: (results: BenchResults) => void): Promise<void> {
    const { isQuick, part, rows, runs, minutes } = this.#options;
    const startedAt = performance.now();
    const base = basePoint(rows);
    await this.#measurer.warmUp(base, this.#heaviside);
    await this.#measurer.measure(base, this.#peers, runs);
    if (part !== 'factors') await this.#measureLatencies(isQuick ? 1 : runs);
    const load = await this.#measurer.load(base.loadName, base.load);
    onResults(this.#results(load));
    if (isQuick) return;
    if (part !== 'factors') {
      const { dir } = this.#stack;
      this.#limits = await measureLimits(load, { brokers: this.#brokers, dir, recordBytes: RECORD_BYTES });
      this.#profile = await this.#measureProfile(base);
    }
    const points = [
      ...(part === 'factors' ? [] : memoryPoints()),
      ...(part === 'peers' ? [] : allPoints(rows)),
    ];
    for (const point of points) {
      if (point.factor === 'base') continue;
      if (performance.now() - startedAt > minutes * 60_000) {
        this.#leftOut.push(point.label);
        continue;
      }
      try {
        await this.#measurePoint(point);
      } catch (error) {
        // One point that fails must not hide the others; it fails the bench.
        this.#failures.push(`${point.label}: ${error instanceof Error ? error.message : String(error)}`);
        say(this.#failures.at(-1) ?? '');
      }
      onResults(this.#results(load));
    }
  }

  async #measurePoint(point: MeasuredPoint & { readonly hasDebezium: boolean }): Promise<void> {
    const runs = point.factor === 'memory' ? 1 : this.#options.runs;
    const peers = point.hasDebezium ? [this.#heaviside, this.#debezium] : [this.#heaviside];
    if (point.settings.format === 'avro') await this.#avro(point);
    else await this.#measurer.measure(point, peers, runs);
  }

  #results(load: WrittenLoad): BenchResults {
    const { settings } = basePoint(this.#options.rows);
    const latency = this.#latency;
    const summary = (peer: Peer): PeerSummary => {
      const base = this.#measurer.measured.find((each) => each.factor === 'base' && each.peer === peer.name);
      if (base === undefined) throw new Error(`the base case of ${peer.name} was not measured`);
      return summaryOf(
        base,
        latency.filter((each) => each.peer === peer.name),
      );
    };
    return {
      measured: this.#measurer.measured,
      latency,
      limits: this.#limits,
      profile: this.#profile,
      failures: this.#failures,
      leftOut: this.#leftOut,
      summaries: { heaviside: summary(this.#heaviside), debezium: summary(this.#debezium) },
      peers: configurationsOf(this.#peers, { load, settings }, this.#stack.dir),
      machine: machineLines(this.#stack, this.#loadBefore),
      options: this.#options,
    };
  }

  async #avro(point: MeasuredPoint): Promise<void> {
    const registry = await SchemaRegistryProcess.start();
    try {
      const peer = new HeavisidePeer(this.#stack, 'exactly_once', {
        extra: { avro_schema_registry_url: registry.url },
      });
      await this.#measurer.measure(point, [peer], this.#options.runs);
    } finally {
      await registry.stop();
    }
  }

  async #measureProfile(base: Point): Promise<HotFunction[]> {
    const folder = mkdtempSync(join(tmpdir(), 'heaviside-profile-'));
    try {
      const peer = new HeavisidePeer(this.#stack, 'exactly_once', {
        execArgv: ['--cpu-prof', `--cpu-prof-dir=${folder}`],
      });
      await new Measurer(this.#writer, this.#brokers).measure(
        { ...base, loadName: 'profile', load: { ...base.load, rows: base.load.rows * 2 } },
        [peer],
        1,
      );
      return hottestFunctions(readLargestProfile(folder), 10, 3e6);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }

  /** The middle of several processes' figures. */
  async #measureLatencies(runs: number): Promise<void> {
    for (const peer of [this.#heaviside, this.#debezium]) {
      const all: Latency[][] = [];
      for (let run = 1; run <= runs; run++) {
        const options = { brokers: this.#brokers, rates: RATES, seconds: LATENCY_SECONDS };
        const found = await measureLatency(peer, this.#writer, options);
        for (const { rate, p50, p99 } of found)
          say(
            `latency of ${peer.name} at ${rate}/s, run ${run} of ${runs}: ${p50.toFixed(1)}, ${p99.toFixed(1)} ms`,
          );
        all.push(found);
      }
      for (const [index, rate] of RATES.entries()) {
        const of = (figure: 'p50' | 'p99'): number[] => all.map((each) => each[index]?.[figure] ?? NaN);
        const [p50, p99] = [of('p50'), of('p99')];
        this.#latency.push({
          peer: peer.name,
          rate,
          p50: median(p50),
          p99: median(p99),
          p99Most: Math.max(...p99),
        });
      }
    }
  }
}

async function main(): Promise<number> {
  const options = readBenchOptions(process.argv.slice(2), process.env);
  if (options === null) {
    process.stdout.write(benchUsage);
    return 0;
  }
  const stack = await ensureStack({ mysql: true, redisNodes: 1, brokers: 1 });
  if (stack.mysql === undefined) throw new Error('no MySQL in the stack');
  const writer = await LoadWriter.open(stack.mysql);
  try {
    if (options.part === 'memory') {
      await new Bench(options, stack, writer).memory();
      return 0;
    }
    let last: { results: BenchResults; verdicts: Verdict[] } | null = null;
    await new Bench(options, stack, writer).run((results) => {
      last = { results, verdicts: verdictsOf(results) };
      if (options.writes) writeReport(results, last.verdicts);
    });
    return last === null ? 1 : report(last);
  } finally {
    await writer.close();
  }
}

function verdictsOf({ summaries, latency, measured, failures }: BenchResults): Verdict[] {
  const met = goals({
    ...summaries,
    latency: latency.filter(({ peer }) => peer === 'heaviside'),
    peaks: measured
      .filter(({ peer }) => peer === 'heaviside')
      .map(({ label, peakRssMb }) => ({ label, mb: peakRssMb.most })),
  });
  return [...met, ...failures.map((text) => ({ text, isMet: false }))];
}

/** Prints what was found; gives the exit code. */
function report({ results, verdicts }: { results: BenchResults; verdicts: Verdict[] }): number {
  process.stdout.write(printResults(results, verdicts));
  const { heaviside, debezium } = results.summaries;
  if (results.options.isJson) {
    const ratio = Number((heaviside.rowsPerSecond / debezium.rowsPerSecond).toFixed(2));
    process.stdout.write(`${JSON.stringify({ heaviside, debezium, ratio })}\n`);
  }
  return verdicts.every(({ isMet }) => isMet) ? 0 : 1;
}

process.exitCode = await main();
