import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Kafka, logLevel } from 'kafkajs';
import { HOST } from './free-port.ts';
import { aptInstall, mavenJars } from './install.ts';
import { progress } from './progress.ts';
import { findProgram, runCommand } from './run-command.ts';
import type { ServerCommand } from './server-process.ts';
import { StackError } from './stack-error.ts';
import { indexOf, type ServerEntry } from './stack-file.ts';

const VERSION = '4.1.0';
const ARTIFACTS = [
  `org.apache.kafka:kafka_2.13:${VERSION}`,
  `org.apache.kafka:kafka-tools:${VERSION}`,
  'org.apache.logging.log4j:log4j-slf4j-impl:2.24.3', // the version of the log4j-core that Kafka 4.1.0 asks for
];
const START_TIMEOUT_MS = 180_000; // a broker needs five seconds of a core; on a busy machine that takes minutes
const WARM_UP_TIMEOUT_MS = 30_000;
const WARM_UP_POLL_MS = 100;
const MIN_JAVA = 17;
const INSTEAD = 'HEAVISIDE_TEST_KAFKA=host:port';

async function javaVersion(): Promise<number> {
  if (findProgram('java') === undefined) return 0;
  const text = await runCommand('java', ['--version']).catch(() => '');
  return Number(/^\S+ (\d+)/.exec(text)?.[1] ?? 0);
}

/** The folder of Kafka's jars (server and command-line tools), fetched when missing. Throws StackError. */
export async function kafkaJars(dir: string): Promise<string> {
  const jars = join(dir, 'cache', `kafka-${VERSION}`);
  const missing: string[] = [];
  const java = await javaVersion();
  if (java === 0) missing.push('openjdk-17-jre-headless');
  else if (java < MIN_JAVA)
    throw new StackError(`kafka: needs Java ${MIN_JAVA} or newer, the PATH has ${java}; or set ${INSTEAD}`);
  if (!existsSync(jars) && findProgram('mvn') === undefined) missing.push('maven');
  if (missing.length > 0) await aptInstall('kafka', missing, INSTEAD);
  if (!existsSync(jars))
    await mavenJars('kafka', ARTIFACTS, jars).catch((error: unknown) => {
      throw new StackError(
        `kafka cannot be had: set ${INSTEAD} to use a broker of your own.\n${String(error)}`,
      );
    });
  return jars;
}

function properties(entry: ServerEntry, peers: readonly ServerEntry[], folder: string): string {
  const copies = peers.length;
  const links = (entry.links ?? []).map(({ port, advertisedPort }, index) => ({
    name: `LINK${index}`,
    address: `LINK${index}://${HOST}:${port}`,
    advertised: `LINK${index}://${HOST}:${advertisedPort}`,
  }));
  const list = (first: string, others: readonly string[]): string => [first, ...others].join(',');
  const settings = {
    'process.roles': 'broker,controller',
    'node.id': indexOf(entry.name),
    'controller.quorum.voters': peers.map((p) => `${indexOf(p.name)}@${HOST}:${p.controllerPort}`).join(','),
    'controller.listener.names': 'CONTROLLER',
    listeners: list(
      `PLAINTEXT://${HOST}:${entry.port},CONTROLLER://${HOST}:${entry.controllerPort}`,
      links.map(({ address }) => address),
    ),
    'advertised.listeners': list(
      `PLAINTEXT://${HOST}:${entry.port}`,
      links.map(({ advertised }) => advertised),
    ),
    'inter.broker.listener.name': 'PLAINTEXT',
    'listener.security.protocol.map': list(
      'PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT',
      links.map(({ name }) => `${name}:PLAINTEXT`),
    ),
    'log.dirs': join(folder, 'data'),
    'auto.create.topics.enable': false,
    'default.replication.factor': copies,
    'min.insync.replicas': Math.ceil((copies + 1) / 2),
    'offsets.topic.replication.factor': copies,
    'offsets.topic.num.partitions': 5, // few, for a fast first start
    'transaction.state.log.replication.factor': copies,
    'transaction.state.log.min.isr': Math.ceil((copies + 1) / 2),
    'transaction.state.log.num.partitions': 5,
    'share.coordinator.state.topic.replication.factor': copies,
    'share.coordinator.state.topic.min.isr': Math.ceil((copies + 1) / 2),
    'share.coordinator.state.topic.num.partitions': 5,
    'group.initial.rebalance.delay.ms': 0,
    // Transactions that ran into their time-out are ended within a second, so that a test need not wait ten.
    'transaction.abort.timed.out.transaction.cleanup.interval.ms': 1000,
    // The controller takes a killed broker's successor after 3 s instead of 9, and moves its partitions as soon.
    'broker.session.timeout.ms': 3000,
    'broker.heartbeat.interval.ms': 500,
  };
  return Object.entries(settings)
    .map(([key, value]) => `${key}=${value}\n`)
    .join('');
}

const LOG4J = `appender.file.type = File
appender.file.name = file
appender.file.fileName = \${sys:stack.log}
appender.file.layout.type = PatternLayout
appender.file.layout.pattern = %d %p %m (%c)%n
rootLogger.level = warn
rootLogger.appenderRef.file.ref = file
`;

function quietClient(entries: readonly ServerEntry[], retries: number): Kafka {
  return new Kafka({
    brokers: entries.map((entry) => `${HOST}:${entry.port}`),
    connectionTimeout: 1000,
    requestTimeout: 3000,
    retry: { retries, initialRetryTime: 50 },
    logLevel: logLevel.NOTHING,
  });
}

async function useCoordinators(client: Kafka): Promise<void> {
  const admin = client.admin();
  const producer = client.producer({
    transactionalId: 'stack-warm-up',
    idempotent: true,
    maxInFlightRequests: 1,
  });
  try {
    await Promise.all([admin.connect(), producer.connect()]);
    await admin.fetchOffsets({ groupId: 'stack-warm-up' });
    await (await producer.transaction()).abort();
  } finally {
    await Promise.all([admin.disconnect(), producer.disconnect()]);
  }
}

/**
 * Has a started cluster create and load its group and transaction coordinators, which would else answer the first
 * client with errors to be retried. Throws StackError when they are not ready within 30 s.
 */
export async function warmUpKafka(entries: readonly ServerEntry[]): Promise<void> {
  const deadline = Date.now() + WARM_UP_TIMEOUT_MS;
  for (;;) {
    try {
      return await useCoordinators(quietClient(entries, 5));
    } catch (error) {
      if (Date.now() > deadline) throw new StackError(`kafka: no coordinator is ready: ${String(error)}`);
      await sleep(WARM_UP_POLL_MS);
    }
  }
}

async function isJoined(entry: ServerEntry): Promise<boolean> {
  const admin = quietClient([entry], 0).admin();
  try {
    await admin.connect();
    const { brokers } = await admin.describeCluster();
    return brokers.some((broker) => broker.nodeId === indexOf(entry.name));
  } finally {
    await admin.disconnect();
  }
}

/**
 * Makes sure that Java, Kafka's jars and the broker's formatted data exist, and gives the command that starts it:
 * KRaft, broker and controller in one process. `peers` are all the nodes of its cluster, itself included.
 * Throws StackError.
 */
export async function kafkaCommand(
  entry: ServerEntry,
  dir: string,
  cluster: { readonly id: string; readonly peers: readonly ServerEntry[] },
): Promise<ServerCommand> {
  const jars = await kafkaJars(dir);
  const folder = join(dir, entry.name);
  mkdirSync(folder, { recursive: true });
  const config = join(folder, 'server.properties');
  const log4j = join(folder, 'log4j2.properties');
  writeFileSync(config, properties(entry, cluster.peers, folder));
  writeFileSync(log4j, LOG4J);
  const heap = cluster.peers.length > 1 ? ['-Xmx384m', '-XX:+UseSerialGC'] : ['-Xmx512m'];
  const java = [
    ...heap,
    '-XX:+ExitOnOutOfMemoryError',
    `-Dlog4j2.configurationFile=${log4j}`,
    `-Dstack.log=${join(folder, 'broker.log')}`,
    '-cp',
    `${jars}/*`,
  ];
  if (!existsSync(join(folder, 'data', 'meta.properties'))) {
    progress(entry.name, 'formatting its data');
    const format = ['format', '--ignore-formatted', '-t', cluster.id, '-c', config];
    await runCommand('java', ['-XX:TieredStopAtLevel=1', ...java, 'kafka.tools.StorageTool', ...format]);
  }
  return {
    command: 'java',
    args: [...java, 'kafka.Kafka', config],
    cwd: folder,
    logFile: join(folder, 'output.log'),
    startTimeoutMs: START_TIMEOUT_MS,
    isReady: () => isJoined(entry),
  };
}
