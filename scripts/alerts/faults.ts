import { setTimeout as sleep } from 'node:timers/promises';
import { FaultProxy } from '../../test/support/fault-proxy.ts';
import { KafkaDetour } from '../../test/support/kafka-detour.ts';
import { runProduct } from '../../test/support/product-command.ts';
import { RedisProcess } from '../../test/support/redis-process.ts';
import { AlertCluster, type Properties } from './alert-cluster.ts';

/** A cluster that is well, and what makes it ill and well again. */
export interface Scene {
  readonly cluster: AlertCluster;
  /** The replica on which the commands of the runbook are run. */
  readonly operator: string;
  cause(): Promise<void>;
  takeBack(): Promise<void>;
}

/** A fault and the alerts that it must raise. */
export interface Fault {
  readonly name: string;
  /** In words, for the table. */
  readonly what: string;
  readonly alerts: readonly string[];
  /** Alerts whose windows of minutes keep them up after the fault is gone. */
  readonly lasting?: readonly string[];
  prepare(): Promise<Scene>;
}

async function kafkaDetour(cluster: AlertCluster): Promise<KafkaDetour> {
  const [host = '', port] = (cluster.place.brokers[0] ?? '').split(':');
  const detour = await KafkaDetour.open({ host, port: Number(port) });
  return cluster.adopt(detour, (each) => each.close());
}

async function proxy(
  cluster: AlertCluster,
  target: { readonly host: string; readonly port: number },
): Promise<FaultProxy> {
  return cluster.adopt(await FaultProxy.open(target), (each) => each.close());
}

/** A cluster led by `a` alone. */
async function alone(config: Properties = {}): Promise<AlertCluster> {
  const cluster = await AlertCluster.open(config);
  await cluster.start('a');
  await cluster.role('a', 'leader');
  return cluster;
}

const through = (detour: KafkaDetour): Properties => ({ 'kafka.bootstrap.servers': detour.address });

export const faults: readonly Fault[] = [
  {
    name: 'undecodable-row',
    what: 'a partial JSON update under binlog_row_image=MINIMAL',
    alerts: ['HeavisideDecodeErrors', 'HeavisideBlocked'],
    lasting: ['HeavisideDecodeErrors'],
    prepare: async () => {
      const cluster = await alone();
      const table = `${cluster.place.database}.rows_of`;
      await cluster.sql(`INSERT INTO ${table} (doc) VALUES (JSON_OBJECT('a', 1, 'f', REPEAT('f', 1000)))`);
      return {
        cluster,
        operator: 'a',
        cause: () =>
          cluster.sql(
            "SET SESSION binlog_row_value_options = 'PARTIAL_JSON', SESSION binlog_row_image = 'MINIMAL'",
            `UPDATE ${table} SET doc = JSON_SET(doc, '$.a', 2)`,
          ),
        takeBack: async () => {
          const { configFile } = cluster.replica('a');
          await runProduct(['position', 'set', '--now', '--config', configFile]);
          await cluster.role('a', 'leader');
        },
      };
    },
  },
  {
    name: 'source-away',
    what: 'every connection to the source is broken',
    alerts: ['HeavisideSourceDisconnected'],
    prepare: async () => {
      const cluster = await AlertCluster.open();
      const { host, port } = cluster.place.source;
      const relay = await proxy(cluster, { host, port });
      await cluster.start('a', { host: '127.0.0.1', port: String(relay.port) });
      await cluster.role('a', 'leader');
      return {
        cluster,
        operator: 'a',
        cause: () => Promise.resolve(relay.cut()),
        takeBack: () => Promise.resolve(relay.heal()),
      };
    },
  },
  {
    name: 'leader-killed',
    what: 'SIGKILL of the leader, while the other replica does not reach Kafka',
    alerts: ['HeavisideNoLeader', 'MaxwellProcessDown'],
    prepare: async () => {
      const cluster = await alone();
      const detour = await kafkaDetour(cluster);
      detour.cut();
      await cluster.start('b', through(detour));
      await cluster.role('b', 'candidate');
      return {
        cluster,
        operator: 'b',
        cause: async () => {
          cluster.replica('a').kill('SIGKILL');
          await cluster.replica('a').exited;
        },
        takeBack: async () => {
          detour.restore();
          await cluster.role('b', 'leader');
          await cluster.startAgain('a');
          await cluster.role('a', 'standby');
        },
      };
    },
  },
  {
    name: 'two-leaders',
    what: 'the leader is cut off from Redis, Kafka and the source, and another is elected',
    alerts: ['HeavisideMoreThanOneLeader'],
    prepare: async () => {
      const cluster = await AlertCluster.open();
      const url = new URL(cluster.place.redisUrls[0] ?? '');
      const redis = await proxy(cluster, { host: url.hostname, port: Number(url.port) });
      const detour = await kafkaDetour(cluster);
      // One that reaches the source leaves at once: the new leader's dump ends its own.
      const { host, port } = cluster.place.source;
      const source = await proxy(cluster, { host, port });
      await cluster.start('a', {
        ...through(detour),
        'redis.nodes': `redis://127.0.0.1:${redis.port}`,
        host: '127.0.0.1',
        port: String(source.port),
      });
      await cluster.role('a', 'leader');
      await cluster.start('b');
      await cluster.role('b', 'standby');
      return {
        cluster,
        operator: 'b',
        cause: () => {
          redis.hold();
          source.hold();
          detour.silence();
          return Promise.resolve();
        },
        takeBack: async () => {
          redis.heal();
          source.heal();
          detour.restore();
          await cluster.settled('a', 'b');
        },
      };
    },
  },
  {
    name: 'flapping',
    what: 'the leader is frozen until another leads, five times',
    alerts: ['HeavisideFlapping'],
    lasting: ['HeavisideFlapping'],
    prepare: async () => {
      const cluster = await AlertCluster.open({ lease_ttl_ms: '3000' });
      for (const name of ['a', 'b']) await cluster.start(name);
      await cluster.leaderAmong('a', 'b');
      return {
        cluster,
        operator: 'a',
        cause: async () => {
          for (let times = 0; times < 5; times++) {
            const leader = await cluster.leaderAmong('a', 'b');
            const other = leader === 'a' ? 'b' : 'a';
            await cluster.role(other, 'standby');
            cluster.replica(leader).kill('SIGSTOP');
            await cluster.role(other, 'leader');
            cluster.replica(leader).kill('SIGCONT');
          }
        },
        takeBack: () => Promise.resolve(),
      };
    },
  },
  {
    name: 'redis-away',
    what: 'Redis is frozen',
    alerts: ['HeavisideRedisDown', 'HeavisideCheckpointStuck', 'HeavisideNoStandby'],
    prepare: async () => {
      const redis = await RedisProcess.start();
      const cluster = await AlertCluster.open({}, redis.url);
      cluster.adopt(redis, (each) => each[Symbol.asyncDispose]());
      await cluster.start('a');
      await cluster.role('a', 'leader');
      await cluster.start('b');
      await cluster.role('b', 'standby');
      return {
        cluster,
        operator: 'a',
        cause: () => Promise.resolve(redis.stop()),
        takeBack: async () => {
          redis.continue();
          await cluster.leaderAmong('a', 'b');
        },
      };
    },
  },
  {
    name: 'retention',
    what: 'the source is told to keep its binlogs for half an hour',
    alerts: ['HeavisideRetentionShort'],
    prepare: async () => {
      const cluster = await alone();
      return {
        cluster,
        operator: 'a',
        cause: () => cluster.sql('SET GLOBAL binlog_expire_logs_seconds = 1800'),
        takeBack: () => cluster.sql('SET GLOBAL binlog_expire_logs_seconds = DEFAULT'),
      };
    },
  },
  {
    name: 'kafka-away',
    what: 'every connection to Kafka is broken, and the source is written to',
    alerts: [
      'HeavisideBreakerOpen',
      'MaxwellHighErrorRate',
      'HeavisideBufferFull',
      'HeavisidePositionStuck',
      'HeavisideLagGrowing',
      'MaxwellHighLag',
    ],
    prepare: async () => {
      const cluster = await AlertCluster.open({ 'kafka.buffer.memory': String(4 * 1024 * 1024) });
      const detour = await kafkaDetour(cluster);
      await cluster.start('a', through(detour));
      await cluster.role('a', 'leader');
      await cluster.write(1, 10);
      await cluster.rows('a', 1);
      return {
        cluster,
        operator: 'a',
        cause: async () => {
          detour.cut();
          await cluster.write(1, 10);
          await sleep(1000); // that one is on its way, and fails; what follows waits behind it
          await cluster.write(300, 40_000);
        },
        takeBack: () => Promise.resolve(detour.restore()),
      };
    },
  },
];
