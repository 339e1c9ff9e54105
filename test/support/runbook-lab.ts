import { spawn } from 'node:child_process';
import {
  appendFileSync,
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished } from 'vitest';
import { kafkaJars } from '../../scripts/stack/kafka.ts';
import { stackDir } from '../../scripts/stack/stack-file.ts';
import { HaCluster, type HaClusterOptions } from './ha-cluster.ts';
import { patience } from './ha-figures.ts';
import { haReplicaConfig } from './ha-place.ts';
import { productEntry, productEnv, propertiesText } from './replica-process.ts';
import { missingLines, readRunbook, type RunbookStep } from './runbook-page.ts';
import type { SqlTarget } from './load-connection.ts';

const LEASE_TTL_MS = 5000;
const LEADER_WAIT_S = 60;
const MAX_PATIENCE = 12;
const WORDS = join(dirname(fileURLToPath(import.meta.url)), '..', '..', 'scripts', 'runbooks', 'replicas.sh');

/** Kafka's own scripts, by the class that each runs. */
const KAFKA_TOOLS = {
  'kafka-topics.sh': 'org.apache.kafka.tools.TopicCommand',
  'kafka-configs.sh': 'kafka.admin.ConfigCommand',
  'kafka-console-consumer.sh': 'org.apache.kafka.tools.consumer.ConsoleConsumer',
  'kafka-get-offsets.sh': 'org.apache.kafka.tools.GetOffsetShell',
} as const;

/**
 * A page of docs/runbooks and a place to carry it out: its commands, as they stand there, by a bash with the product,
 * `mysql`, `redis-cli` and Kafka's tools on the PATH, under the load and the audit of an HaCluster. The page's replicas are
 * processes that its own commands start; they are killed when the test ends.
 */
export class RunbookLab {
  readonly cluster: HaCluster;
  readonly dir: string;
  readonly #page: string;
  readonly #steps: readonly RunbookStep[];
  readonly #done = new Set<RunbookStep>();

  private constructor(page: string, cluster: HaCluster) {
    this.#page = page;
    this.#steps = readRunbook(page);
    this.cluster = cluster;
    this.dir = join(cluster.folder, 'shop');
  }

  /** @param options of the cluster; `config` goes to the page's config.properties */
  static async open(page: string, options: HaClusterOptions = {}): Promise<RunbookLab> {
    const cluster = await HaCluster.create(options);
    const lab = new RunbookLab(page, cluster);
    onTestFinished(() => lab.#killReplicas());
    // The product's own time where the machine is quiet; a process that is not let run for a TTL loses its lease.
    const lease_ttl_ms = String(Math.round(LEASE_TTL_MS * Math.min(patience(), MAX_PATIENCE)));
    await lab.#prepare({ ...haReplicaConfig(cluster.place), lease_ttl_ms, ...options.config });
    return lab;
  }

  get configFile(): string {
    return join(this.dir, 'config.properties');
  }

  /** Carries out the blocks under a heading and holds the output they show against what came. Resolves to the output. */
  async run(heading: string): Promise<string> {
    const steps = this.#steps.filter((step) => step.heading === heading);
    if (steps.length === 0) throw new Error(`${this.#page}.md has no commands under "${heading}"`);
    let all = '';
    for (const step of steps) {
      const output = this.#named(await this.shell(step.commands));
      this.#record(`## ${heading}\n$ ${step.commands.trimEnd().replaceAll('\n', '\n$ ')}\n${output}`);
      const missing = missingLines(step.shown, output);
      expect({ heading, missing, output: missing.length > 0 ? output : '' }).toEqual({
        heading,
        missing: [],
        output: '',
      });
      this.#done.add(step);
      all += output;
    }
    return all;
  }

  /** Every block of the page was carried out. */
  expectAllRun(): void {
    expect(this.#steps.filter((step) => !this.#done.has(step)).map(({ heading }) => heading)).toEqual([]);
  }

  /** Variables of the pages that are the operator's to set. */
  set(variables: Readonly<Record<string, string>>): void {
    const lines = Object.entries(variables).map(([name, value]) => `export ${name}=${quoted(value)}\n`);
    appendFileSync(join(this.dir, 'state.sh'), lines.join(''));
  }

  /** Runs bash code with what earlier blocks have set; rejects, with the output, unless it ends with 0. */
  async shell(code: string): Promise<string> {
    const state = join(this.dir, 'state.sh');
    const script = `. ${quoted(state)}\nset -a\n. ${quoted(WORDS)}\nset -eu\n${code}\nset +e\n{ export -p; declare -f; } > ${quoted(state)}\n`;
    const child = spawn('bash', ['-c', script], {
      cwd: this.dir,
      env: productEnv(),
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const ended = new Promise<number | null>((resolve, reject) => {
      child.once('error', reject);
      child.once('close', resolve);
    });
    const [stdout, stderr, exit] = await Promise.all([text(child.stdout), text(child.stderr), ended]);
    if (exit === 0) return stdout + stderr;
    throw new Error(`exit ${exit} from:\n${code}\n${stdout}${stderr}`);
  }

  /** Changes options of the page's configuration; null takes one out. */
  configure(changed: Readonly<Record<string, string | null>>): void {
    const kept = readFileSync(this.configFile, 'utf8')
      .split('\n')
      .filter((line) => line !== '' && !Object.hasOwn(changed, line.slice(0, line.indexOf('='))));
    const added = Object.fromEntries(
      Object.entries(changed).filter((entry): entry is [string, string] => entry[1] !== null),
    );
    writeFileSync(this.configFile, `${kept.join('\n')}\n${propertiesText(added)}`, { mode: 0o600 });
  }

  /** A `mysql` client's file with an account: what an operator has in ~/.my.cnf. */
  mysqlAccount({ host, port, user, password }: SqlTarget): void {
    const lines = [
      '[client]',
      `host=${host}`,
      `port=${port}`,
      'protocol=tcp',
      `user=${user}`,
      `password=${password}`,
      'skip-ssl',
    ];
    writeFileSync(join(this.dir, 'my.cnf'), `${lines.join('\n')}\n`, { mode: 0o600 });
  }

  async #prepare(config: Readonly<Record<string, string>>): Promise<void> {
    const { place } = this.cluster;
    const bin = join(this.dir, 'bin');
    mkdirSync(bin, { recursive: true });
    const program = (name: string, command: string): void => {
      writeFileSync(join(bin, name), `#!/bin/sh\nexec ${command} "$@"\n`);
      chmodSync(join(bin, name), 0o755);
    };
    program('heaviside', `${quoted(process.execPath)} ${quoted(productEntry())}`);
    program('mysql', `/usr/bin/mysql --defaults-file=${quoted(join(this.dir, 'my.cnf'))}`);
    const java = `java -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -Dorg.apache.logging.log4j.level=OFF -cp ${quoted(`${await kafkaJars(stackDir())}/*`)}`;
    for (const [name, main] of Object.entries(KAFKA_TOOLS)) program(name, `${java} ${main}`);
    writeFileSync(this.configFile, propertiesText(config), { mode: 0o600 });
    this.mysqlAccount(place.source);
    this.set({
      PATH: `${bin}:${process.env['PATH'] ?? ''}`,
      HEAVISIDE_CONFIG: this.configFile,
      REPLICA_DIR: this.dir,
      REDIS: place.redisUrls[0] ?? '',
      KAFKA: place.brokers.join(','),
      CLIENT_ID: place.clientId,
      TOPIC: place.topic,
      LEADER_WAIT_S: String(Math.round(LEADER_WAIT_S * patience())),
    });
  }

  /** The lab's own names as the pages have them. */
  #named(output: string): string {
    const { clientId, database, source, brokers } = this.cluster.place;
    const names = [
      [this.dir, '/etc/heaviside'],
      [clientId, 'shop'],
      [database, 'shop'],
      [`${source.host}:${source.port}`, 'mysql.example.com:3306'],
      [brokers.join(','), 'kafka1:9092'],
    ] as const;
    return names.reduce((text_, [from, to]) => text_.replaceAll(from, to), output);
  }

  /** RUNBOOK_TRANSCRIPTS=FOLDER keeps what was done and said, for the excerpts of the pages. */
  #record(transcript: string): void {
    const folder = process.env['RUNBOOK_TRANSCRIPTS'];
    if (folder === undefined) return;
    mkdirSync(folder, { recursive: true });
    appendFileSync(join(folder, `${this.#page}.txt`), `${transcript}\n`);
  }

  #killReplicas(): void {
    if (!existsSync(this.dir)) return;
    for (const file of readdirSync(this.dir).filter((name) => name.endsWith('.pid'))) {
      try {
        process.kill(Number(readFileSync(join(this.dir, file), 'utf8')), 'SIGKILL');
      } catch {
        // it has ended
      }
    }
  }
}

function quoted(value: string): string {
  return `'${value.replaceAll("'", "'\\''")}'`;
}
