import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Kafka, logLevel } from 'kafkajs';
import { waitUntil } from '../../test/support/wait-until.ts';
import type { LoadWriter } from './load.ts';
import type { Peer, ReplayJob } from './peers/peer.ts';
import { quantile } from './statistics.ts';
import { columnDefinitions, rowSql, type TableShape } from './table-shape.ts';
import { createTopics, deleteTopics } from './topics.ts';
import { SeededRandom } from '../../test/support/seeded-random.ts';

/** Milliseconds from the source's acknowledgement of a commit to the arrival at a consumer that reads committed. */
export interface Latency {
  /** Transactions a second that were asked for, and that the source took. */
  readonly rate: number;
  readonly p50: number;
  readonly p99: number;
}

const shape: TableShape = { columns: 8, textBytes: 0 };
const DATABASE = 'bench_latency';
const PARTITIONS = 4;
const WARM_UP_MS = 4000;
const idMember = Buffer.from('"id":');

let runs = 0;

/** One process of the peer, and single-row transactions at each of the rates, one after the other. */
export async function measureLatency(
  peer: Peer,
  writer: LoadWriter,
  { brokers, rates, seconds }: { brokers: readonly string[]; rates: readonly number[]; seconds: number },
): Promise<Latency[]> {
  await writer.createDatabase(DATABASE);
  await writer.run(`CREATE TABLE ${DATABASE}.t0 (${columnDefinitions(shape)})`);
  const from = await writer.position();
  const load = { database: DATABASE, tables: ['t0'], from, rows: 0, transactions: 0, binlogBytesPerRow: 0 };
  const folder = mkdtempSync(join(tmpdir(), 'heaviside-latency-'));
  const settings = {
    compression: 'none',
    format: 'json',
    partitions: PARTITIONS,
    topicPerTable: false,
  } as const;
  const job: ReplayJob = { load, settings, id: `latency${Date.now().toString(36)}${runs++}`, folder };
  const topic = peer.topicOf(job, 't0');
  await createTopics(brokers, [topic], PARTITIONS);
  const arrivals = await Arrivals.open(brokers, topic);
  try {
    const running = await peer.start(job);
    try {
      const stream = new SteadyRows(writer);
      await Promise.race([stream.write(rates[0] ?? 50, WARM_UP_MS), running.failed]);
      const figures: Latency[] = [];
      for (const rate of rates) {
        const acknowledged = await Promise.race([stream.write(rate, seconds * 1000), running.failed]);
        figures.push({ rate, ...(await delaysOf(acknowledged, arrivals)) });
      }
      return figures;
    } finally {
      await running.stop();
    }
  } finally {
    await arrivals.close();
    await deleteTopics(brokers, [topic, ...peer.ownTopics(job)]);
    rmSync(folder, { recursive: true, force: true });
  }
}

async function delaysOf(
  acknowledged: ReadonlyMap<number, number>,
  arrivals: Arrivals,
): Promise<{ p50: number; p99: number }> {
  await waitUntil(() => [...acknowledged.keys()].every((id) => arrivals.at.has(id)), {
    timeoutMs: 30_000,
    what: 'every row to arrive',
  });
  // A record may arrive before the acknowledgement does.
  const delays = [...acknowledged].map(([id, at]) => Math.max(0, (arrivals.at.get(id) ?? NaN) - at));
  return { p50: quantile(delays, 0.5), p99: quantile(delays, 0.99) };
}

/** Single-row transactions at a steady rate, with ids that go on from one call to the next. */
class SteadyRows {
  readonly #writer: LoadWriter;
  readonly #random = new SeededRandom(11);
  #id = 0;

  constructor(writer: LoadWriter) {
    this.#writer = writer;
  }

  /** Resolves to when each row was acknowledged, by performance.now(). */
  async write(rate: number, milliseconds: number): Promise<Map<number, number>> {
    const acknowledged = new Map<number, number>();
    const startedAt = performance.now();
    for (let count = 0; performance.now() - startedAt < milliseconds; count++) {
      const aheadMs = (count * 1000) / rate - (performance.now() - startedAt);
      if (aheadMs > 0) await sleep(aheadMs);
      const id = ++this.#id;
      await this.#writer.run(`INSERT INTO ${DATABASE}.t0 VALUES (${rowSql(shape, id, this.#random)})`);
      acknowledged.set(id, performance.now());
    }
    return acknowledged;
  }
}

/** A read_committed consumer that notes when each row came, by performance.now(). */
class Arrivals {
  readonly at = new Map<number, number>();
  readonly close: () => Promise<void>;

  private constructor(close: () => Promise<void>) {
    this.close = close;
  }

  static async open(brokers: readonly string[], topic: string): Promise<Arrivals> {
    const kafka = new Kafka({ brokers: [...brokers], clientId: 'bench', logLevel: logLevel.NOTHING });
    const consumer = kafka.consumer({
      groupId: `bench-${randomUUID()}`,
      readUncommitted: false,
      maxWaitTimeInMs: 500,
      allowAutoTopicCreation: false,
    });
    const arrivals = new Arrivals(() => consumer.disconnect());
    await consumer.connect();
    await consumer.subscribe({ topics: [topic], fromBeginning: true });
    await consumer.run({
      autoCommit: false,
      eachBatch: ({ batch }) => {
        const now = performance.now();
        for (const { value } of batch.messages) {
          const start = value?.indexOf(idMember) ?? -1;
          if (value === null || start < 0) continue;
          const id = parseInt(
            value.toString('latin1', start + idMember.length, start + idMember.length + 16),
            10,
          );
          if (!arrivals.at.has(id)) arrivals.at.set(id, now);
        }
        return Promise.resolve();
      },
    });
    return arrivals;
  }
}
