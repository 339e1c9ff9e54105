import { setTimeout as sleep } from 'node:timers/promises';
import { quantile } from '../../scripts/bench/statistics.ts';
import { peakMemoryBytes } from './peak-memory.ts';
import type { ProductPlace, Properties } from './product-place.ts';
import type { ProductRun } from './product-run.ts';
import { ScriptChild } from './script-child.ts';
import { SnapshotWriter } from './snapshot-writer.ts';
import type { Probe, ProbeOptions } from './trial-probe.ts';
import type { ReaderOptions, ReaderReport } from './trial-reader.ts';
import { waitUntil } from './wait-until.ts';

export interface SnapshotTrialOptions {
  readonly flavor: 'mysql' | 'mariadb';
  readonly rows: number;
  /** How often the leader is killed while the snapshot is under way. */
  readonly kills: number;
  readonly writers: number;
  /** Milliseconds that a writer waits between two statements. */
  readonly pauseMs: number;
  /** In place of the pause: changes a second of all writers together. */
  readonly changesPerSecond?: number | undefined;
  /** Rows that a statement of a writer changes at most (1). */
  readonly rowsPerStatement?: number;
  readonly config?: Properties;
  readonly say?: (text: string) => void;
}

export interface SnapshotTrialResult {
  readonly rows: number;
  readonly snapshotRows: number;
  /** From the request to the leader's word that the snapshot is complete. */
  readonly seconds: number;
  /** Rows that were changed in that time. */
  readonly changes: number;
  /** Differences between topic and table, and records that must not be. */
  readonly faults: readonly string[];
  /** Rows of the table at the end. */
  readonly compared: number;
  /** Seconds around each kill in which nothing came of rows that are inserted steadily. */
  readonly gaps: readonly number[];
  /** Kills that came before the snapshot was complete. */
  readonly killsDuring: number;
  /** Largest resident set of a replica, MiB. */
  readonly peakMib: number;
  /** Rows that are inserted steadily into another table, before and during the snapshot. */
  readonly before: readonly Probe[];
  readonly during: readonly Probe[];
}

const PATIENCE_MS = 1_800_000;
const FIRST_ROWS = 1000;
const ROWS_AT_ONCE = 100_000;
/** How long the stream is watched before the snapshot is asked for. */
const BEFORE_MS = 10_000;
const PROBE_EVERY_MS = 20;
const SAY_EVERY_MS = 10_000;

/** 0 for a process that has ended. */
function peakMib(pid: number): number {
  try {
    return peakMemoryBytes(pid) / 2 ** 20;
  } catch {
    return 0;
  }
}

/** Rows with the ids from 1 on, each part copied from those that are there; they are not in the binlog. */
async function fill(
  place: ProductPlace,
  { flavor, rows, say = () => undefined }: SnapshotTrialOptions,
  table: string,
): Promise<void> {
  let there = Math.min(FIRST_ROWS, rows);
  const first = Array.from({ length: there }, (_, index) => `(${index + 1}, 1, 'before ${index + 1}')`);
  await place.sql(
    flavor,
    `CREATE TABLE ${table} (id INT PRIMARY KEY, ver BIGINT, v VARCHAR(60))`,
    'SET SESSION sql_log_bin = 0',
    `INSERT INTO ${table} VALUES ${first.join(', ')}`,
  );
  while (there < rows) {
    const count = Math.min(there, ROWS_AT_ONCE, rows - there);
    const copied = `SELECT id + ${there}, 1, CONCAT('before ', id + ${there}) FROM ${table} WHERE id <= ${count}`;
    await place.sql(flavor, `INSERT INTO ${table} ${copied}`);
    there += count;
    if (there % 1_000_000 === 0) say(`${there} rows are there`);
  }
  await place.sql(flavor, 'SET SESSION sql_log_bin = 1');
}

/** The replicas of a trial. */
class Replicas {
  readonly runs = new Map<string, ProductRun>();
  readonly #start: (name: string) => ProductRun;
  #peakMib = 0;

  constructor(names: readonly string[], start: (name: string) => ProductRun) {
    this.#start = start;
    for (const name of names) this.start(name);
  }

  start(name: string): void {
    this.runs.set(name, this.#start(name));
  }

  /** The largest resident set that was seen so far. */
  peakMib(): number {
    for (const { pid } of this.runs.values()) this.#peakMib = Math.max(this.#peakMib, peakMib(pid));
    return this.#peakMib;
  }

  async leader(): Promise<{ name: string; run: ProductRun; snapshotRows: number } | null> {
    for (const [name, run] of this.runs) {
      const status = run.isRunning ? await run.status().catch(() => null) : null;
      if (status === null || status['role'] !== 'leader') continue;
      const { tasks = [] } = (status['snapshots'] ?? {}) as { tasks?: readonly { readonly rows: number }[] };
      return { name, run, snapshotRows: tasks[0]?.rows ?? 0 };
    }
    return null;
  }

  /** Whether one that still runs has said that the snapshot is complete. */
  get areDone(): boolean {
    return [...this.runs.values()].some(({ stderr }) => stderr.includes('the snapshot is complete'));
  }
}

/** A table of many rows, writers that never rest, a snapshot asked for by the command, and leaders that are killed. */
export async function snapshotTrial(
  place: ProductPlace,
  options: SnapshotTrialOptions,
): Promise<SnapshotTrialResult> {
  const { flavor, rows, kills, config: changed = {}, say = () => undefined } = options;
  const database = `${place.name}_trial`;
  const table = `${database}.big`;
  await place.createDatabase(flavor, database);
  await place.sql(flavor, `CREATE TABLE ${database}.probe (id INT PRIMARY KEY)`);
  await fill(place, options, table);
  say(`all ${rows} rows are there`);
  const topic = `${place.name}-trial`;
  const ha = place.ha({ kafka_topic: `${topic}-%{table}`, ...changed });
  const config = place.config('trial', place.replicator(flavor), database, ha);
  for (const each of ['big', 'probe']) await place.createTopic(`${topic}-${each}`);
  const replicas = new Replicas(kills > 0 ? ['a', 'b'] : ['a'], (name) =>
    place.run({ ...config, replica_name: name }),
  );

  const maxId = Math.ceil(rows * 1.1);
  const { brokers } = place;
  const server = place.server(flavor);
  let read = { snapshotRows: 0, isComplete: false, hasLast: false };
  let compared: Extract<ReaderReport, { kind: 'compared' }> | null = null;
  const reader = new ScriptChild(
    'test/support/trial-reader.ts',
    { server, table, brokers, topic: `${topic}-big`, maxId } satisfies ReaderOptions,
    (message) => {
      const report = message as ReaderReport;
      if (report.kind === 'read') read = report;
      else compared = report;
    },
    { heapMib: 2048, niceness: 10 }, // it may come later: nothing is timed by it
  );
  const probes: Probe[] = [];
  const openProbe = (): ScriptChild =>
    new ScriptChild(
      'test/support/trial-probe.ts',
      {
        server,
        table: `${database}.probe`,
        brokers,
        topic: `${topic}-probe`,
        everyMs: PROBE_EVERY_MS,
      } satisfies ProbeOptions,
      (message) => probes.push(message as Probe),
    );
  let probe: ScriptChild | null = null;
  const until = <T>(
    look: () => T | Promise<T>,
    what: string,
  ): Promise<Exclude<T, false | null | undefined>> => {
    const checked = (): T | Promise<T> => {
      reader.check();
      probe?.check();
      return look();
    };
    return waitUntil(checked, { timeoutMs: PATIENCE_MS, what, everyMs: 50 });
  };
  const leader = (): Promise<{ name: string; run: ProductRun; snapshotRows: number }> =>
    until(() => replicas.leader(), 'a leader');
  const timers: NodeJS.Timeout[] = [];
  try {
    await (await leader()).run.logged(/^reading the binlog/, PATIENCE_MS);
    probe = openProbe();
    const count = options.writers;
    const writers = await Promise.all(
      Array.from({ length: count }, (_, index) =>
        SnapshotWriter.start(server, {
          table,
          maxId,
          pauseMs: options.pauseMs,
          rowsPerStatement: options.rowsPerStatement ?? 1,
          changesPerSecond:
            options.changesPerSecond === undefined ? undefined : options.changesPerSecond / count,
          index,
          count,
        }),
      ),
    );
    const changes = (): number => writers.reduce((sum, writer) => sum + writer.changes, 0);
    await until(() => probes.length > 0, 'the first row of the probe');
    const warm = probes.length;
    await sleep(BEFORE_MS);
    const [probesBefore, changesBefore, startedAt] = [probes.length, changes(), performance.now()];
    const command = place.launch([
      'snapshot',
      'start',
      table,
      ...Object.entries(config).flatMap(([name, value]) => [`--${name}`, value]),
    ]);
    await command.ended;
    say(`asked for: ${command.stdout.trim()} ${command.stderr.trim().slice(0, 300)}`);
    const isDone = (): boolean => replicas.areDone || read.isComplete;
    timers.push(
      setInterval(() => replicas.peakMib(), 500),
      setInterval(() => {
        const seconds = (performance.now() - startedAt) / 1000;
        const rate = (changes() - changesBefore) / seconds;
        const last = probes.slice(-SAY_EVERY_MS / PROBE_EVERY_MS);
        const ms = quantile(
          last.map((each) => each.arrivedAt - each.sentAt),
          0.99,
        );
        const about = `${read.snapshotRows} rows of the snapshot were read, ${rate.toFixed(0)} changes/s`;
        say(`${seconds.toFixed(0)} s: ${about}, p99 of the stream in the last 10 s ${ms.toFixed(0)} ms`);
      }, SAY_EVERY_MS),
    );
    const gaps: number[] = [];
    let killsDuring = 0;
    for (let kill = 0; kill < kills; kill++) {
      const from = (await leader()).snapshotRows;
      const isFar = async (): Promise<boolean> =>
        isDone() || ((await replicas.leader())?.snapshotRows ?? 0) > from + rows / (kills + 2) / 2;
      await until(isFar, 'rows of the snapshot');
      const { name, run, snapshotRows } = await leader();
      replicas.peakMib();
      const isLate = isDone();
      if (!isLate) killsDuring++;
      run.kill('SIGKILL');
      await run.ended;
      const led = Math.max(...probes.map(({ epoch }) => epoch));
      replicas.start(name);
      const next = await until(() => probes.find(({ epoch }) => epoch > led), 'records of the successor');
      const lastAt = Math.max(...probes.filter(({ epoch }) => epoch === led).map((each) => each.arrivedAt));
      gaps.push((next.arrivedAt - lastAt) / 1000);
      say(
        `killed ${name} at ${snapshotRows} rows of the snapshot${isLate ? ', which was complete' : ''}: ${gaps.at(-1)?.toFixed(1)} s`,
      );
    }
    await until(isDone, 'the end of the snapshot');
    const seconds = (performance.now() - startedAt) / 1000;
    const [probesDuring, changesDuring] = [probes.length, changes() - changesBefore];
    say(`complete after ${seconds.toFixed(1)} s; the topic is read to its end`);
    for (const writer of writers) await writer.stop();
    await until(() => read.isComplete, 'the mark at the end of the snapshot in the topic');
    await place.sql(flavor, `INSERT INTO ${table} VALUES (0, 1, 'the last')`);
    await until(() => read.hasLast, 'the last row in the topic');
    say('the table is compared');
    reader.send({});
    const { rows: comparedRows, faults } = await until(() => compared, 'the comparison');
    const peak = replicas.peakMib();
    for (const run of replicas.runs.values()) await run.stop();
    return {
      rows,
      snapshotRows: read.snapshotRows,
      seconds,
      changes: changesDuring,
      faults,
      compared: comparedRows,
      gaps,
      killsDuring,
      peakMib: peak,
      before: probes.slice(warm, probesBefore),
      during: probes.slice(probesBefore, probesDuring),
    };
  } finally {
    for (const timer of timers) clearInterval(timer);
    await reader.kill();
    await probe?.kill();
  }
}
