import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { FailpointFile } from '../support/failpoint-order.ts';
import type { FaultProxy } from '../support/fault-proxy.ts';
import { haReplicaConfig, LEASE_TTL_MS, withRedis } from '../support/ha-place.ts';
import type { Flavor } from '../support/load-table.ts';
import type { SqlTarget } from '../support/load-connection.ts';
import { runProduct } from '../support/product-command.ts';
import type { RedisProcess } from '../support/redis-process.ts';
import { startReplica, type ReplicaProcess, type ReplicaStatus } from '../support/replica-process.ts';
import type { SeededRandom } from '../support/seeded-random.ts';
import { waitUntil } from '../support/wait-until.ts';
import type { FaultLog } from './fault-log.ts';
import type { GroundPlace } from './ground-place.ts';
import type { LiveTail } from './live-tail.ts';
import { ProcessSampler } from './process-sampler.ts';
import type { RoundNotes } from './round-notes.ts';
import type { Writer } from './writer/writer.ts';

/** What a ground is made of; the round puts it together. */
export interface GroundParts {
  readonly place: GroundPlace;
  readonly folder: string;
  readonly flavor: Flavor;
  readonly random: SeededRandom;
  readonly redis: RedisProcess;
  readonly writer: Writer;
  readonly tail: LiveTail;
  readonly faults: FaultLog;
  readonly notes: RoundNotes;
  readonly config: Readonly<Record<string, string>>;
  /** Factor on every limit of time: 1 is what the design promises, on a machine that has nothing else to do. */
  readonly patience: number;
  /** Shortens waits that only make a fault longer. */
  readonly isSlice: boolean;
  /** How long a soak lasts in this round. */
  readonly minutes: number;
  /** From a fault of a soak to the next. */
  readonly faultEveryMs: number;
  /** Share of a soak's faults that are a SIGKILL of the leader, beside the random ones. */
  readonly killShare: number;
}

/** What is looked at in a checkpoint. */
interface Checkpoint {
  readonly gtidSet: string | null;
  readonly split: { readonly nextRowIndex: number } | null;
}

/** A way that a replica takes to a server. */
export type Link = 'source' | 'redis' | 'kafka';

export const REPLICAS = ['a', 'b', 'c'] as const;
export type ReplicaName = (typeof REPLICAS)[number];

const START_MS = 60_000;
const LEAD_MS = 60_000;
const FLOW_MS = 90_000;

/** The cluster under fault: replica processes with relays of their own to every server, the writer, and the live reader. */
export class Ground {
  readonly ttlMs = LEASE_TTL_MS;
  readonly failpoints: FailpointFile;
  readonly processes: ProcessSampler;
  readonly #parts: GroundParts;
  readonly #replicas = new Map<string, ReplicaProcess>();
  readonly #ended: ReplicaProcess[] = [];
  readonly #frozen = new Set<ReplicaProcess>();
  /** Where the truth is at the end of the round; a scenario may have moved it. */
  source: SqlTarget;
  /** Tables of which a snapshot was asked for. */
  readonly snapshots: string[] = [];

  constructor(parts: GroundParts) {
    this.#parts = parts;
    this.source = parts.place.source;
    this.failpoints = new FailpointFile(join(parts.folder, 'failpoint.json'));
    this.processes = new ProcessSampler(() => this.running.map(({ pid }) => pid));
  }

  get flavor(): Flavor {
    return this.#parts.flavor;
  }

  get folder(): string {
    return this.#parts.folder;
  }

  get place(): GroundPlace {
    return this.#parts.place;
  }

  get random(): SeededRandom {
    return this.#parts.random;
  }

  get redis(): RedisProcess {
    return this.#parts.redis;
  }

  get writer(): Writer {
    return this.#parts.writer;
  }

  get tail(): LiveTail {
    return this.#parts.tail;
  }

  get faults(): FaultLog {
    return this.#parts.faults;
  }

  get notes(): RoundNotes {
    return this.#parts.notes;
  }

  get patience(): number {
    return this.#parts.patience;
  }

  get minutes(): number {
    return this.#parts.minutes;
  }

  get faultEveryMs(): number {
    return this.#parts.faultEveryMs;
  }

  get killShare(): number {
    return this.#parts.killShare;
  }

  get isSlice(): boolean {
    return this.#parts.isSlice;
  }

  /** Crash failover: the lease's time to live and two seconds (design §9). */
  get failoverLimitMs(): number {
    return LEASE_TTL_MS + 2000;
  }

  get running(): readonly ReplicaProcess[] {
    return [...this.#replicas.values()].filter(({ isRunning }) => isRunning);
  }

  /** Every process of a replica that was started, in order. */
  get everStarted(): readonly ReplicaProcess[] {
    return [...this.#ended, ...this.#replicas.values()];
  }

  replica(name: string): ReplicaProcess {
    const found = this.#replicas.get(name);
    if (found === undefined) throw new Error(`no replica ${name} was started`);
    return found;
  }

  link(name: string, link: Link): FaultProxy {
    const found = this.place.links.get(name)?.[link];
    if (found === undefined) throw new Error(`replica ${name} has no relay to ${link}`);
    return found;
  }

  /** Starts a replica, or one of that name anew. */
  async start(name: string, env: Readonly<Record<string, string>> = {}): Promise<ReplicaProcess> {
    const { place, folder, config } = this.#parts;
    const links = place.links.get(name);
    const replica = await startReplica({
      name,
      folder,
      config: {
        ...haReplicaConfig(place),
        ...(links === undefined
          ? {}
          : {
              host: '127.0.0.1',
              port: String(links.source.port),
              'redis.nodes': place.redisUrlOf(links.redis),
            }),
        ...(links?.kafka === undefined ? {} : { 'kafka.bootstrap.servers': `127.0.0.1:${links.kafka.port}` }),
        ...config,
      },
      env: { ...this.failpoints.env, ...env },
    });
    const former = this.#replicas.get(name);
    if (former !== undefined) this.#ended.push(former);
    this.#replicas.set(name, replica);
    return replica;
  }

  /** Starts all replicas, waits until one leads, and lets the writer write. */
  async startAll(
    envOf: (name: string) => Readonly<Record<string, string>> = () => ({}),
  ): Promise<ReplicaStatus> {
    const [first, ...others] = REPLICAS;
    await this.start(first, envOf(first));
    const status = await this.leader(); // what is written before the first position is not the cluster's to stream
    for (const name of others) await this.start(name, envOf(name));
    for (const name of others) await this.replica(name).waitForRole('standby', START_MS);
    await this.notes.baseline();
    this.writer.start();
    await this.flow(100);
    return status;
  }

  /** The replica that leads under an epoch above the one given. */
  async leader(above = 0, timeoutMs = LEAD_MS): Promise<ReplicaStatus> {
    const look = async (): Promise<ReplicaStatus | undefined> =>
      (await this.statuses()).find(
        ({ role, epoch, position }) => role === 'leader' && epoch > above && Boolean(position),
      );
    return waitUntil(look, { timeoutMs, what: `a leader above epoch ${above}`, everyMs: 50 });
  }

  /** What the replicas say that run and are not stopped. */
  async statuses(): Promise<ReplicaStatus[]> {
    const asked = this.running.filter((replica) => !this.#frozen.has(replica));
    const statuses = await Promise.all(asked.map((replica) => replica.status()));
    return statuses.filter((status) => status !== null);
  }

  /** Waits until so many more records are read. */
  async flow(records: number, timeoutMs = FLOW_MS): Promise<void> {
    const goal = this.tail.records + records;
    await waitUntil(() => this.tail.records >= goal, { timeoutMs, what: `${records} more records` });
  }

  /** Waits for the first record of an epoch above the one given; resolves to the highest epoch that has one. */
  async recovered(above: number, timeoutMs = FLOW_MS): Promise<number> {
    const look = (): number | undefined => this.tail.after(above).at(-1)?.epoch;
    return waitUntil(look, { timeoutMs, what: `a record of an epoch above ${above}` });
  }

  /** Asks for a snapshot of the writer's tables, as an operator does. Resolves when a leader has taken it over, or after 10 s. */
  async askForSnapshot(tables: readonly string[]): Promise<void> {
    const { database } = this.place;
    this.snapshots.push(...tables);
    this.faults.add(`a snapshot of ${tables.join(', ')} is asked for`);
    const names = tables.map((table) => `${database}.${table}`);
    const config = ['--config', this.replica(REPLICAS[0]).configFile];
    const { code, stderr } = await runProduct(['snapshot', 'start', ...names, ...config]);
    if (code !== 0) throw new Error(`heaviside snapshot start: exit ${code}: ${stderr}`);
  }

  /** SIGKILL, and waits until the process is gone. */
  async kill(name: string): Promise<void> {
    const replica = this.replica(name);
    this.faults.add(`SIGKILL ${name}`);
    this.notes.kills += 1;
    replica.kill('SIGKILL');
    await replica.exited;
  }

  freeze(name: string): void {
    this.faults.add(`SIGSTOP ${name}`);
    this.#frozen.add(this.replica(name));
    this.replica(name).kill('SIGSTOP');
  }

  /** Takes note that a replica has stopped itself at a failpoint. */
  noteFrozen(name: string): void {
    this.#frozen.add(this.replica(name));
  }

  thaw(name: string): void {
    this.faults.add(`SIGCONT ${name}`);
    this.#frozen.delete(this.replica(name));
    this.replica(name).kill('SIGCONT');
  }

  /** Sleeps while the load runs. */
  async pass(milliseconds: number): Promise<void> {
    await sleep(milliseconds);
  }

  /** The GTID set of the checkpoint in Redis; empty where there is none. */
  async checkpointGtids(): Promise<string> {
    return (await this.#checkpoint())?.gtidSet ?? '';
  }

  /** Rows that are committed of the transaction that the checkpoint stands within; 0 where it stands between two. */
  async committedOfSplit(): Promise<number> {
    return (await this.#checkpoint())?.split?.nextRowIndex ?? 0;
  }

  async #checkpoint(): Promise<Checkpoint | null> {
    const key = `heaviside:{${this.place.clientId}}:checkpoint`;
    const record = await withRedis(this.redis.url, (redis) => redis.hget(key, 'record'));
    return record === null ? null : (JSON.parse(record) as Checkpoint);
  }

  /** Takes every fault back that a scenario may have left, and has a cluster again. */
  async heal(): Promise<void> {
    this.failpoints.clear();
    for (const replica of this.#frozen) replica.kill('SIGCONT');
    this.#frozen.clear();
    for (const links of this.place.links.values())
      for (const link of [links.source, links.redis, links.kafka]) link?.heal();
    if (this.running.length === 0) await this.start('a');
    await this.leader();
  }

  async close(): Promise<void> {
    this.processes.close();
    this.failpoints.clear();
    for (const replica of this.running) replica.kill('SIGKILL');
    await Promise.all(this.everStarted.map(({ exited }) => exited));
  }
}
