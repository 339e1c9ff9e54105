import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { Kafka, logLevel, type Admin } from 'kafkajs';
import { createConnection, type Connection } from 'mysql2/promise';
import { ensureStack } from '../../scripts/stack/ensure-stack.ts';
import type { SqlServer, StackInfo } from '../../scripts/stack/stack-info.ts';
import { redisKeys } from '../../src/redis/redis-keys.ts';
import type { SqlTarget } from './load-connection.ts';
import { ProductRun, toArguments, type ProductRunOptions } from './product-run.ts';
import { TopicTail } from './topic-tail.ts';
import type { TopicRecord } from './topic-record.ts';
import { waitUntil } from './wait-until.ts';
import { createTopics } from './create-topics.ts';

export type Properties = Readonly<Record<string, string>>;

/** What must not change where the product refuses to go on: ends of topics (null: not there) and the checkpoint. */
export interface Traces {
  readonly data: number | null;
  readonly positions: number | null;
  readonly checkpoint: Readonly<Record<string, string>>;
}

let places = 0;

/** Names, clean-up and looks from outside for tests that run the whole product on the real servers. */
export class ProductPlace {
  readonly stack: StackInfo;
  /** Prefix of everything this place makes: letters, digits and underscores. */
  readonly name: string;
  /** A folder of its own. */
  readonly dir = mkdtempSync(join(tmpdir(), 'heaviside-place-'));
  readonly #admin: Admin;
  readonly #redis: Redis;
  readonly #sessions = new Map<SqlServer, Promise<Connection>>();
  readonly #runs: ProductRun[] = [];
  readonly #clientIds = new Set<string>();
  readonly #topics = new Set<string>();
  readonly #databases: [SqlServer, string][] = [];

  private constructor(stack: StackInfo, name: string, clients: { admin: Admin; redis: Redis }) {
    this.stack = stack;
    this.name = name;
    this.#admin = clients.admin;
    this.#redis = clients.redis;
  }

  static async open(prefix: string): Promise<ProductPlace> {
    const stack = await ensureStack({ mysql: true, mariadb: true, redisNodes: 1, brokers: 1 });
    const name = `${prefix}_${Date.now().toString(36)}${places++}`;
    const brokers = stack.kafka.map(({ host, port }) => `${host}:${port}`);
    const admin = new Kafka({ brokers, clientId: name, logLevel: logLevel.NOTHING }).admin();
    await admin.connect();
    return new ProductPlace(stack, name, { admin, redis: new Redis(stack.redis[0]?.url ?? '') });
  }

  get brokers(): string[] {
    return this.stack.kafka.map(({ host, port }) => `${host}:${port}`);
  }

  get redisUrl(): string {
    return this.stack.redis[0]?.url ?? '';
  }

  server(flavor: 'mysql' | 'mariadb'): SqlServer {
    const server = this.stack[flavor];
    if (server === undefined) throw new Error(`no ${flavor} in the stack`);
    return server;
  }

  /** The account with Maxwell's grants only. */
  replicator(flavor: 'mysql' | 'mariadb'): SqlTarget {
    const { host, port, replicator } = this.server(flavor);
    return { host, port, ...replicator };
  }

  /** Creates a database and an empty table `t (id, v)` in it; dropped with the place. */
  async createDatabase(flavor: 'mysql' | 'mariadb', database: string): Promise<void> {
    await this.sql(flavor, `DROP DATABASE IF EXISTS ${database}`, `CREATE DATABASE ${database}`);
    this.#databases.push([this.server(flavor), database]);
    await this.sql(flavor, `CREATE TABLE ${database}.t (id INT PRIMARY KEY AUTO_INCREMENT, v VARCHAR(100))`);
  }

  /** Runs statements as the administrator; resolves to the rows of the last one. */
  async sql(
    flavor: 'mysql' | 'mariadb',
    ...statements: readonly string[]
  ): Promise<Record<string, unknown>[]> {
    const server = this.server(flavor);
    let session = this.#sessions.get(server);
    if (session === undefined) {
      const { host, port, user, password } = server;
      session = createConnection({ host, port, user, password });
      this.#sessions.set(server, session);
    }
    let rows: unknown = [];
    for (const statement of statements) [rows] = await (await session).query(statement);
    return Array.isArray(rows) ? (rows as Record<string, unknown>[]) : [];
  }

  /** Inserts a row a value, each in a transaction of its own. */
  async insert(flavor: 'mysql' | 'mariadb', database: string, values: readonly string[]): Promise<void> {
    for (const value of values) await this.sql(flavor, `INSERT INTO ${database}.t (v) VALUES ('${value}')`);
  }

  /** The options of one process without HA: a cluster and a topic of its own, the rows of one database. */
  config(id: string, source: SqlTarget, database: string, changed: Properties = {}): Record<string, string> {
    const clientId = `${this.name}-${id}`;
    const config: Record<string, string> = {
      host: source.host,
      port: String(source.port),
      user: source.user,
      password: source.password,
      client_id: clientId,
      replica_name: id,
      filter: `exclude: *.*, include: ${database}.*`,
      http_port: '0',
      http_bind_address: '127.0.0.1',
      producer: 'kafka',
      'kafka.bootstrap.servers': this.brokers.join(','),
      kafka_topic: clientId,
      ...changed,
    };
    this.track(config['client_id'] ?? clientId, config['kafka_topic'] ?? clientId);
    return config;
  }

  /** Has the topics and keys of a cluster removed with the place. */
  track(clientId: string, ...topics: readonly string[]): void {
    this.#clientIds.add(clientId);
    for (const topic of [...topics, `heaviside.${clientId}.positions`]) this.#topics.add(topic);
  }

  /** The options that make it a cluster. */
  ha(changed: Properties = {}): Record<string, string> {
    return { 'redis.nodes': this.redisUrl, lease_ttl_ms: '1500', ...changed };
  }

  /** Starts `heaviside run` with the options on the command line; killed with the place. */
  run(config: Properties, options: ProductRunOptions = {}): ProductRun {
    return this.launch(['run', ...toArguments(config)], options);
  }

  launch(args: readonly string[], options: ProductRunOptions = {}): ProductRun {
    const run = new ProductRun(args, { cwd: this.dir, ...options });
    this.#runs.push(run);
    return run;
  }

  /** Starts it and waits until it reads the binlog. */
  async lead(config: Properties, options: ProductRunOptions = {}): Promise<ProductRun> {
    const run = this.run(config, options);
    await run.logged(/^reading the binlog/);
    return run;
  }

  /** The sum of the ends of a topic's partitions; null where there is no topic. */
  async topicEnd(topic: string): Promise<number | null> {
    if (!(await this.#admin.listTopics()).includes(topic)) return null;
    // A broker serves new partitions a moment after it has told of them.
    const look = (): Promise<{ high: string }[] | null> =>
      this.#admin.fetchTopicOffsets(topic).catch((error: unknown) => {
        if (error instanceof Error && 'retriable' in error && error.retriable === true) return null;
        throw error;
      });
    const offsets = await waitUntil(look, { timeoutMs: 10_000, what: `the partitions of ${topic}` });
    return offsets.reduce((sum, { high }) => sum + Number(high), 0);
  }

  async traces(config: Properties): Promise<Traces> {
    const clientId = config['client_id'] ?? '';
    return {
      data: await this.topicEnd(config['kafka_topic'] ?? ''),
      positions: await this.topicEnd(`heaviside.${clientId}.positions`),
      checkpoint: await this.#redis.hgetall(redisKeys(clientId).checkpoint),
    };
  }

  async createTopic(topic: string, partitions = 1): Promise<void> {
    this.#topics.add(topic);
    await createTopics(this.#admin, [{ topic, numPartitions: partitions }]);
  }

  async deleteTopics(topics: readonly string[]): Promise<void> {
    const existing = new Set(await this.#admin.listTopics());
    const found = topics.filter((topic) => existing.has(topic));
    if (found.length > 0) await this.#admin.deleteTopics({ topics: found });
  }

  /** Reads topics from their beginning, read_committed, until there are `count` records that match. */
  async read(
    topics: readonly string[],
    count: number,
    matches: (record: TopicRecord) => boolean = () => true,
  ): Promise<TopicRecord[]> {
    // The product makes a topic at its first record.
    const areThere = async (): Promise<boolean> => {
      const existing = await this.#admin.listTopics();
      return topics.every((topic) => existing.includes(topic));
    };
    await waitUntil(areThere, { timeoutMs: 20_000, what: `topics ${topics.join(', ')}`, everyMs: 100 });
    const tail = await TopicTail.open(this.brokers, topics);
    try {
      return await waitUntil(
        () => {
          const found = tail.records.filter(matches);
          return found.length >= count ? found : null;
        },
        { timeoutMs: 20_000, what: `${count} records in ${topics.join(', ')}` },
      ).catch((error: unknown) => {
        throw new Error(`${String(error)}; there are ${tail.records.filter(matches).length}`);
      });
    } finally {
      await tail.close();
    }
  }

  /** The column v of the rows in the topic, in order, once there are `count`. */
  async values(topic: string, count: number): Promise<string[]> {
    return (await this.read([topic], count)).map(({ value }) => valueOf(value ?? ''));
  }

  async close(): Promise<void> {
    for (const run of this.#runs) {
      if (run.isRunning) run.kill('SIGKILL');
      await run.ended;
    }
    for (const [server, database] of this.#databases)
      await (await this.#sessions.get(server))?.query(`DROP DATABASE IF EXISTS ${database}`);
    for (const session of this.#sessions.values()) await (await session).end();
    await this.deleteTopics([...this.#topics]);
    await this.#admin.disconnect();
    for (const clientId of this.#clientIds) {
      const keys = await this.#redis.keys(`heaviside:{${clientId}}:*`);
      if (keys.length > 0) await this.#redis.del(...keys);
    }
    await this.#redis.quit();
    rmSync(this.dir, { recursive: true, force: true });
  }
}

/** The column v of a record's row. */
export function valueOf(record: string): string {
  const { data } = JSON.parse(record) as { readonly data?: { readonly v?: unknown } };
  return String(data?.v);
}
