import { setTimeout as sleep } from 'node:timers/promises';
import { patience } from './ha-figures.ts';
import { KafkaDetour } from './kafka-detour.ts';
import { peakMemoryBytes } from './peak-memory.ts';
import type { ProductPlace } from './product-place.ts';
import type { ProductRun } from './product-run.ts';
import { streamRecords } from './record-stream.ts';
import { dumpSessions } from './server-sessions.ts';
import { waitUntil } from './wait-until.ts';

export interface OutageOptions {
  /** cut: connections are refused. silent: nothing is answered. */
  readonly kind: 'cut' | 'silent';
  readonly outageMs: number;
  readonly rowsPerSecond: number;
}

/** What was seen of a leader whose Kafka was away under load. */
export interface OutageResult {
  readonly rows: number;
  readonly records: number;
  readonly distinct: number;
  /** Rows that were committed at the source between the outage and the return. */
  readonly rowsDuring: number;
  /** Records that reached Kafka while it was away: 0, or the fault did not bite. */
  readonly recordsDuring: number;
  /** VmHWM, bytes. */
  readonly peakBytes: number;
  /** States of heaviside_breaker_state as they were scraped, repetitions left out. */
  readonly breakerStates: readonly string[];
  /** Ids of the server's binlog dump of this replica, over the whole run: one where it was paused, more where it was opened anew. */
  readonly dumps: number;
  /** Seconds from the return of Kafka to the first record that is committed. */
  readonly recoverySeconds: number;
  /** Seconds from the return until everything that was missed is there. */
  readonly catchUpSeconds: number;
  /** At the end; 1 where nobody took over. */
  readonly epoch: number;
  /** What the replica has logged. */
  readonly log: readonly Record<string, unknown>[];
}

/** VmHWM that an outage of any length must stay under. */
const MAX_MEMORY_BYTES = 256 * 1024 * 1024;
/** From the return to the first record: the breaker's pause (2 s by default), a new producer, and room for a slow machine. */
const MAX_RECOVERY_S = 5;

/** What is wrong with a result, in words; empty: all is as promised. */
export function outageFaults(result: OutageResult): string[] {
  const { rows, records, distinct, breakerStates, dumps, epoch } = result;
  const faults = [
    [result.recordsDuring > 0, 'records reached Kafka while it was away: the fault did not bite'],
    [result.rowsDuring === 0, 'no row was committed during the outage'],
    [distinct !== rows, `${rows - distinct} rows were lost`],
    [records !== distinct, `${records - distinct} records came twice`],
    [result.peakBytes >= MAX_MEMORY_BYTES, `VmHWM was ${result.peakBytes} bytes`],
    [!breakerStates.includes('open'), 'the open breaker was not seen in the metrics'],
    [breakerStates.at(-1) !== 'closed', `the breaker is ${breakerStates.at(-1)} at the end`],
    [dumps !== 1, `the binlog was asked for ${dumps} times, not once`],
    [epoch !== 1, `the epoch is ${epoch}: the leadership changed`],
    [
      result.recoverySeconds > MAX_RECOVERY_S * patience(),
      `the first record came ${result.recoverySeconds} s after the return`,
    ],
  ] as const;
  return faults.filter(([isFault]) => isFault).map(([, words]) => words);
}

const ROWS_PER_INSERT = 200;
const POLL_MS = 250;

/** Inserts at a steady rate until it is stopped. */
class SteadyLoad {
  rows = 0;
  readonly #stop = new AbortController();
  readonly #running: Promise<void>;

  constructor(place: ProductPlace, database: string, rowsPerSecond: number) {
    this.#running = this.#run(place, database, rowsPerSecond);
    this.#running.catch(() => undefined); // end tells
  }

  async #run(place: ProductPlace, database: string, rowsPerSecond: number): Promise<void> {
    const text = 'what a row of some two hundred bytes holds, again and again. '.repeat(3);
    const startedAt = performance.now();
    while (!this.#stop.signal.aborted) {
      const values = Array.from({ length: ROWS_PER_INSERT }, (_, i) => `('${this.rows + i} ${text}')`);
      await place.sql('mysql', `INSERT INTO ${database}.load_rows (v) VALUES ${values.join(',')}`);
      this.rows += ROWS_PER_INSERT;
      const aheadMs = (this.rows / rowsPerSecond) * 1000 - (performance.now() - startedAt);
      if (aheadMs > 0) await sleep(aheadMs, undefined, { signal: this.#stop.signal }).catch(() => undefined);
    }
  }

  async end(): Promise<void> {
    this.#stop.abort();
    await this.#running;
  }
}

async function dumpIds(place: ProductPlace): Promise<number[]> {
  return (await dumpSessions((sql) => place.sql('mysql', sql))).map(({ id }) => id);
}

async function breakerState(run: ProductRun): Promise<string | null> {
  const { body } = await run.page('/metrics');
  return /^heaviside_breaker_state\{[^}]*\bstate="([a-z_-]+)"[^}]*\} 1$/m.exec(body)?.[1] ?? null;
}

/** Looks until two looks, a second apart, see the same. */
async function settled(look: () => Promise<number>): Promise<number> {
  for (let seen = await look(); ;) {
    await sleep(1000);
    const now = await look();
    if (now === seen) return now;
    seen = now;
  }
}

/** One replica under load, whose Kafka goes away for a while and comes back; every row is counted at the end. */
export async function runOutage(place: ProductPlace, options: OutageOptions): Promise<OutageResult> {
  const database = `${place.name}_${options.kind}`;
  const [broker] = place.stack.kafka;
  if (broker === undefined) throw new Error('the stack has no broker');
  await place.createDatabase('mysql', database);
  await place.sql(
    'mysql',
    `CREATE TABLE ${database}.load_rows (id BIGINT PRIMARY KEY AUTO_INCREMENT, v VARCHAR(250))`,
  );
  const detour = await KafkaDetour.open(broker);
  const before = new Set(await dumpIds(place));
  const config = place.config(options.kind, place.replicator('mysql'), database, {
    ...place.ha(),
    'kafka.bootstrap.servers': detour.address,
  });
  const topic = config['kafka_topic'] ?? '';
  const run = await place.lead(config);
  const load = new SteadyLoad(place, database, options.rowsPerSecond);
  const dumps = new Set<number>();
  const states: string[] = [];
  const look = async (): Promise<void> => {
    for (const id of await dumpIds(place)) if (!before.has(id)) dumps.add(id);
    const state = await breakerState(run);
    if (state !== null && state !== states.at(-1)) states.push(state);
  };
  const end = async (): Promise<number> => (await place.topicEnd(topic)) ?? 0;
  try {
    await waitUntil(async () => (await end()) > options.rowsPerSecond, {
      timeoutMs: 30_000,
      what: 'the stream to flow',
    });
    await look();
    if (options.kind === 'cut') detour.cut();
    else detour.silence();
    const cutAt = performance.now();
    const endBefore = await settled(end); // what had got through comes to its end first
    const rowsBefore = load.rows;
    while (performance.now() - cutAt < options.outageMs) {
      await look();
      await sleep(POLL_MS);
    }
    const [rowsDuring, endDuring] = [load.rows - rowsBefore, await end()];
    detour.restore();
    const restoredAt = performance.now();
    await waitUntil(async () => (await end()) > endDuring, {
      timeoutMs: 60_000,
      what: 'the stream to go on',
    });
    const recoverySeconds = (performance.now() - restoredAt) / 1000;
    await load.end();
    const rowsTotal = async (): Promise<number> => Number((await run.status())['rowsTotal']);
    await waitUntil(async () => (await rowsTotal()) >= load.rows, {
      timeoutMs: 120_000 + options.outageMs,
      what: 'every row to be written',
      everyMs: 100,
    });
    const catchUpSeconds = (performance.now() - restoredAt) / 1000;
    await look();
    const ids = new Set<string>();
    let records = 0;
    await streamRecords(
      { brokers: place.brokers, topic, count: load.rows, timeoutMs: 120_000 },
      ({ messageId }) => {
        ids.add(messageId);
        records++;
      },
    );
    return {
      rows: load.rows,
      records,
      distinct: ids.size,
      rowsDuring,
      recordsDuring: endDuring - endBefore,
      peakBytes: peakMemoryBytes(run.pid),
      breakerStates: states,
      dumps: dumps.size,
      recoverySeconds,
      catchUpSeconds,
      epoch: Number((await run.status())['epoch']),
      log: run.log,
    };
  } finally {
    await load.end();
    await detour.close();
    if (run.isRunning) run.kill('SIGKILL');
    await run.ended;
  }
}
