import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { haReplicaConfig, prepareHaPlace, removeHaPlace, type HaPlace } from '../../test/support/ha-place.ts';
import { LoadConnection } from '../../test/support/load-connection.ts';
import { ReplicaProcess, startReplica, type ReplicaStatus } from '../../test/support/replica-process.ts';
import { waitUntil } from '../../test/support/wait-until.ts';

export type Properties = Readonly<Record<string, string>>;

const changeMs = 120_000;
/** Longer than a busy machine keeps a process waiting. */
const leaseTtlMs = '10000';

/** The replicas of one cluster over the stack's servers, for one fault; what a fault opens beside them is closed with it. */
export class AlertCluster {
  readonly place: HaPlace;
  readonly #folder = mkdtempSync(join(tmpdir(), 'heaviside-alerts-'));
  readonly #config: Properties;
  readonly #replicas = new Map<string, ReplicaProcess>();
  readonly #ports = new Set<number>();
  readonly #closers: (() => Promise<void>)[] = [];
  readonly #sql: LoadConnection;

  private constructor(place: HaPlace, config: Properties) {
    this.place = place;
    this.#config = config;
    this.#sql = new LoadConnection(place.source, place.flavor);
  }

  /** With a table `rows (id, text, doc)` in its database. @param redisUrl a Redis of the fault's own */
  static async open(config: Properties = {}, redisUrl?: string): Promise<AlertCluster> {
    const redisUrls = redisUrl === undefined ? null : [redisUrl];
    const place = await prepareHaPlace({ flavor: 'mysql', brokers: 1, redisNodes: 1, redisUrls });
    const cluster = new AlertCluster(place, config);
    await cluster.#sql.open();
    await cluster.sql(
      `CREATE DATABASE ${place.database}`,
      `CREATE TABLE ${place.database}.rows_of (id INT PRIMARY KEY AUTO_INCREMENT, text LONGTEXT, doc JSON)`,
    );
    return cluster;
  }

  /** Every port on which a replica has ever served its pages. */
  get ports(): readonly number[] {
    return [...this.#ports];
  }

  replica(name: string): ReplicaProcess {
    const found = this.#replicas.get(name);
    if (found === undefined) throw new Error(`no replica ${name}`);
    return found;
  }

  /** Has something ended with the cluster. */
  adopt<T>(thing: T, close: (thing: T) => Promise<void>): T {
    this.#closers.push(() => close(thing));
    return thing;
  }

  /** @param httpPort where its pages are; default: a free port */
  async start(name: string, config: Properties = {}, httpPort?: number): Promise<ReplicaProcess> {
    const options = {
      name,
      folder: this.#folder,
      config: { ...haReplicaConfig(this.place), lease_ttl_ms: leaseTtlMs, ...this.#config, ...config },
    };
    const replica =
      httpPort === undefined ? await startReplica(options) : new ReplicaProcess(options, httpPort);
    this.#replicas.set(name, replica);
    this.#ports.add(replica.httpPort);
    return replica;
  }

  /** Starts a replica that has ended once more, at its former address, as whatever keeps it running does. */
  async startAgain(name: string): Promise<void> {
    const { httpPort } = this.replica(name);
    await this.start(name, {}, httpPort);
  }

  /** Waits for a role, for as long as a busy machine may need. */
  async role(name: string, role: ReplicaStatus['role']): Promise<void> {
    await this.replica(name).waitForRole(role, changeMs);
  }

  /** Waits until a leader has written so many rows. */
  async rows(name: string, count: number): Promise<void> {
    const look = async (): Promise<boolean> => {
      const status = (await this.replica(name).status()) as { readonly rowsTotal?: number } | null;
      return (status?.rowsTotal ?? 0) >= count;
    };
    await waitUntil(look, { timeoutMs: changeMs, what: `${count} rows written by ${name}`, everyMs: 100 });
  }

  /** Waits until one of them leads, and resolves to its name. */
  async leaderAmong(...names: readonly string[]): Promise<string> {
    const look = async (): Promise<string | undefined> => {
      const statuses = await Promise.all(names.map((name) => this.replica(name).status()));
      return statuses.find((status) => status?.role === 'leader' && Boolean(status.position))?.replica;
    };
    return waitUntil(look, { timeoutMs: changeMs, what: `one of ${names.join(', ')} to lead`, everyMs: 100 });
  }

  /** Waits until one of two replicas leads and the other one stands by, whichever. */
  async settled(...names: readonly [string, string]): Promise<void> {
    const look = async (): Promise<boolean> => {
      const statuses = await Promise.all(names.map((name) => this.replica(name).status()));
      const roles = statuses.map((status) => status?.role);
      return roles.includes('leader') && roles.includes('standby');
    };
    await waitUntil(look, { timeoutMs: changeMs, what: 'a leader and a standby', everyMs: 100 });
  }

  async sql(...statements: readonly string[]): Promise<void> {
    for (const statement of statements) await this.#sql.run(statement);
  }

  /** Writes so many rows of so many bytes, a transaction each. */
  async write(rows: number, bytes: number): Promise<void> {
    for (let i = 0; i < rows; i++)
      await this.sql(`INSERT INTO ${this.place.database}.rows_of (text) VALUES (REPEAT('x', ${bytes}))`);
  }

  async close(): Promise<void> {
    for (const replica of this.#replicas.values()) {
      if (replica.isRunning) replica.kill('SIGKILL');
      await replica.exited;
    }
    for (const close of this.#closers.toReversed()) await close();
    this.#sql.close();
    await removeHaPlace(this.place);
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
