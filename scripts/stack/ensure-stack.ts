import { externalKafka, externalRedis, externalSql } from './external-servers.ts';
import { areRunning, startServers } from './local-servers.ts';
import { StackError } from './stack-error.ts';
import { groupNames, readStack, stackDir, type ServerEntry } from './stack-file.ts';
import { kafkaNode, redisNode, sqlServer, type StackInfo } from './stack-info.ts';

/** The servers that are asked for; what is not named is not started. */
export interface StackWish {
  readonly mysql?: boolean;
  readonly mariadb?: boolean;
  /** 1: the single Redis; 3: three independent ones. */
  readonly redisNodes?: 0 | 1 | 3;
  /** 1: the single broker; 3: a cluster of three with replication factor 3 and min.insync.replicas 2. */
  readonly brokers?: 0 | 1 | 3;
}

/**
 * Makes sure that the servers asked for run on this machine, installing and starting what is missing, and tells where
 * they are. Servers named by HEAVISIDE_TEST_MYSQL, …_MARIADB, …_REDIS and …_KAFKA are used instead of local ones.
 * Calls from several processes wait for one another. Throws StackError when a server cannot be had.
 */
export async function ensureStack(wish: StackWish): Promise<StackInfo> {
  const mysql = wish.mysql === true ? await externalSql('HEAVISIDE_TEST_MYSQL') : undefined;
  const mariadb = wish.mariadb === true ? await externalSql('HEAVISIDE_TEST_MARIADB') : undefined;
  const redisCount = wish.redisNodes ?? 0;
  const kafkaCount = wish.brokers ?? 0;
  const redis = redisCount === 0 ? undefined : await externalRedis();
  const kafka = kafkaCount === 0 ? undefined : externalKafka();
  const hasRedis = redis !== undefined && redis.length === redisCount;
  const hasKafka = kafka !== undefined && kafka.length === kafkaCount;
  const redisNames = redisCount === 0 || hasRedis ? [] : groupNames(redisCount === 3 ? 'redis3' : 'redis');
  const kafkaNames = kafkaCount === 0 || hasKafka ? [] : groupNames(kafkaCount === 3 ? 'kafka3' : 'kafka');
  const names = [
    ...(wish.mysql === true && mysql === undefined ? ['mysql'] : []),
    ...(wish.mariadb === true && mariadb === undefined ? ['mariadb'] : []),
    ...redisNames,
    ...kafkaNames,
  ];
  const { servers, accounts } = (await areRunning(names)) ? readStack(stackDir()) : await startServers(names);
  const entry = (name: string): ServerEntry => {
    const found = servers[name];
    if (found === undefined) throw new StackError(`${name} is missing in stack.json of ${stackDir()}`);
    return found;
  };
  const redisNodes = hasRedis ? redis : redisNames.map((name) => redisNode(entry(name)));
  const brokers = hasKafka ? kafka : kafkaNames.map((name) => kafkaNode(entry(name)));
  return {
    ...(wish.mysql === true ? { mysql: mysql ?? sqlServer(entry('mysql'), accounts) } : {}),
    ...(wish.mariadb === true ? { mariadb: mariadb ?? sqlServer(entry('mariadb'), accounts) } : {}),
    redis: redisCount === 1 ? redisNodes : [],
    redis3: redisCount === 3 ? redisNodes : [],
    kafka: kafkaCount === 1 ? brokers : [],
    kafka3: kafkaCount === 3 ? brokers : [],
    dir: stackDir(),
  };
}
