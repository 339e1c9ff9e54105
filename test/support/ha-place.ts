import { Redis } from 'ioredis';
import { Kafka, logLevel, type Admin } from 'kafkajs';
import { ensureStack } from '../../scripts/stack/ensure-stack.ts';
import type { RedisNode, SqlServer } from '../../scripts/stack/stack-info.ts';
import { LoadConnection } from './load-connection.ts';
import type { Flavor } from './load-table.ts';
import { createTopics } from './create-topics.ts';

/** Which servers of the stack a place uses. */
export interface HaPlaceOptions {
  readonly flavor: Flavor;
  readonly brokers: 1 | 3;
  /** Redis URLs of the test's own; else the stack's `redisNodes`. */
  readonly redisUrls: readonly string[] | null;
  readonly redisNodes: 1 | 3;
  /** A server of the test's own; else the stack's. */
  readonly source?: SqlServer;
}

/** The names and servers that one test has for itself. */
export interface HaPlace {
  readonly flavor: Flavor;
  readonly source: SqlServer;
  readonly database: string;
  readonly clientId: string;
  readonly topic: string;
  readonly positionsTopic: string;
  readonly brokers: readonly string[];
  readonly redisUrls: readonly string[];
  readonly serverId: number;
}

/** The lease TTL of the replicas in milliseconds: short, to save time. */
export const LEASE_TTL_MS = 3000;
const PARTITIONS = 3;

/** Runs admin calls on a connection of their own. */
export async function withKafkaAdmin<T>(
  brokers: readonly string[],
  work: (admin: Admin) => Promise<T>,
): Promise<T> {
  const admin = new Kafka({ brokers: [...brokers], clientId: 'ha', logLevel: logLevel.NOTHING }).admin();
  await admin.connect();
  try {
    return await work(admin);
  } finally {
    await admin.disconnect();
  }
}

/** Runs Redis commands on a connection of their own. */
export async function withRedis<T>(url: string, work: (redis: Redis) => Promise<T>): Promise<T> {
  const redis = new Redis(url, { lazyConnect: true, retryStrategy: () => null });
  redis.on('error', () => undefined); // the calls reject
  try {
    await redis.connect();
    return await work(redis);
  } finally {
    redis.disconnect();
  }
}

/** Brings the servers up, chooses the names, and creates the topics, so that they can be read from the start. */
export async function prepareHaPlace(options: HaPlaceOptions): Promise<HaPlace> {
  const { flavor, brokers, redisUrls, redisNodes } = options;
  const stack = await ensureStack({
    [flavor]: options.source === undefined,
    brokers,
    redisNodes: redisUrls === null ? redisNodes : 0,
  });
  const source = options.source ?? stack[flavor];
  if (source === undefined) throw new Error(`the stack has no ${flavor}`);
  const ofNode = ({ url }: RedisNode): string => url;
  const run = `${Date.now().toString(36)}${Math.floor(Math.random() * 46_656).toString(36)}`;
  const clientId = `ha-${run}`;
  const place: HaPlace = {
    flavor,
    source,
    database: `ha_${run}`,
    clientId,
    topic: clientId,
    positionsTopic: `heaviside.${clientId}.positions`,
    brokers: (brokers === 3 ? stack.kafka3 : stack.kafka).map(({ host, port }) => `${host}:${port}`),
    redisUrls: redisUrls ?? (redisNodes === 3 ? stack.redis3 : stack.redis).map(ofNode),
    serverId: 1_000_000 + Math.floor(Math.random() * 1_000_000_000),
  };
  const positionsTopic = {
    topic: place.positionsTopic,
    numPartitions: 1,
    configEntries: [{ name: 'cleanup.policy', value: 'compact' }],
  };
  await withKafkaAdmin(place.brokers, (admin) =>
    createTopics(admin, [{ topic: place.topic, numPartitions: PARTITIONS }, positionsTopic]),
  );
  return place;
}

/** The configuration of the replicas. */
export function haReplicaConfig(place: HaPlace): Record<string, string> {
  const { source, brokers, redisUrls, clientId, topic, database, serverId } = place;
  return {
    host: source.host,
    port: String(source.port),
    user: source.replicator.user,
    password: source.replicator.password,
    client_id: clientId,
    replica_server_id: String(serverId),
    'redis.nodes': redisUrls.join(','),
    lease_ttl_ms: String(LEASE_TTL_MS),
    producer: 'kafka',
    'kafka.bootstrap.servers': brokers.join(','),
    kafka_topic: topic,
    producer_partition_by: 'primary_key',
    output_xoffset: 'true',
    filter: `exclude: *.*, include: ${database}.*`,
  };
}

/** Removes what a test has left in the servers. What cannot be reached is left. */
export async function removeHaPlace(place: HaPlace): Promise<void> {
  const { source, flavor, database, clientId, brokers } = place;
  const connection = new LoadConnection(source, flavor);
  await connection.open();
  for (const name of [database, `${database}_hidden`])
    await connection.run(`DROP DATABASE IF EXISTS ${name}`);
  connection.close();
  await withKafkaAdmin(brokers, (admin) =>
    admin.deleteTopics({ topics: [place.topic, place.positionsTopic] }),
  );
  for (const url of place.redisUrls) {
    await withRedis(url, async (redis) => {
      const keys = await redis.keys(`heaviside:{${clientId}}:*`);
      if (keys.length > 0) await redis.del(...keys);
    }).catch(() => undefined); // a Redis of the test's own is gone by now
  }
}
