import { setTimeout as sleep } from 'node:timers/promises';
import { LoadGenerator } from '../../test/support/load-generator.ts';
import { scanLog, type LogScan } from '../../test/support/log-scan.ts';
import { productEntry, type ReplicaProcess, type ReplicaStatus } from '../../test/support/replica-process.ts';
import { gapSeconds, TopicTail } from '../../test/support/topic-tail.ts';
import { waitUntil } from '../../test/support/wait-until.ts';
import { runCommand } from '../stack/run-command.ts';
import { DemoCluster } from './demo-cluster.ts';
import type { DemoOptions } from './demo-options.ts';
import { LEASE_TTL_MS, replicaConfig, type DemoPlace } from './demo-place.ts';
import type { DemoView } from './demo-view.ts';
import { grouped } from './frame.ts';
import type { Screen } from './screen.ts';

const REPLICAS = ['replica-1', 'replica-2', 'replica-3'];
const TICK_MS = 250;
const START_TIMEOUT_MS = 30_000;
const FAILOVER_TIMEOUT_MS = 30_000;
const DRAIN_TIMEOUT_MS = 60_000;
const KILL_AT = 0.4;
const SWITCH_AT = 0.75;

/** What the show has measured and left. */
export interface ShowResult {
  readonly failoverSeconds: number;
  readonly switchoverSeconds: number;
  readonly tail: TopicTail;
  readonly load: LoadGenerator;
  readonly scan: LogScan;
  readonly replicas: readonly ReplicaProcess[];
}

/** What the show plays with. */
export interface ShowStage {
  readonly place: DemoPlace;
  readonly options: DemoOptions;
  readonly view: DemoView;
  readonly screen: Screen;
  /** Git-ignored; properties, logs and the failpoint file go there. */
  readonly folder: string;
  /** Ctrl-C. */
  readonly signal: AbortSignal;
}

/** The show: three replicas under load, the leader killed with a transaction open, a planned switchover, the drain. */
export class Show {
  readonly #stage: ShowStage;
  readonly #cluster: DemoCluster;
  #tail: TopicTail | null = null;
  #load: LoadGenerator | null = null;
  #loadError: Error | null = null;
  #isOver = false;

  constructor(stage: ShowStage) {
    this.#stage = stage;
    this.#cluster = new DemoCluster(replicaConfig(stage.place), stage.folder, stage.options.isKept);
  }

  get replicas(): readonly ReplicaProcess[] {
    return this.#cluster.replicas;
  }

  /** Plays it. Rejects where a step does not happen in its time; then `close` ends what was begun. */
  async play(): Promise<ShowResult> {
    const { place, options, view } = this.#stage;
    const { bootstrapServers, topic } = place.kafka;
    const watching = this.#watch();
    view.now = 'Starting three replicas of Heaviside; Redis will elect one of them';
    const tail = (this.#tail = await TopicTail.open(bootstrapServers, [topic]));
    const { database, hiddenDatabase, flavor } = place.source;
    // It has no end of its own: rows must flow until both changes of leader are measured.
    const load = (this.#load = await LoadGenerator.create({
      server: place.source,
      flavor,
      database,
      hiddenDatabase,
      seed: options.seed,
      rowsPerSecond: options.rate,
      logFile: place.loadLog,
    }));
    for (const name of REPLICAS) await this.#cluster.start(name);
    const first = await this.#waitForLeader(0, START_TIMEOUT_MS);
    view.tell(`${first.replica} is elected: epoch ${first.epoch}`);

    view.now = `Writing ${grouped(options.rate)} rows/s: inserts, updates, deletes, rollbacks, up to 200 rows a transaction`;
    view.tell(`the load starts (seed ${options.seed})`);
    const loading = load.run().catch((error: unknown) => {
      this.#loadError = error instanceof Error ? error : new Error(String(error));
    });
    await this.#waitForRows(KILL_AT);
    const failoverSeconds = await this.#killLeader();
    await this.#waitForRows(SWITCH_AT);
    const switchoverSeconds = await this.#switchOver();
    view.now = 'The load goes on to its end';
    await this.#until(
      () => load.progress.rows >= options.rows,
      'the load to end',
      (options.rows / options.rate) * 4000,
    );
    await load.stop();
    await loading;
    view.tell(
      `the load has ended: ${grouped(load.progress.rows)} rows in ${grouped(load.progress.transactions)} transactions`,
    );
    const scan = await this.#drain(load, tail);
    this.#isOver = true;
    await watching;
    return { failoverSeconds, switchoverSeconds, tail, load, scan, replicas: this.replicas };
  }

  /** Ends the load and the reader. The replicas are the caller's. */
  async close(): Promise<void> {
    this.#isOver = true;
    this.#cluster.close();
    await this.#load?.stop();
    await this.#tail?.close();
  }

  async #killLeader(): Promise<number> {
    const { view } = this.#stage;
    view.now = 'Holding the leader at the moment when a Kafka transaction is sent and not committed';
    const leader = await this.#waitForLeader(0, START_TIMEOUT_MS);
    const hit = await this.#cluster.killInTransaction(leader.replica, START_TIMEOUT_MS);
    const killedAt = view.elapsedMs;
    view.tell(
      `SIGKILL to the leader ${hit.replica} (pid ${hit.pid}), a Kafka transaction open; the load goes on`,
    );
    view.now = `The leader is dead. A standby takes over when its lease has run out (TTL ${LEASE_TTL_MS / 1000} s)`;
    const next = await this.#waitForLeader(leader.epoch, FAILOVER_TIMEOUT_MS);
    view.tell(
      `${next.replica} is elected ${((view.elapsedMs - killedAt) / 1000).toFixed(1)} s after the kill: epoch ${next.epoch}, the dead leader is fenced`,
    );
    const seconds = await this.#gap(leader.epoch, FAILOVER_TIMEOUT_MS);
    view.tell(
      `failover: ${seconds.toFixed(2)} s from the last record of epoch ${leader.epoch} to the first of the next`,
    );
    view.now = `${hit.replica} is started again, as a StatefulSet would do it`;
    await this.#cluster.start(hit.replica);
    await this.#until(
      () => this.#cluster.status(hit.replica)?.role === 'standby',
      `${hit.replica} to be a standby`,
      START_TIMEOUT_MS,
    );
    view.tell(`${hit.replica} is back as a standby`);
    view.now = 'Catching up, and on with the load';
    return seconds;
  }

  async #switchOver(): Promise<number> {
    const { view } = this.#stage;
    const leader = await this.#waitForLeader(0, START_TIMEOUT_MS);
    view.now = `heaviside switchover: ${leader.replica} is asked to leave, a standby takes over at once`;
    view.tell(`heaviside switchover: ${leader.replica} (epoch ${leader.epoch}) is asked to leave`);
    const config = this.replicas.find(({ name }) => name === leader.replica)?.configFile ?? '';
    await runCommand(process.execPath, [productEntry(), 'switchover', '--config', config]);
    const next = await this.#waitForLeader(leader.epoch, FAILOVER_TIMEOUT_MS);
    const seconds = await this.#gap(leader.epoch, FAILOVER_TIMEOUT_MS);
    view.tell(
      `${next.replica} leads: epoch ${next.epoch}; switchover: ${seconds.toFixed(2)} s between the records of both`,
    );
    return seconds;
  }

  /** Waits until the reader has every record that was committed, and no transaction is open. */
  async #drain(load: LoadGenerator, tail: TopicTail): Promise<LogScan> {
    const { place, view } = this.#stage;
    const { bootstrapServers, topic, partitions } = place.kafka;
    view.now = 'Waiting until the last row is readable in Kafka';
    const { rows } = load.progress;
    const isThere = (): boolean => tail.records.length >= rows;
    // Not there in time is no reason to stop here: the audit will say what is missing.
    await this.#until(isThere, 'the last rows to be in Kafka', DRAIN_TIMEOUT_MS).catch((error: Error) =>
      view.tell(error.message),
    );
    const startedAt = view.elapsedMs;
    view.now = 'Reading the raw log of the topic: markers, aborted attempts, open transactions';
    for (;;) {
      const scan = await scanLog(bootstrapServers, topic);
      const numbers = Array.from({ length: partitions }, (_, partition) => partition);
      const isRead = numbers.every(
        (each) => tail.count(topic, each) >= (scan.committedRecords.get(each) ?? 0),
      );
      const isLate = view.elapsedMs - startedAt > DRAIN_TIMEOUT_MS;
      if ((isRead && scan.openTransactions === 0 && scan.isStable) || isLate) {
        view.tell(
          `raw log: ${grouped(scan.commitMarkers)} commit markers, ${scan.abortMarkers} abort markers, ${grouped(scan.abortedRecords)} aborted records that no consumer sees`,
        );
        return scan;
      }
      await sleep(300, undefined, { signal: this.#stage.signal });
    }
  }

  async #gap(epoch: number, timeoutMs: number): Promise<number> {
    return this.#until(
      () => gapSeconds(this.#tail?.epochs ?? [], epoch),
      `a record after epoch ${epoch}`,
      timeoutMs,
    );
  }

  /** A leader whose epoch is above the one given. */
  async #waitForLeader(above: number, timeoutMs: number): Promise<ReplicaStatus> {
    const what = above === 0 ? 'a leader' : `a leader after epoch ${above}`;
    return this.#until(() => this.#cluster.leader(above), what, timeoutMs);
  }

  async #waitForRows(share: number): Promise<void> {
    const { rows, rate } = this.#stage.options;
    const timeoutMs = (rows / rate) * 4000 + 10_000;
    await this.#until(
      () => (this.#load?.progress.rows ?? 0) >= rows * share,
      `${share * 100} % of the load`,
      timeoutMs,
    );
  }

  async #until<T>(
    look: () => T,
    what: string,
    timeoutMs: number,
  ): Promise<Exclude<T, false | null | undefined>> {
    const { signal } = this.#stage;
    const checked = (): T => {
      if (this.#loadError !== null) throw this.#loadError;
      this.#cluster.check();
      return look();
    };
    return waitUntil(checked, { what, timeoutMs, signal }).catch((error: unknown) => {
      if (signal.aborted) throw error;
      const reason = error instanceof Error ? error.message : String(error);
      throw new Error(`${reason}\n${this.#cluster.describe()}`, { cause: error });
    });
  }

  /** Asks every replica for its status and redraws the screen, until the show is over. */
  async #watch(): Promise<void> {
    const { view, screen, signal } = this.#stage;
    let tick = 0;
    while (!this.#isOver && !signal.aborted) {
      this.#cluster.look();
      await sleep(TICK_MS);
      view.replicas = this.#cluster.views();
      if (tick % 2 === 0) view.sample(this.#load?.progress.rows ?? 0, this.#tail?.records.length ?? 0);
      tick += 1;
      screen.draw(view);
    }
  }
}
