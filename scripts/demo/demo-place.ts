import { Redis } from 'ioredis';
import { Kafka, logLevel, type Admin } from 'kafkajs';
import { LoadConnection } from '../../test/support/load-connection.ts';
import type { Flavor } from '../../test/support/load-table.ts';
import type { ReplicaProcess } from '../../test/support/replica-process.ts';
import type { SqlServer, StackInfo } from '../stack/stack-info.ts';
import { ensureStack } from '../stack/ensure-stack.ts';
import { startTicks } from '../stack/server-process.ts';
import { createTopics } from '../../test/support/create-topics.ts';

/** The lease TTL of the demo's replicas in milliseconds. */
export const LEASE_TTL_MS = 5000;
export const PARTITIONS = 4;

/** Everything that one run of the demo uses; what --keep writes to demo.json, so that anybody can audit from outside. */
export interface DemoPlace {
  readonly source: {
    readonly flavor: Flavor;
    readonly version: string;
    readonly host: string;
    readonly port: number;
    /** The administrator, and the account of the replicas. */
    readonly user: string;
    readonly password: string;
    readonly replicator: { readonly user: string; readonly password: string };
    readonly database: string;
    /** Outside the filter; its rows count for message_id. */
    readonly hiddenDatabase: string;
  };
  readonly kafka: {
    readonly bootstrapServers: readonly string[];
    readonly topic: string;
    readonly positionsTopic: string;
    readonly partitions: number;
    readonly isolationLevel: 'read_committed';
  };
  readonly redis: { readonly url: string };
  readonly clientId: string;
  readonly stackDir: string;
  /** Every transaction that the source acknowledged, as JSON lines. */
  readonly loadLog: string;
}

/** A replica that is left running. */
export interface KeptReplica {
  readonly name: string;
  readonly pid: number;
  /** Start time of the process in clock ticks since boot; tells a reused pid apart. */
  readonly startTicks: string | null;
  readonly httpPort: number;
  readonly configFile: string;
  readonly logFile: string;
}

/** What is known of a replica, for demo.json. */
export function keptReplica({ name, pid, httpPort, configFile, logFile }: ReplicaProcess): KeptReplica {
  return { name, pid, startTicks: startTicks(pid), httpPort, configFile, logFile };
}

async function withAdmin<T>(place: DemoPlace, work: (admin: Admin) => Promise<T>): Promise<T> {
  const brokers = [...place.kafka.bootstrapServers];
  const admin = new Kafka({ brokers, clientId: 'demo', logLevel: logLevel.NOTHING }).admin();
  await admin.connect();
  try {
    return await work(admin);
  } finally {
    await admin.disconnect();
  }
}

function sourceOf(stack: StackInfo, flavor: Flavor): SqlServer {
  const server = stack[flavor];
  if (server === undefined) throw new Error(`the stack has no ${flavor}`);
  return server;
}

/** Brings the servers up and chooses the names of this run; the topic is created, so that it can be read from the start. */
export async function preparePlace(flavor: Flavor, loadLog: string): Promise<DemoPlace> {
  const stack = await ensureStack({ [flavor]: true, redisNodes: 1, brokers: 1 });
  const { host, port, user, password, replicator, version } = sourceOf(stack, flavor);
  const run = new Date().toISOString().replaceAll(/\D/g, '').slice(2, 14);
  const clientId = `demo-${run}`;
  const place: DemoPlace = {
    source: {
      flavor,
      version,
      host,
      port,
      user,
      password,
      replicator,
      database: `demo_${run}`,
      hiddenDatabase: `demo_${run}_hidden`,
    },
    kafka: {
      bootstrapServers: stack.kafka.map((broker) => `${broker.host}:${broker.port}`),
      topic: clientId,
      positionsTopic: `heaviside.${clientId}.positions`,
      partitions: PARTITIONS,
      isolationLevel: 'read_committed',
    },
    redis: { url: stack.redis[0]?.url ?? '' },
    clientId,
    stackDir: stack.dir,
    loadLog,
  };
  // A dump starts with the server's own search through the binlog file: what former runs left in it is no part of the show.
  const connection = new LoadConnection(place.source, flavor);
  await connection.open();
  await connection.run('FLUSH BINARY LOGS');
  connection.close();
  const topic = { topic: place.kafka.topic, numPartitions: PARTITIONS };
  await withAdmin(place, (admin) => createTopics(admin, [topic]));
  return place;
}

/** The configuration of the replicas, in Maxwell's keys. */
export function replicaConfig({ source, kafka, redis, clientId }: DemoPlace): Record<string, string> {
  return {
    host: source.host,
    port: String(source.port),
    user: source.replicator.user,
    password: source.replicator.password,
    client_id: clientId,
    replica_server_id: String(100_000 + Math.floor(Math.random() * 1_000_000)),
    'redis.nodes': redis.url,
    lease_ttl_ms: String(LEASE_TTL_MS),
    producer: 'kafka',
    'kafka.bootstrap.servers': kafka.bootstrapServers.join(','),
    kafka_topic: kafka.topic,
    kafka_topic_partitions: String(kafka.partitions),
    producer_partition_by: 'primary_key',
    output_xoffset: 'true',
    filter: `exclude: *.*, include: ${source.database}.*`,
  };
}

/** Removes what a run has left in the servers: databases, topics, keys. The servers stay up. */
export async function removePlace(place: DemoPlace): Promise<void> {
  const { source, kafka, redis, clientId } = place;
  const connection = new LoadConnection(source, source.flavor);
  await connection.open();
  for (const database of [source.database, source.hiddenDatabase])
    await connection.run(`DROP DATABASE IF EXISTS ${database}`);
  connection.close();
  await withAdmin(place, async (admin) => {
    const existing = await admin.listTopics();
    const topics = [kafka.topic, kafka.positionsTopic].filter((topic) => existing.includes(topic));
    if (topics.length > 0) await admin.deleteTopics({ topics });
  });
  const client = new Redis(redis.url, { lazyConnect: true, retryStrategy: () => null });
  client.on('error', () => undefined); // the calls below reject
  try {
    await client.connect();
    const keys = await client.keys(`heaviside:{${clientId}}:*`);
    if (keys.length > 0) await client.del(...keys);
  } finally {
    client.disconnect();
  }
}
