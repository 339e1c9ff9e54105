import { spawn } from 'node:child_process';
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from '../../stack/free-port.ts';
import { mavenJars } from '../../stack/install.ts';
import { kafkaJars } from '../../stack/kafka.ts';
import type { StackInfo } from '../../stack/stack-info.ts';
import type { Peer, ReplayJob, RunningPeer } from './peer.ts';

const VERSION = '3.6.1.Final';
const CONNECT_VERSION = '4.1.0';
/** Each in a folder of its own, as they are installed: the connector brings other versions of some libraries. */
const CONNECTOR_ARTIFACTS = [`io.debezium:debezium-connector-mysql:${VERSION}`];
const CONNECT_ARTIFACTS = [
  `org.apache.kafka:connect-runtime:${CONNECT_VERSION}`,
  'org.apache.logging.log4j:log4j-slf4j-impl:2.24.3',
];
/** What Kafka's own connect-standalone.sh gives to Java. */
const JAVA_OPTIONS = [
  '-Xms256M',
  '-Xmx2G',
  '-server',
  '-XX:+UseG1GC',
  '-XX:MaxGCPauseMillis=20',
  '-XX:InitiatingHeapOccupancyPercent=35',
  '-XX:+ExplicitGCInvokesConcurrent',
];
const START_TIMEOUT_MS = 120_000;
const CONNECTOR = 'bench';

/** Debezium's MySQL connector under Kafka Connect in its standalone mode, in a process of its own. */
export class DebeziumPeer implements Peer {
  readonly name = 'debezium';
  readonly version = `${VERSION}, Kafka Connect ${CONNECT_VERSION}`;
  /** Connect writes source records in transactions in its distributed mode only. */
  readonly guarantee = 'at least once';
  readonly warmShare = 0.4;
  readonly transactionMark = 'gtid';
  readonly #stack: StackInfo;
  readonly #isSnapshot: boolean;

  /** @param isSnapshot reads the tables first, and the binlog from there on; else the binlog from the load's position */
  constructor(stack: StackInfo, { isSnapshot = false }: { isSnapshot?: boolean } = {}) {
    this.#stack = stack;
    this.#isSnapshot = isSnapshot;
  }

  /** Always a topic a table. */
  topicOf({ id, load }: ReplayJob, table: string): string {
    return `${id}.${load.database}.${table}`;
  }

  ownTopics(): string[] {
    return [];
  }

  configuration(job: ReplayJob): string {
    const show = (properties: Readonly<Record<string, string>>): string =>
      Object.entries(properties)
        .filter(([key]) => key !== 'database.password')
        .map(([key, value]) => `${key}=${value}`)
        .join('\n');
    return `# java ${JAVA_OPTIONS.join(' ')}\n# worker\n${show(this.#worker(job, 0))}\n# connector\n${show(this.#connector(job))}`;
  }

  #worker({ settings, folder }: ReplayJob, port: number): Record<string, string> {
    const converter = 'org.apache.kafka.connect.json.JsonConverter';
    return {
      'bootstrap.servers': this.#stack.kafka.map(({ host, port: each }) => `${host}:${each}`).join(','),
      'key.converter': converter,
      'key.converter.schemas.enable': 'false',
      'value.converter': converter,
      'value.converter.schemas.enable': 'false',
      'offset.storage.file.filename': join(folder, 'offsets'),
      'offset.flush.interval.ms': '5000',
      'plugin.path': this.#pluginFolder,
      'plugin.discovery': 'service_load',
      listeners: `http://127.0.0.1:${port}`,
      'producer.acks': 'all',
      'producer.compression.type': settings.compression,
      'producer.batch.size': String(512 * 1024),
      'producer.linger.ms': '5',
    };
  }

  #connector({ id, load, folder }: ReplayJob): Record<string, string> {
    const { mysql } = this.#stack;
    return {
      'connector.class': 'io.debezium.connector.mysql.MySqlConnector',
      'tasks.max': '1',
      'database.hostname': mysql?.host ?? '',
      'database.port': String(mysql?.port),
      'database.user': mysql?.replicator.user ?? '',
      'database.password': mysql?.replicator.password ?? '',
      'database.server.id': '48151',
      'topic.prefix': id,
      'database.include.list': load.database,
      'snapshot.mode': this.#isSnapshot ? 'initial' : 'recovery',
      'snapshot.locking.mode': 'none',
      'schema.history.internal': 'io.debezium.storage.file.history.FileSchemaHistory',
      'schema.history.internal.file.filename': join(folder, 'schema-history'),
      'include.schema.changes': 'false',
      'tombstones.on.delete': 'false',
      'max.batch.size': '8192',
      'max.queue.size': '32768',
      'poll.interval.ms': '50',
    };
  }

  get #pluginFolder(): string {
    return join(this.#stack.dir, 'cache', `debezium-${VERSION}`);
  }

  /** Fetches what is missing; resolves to the folder with Connect's jars. */
  async #install(): Promise<string> {
    const jars = join(this.#stack.dir, 'cache', `connect-${CONNECT_VERSION}`);
    const connector = join(this.#pluginFolder, 'debezium-connector-mysql');
    if (!existsSync(jars) || !existsSync(connector)) await kafkaJars(this.#stack.dir); // and so Java and Maven
    if (!existsSync(jars)) await mavenJars('connect', CONNECT_ARTIFACTS, jars);
    mkdirSync(this.#pluginFolder, { recursive: true });
    if (!existsSync(connector)) await mavenJars('debezium', CONNECTOR_ARTIFACTS, connector);
    return jars;
  }

  async start(job: ReplayJob): Promise<RunningPeer> {
    const jars = await this.#install();
    const port = await freePort(new Set());
    const properties = join(job.folder, 'worker.properties');
    const logFile = join(job.folder, 'connect.log');
    writeFileSync(
      properties,
      Object.entries(this.#worker(job, port))
        .map(([key, value]) => `${key}=${value}\n`)
        .join(''),
    );
    const log4j = join(job.folder, 'log4j2.properties');
    writeFileSync(log4j, LOG4J);
    const log = openSync(logFile, 'a');
    const child = spawn(
      'java',
      [
        ...JAVA_OPTIONS,
        `-Dlog4j2.configurationFile=${log4j}`,
        '-cp',
        `${jars}/*`,
        'org.apache.kafka.connect.cli.ConnectStandalone',
        properties,
      ],
      { stdio: ['ignore', log, log], cwd: job.folder },
    );
    closeSync(log);
    let isTold = false;
    const lastWords = (): string => readFileSync(logFile, 'utf8').slice(-3000);
    const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
    const failed = ended.then((): never => {
      if (isTold) return undefined as never;
      throw new Error(`Kafka Connect has ended:\n${lastWords()}`);
    });
    failed.catch(() => undefined);
    const running: RunningPeer = {
      pid: child.pid ?? -1,
      failed,
      lastWords,
      stop: async () => {
        isTold = true;
        child.kill('SIGTERM');
        const timer = setTimeout(() => child.kill('SIGKILL'), 20_000);
        await ended;
        clearTimeout(timer);
      },
    };
    try {
      await Promise.race([this.#begin(job, `http://127.0.0.1:${port}`), failed]);
    } catch (error) {
      await running.stop();
      const said = error instanceof Error ? error.message : String(error);
      throw new Error(`${said}\n${lastWords()}`, { cause: error });
    }
    return running;
  }

  /** Creates the connector; where it is to read the binlog, without running it, and gives it the load's position as its own first. */
  async #begin(job: ReplayJob, url: string): Promise<void> {
    const deadline = performance.now() + START_TIMEOUT_MS;
    const connector = `${url}/connectors/${CONNECTOR}`;
    const isUp = (): Promise<boolean> =>
      fetch(url).then(
        (answer) => answer.ok,
        () => false,
      );
    while (!(await isUp())) {
      if (performance.now() > deadline) throw new Error('Kafka Connect does not answer');
      await sleep(100);
    }
    const create = (initial_state: 'STOPPED' | 'RUNNING'): Promise<void> =>
      call('POST', `${url}/connectors`, { name: CONNECTOR, config: this.#connector(job), initial_state });
    if (this.#isSnapshot) {
      await create('RUNNING');
    } else {
      await create('STOPPED');
      const { file, offset, gtids } = job.load.from;
      await call('PATCH', `${connector}/offsets`, {
        offsets: [{ partition: { server: job.id }, offset: { file, pos: offset, gtids } }],
      });
      await call('PUT', `${connector}/resume`);
    }
    const state = async (): Promise<string> => {
      const status = (await (await fetch(`${connector}/status`)).json()) as ConnectorStatus;
      const failure = status.tasks.find((task) => task.state === 'FAILED');
      if (failure) throw new Error(failure.trace ?? 'the task has failed');
      return status.tasks[0]?.state ?? 'NONE';
    };
    while ((await state()) !== 'RUNNING') {
      if (performance.now() > deadline) throw new Error('the connector does not run');
      await sleep(50);
    }
  }
}

interface ConnectorStatus {
  readonly tasks: readonly { readonly state: string; readonly trace?: string }[];
}

/** A request to Connect's REST interface, asked again while the worker says that it is not ready for it. */
async function call(method: string, url: string, body?: object): Promise<void> {
  for (let attempts = 0; ; attempts++) {
    const answer = await fetch(url, {
      method,
      headers: { 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    if (answer.ok) return;
    if (attempts >= 50) throw new Error(`${method} ${url}: ${answer.status} ${await answer.text()}`);
    await sleep(100);
  }
}

const LOG4J = `appender.console.type = Console
appender.console.name = console
appender.console.layout.type = PatternLayout
appender.console.layout.pattern = %d %p %m (%c)%n
rootLogger.level = warn
rootLogger.appenderRef.console.ref = console
`;
