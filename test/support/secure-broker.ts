import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Kafka, logLevel, type Admin } from 'kafkajs';
import { freePort, HOST } from '../../scripts/stack/free-port.ts';
import { kafkaJars, warmUpKafka } from '../../scripts/stack/kafka.ts';
import { runCommand } from '../../scripts/stack/run-command.ts';
import { startProcess, stopProcess } from '../../scripts/stack/server-process.ts';
import { stackDir, type ServerEntry } from '../../scripts/stack/stack-file.ts';
import type { CertificateFiles } from './certificates.ts';

export interface SecureBrokerOptions {
  /** Certificate authority that clients are checked against. */
  readonly clientCa: string;
  /** Good for localhost. */
  readonly server: CertificateFiles;
  /** Good for another name. */
  readonly misnamed: CertificateFiles;
  /** Passwords by account: PLAIN, SCRAM-SHA-256 and SCRAM-SHA-512 alike. */
  readonly accounts: Readonly<Record<string, string>>;
}

/** What each listener asks of a client. `plain` is nobody's but the test's own: its anonymous user may do everything. */
const listeners = {
  plain: 'PLAINTEXT',
  tls: 'SSL',
  mtls: 'SSL',
  misnamed: 'SSL',
  sasl: 'SASL_PLAINTEXT',
  sasltls: 'SASL_SSL',
} as const;

export type Listener = keyof typeof listeners;

const JAVA = ['-Xmx320m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1'];
const MECHANISMS = ['SCRAM-SHA-256', 'SCRAM-SHA-512'] as const;
const security = 'org.apache.kafka.common.security';

/** One Kafka of a test's own with the authorizer switched on and a listener for each way of coming in. */
export class SecureBroker {
  readonly #entry: ServerEntry;
  readonly #ports: Readonly<Record<Listener, number>>;
  readonly #dir: string;
  readonly #jars: string;

  private constructor(
    ports: Readonly<Record<Listener, number>>,
    entry: ServerEntry,
    dir: string,
    jars: string,
  ) {
    this.#ports = ports;
    this.#entry = entry;
    this.#dir = dir;
    this.#jars = jars;
  }

  /** Formats and starts it: about eight seconds. */
  static async start(options: SecureBrokerOptions): Promise<SecureBroker> {
    const jars = await kafkaJars(stackDir());
    const dir = mkdtempSync(join(tmpdir(), 'heaviside-secure-kafka-'));
    const taken = new Set<number>();
    const next = async (): Promise<number> => {
      const port = await freePort(taken);
      taken.add(port);
      return port;
    };
    const ports = {} as Record<Listener, number>;
    for (const name of Object.keys(listeners) as Listener[]) ports[name] = await next();
    const controllerPort = await next();
    const entry: ServerEntry = {
      name: 'kafka-0',
      kind: 'kafka',
      port: ports.plain,
      controllerPort,
      pid: null,
      startTicks: null,
    };
    const broker = new SecureBroker(ports, entry, dir, jars);
    await broker.#start(options);
    return broker;
  }

  /** `localhost:PORT`: the name that the certificates have. */
  address(listener: Listener): string {
    return `localhost:${this.#ports[listener]}`;
  }

  /** A client that may do everything. */
  admin(): Admin {
    return this.client().admin();
  }

  client(): Kafka {
    return new Kafka({ brokers: [`${HOST}:${this.#ports.plain}`], logLevel: logLevel.NOTHING });
  }

  /** Runs one of Kafka's command-line tools as the one who may do everything. */
  tool(main: string, args: readonly string[]): Promise<string> {
    const server = ['--bootstrap-server', `${HOST}:${this.#ports.plain}`];
    return runCommand('java', [...JAVA, '-cp', `${this.#jars}/*`, main, ...server, ...args], {
      cwd: this.#dir,
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await stopProcess(this.#entry, 'SIGKILL', 10_000);
    rmSync(this.#dir, { recursive: true, force: true });
  }

  async #start(options: SecureBrokerOptions): Promise<void> {
    mkdirSync(join(this.#dir, 'data'));
    const config = join(this.#dir, 'server.properties');
    const settings = Object.entries(this.#settings(options)).map(([key, value]) => `${key}=${value}\n`);
    writeFileSync(config, settings.join(''), { mode: 0o600 });
    const scram = Object.entries(options.accounts).flatMap(([name, password]) =>
      MECHANISMS.flatMap((mechanism) => ['--add-scram', `${mechanism}=[name=${name},password=${password}]`]),
    );
    const java = [...JAVA, '-cp', `${this.#jars}/*`];
    const id = 'MkU3OEVBNTcwNTJENDM2Qk';
    await runCommand('java', [
      ...java,
      'kafka.tools.StorageTool',
      'format',
      '-t',
      id,
      '-c',
      config,
      ...scram,
    ]);
    await startProcess(
      this.#entry,
      {
        command: 'java',
        args: [...java, 'kafka.Kafka', config],
        cwd: this.#dir,
        logFile: join(this.#dir, 'output.log'),
        startTimeoutMs: 90_000,
        isReady: async () => {
          const admin = this.admin();
          await admin.connect();
          await admin.disconnect();
          return true;
        },
      },
      () => undefined,
    );
    await warmUpKafka([this.#entry]);
  }

  #settings({ clientCa, server, misnamed, accounts }: SecureBrokerOptions): Record<string, string | number> {
    const names = Object.keys(listeners) as Listener[];
    const upper = (name: string): string => name.toUpperCase();
    const { controllerPort } = this.#entry;
    const users = Object.entries(accounts).map(([name, password]) => `user_${name}="${password}"`);
    const tls = (listener: Listener, { both }: CertificateFiles): Record<string, string> => ({
      [`listener.name.${listener}.ssl.keystore.type`]: 'PEM',
      [`listener.name.${listener}.ssl.keystore.location`]: both,
    });
    const login = (listener: Listener): Record<string, string> => ({
      [`listener.name.${listener}.sasl.enabled.mechanisms`]: ['PLAIN', ...MECHANISMS].join(','),
      [`listener.name.${listener}.plain.sasl.jaas.config`]: `${security}.plain.PlainLoginModule required ${users.join(' ')};`,
      ...Object.fromEntries(
        MECHANISMS.map((mechanism) => [
          `listener.name.${listener}.${mechanism.toLowerCase()}.sasl.jaas.config`,
          `${security}.scram.ScramLoginModule required;`,
        ]),
      ),
    });
    return {
      'process.roles': 'broker,controller',
      'node.id': 0,
      'controller.quorum.voters': `0@${HOST}:${controllerPort}`,
      'controller.listener.names': 'CONTROLLER',
      listeners: [
        ...names.map((name) => `${upper(name)}://${HOST}:${this.#ports[name]}`),
        `CONTROLLER://${HOST}:${controllerPort}`,
      ].join(','),
      'advertised.listeners': names
        .map((name) => `${upper(name)}://localhost:${this.#ports[name]}`)
        .join(','),
      'listener.security.protocol.map': [
        ...names.map((name) => `${upper(name)}:${listeners[name]}`),
        'CONTROLLER:PLAINTEXT',
      ].join(','),
      'inter.broker.listener.name': 'PLAIN',
      'log.dirs': join(this.#dir, 'data'),
      'auto.create.topics.enable': 'false',
      'offsets.topic.replication.factor': 1,
      'offsets.topic.num.partitions': 1,
      'transaction.state.log.replication.factor': 1,
      'transaction.state.log.min.isr': 1,
      'transaction.state.log.num.partitions': 1,
      'group.initial.rebalance.delay.ms': 0,
      'connection.failed.authentication.delay.ms': 10,
      'authorizer.class.name': 'org.apache.kafka.metadata.authorizer.StandardAuthorizer',
      'super.users': 'User:ANONYMOUS',
      'ssl.principal.mapping.rules': 'RULE:^CN=([^,]+).*$/$1/',
      ...tls('tls', server),
      ...tls('mtls', server),
      'listener.name.mtls.ssl.client.auth': 'required',
      'listener.name.mtls.ssl.truststore.type': 'PEM',
      'listener.name.mtls.ssl.truststore.location': clientCa,
      ...tls('misnamed', misnamed),
      ...tls('sasltls', server),
      ...login('sasl'),
      ...login('sasltls'),
    };
  }
}
