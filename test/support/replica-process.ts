import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { get } from 'node:http';
import { dirname, join, resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { freePort } from '../../scripts/stack/free-port.ts';
import { waitUntil } from './wait-until.ts';

/** What is asserted of a replica's /status page. */
export interface ReplicaStatus {
  readonly replica: string;
  readonly role: 'leader' | 'standby' | 'candidate' | 'blocked';
  readonly epoch: number;
  /** Null until the replica has led and found its position. */
  readonly position?: unknown;
  readonly lagSeconds?: number | null;
  readonly blocked?: unknown;
  readonly refusal?: { readonly code: string } | null;
}

/** How a replica is started. */
export interface ReplicaOptions {
  readonly name: string;
  /** Maxwell-style properties; `http_port` and `replica_name` are added. */
  readonly config: Readonly<Record<string, string>>;
  readonly env?: Readonly<Record<string, string>>;
  /** Where its properties and its log are kept. */
  readonly folder: string;
  /** True: a process group of its own that outlives this process; default false. */
  readonly isDetached?: boolean;
}

/** How a process ended. */
export interface ProcessEnd {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

const HOST = '127.0.0.1';
const STATUS_TIMEOUT_MS = 2000;
const GRACE_MS = 10_000;
const running = new Set<ChildProcess>();
const usedPorts = new Set<number>();

process.once('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

/** The product's entry: HEAVISIDE_TEST_MAIN, else dist/main.js of this repository. */
export function productEntry(): string {
  const named = process.env['HEAVISIDE_TEST_MAIN'];
  if (named !== undefined && named !== '') return resolve(named);
  return join(dirname(fileURLToPath(import.meta.url)), '..', '..', 'dist', 'main.js');
}

/** The environment for the product: without this one's HEAVISIDE_ variables, which would be options of it. */
export function productEnv(): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('HEAVISIDE_')));
}

/** The text of a .properties file; backslashes, `=`-free keys and line ends are escaped. */
export function propertiesText(config: Readonly<Record<string, string>>): string {
  const escaped = (value: string): string => value.replaceAll('\\', '\\\\').replaceAll('\n', '\\n');
  return Object.entries(config)
    .map(([key, value]) => `${key}=${escaped(value)}\n`)
    .join('');
}

/** A GET on a connection of its own, which leaves no idle socket behind. */
async function getJson(port: number, path: string): Promise<unknown> {
  return new Promise((settle, reject) => {
    const call = get({ host: HOST, port, path, agent: false, timeout: STATUS_TIMEOUT_MS }, (response) => {
      text(response)
        .then((body) => settle(JSON.parse(body) as unknown))
        .catch(reject);
    });
    call.once('timeout', () => call.destroy(new Error('no answer')));
    call.once('error', reject);
  });
}

/** One replica of the product as a process of its own. */
export class ReplicaProcess {
  readonly name: string;
  readonly pid: number;
  readonly httpPort: number;
  readonly configFile: string;
  readonly logFile: string;
  readonly exited: Promise<ProcessEnd>;
  readonly #child: ChildProcess;

  constructor(options: ReplicaOptions, httpPort: number) {
    this.name = options.name;
    this.httpPort = httpPort;
    this.configFile = join(options.folder, `${options.name}.properties`);
    this.logFile = join(options.folder, `${options.name}.log`);
    mkdirSync(options.folder, { recursive: true });
    const config = {
      ...options.config,
      replica_name: options.name,
      http_port: String(httpPort),
      http_bind_address: HOST,
    };
    writeFileSync(this.configFile, propertiesText(config), { mode: 0o600 }); // it holds passwords
    const log = openSync(this.logFile, 'a');
    // The log goes straight to the file: it never waits for this process, and survives it.
    this.#child = spawn(process.execPath, [productEntry(), 'run', '--config', this.configFile], {
      stdio: ['ignore', log, log],
      detached: options.isDetached ?? false,
      env: { ...productEnv(), ...options.env },
    });
    closeSync(log);
    running.add(this.#child);
    this.exited = new Promise((settle, reject) => {
      this.#child.once('error', reject);
      this.#child.once('exit', (code, signal) => {
        running.delete(this.#child);
        settle({ code, signal });
      });
    });
    this.exited.catch(() => undefined);
    this.pid = this.#child.pid ?? -1;
  }

  get isRunning(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** The /status page; null where it does not answer within 2 s. */
  async status(): Promise<ReplicaStatus | null> {
    try {
      return (await getJson(this.httpPort, '/status')) as ReplicaStatus;
    } catch {
      return null;
    }
  }

  /** The HTTP status of a page, as /livez or /readyz; 0 where it does not answer. */
  async page(path: string): Promise<number> {
    return new Promise((settle) => {
      const call = get(
        { host: HOST, port: this.httpPort, path, agent: false, timeout: STATUS_TIMEOUT_MS },
        (response) => {
          response.resume();
          settle(response.statusCode ?? 0);
        },
      );
      call.once('timeout', () => call.destroy());
      call.once('error', () => settle(0));
    });
  }

  kill(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** The structured lines of the log so far; lines that are no JSON come as {msg}. */
  logLines(): Record<string, unknown>[] {
    const lines = readFileSync(this.logFile, 'utf8').split('\n').filter(Boolean);
    return lines.map((line) => {
      try {
        return JSON.parse(line) as Record<string, unknown>;
      } catch {
        return { msg: line };
      }
    });
  }

  /** Resolves when /status shows the role; a leader, when it has a position too: what is written before is not its to stream. Rejects after the timeout, or at once when the process has ended. */
  async waitForRole(role: ReplicaStatus['role'], timeoutMs = 60_000): Promise<ReplicaStatus> {
    const look = async (): Promise<ReplicaStatus | null> => {
      if (!this.isRunning) throw new Error(`${this.name} has ended; ${this.lastWords()}`);
      const status = await this.status();
      const isThere = status?.role === role && (role !== 'leader' || Boolean(status.position));
      return isThere ? status : null;
    };
    const what = `${this.name} to be ${role}`;
    return waitUntil(look, { timeoutMs, what, everyMs: 50 }).catch((error: unknown) => {
      throw new Error(`${error instanceof Error ? error.message : String(error)}; ${this.lastWords()}`);
    });
  }

  /** The end of the log, for error messages. */
  lastWords(): string {
    const lines = readFileSync(this.logFile, 'utf8').trimEnd().split('\n').slice(-5);
    return `${this.logFile} ends with:\n${lines.join('\n')}`;
  }

  /** Ends it: SIGTERM, and SIGKILL after 10 s. Resolves to how it ended. */
  async stop(): Promise<ProcessEnd> {
    if (!this.isRunning) return this.exited;
    this.kill('SIGTERM');
    this.kill('SIGCONT'); // one that was stopped by a test could not leave
    const timer = setTimeout(() => this.kill('SIGKILL'), GRACE_MS);
    try {
      return await this.exited;
    } finally {
      clearTimeout(timer);
    }
  }

  /** Lets it run on when this process ends. */
  release(): void {
    running.delete(this.#child);
    this.#child.unref();
  }
}

/** Starts a replica on a free HTTP port. It is killed when this process ends. */
export async function startReplica(options: ReplicaOptions): Promise<ReplicaProcess> {
  const httpPort = await freePort(usedPorts);
  usedPorts.add(httpPort);
  return new ReplicaProcess(options, httpPort);
}

/** Kills every replica that this process has started and that still runs, and waits until they are gone. */
export async function killReplicas(): Promise<void> {
  const ends = [...running].map(
    (child) => new Promise<void>((gone) => child.once('exit', () => gone()).kill('SIGKILL')),
  );
  await Promise.all(ends);
}
