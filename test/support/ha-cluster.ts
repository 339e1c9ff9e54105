import './leak-check.ts';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { SqlServer } from '../../scripts/stack/stack-info.ts';
import { audit } from './audit.ts';
import type { AuditReport } from './audit-report.ts';
import { FailpointFile } from './failpoint-order.ts';
import { patience } from './ha-figures.ts';
import { haReplicaConfig, prepareHaPlace, removeHaPlace, withRedis, type HaPlace } from './ha-place.ts';
import { LoadGenerator } from './load-generator.ts';
import type { Flavor } from './load-table.ts';
import { scanLog, type LogScan } from './log-scan.ts';
import { runProduct, type ProductRun } from './product-command.ts';
import { startReplica, type ReplicaProcess, type ReplicaStatus } from './replica-process.ts';
import { readSourceRows } from './source-rows.ts';
import { gapSeconds, TopicTail } from './topic-tail.ts';
import { waitUntil } from './wait-until.ts';

export interface HaClusterOptions {
  /** Default mysql. */
  readonly flavor?: Flavor;
  /** Options of all replicas beside the usual ones. */
  readonly config?: Readonly<Record<string, string>>;
  /** Redis URLs of the test's own. Default: the stack's Redis. */
  readonly redisUrls?: readonly string[];
  readonly redisNodes?: 1 | 3;
  readonly brokers?: 1 | 3;
  /** Default 1500. */
  readonly rowsPerSecond?: number;
  /** A source of the test's own, for which the load waits when it is away. */
  readonly source?: SqlServer;
}

/** What a test has at its end: the audit, and the raw log of the topic. */
export interface HaResult {
  readonly report: AuditReport;
  readonly scan: LogScan;
}

// Long: what is slow is told by the figures, and a busy machine is no fault of the product.
const patienceMs = (): number => 60_000 * patience();
const SOURCE_AWAY_MS = 120_000;

/** A cluster of replica processes over the real stack, with a load, a reader and an audit; one for each test. */
export class HaCluster {
  readonly place: HaPlace;
  readonly failpoints: FailpointFile;
  readonly folder: string;
  readonly load: LoadGenerator;
  #tail: TopicTail;
  readonly #config: Readonly<Record<string, string>>;
  readonly #replicas = new Map<string, ReplicaProcess>();
  readonly #frozen = new Set<ReplicaProcess>();
  readonly #ended: ReplicaProcess[] = [];
  #loading: Promise<void> = Promise.resolve();

  private constructor(parts: {
    place: HaPlace;
    folder: string;
    load: LoadGenerator;
    tail: TopicTail;
    config: Readonly<Record<string, string>>;
  }) {
    this.place = parts.place;
    this.folder = parts.folder;
    this.load = parts.load;
    this.#tail = parts.tail;
    this.#config = parts.config;
    this.failpoints = new FailpointFile(join(parts.folder, 'failpoint.json'));
  }

  /** Prepares everything but the replicas. It is taken down when the test ends; the logs of a failed one are kept. */
  static async create(options: HaClusterOptions = {}): Promise<HaCluster> {
    const { flavor = 'mysql', config = {}, redisUrls = null, redisNodes = 1, brokers = 1 } = options;
    const own = options.source === undefined ? {} : { source: options.source };
    const place = await prepareHaPlace({ flavor, brokers, redisUrls, redisNodes, ...own });
    const load = await LoadGenerator.create({
      server: place.source,
      flavor,
      database: place.database,
      seed: Math.floor(Math.random() * 1_000_000),
      rowsPerSecond: options.rowsPerSecond ?? 1500,
      reconnectMs: options.source === undefined ? 0 : SOURCE_AWAY_MS,
    });
    const tail = await TopicTail.open(place.brokers, [place.topic]);
    const folder = mkdtempSync(join(tmpdir(), 'heaviside-ha-'));
    const cluster = new HaCluster({ place, folder, load, tail, config });
    onTestFinished(async ({ task }) => {
      const isFailed = task.result?.state === 'fail';
      if (isFailed) process.stderr.write(`[ha] ${task.name}: the replicas' logs are in ${folder}\n`);
      await cluster.#close(isFailed);
    });
    return cluster;
  }

  /** The reader. */
  get tail(): TopicTail {
    return this.#tail;
  }

  get running(): readonly ReplicaProcess[] {
    return [...this.#replicas.values()].filter(({ isRunning }) => isRunning);
  }

  replica(name: string): ReplicaProcess {
    const found = this.#replicas.get(name);
    if (found === undefined) throw new Error(`no replica ${name} was started`);
    return found;
  }

  /** Starts a replica, or one of that name anew; `config` beside what all have. The watchdog is off (takeover, rule 26). */
  async start(name: string, config: Readonly<Record<string, string>> = {}): Promise<ReplicaProcess> {
    const replica = await startReplica({
      name,
      folder: this.folder,
      config: { ...haReplicaConfig(this.place), ...this.#config, ...config },
      env: { ...this.failpoints.env, HEAVISIDE_FAILPOINT_WATCHDOG: 'off' },
    });
    const former = this.#replicas.get(name);
    if (former !== undefined) this.#ended.push(former);
    this.#replicas.set(name, replica);
    return replica;
  }

  /** Starts replicas of which the first leads before the others are started. */
  async startLedBy(leader: string, ...others: readonly string[]): Promise<ReplicaStatus> {
    await this.start(leader);
    const status = await this.leader();
    for (const name of others) await this.start(name);
    for (const name of others) await this.replica(name).waitForRole('standby');
    return status;
  }

  /** The replica that leads above the epoch given and has a position: what is written before a new cluster's first one is not its to stream. */
  async leader(above = 0, timeoutMs = patienceMs()): Promise<ReplicaStatus> {
    const look = async (): Promise<ReplicaStatus | undefined> =>
      (await this.statuses()).find(
        ({ role, epoch, position }) => role === 'leader' && epoch > above && Boolean(position),
      );
    return waitUntil(look, { timeoutMs, what: `a leader above epoch ${above}` }).catch((error: unknown) => {
      const words = this.running.map((replica) => replica.lastWords()).join('\n');
      throw new Error(`${String(error)}\n${words}`, { cause: error });
    });
  }

  /**
   * The epochs under which a replica has led, by its log. Who led how often is told exactly by this, also on a machine so
   * busy that a leader is not let run for a TTL and takes its own lease anew.
   */
  led(name: string): number[] {
    const lines = this.replica(name).logLines();
    return lines.filter(({ message }) => message === 'leading').map(({ epoch }) => Number(epoch));
  }

  /** What the replicas say that run and are not stopped. */
  async statuses(): Promise<ReplicaStatus[]> {
    const asked = this.running.filter((replica) => !this.#frozen.has(replica));
    const statuses = await Promise.all(asked.map((replica) => replica.status()));
    return statuses.filter((status) => status !== null);
  }

  startLoad(): void {
    this.#loading = this.load.run();
    this.#loading.catch(() => undefined); // finish tells
  }

  /** Waits until the reader has so many more records than now. */
  async flow(records = 1000, timeoutMs = patienceMs()): Promise<void> {
    const goal = this.tail.records.length + records;
    await waitUntil(() => this.tail.records.length >= goal, { timeoutMs, what: `${records} more records` });
  }

  /** Waits for so many records of an epoch above `above`, and resolves to that epoch. */
  async flowAfter(above: number, records = 300, timeoutMs = patienceMs()): Promise<number> {
    const look = (): number | undefined =>
      this.tail.epochs.find((each) => each.epoch > above && each.records >= records)?.epoch;
    return waitUntil(look, { timeoutMs, what: `${records} records of an epoch above ${above}` });
  }

  /** Ends the reader before a broker dies: kafkajs's group may live on it, and then neither reads on nor closes. */
  async stopReading(): Promise<void> {
    await this.tail.close();
  }

  /** Seconds from the last record of the epoch to the first of the next. */
  gap(epoch: number): number {
    return gapSeconds(this.tail.epochs, epoch) ?? NaN;
  }

  /** SIGKILL, and waits until the process is gone. */
  async crash(name: string): Promise<void> {
    const replica = this.replica(name);
    replica.kill('SIGKILL');
    await replica.exited;
  }

  /** SIGSTOP. Resolves when the kernel shows it stopped. */
  freeze(name: string): void {
    const replica = this.replica(name);
    this.#frozen.add(replica);
    replica.kill('SIGSTOP');
  }

  /** Takes note that a replica has stopped itself at a failpoint. */
  noteFrozen(name: string): void {
    this.#frozen.add(this.replica(name));
  }

  thaw(name: string): void {
    const replica = this.replica(name);
    this.#frozen.delete(replica);
    replica.kill('SIGCONT');
  }

  /** Runs a command of the product with the configuration of a replica. */
  command(name: string, ...args: readonly string[]): Promise<ProductRun> {
    const [verb = '', ...rest] = args;
    return runProduct([verb, ...rest, '--config', this.replica(name).configFile]);
  }

  /** A key of this cluster in its first Redis. */
  redisKey(key: string): string {
    return `heaviside:{${this.place.clientId}}:${key}`;
  }

  /** Runs commands on its first Redis. */
  redis<T>(work: Parameters<typeof withRedis<T>>[1]): Promise<T> {
    return withRedis(this.place.redisUrls[0] ?? '', work);
  }

  /** The raw log of the topic now. */
  scan(): Promise<LogScan> {
    return scanLog(this.place.brokers, this.place.topic);
  }

  async endLoad(): Promise<void> {
    await this.load.stop();
    await this.#loading;
  }

  /** How many records are committed in the topic now, by its raw log: works where the reader's group has lost its broker. */
  async committed(): Promise<number> {
    return [...(await this.scan()).committedRecords.values()].reduce((sum, count) => sum + count, 0);
  }

  /**
   * Ends the load, waits until the reader has everything and no transaction is open, and audits.
   * @param isReadAnew with another reader, from the beginning: the first one may have been hurt by the fault
   */
  async finish(isReadAnew = false): Promise<HaResult> {
    await this.endLoad();
    const { load, place } = this;
    if (isReadAnew) await this.#readAnew();
    const { rows } = load.progress;
    const isThere = (): boolean => this.tail.records.length >= rows;
    // Not there in time: the audit says what is missing.
    await waitUntil(isThere, { timeoutMs: patienceMs(), what: 'the last rows' }).catch(() => undefined);
    const scan = await this.#stableScan();
    const sourceRows = await readSourceRows(place.source, place.flavor, place.database);
    return { report: audit({ log: load.log, records: this.tail.records, sourceRows }), scan };
  }

  async #readAnew(): Promise<void> {
    const former = this.#tail;
    this.#tail = await TopicTail.open(this.place.brokers, [this.place.topic]);
    await former.close();
  }

  async #stableScan(): Promise<LogScan> {
    const { tail, place } = this;
    const deadline = performance.now() + patienceMs();
    for (;;) {
      const scan = await this.scan();
      const isRead = [...scan.committedRecords].every(
        ([partition, count]) => tail.count(place.topic, partition) >= count,
      );
      if ((isRead && scan.isStable) || performance.now() > deadline) return scan;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }

  async #close(isFailed: boolean): Promise<void> {
    this.failpoints.clear();
    await this.load.stop();
    for (const replica of this.running) replica.kill('SIGKILL');
    const started = [...this.#replicas.values(), ...this.#ended];
    await Promise.all(started.map(({ exited }) => exited));
    await this.tail.close();
    await removeHaPlace(this.place);
    if (!isFailed) rmSync(this.folder, { recursive: true, force: true });
    const left = started.filter(({ pid }) => isAlive(pid)).map(({ pid }) => pid);
    if (left.length > 0) throw new Error(`replicas are left running: ${left.join(', ')}`);
  }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
