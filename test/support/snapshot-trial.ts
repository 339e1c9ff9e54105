import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ProductPlace, Properties } from './product-place.ts';
import type { ProductRun } from './product-run.ts';
import { SnapshotFold } from './snapshot-fold.ts';
import { SnapshotWriter } from './snapshot-writer.ts';
import { TopicTail } from './topic-tail.ts';
import { waitUntil } from './wait-until.ts';

export interface SnapshotTrialOptions {
  readonly flavor: 'mysql' | 'mariadb';
  readonly rows: number;
  /** How often the leader is killed while the snapshot is under way. */
  readonly kills: number;
  readonly writers: number;
  /** Milliseconds that a writer waits between two statements. */
  readonly pauseMs: number;
  readonly config?: Properties;
  readonly say?: (text: string) => void;
}

export interface SnapshotTrialResult {
  readonly rows: number;
  readonly snapshotRows: number;
  readonly seconds: number;
  readonly changes: number;
  /** Differences between fold and table, and records that must not be. */
  readonly faults: readonly string[];
  /** Seconds without any record in the topic around each kill. */
  readonly gaps: readonly number[];
  /** Kills that came before the snapshot was complete. */
  readonly killsDuring: number;
  /** Largest resident set of a replica, MiB. */
  readonly peakMib: number;
  /** From the statement at the source to the consumer, milliseconds, before and during the snapshot. */
  readonly latencyMs: { readonly before: readonly number[]; readonly during: readonly number[] };
}

const PATIENCE_MS = 600_000;
const ROWS_AT_ONCE = 5000;

function peakMib(pid: number | undefined): number {
  try {
    const status = readFileSync(`/proc/${pid ?? 0}/status`, 'utf8');
    return Number(/VmHWM:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1024;
  } catch {
    return 0;
  }
}

/** A table of many rows, writers that never rest, a snapshot asked for by the command, and leaders that are killed. */
export async function snapshotTrial(
  place: ProductPlace,
  {
    flavor,
    rows,
    kills,
    writers: writerCount,
    pauseMs,
    config: changed = {},
    say = () => undefined,
  }: SnapshotTrialOptions,
): Promise<SnapshotTrialResult> {
  const database = `${place.name}_trial`;
  const table = `${database}.big`;
  await place.createDatabase(flavor, database);
  await place.sql(
    flavor,
    `CREATE TABLE ${table} (id INT PRIMARY KEY, ver BIGINT, v VARCHAR(60))`,
    `CREATE TABLE ${database}.probe (id INT PRIMARY KEY, at BIGINT)`,
  );
  for (let first = 1; first <= rows; first += ROWS_AT_ONCE) {
    const ids = Array.from({ length: Math.min(ROWS_AT_ONCE, rows - first + 1) }, (_, index) => first + index);
    await place.sql(
      flavor,
      `INSERT INTO ${table} VALUES ${ids.map((id) => `(${id}, 1, 'before ${id}')`).join(', ')}`,
    );
  }
  say(`${rows} rows are there`);
  const config = place.config('trial', place.replicator(flavor), database, place.ha(changed));
  const topic = config['kafka_topic'] ?? '';
  await place.createTopic(topic);
  const runs = new Map<string, ProductRun>();
  const start = (name: string): void => void runs.set(name, place.run({ ...config, replica_name: name }));
  for (const name of kills > 0 ? ['a', 'b'] : ['a']) start(name);
  const leader = async (): Promise<[string, ProductRun]> =>
    waitUntil(
      async () => {
        for (const [name, run] of runs) {
          const role = run.isRunning
            ? (await run.status().catch(() => ({}) as Record<string, unknown>))['role']
            : null;
          if (role === 'leader') return [name, run] as [string, ProductRun];
        }
        return null;
      },
      { timeoutMs: PATIENCE_MS, what: 'a leader', everyMs: 50 },
    );
  const [, first] = await leader();
  await first.logged(/^reading the binlog/, PATIENCE_MS);
  const fold = new SnapshotFold(['id']);
  const tail = await TopicTail.open(place.brokers, [topic]);
  const latency = new Map<number, number>();
  let snapshotRows = 0;
  let isComplete = false;
  /** When the first record of an epoch arrived, and the last of all. */
  const epochs = new Map<number, number>();
  let lastArrivedAt = 0;
  /** The records are folded as they come: a big table would fill the memory of the test. */
  const foldNow = (): void => {
    for (const record of tail.records.splice(0)) {
      if (!epochs.has(record.epoch)) epochs.set(record.epoch, record.arrivedAt);
      lastArrivedAt = record.arrivedAt;
      const value = record.value ?? '';
      if (value.includes('"table":"probe"')) {
        const { data } = JSON.parse(value) as { data: { id: number; at: number } };
        latency.set(data.id, record.arrivedAt - data.at);
      } else if (value.includes('"table":"big"')) {
        fold.take(record);
        if (value.includes('"type":"bootstrap-insert"')) snapshotRows++;
        if (value.includes('"type":"bootstrap-complete"')) isComplete = true;
      }
    }
  };
  const folding = setInterval(foldNow, 20);
  let probes = 0;
  let isProbing = true;
  const probing = (async () => {
    while (isProbing) {
      await place.sql(flavor, `INSERT INTO ${database}.probe VALUES (${++probes}, ${Date.now()})`);
      await sleep(50);
    }
  })();
  const writers = await Promise.all(
    Array.from({ length: writerCount }, (_, index) =>
      SnapshotWriter.start(place.server(flavor), {
        table,
        maxId: Math.ceil(rows * 1.1),
        pauseMs,
        index,
        count: writerCount,
      }),
    ),
  );
  await sleep(5000);
  const probesBefore = probes;
  const startedAt = performance.now();
  const command = place.launch([
    'snapshot',
    'start',
    table,
    ...Object.entries(config).flatMap(([name, value]) => [`--${name}`, value]),
  ]);
  await command.ended;
  say(`asked for: ${command.stdout.trim()} ${command.stderr.trim().slice(0, 300)}`);
  const gaps: number[] = [];
  let killsDuring = 0;
  let peak = 0;
  const look = (): void => {
    for (const run of runs.values()) peak = Math.max(peak, peakMib(run.pid));
  };
  const looking = setInterval(look, 500);
  for (let kill = 0; kill < kills; kill++) {
    const from = snapshotRows;
    await waitUntil(() => snapshotRows > from + rows / (kills + 2) / 2 || isComplete, {
      timeoutMs: PATIENCE_MS,
      what: 'rows of the snapshot',
    });
    const [name, run] = await leader();
    look();
    foldNow();
    if (!isComplete) killsDuring++;
    run.kill('SIGKILL');
    await run.ended;
    foldNow();
    const endedAt = lastArrivedAt;
    const led = Math.max(...epochs.keys());
    start(name);
    const next = await waitUntil(() => [...epochs].find(([epoch]) => epoch > led) ?? null, {
      timeoutMs: PATIENCE_MS,
      what: 'records of the successor',
      everyMs: 20,
    });
    gaps.push((next[1] - endedAt) / 1000);
    say(
      `killed ${name} at ${snapshotRows} rows of the snapshot${isComplete ? ', which was complete' : ''}: ${gaps.at(-1)?.toFixed(1)} s`,
    );
  }
  await waitUntil(() => isComplete, { timeoutMs: PATIENCE_MS, what: 'the end of the snapshot' });
  const seconds = (performance.now() - startedAt) / 1000;
  const probesDuring = probes;
  for (const writer of writers) await writer.stop();
  isProbing = false;
  await probing;
  await waitUntil(() => latency.has(probes), { timeoutMs: PATIENCE_MS, what: 'the last probe' });
  await sleep(500);
  clearInterval(folding);
  clearInterval(looking);
  foldNow();
  await tail.close();
  const faults = fold.faults.slice(0, 10);
  for (let low = 0; low <= rows * 1.2; low += 50_000) {
    const part = await place.sql(
      flavor,
      `SELECT * FROM ${table} WHERE id > ${low} AND id <= ${low + 50_000}`,
    );
    faults.push(...fold.missing(part));
  }
  const [{ n = 0 } = {}] = await place.sql(flavor, `SELECT COUNT(*) n FROM ${table}`);
  if (Number(n) !== fold.rows.size)
    faults.push(`${fold.rows.size} rows in the topic, ${String(n)} at the source`);
  for (const run of runs.values()) await run.stop();
  const times = [...latency].sort(([a], [b]) => a - b);
  return {
    rows,
    snapshotRows,
    seconds,
    changes: writers.reduce((sum, { changes }) => sum + changes, 0),
    faults: faults.slice(0, 20),
    gaps,
    killsDuring,
    peakMib: peak,
    latencyMs: {
      before: times.filter(([id]) => id <= probesBefore).map(([, ms]) => ms),
      during: times.filter(([id]) => id > probesBefore && id <= probesDuring).map(([, ms]) => ms),
    },
  };
}

/** The value below which that part of the values lies. */
export function percentile(values: readonly number[], part: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? NaN;
}
