import { ensureStack } from '../../scripts/stack/ensure-stack.ts';
import { HOST } from '../../scripts/stack/free-port.ts';
import { startServers } from '../../scripts/stack/local-servers.ts';
import type { SqlServer } from '../../scripts/stack/stack-info.ts';
import { FaultProxy } from '../support/fault-proxy.ts';
import { withKafkaAdmin, type HaPlace } from '../support/ha-place.ts';
import type { Flavor } from '../support/load-table.ts';
import type { RedisProcess } from '../support/redis-process.ts';
import { createTopics } from '../support/create-topics.ts';

/** A replica's own ways to the servers. */
export interface ReplicaLinks {
  readonly source: FaultProxy;
  readonly redis: FaultProxy;
  /** Absent where three brokers are used: they advertise their own addresses. */
  readonly kafka?: FaultProxy;
}

/** The names and servers of a round, and the relays. */
export interface GroundPlace extends HaPlace {
  readonly links: ReadonlyMap<string, ReplicaLinks>;
  /** The URL by which the replicas name Redis, with the relay in the place of the node. */
  redisUrlOf(link: FaultProxy): string;
  close(): Promise<void>;
}

export interface PlaceOptions {
  readonly flavor: Flavor;
  readonly brokers: 1 | 3;
  readonly redis: RedisProcess;
  readonly replicas: readonly string[];
  /** A source of the scenario's own in the place of the stack's. */
  readonly source?: SqlServer | undefined;
  /** Redis as the replicas are to name it, where that is more than a node. */
  readonly redisUrl?: string | undefined;
}

const PARTITIONS = 3;

/** Where the broker listens for each replica, and the port that it tells that replica. */
async function kafkaLinks(): Promise<{
  broker: string;
  links: readonly { port: number; advertisedPort: number }[];
}> {
  const { servers } = await startServers(['kafkalinks-0']);
  const entry = servers['kafkalinks-0'];
  if (entry?.links === undefined) throw new Error('the stack has no broker with links');
  return { broker: `${HOST}:${entry.port}`, links: entry.links };
}

/** Brings the servers up, opens the relays and creates the data topic. */
export async function prepareGroundPlace(options: PlaceOptions): Promise<GroundPlace> {
  const { flavor, brokers, redis, replicas } = options;
  const stack = await ensureStack({ [flavor]: true, brokers: brokers === 3 ? 3 : 0, redisNodes: 0 });
  const source = options.source ?? stack[flavor];
  if (source === undefined) throw new Error(`the stack has no ${flavor}`);
  const linked = brokers === 1 ? await kafkaLinks() : null;
  const addresses =
    linked === null ? stack.kafka3.map(({ host, port }) => `${host}:${port}`) : [linked.broker];
  const run = `${Date.now().toString(36)}${Math.floor(Math.random() * 46_656).toString(36)}`;
  const clientId = `chaos-${run}`;
  const links = new Map<string, ReplicaLinks>();
  const opened: FaultProxy[] = [];
  const open = async (...to: Parameters<typeof FaultProxy.open>): Promise<FaultProxy> => {
    const link = await FaultProxy.open(...to);
    opened.push(link);
    return link;
  };
  const close = async (): Promise<void> => {
    await Promise.all(opened.map((link) => link.close()));
  };
  try {
    for (const [index, name] of replicas.entries()) {
      const kafka = linked?.links[index];
      links.set(name, {
        source: await open(source),
        redis: await open({ host: HOST, port: redis.port }),
        ...(kafka === undefined
          ? {}
          : { kafka: await open({ host: HOST, port: kafka.port }, kafka.advertisedPort) }),
      });
    }
    await withKafkaAdmin(addresses, (admin) =>
      createTopics(admin, [{ topic: clientId, numPartitions: PARTITIONS }]),
    );
  } catch (error) {
    await close();
    throw error;
  }
  return {
    flavor,
    source,
    database: `chaos_${run}`,
    clientId,
    topic: clientId,
    positionsTopic: `heaviside.${clientId}.positions`,
    brokers: addresses,
    redisUrls: [redis.url],
    serverId: 1_000_000 + Math.floor(Math.random() * 1_000_000_000),
    links,
    redisUrlOf: (link) => options.redisUrl ?? `redis://${HOST}:${link.port}`,
    close,
  };
}
