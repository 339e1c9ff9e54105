import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import {
  closeSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort, HOST } from '../../scripts/stack/free-port.ts';
import { progress } from '../../scripts/stack/progress.ts';
import { runCommand } from '../../scripts/stack/run-command.ts';
import { stackDir } from '../../scripts/stack/stack-file.ts';
import { waitUntil } from './wait-until.ts';

const VERSION = '2.6.13.Final'; // the newest that runs on Java 17
const ARTIFACT = `io.apicurio:apicurio-registry-app:${VERSION}:tar.gz:all`;
const UNPACK = 'org.apache.maven.plugins:maven-dependency-plugin:3.6.1:unpack';
const START_MS = 120_000;
const STOP_MS = 10_000;

/** Fetches and unpacks the registry once, into the stack's cache. */
async function install(): Promise<string> {
  const folder = join(stackDir(), 'cache', `apicurio-registry-${VERSION}`);
  if (existsSync(folder)) return folder;
  const partial = `${folder}.partial`;
  rmSync(partial, { recursive: true, force: true });
  mkdirSync(partial, { recursive: true });
  progress('registry', `fetching ${ARTIFACT} with Maven`);
  const args = ['-q', '-B', UNPACK, `-Dartifact=${ARTIFACT}`, `-DoutputDirectory=${partial}`];
  await runCommand('mvn', args, { cwd: partial });
  renameSync(partial, folder);
  return folder;
}

/** Apicurio Registry with a database of its own, as a process of a test's own: a real implementation of Confluent's Schema Registry API. */
export class SchemaRegistryProcess {
  readonly port: number;
  /** What avro_schema_registry_url is set to. */
  readonly url: string;
  readonly #folder: string;
  /** What it keeps over a stop. */
  readonly #data: string;
  #child: ChildProcess;

  private constructor(port: number, folder: string) {
    this.port = port;
    this.url = `http://${HOST}:${port}/apis/ccompat/v7`;
    this.#folder = folder;
    this.#data = mkdtempSync(join(tmpdir(), 'heaviside-registry-'));
    this.#child = this.#launch();
  }

  /** Starts it empty, with Confluent's default of the compatibility level BACKWARD. */
  static async start(): Promise<SchemaRegistryProcess> {
    const folder = await install();
    const registry = new SchemaRegistryProcess(await freePort(new Set()), folder);
    await registry.#untilReady();
    await registry.setCompatibility('BACKWARD');
    return registry;
  }

  #launch(): ChildProcess {
    const jar = readdirSync(this.#folder).find((name) => name.endsWith('-runner.jar'));
    if (jar === undefined) throw new Error(`no runner jar in ${this.#folder}`);
    const options = [`-Dquarkus.http.host=${HOST}`, `-Dquarkus.http.port=${this.port}`];
    const log = openSync(join(this.#data, 'registry.log'), 'a');
    const child = spawn(
      'java',
      ['-XX:+UseSerialGC', '-Xmx256m', ...options, '-jar', join(this.#folder, jar)],
      {
        cwd: this.#data,
        env: { ...process.env, REGISTRY_DATASOURCE_URL: `jdbc:h2:file:${join(this.#data, 'schemas')}` },
        stdio: ['ignore', log, log],
      },
    );
    closeSync(log);
    process.once('exit', () => child.kill('SIGKILL'));
    return child;
  }

  async #untilReady(): Promise<void> {
    await waitUntil(() => this.#answers(), {
      timeoutMs: START_MS,
      what: 'the schema registry to answer',
      everyMs: 250,
    });
  }

  /** Sets the compatibility level of all subjects (for one, NONE means to Apicurio: the level of all). */
  async setCompatibility(compatibility: 'BACKWARD' | 'NONE'): Promise<void> {
    await this.#ask('/config', { method: 'PUT', body: JSON.stringify({ compatibility }) });
  }

  async subjects(): Promise<readonly string[]> {
    return (await this.#ask('/subjects')) as readonly string[];
  }

  /** The schema of an id, as any consumer asks for it. */
  async schema(id: number): Promise<string> {
    return ((await this.#ask(`/schemas/ids/${id}`)) as { readonly schema: string }).schema;
  }

  /** Ends it, as an outage does; `startAgain` brings it back with what it knew. */
  async stop(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const ended = once(this.#child, 'exit');
    this.#child.kill('SIGTERM');
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), STOP_MS);
    await ended;
    clearTimeout(timer);
  }

  async startAgain(): Promise<void> {
    this.#child = this.#launch();
    await this.#untilReady();
  }

  /** Stops it for good. */
  async close(): Promise<void> {
    await this.stop();
    rmSync(this.#data, { recursive: true, force: true });
  }

  async #answers(): Promise<boolean> {
    if (this.#child.exitCode !== null)
      throw new Error(`the schema registry ended with ${this.#child.exitCode}`);
    return this.subjects().then(
      () => true,
      () => false,
    );
  }

  async #ask(path: string, init: RequestInit = {}): Promise<unknown> {
    const headers = { 'content-type': 'application/json', connection: 'close' };
    const response = await fetch(this.url + path, { ...init, headers, signal: AbortSignal.timeout(20_000) });
    if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
    return response.json();
  }
}
