import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { kafkaJars } from '../../scripts/stack/kafka.ts';
import { stackDir } from '../../scripts/stack/stack-file.ts';
import { removeHaPlace } from '../support/ha-place.ts';
import { readWithJava } from '../support/java-reader.ts';
import type { Flavor } from '../support/load-table.ts';
import { scanLog, type LogScan } from '../support/log-scan.ts';
import { RedisProcess } from '../support/redis-process.ts';
import { SeededRandom } from '../support/seeded-random.ts';
import type { TopicRecord } from '../support/topic-record.ts';
import { waitUntil } from '../support/wait-until.ts';
import { check } from './checker/check.ts';
import type { PositionSeen } from './checker/evidence-input.ts';
import type { Findings } from './checker/findings.ts';
import { sourcesOf } from './checker/stream-check.ts';
import { FaultLog } from './fault-log.ts';
import { prepareGroundPlace } from './ground-place.ts';
import { Ground, REPLICAS } from './ground.ts';
import { LiveTail } from './live-tail.ts';
import { RedisSampler } from './redis-sampler.ts';
import { RoundNotes } from './round-notes.ts';
import type { RoundResult, Verdict } from './round-result.ts';
import type { Scenario } from './scenario.ts';
import { executedGtids, sourceTables } from './source-view.ts';
import { Writer } from './writer/writer.ts';

export interface RoundOptions {
  readonly scenario: Scenario;
  readonly flavor: Flavor;
  readonly seed: number;
  readonly patience: number;
  readonly isSlice: boolean;
  /** From a fault of a soak to the next. */
  readonly faultEverySeconds: number;
  /** Share of a soak's faults that are a SIGKILL of the leader, beside the random ones. */
  readonly killShare: number;
  /** Length of a soak in this round. */
  readonly minutes: number;
  /** Where the round works; kept where it fails or is void. */
  readonly folder: string;
  readonly say: (text: string) => void;
  /** Aborted: the round is given up at once. */
  readonly signal: AbortSignal;
}

const ROWS_PER_SECOND = 400;
const QUIET_MS = 5000;
const MOST_QUIET_MS = 30_000;
const DRAIN_MS = 120_000;
/** Beside the length of a soak: what takes longer stands still, and is ended. Times the patience. */
const ROUND_LIMIT_MS = 45 * 60_000;
const SLICE_LIMIT_MS = 10 * 60_000;
const CLOSE_LIMIT_MS = 30_000;

/** One cluster from its first replica to the verdict. */
export class Round {
  readonly #options: RoundOptions;
  readonly #notes = new RoundNotes();
  readonly #faults: FaultLog;
  #baseline = '';

  constructor(options: RoundOptions) {
    this.#options = options;
    mkdirSync(options.folder, { recursive: true });
    this.#faults = new FaultLog(join(options.folder, 'faults.log'), options.say);
  }

  /** Never rejects: what goes wrong is a failed round. Null: it was given up. */
  async run(): Promise<RoundResult | null> {
    const { scenario, flavor, seed, folder, signal } = this.#options;
    const startedAt = new Date();
    let seen: Seen | null = null;
    let error: string | null = null;
    try {
      seen = await this.#observe();
    } catch (cause) {
      error = cause instanceof Error ? (cause.stack ?? cause.message) : String(cause);
    }
    if (signal.aborted) {
      rmSync(folder, { recursive: true, force: true });
      return null;
    }
    const notes = this.#notes;
    const verdict = this.#verdict(seen, error);
    const result: RoundResult = {
      scenario: scenario.id,
      server: flavor,
      seed,
      verdict,
      startedAt: startedAt.toISOString(),
      seconds: Math.round((Date.now() - startedAt.getTime()) / 100) / 10,
      patience: this.#options.patience,
      error,
      counts: seen?.findings.counts ?? {},
      lost: seen?.findings.lost ?? 0,
      duplicated: seen?.findings.duplicated ?? 0,
      outOfOrder: seen?.findings.outOfOrder ?? 0,
      transactions: seen?.transactions ?? 0,
      rows: seen?.rows ?? 0,
      kills: notes.kills,
      failovers: notes.failovers,
      soakMinutes: notes.soakMinutes,
      recoverySeconds: notes.recoveries.map(({ seconds }) => seconds),
      unmet: notes.demands.filter(({ isMet }) => !isMet).map(({ text }) => text),
      bites: Object.fromEntries(notes.bites),
      figures: notes.figures,
      folder: verdict === 'held' ? null : folder,
    };
    if (verdict === 'held') rmSync(folder, { recursive: true, force: true });
    else this.#keep(result, seen);
    return result;
  }

  #verdict(seen: Seen | null, error: string | null): Verdict {
    const isBroken = error !== null || seen === null || Object.keys(seen.findings.counts).length > 0;
    if (isBroken || this.#notes.demands.some(({ isMet }) => !isMet)) return 'failed';
    return this.#notes.isVoid ? 'void' : 'held';
  }

  #keep(result: RoundResult, seen: Seen | null): void {
    const { folder, scenario, flavor, seed, patience, isSlice } = this.#options;
    const { demands, recoveries } = this.#notes;
    const repeat = `npm run chaos -- --scenario ${scenario.id} --server ${flavor} --seed ${seed} --rounds 1 --patience ${patience}${isSlice ? ' --slice' : ''}`;
    const findings = { repeat, result, demands, recoveries, findings: seen?.findings.list ?? [] };
    writeFileSync(join(folder, 'findings.json'), `${JSON.stringify(findings, null, 2)}\n`);
    if (seen === null) return;
    const lines = seen.records.map((record) => JSON.stringify(record));
    writeFileSync(join(folder, 'topic.jsonl'), `${lines.join('\n')}\n`);
  }

  async #observe(): Promise<Seen> {
    const closing: (() => Promise<unknown> | void)[] = [];
    try {
      return await this.#orGivenUp(this.#play((close) => closing.push(close)));
    } finally {
      for (const close of closing.reverse()) {
        const isClosed = await Promise.race([
          Promise.resolve(close()).then(() => true),
          sleep(CLOSE_LIMIT_MS, false, { ref: false }),
        ]);
        if (!isClosed) this.#faults.add('something that was to be closed does not answer');
      }
    }
  }

  /** @param atEnd takes what is to be closed, last first */
  async #play(atEnd: (close: () => Promise<unknown> | void) => void): Promise<Seen> {
    const { scenario, flavor, seed, folder, patience, isSlice, minutes, faultEverySeconds, killShare } =
      this.#options;
    const random = new SeededRandom(seed * 97 + Number.parseInt(scenario.id, 10));
    const own = await scenario.servers?.(flavor);
    if (own !== undefined) atEnd(() => own.close());
    const redis = own?.redis ?? (await RedisProcess.start());
    atEnd(() => redis[Symbol.asyncDispose]());
    const place = await prepareGroundPlace({
      flavor,
      redis,
      brokers: scenario.brokers ?? 1,
      replicas: REPLICAS,
      source: own?.source,
      redisUrl: own?.redisUrl,
    });
    atEnd(() => place.close());
    atEnd(() => removeHaPlace(place).catch(() => undefined)); // a source of the scenario's own may be gone
    const writer = await Writer.create({
      server: place.source,
      flavor,
      database: place.database,
      seed,
      rowsPerSecond: scenario.rowsPerSecond ?? ROWS_PER_SECOND,
      ledgerFile: join(folder, 'ledger.jsonl'),
      hasDdl: scenario.hasDdl ?? true,
      ...(scenario.rowsBefore === undefined
        ? {}
        : { rowsBefore: isSlice ? scenario.rowsBefore / 5 : scenario.rowsBefore }),
    });
    const jars = await kafkaJars(stackDir());
    const tail = new LiveTail(jars, place.brokers, [place.topic, place.positionsTopic]);
    atEnd(() => tail.close());
    const sampler = new RedisSampler(redis.url, `heaviside:{${place.clientId}}:checkpoint`);
    atEnd(() => sampler.close());
    this.#notes.baseline = async () => {
      this.#baseline = await executedGtids(place.source, flavor);
      await tail.joined();
    };
    const ground = new Ground({
      place,
      folder,
      flavor,
      random,
      redis,
      writer,
      tail,
      patience,
      isSlice,
      minutes,
      faultEveryMs: faultEverySeconds * 1000,
      killShare,
      faults: this.#faults,
      notes: this.#notes,
      config: scenario.config ?? {},
    });
    atEnd(() => ground.close());
    atEnd(() => writer.stop().catch(() => undefined));
    await scenario.run(ground);
    await ground.heal();
    await writer.stop();
    await this.#drain(ground);
    return this.#view(ground, sampler, jars);
  }

  /** As the promise, unless the round is given up or stands still before; what it would still have done fails on what is closed. */
  async #orGivenUp<T>(play: Promise<T>): Promise<T> {
    const { signal, isSlice, minutes, patience } = this.#options;
    play.catch(() => undefined);
    const limitMs = (isSlice ? SLICE_LIMIT_MS : ROUND_LIMIT_MS) * patience + minutes * 60_000;
    let limit: NodeJS.Timeout | undefined;
    const givenUp = new Promise<never>((_, reject) => {
      const giveUp = (): void => reject(new Error('given up'));
      if (signal.aborted) giveUp();
      signal.addEventListener('abort', giveUp, { once: true });
      const why = new Error(`the round did not end within ${(limitMs / 60_000).toFixed(0)} min`);
      limit = setTimeout(() => reject(why), limitMs);
    });
    try {
      return await Promise.race([play, givenUp]);
    } finally {
      clearTimeout(limit);
    }
  }

  /** Waits until everything that was acknowledged is read, or for so long that it will not be. */
  async #drain({ tail, writer, place }: Ground): Promise<void> {
    const isThere = (): boolean => tail.records >= writer.ledger.visibleChanges;
    this.#options.say(`waiting for ${writer.ledger.visibleChanges} rows, ${tail.records} are here`);
    await waitUntil(isThere, { timeoutMs: DRAIN_MS, what: 'all rows' }).catch(() => undefined); // the checker tells
    const isStable = async (): Promise<boolean> => (await scanLog(place.brokers, place.topic)).isStable;
    await waitUntil(isStable, { timeoutMs: 20_000, what: 'no open Kafka transaction', everyMs: 250 });
  }

  async #view(ground: Ground, sampler: RedisSampler, jars: string): Promise<Seen> {
    const { place, writer, tail, flavor, processes } = ground;
    const quietMs = QUIET_MS * this.#options.patience; // for a transaction that is still open
    sampler.close(); // before the positions are read: the next commit may come at any time
    const [records, positionRecords] = await Promise.all([
      readAll(jars, place.brokers, { topic: place.topic, seenLive: tail.all, quietMs }),
      readAll(jars, place.brokers, { topic: place.positionsTopic, seenLive: tail.positions, quietMs }),
    ]);
    const scan: LogScan = await scanLog(place.brokers, place.topic);
    const { figures } = this.#notes;
    Object.assign(figures, {
      alterations: writer.alterations,
      rolledBack: writer.rolledBack,
      abortedRecords: scan.abortedRecords,
      abortMarkers: scan.abortMarkers,
      epochs: tail.epochs.size,
      checkpointSamples: sampler.samples.length,
      peakRssMb: Math.round(processes.peakRssMb),
      peakFds: processes.peakFds,
    });
    const { entries } = writer.ledger;
    const positions = positionRecords.map(({ offset, value }): PositionSeen => ({
      ...(JSON.parse(value ?? '{}') as Omit<PositionSeen, 'offset'>),
      offset,
    }));
    const findings = check({
      ledger: entries,
      records,
      positions,
      checkpoints: sampler.samples,
      executed: await executedGtids(ground.source, flavor),
      before: writer.before,
      snapshots: ground.snapshots,
      baseline: this.#baseline,
      sources: sourcesOf(entries),
      tables: await sourceTables(ground.source, flavor, place.database),
    });
    if (ground.snapshots.length > 0) {
      const { snapshotRows, overtakenRows } = findings;
      Object.assign(figures, { snapshotRows, overtakenRows });
      this.#notes.bite('rows were changed while their chunk was read', overtakenRows > 0);
    }
    this.#notes.failovers = new Set(positions.map(({ epoch }) => epoch)).size - 1;
    return { findings, records, transactions: entries.length, rows: writer.ledger.visibleChanges };
  }
}

/** Another reader, from the beginning; more patient where it saw less than the live one: a transaction may have been open. */
async function readAll(
  jars: string,
  brokers: readonly string[],
  { topic, seenLive, quietMs }: { topic: string; seenLive: number; quietMs: number },
): Promise<TopicRecord[]> {
  for (let patientMs = quietMs; ; patientMs *= 2) {
    const records = await readWithJava(jars, brokers, topic, { quietMs: patientMs });
    if (records.length >= seenLive || patientMs > MOST_QUIET_MS) return records;
  }
}

interface Seen {
  readonly findings: Findings;
  readonly records: readonly unknown[];
  readonly transactions: number;
  readonly rows: number;
}
