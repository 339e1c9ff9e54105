import { spawn, type ChildProcess } from 'node:child_process';
import { get } from 'node:http';
import { text } from 'node:stream/consumers';
import { productEntry, productEnv, type ProcessEnd } from './replica-process.ts';
import { waitUntil } from './wait-until.ts';

export interface ProductRunOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** Options of node itself. */
  readonly execArgv?: readonly string[];
}

/** An answer of one of the process's pages. */
export interface PageAnswer {
  readonly status: number;
  readonly body: string;
}

const GRACE_MS = 15_000;
const running = new Set<ChildProcess>();

process.once('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

/** Options as words of the command line. */
export function toArguments(config: Readonly<Record<string, string>>): string[] {
  return Object.entries(config).map(([key, value]) => `--${key}=${value}`);
}

/** The product run as a user runs it: a command line, an environment, what it prints, how it ends. */
export class ProductRun {
  readonly pid: number;
  readonly ended: Promise<ProcessEnd>;
  stdout = '';
  stderr = '';
  readonly #child: ChildProcess;

  constructor(args: readonly string[], options: ProductRunOptions = {}) {
    const { env = {}, cwd, execArgv = [] } = options;
    const child = spawn(process.execPath, [...execArgv, productEntry(), ...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...productEnv(), ...env },
      ...(cwd === undefined ? {} : { cwd }),
    });
    this.#child = child;
    this.pid = child.pid ?? -1;
    running.add(child);
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => (this.stdout += chunk));
    child.stderr.setEncoding('utf8').on('data', (chunk: string) => (this.stderr += chunk));
    this.ended = new Promise((resolve, reject) => {
      child.once('error', reject);
      child.once('close', (code, signal) => {
        running.delete(child);
        resolve({ code, signal });
      });
    });
    this.ended.catch(() => undefined);
  }

  get isRunning(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** The structured lines of the log so far. */
  get log(): Record<string, unknown>[] {
    return this.stderr
      .split('\n')
      .filter((line) => line.startsWith('{') && line.endsWith('}'))
      .map((line) => JSON.parse(line) as Record<string, unknown>);
  }

  /** The non-empty lines of stdout so far, the last one only when it is whole. */
  get lines(): string[] {
    return this.stdout.split('\n').slice(0, -1).filter(Boolean);
  }

  /** Waits for a line of the log. Rejects when the process ends before, or after the time. */
  async logged(message: RegExp, timeoutMs = 20_000): Promise<Record<string, unknown>> {
    return this.until(
      () => this.log.find((line) => message.test(String(line['message']))),
      `the log line ${message}`,
      timeoutMs,
    );
  }

  /** Waits for a condition. Rejects with the end of stderr when the process ends before, or after the time. */
  async until<T>(
    look: () => T | Promise<T>,
    what: string,
    timeoutMs = 20_000,
  ): Promise<Exclude<T, false | null | undefined>> {
    const checked = async (): Promise<T> => {
      const value = await look();
      if (!this.isRunning && (value === false || value === null || value === undefined))
        throw new Error(`${what}: the process has ended`);
      return value;
    };
    return waitUntil(checked, { timeoutMs, what, everyMs: 50 }).catch((error: unknown) => {
      throw new Error(
        `${error instanceof Error ? error.message : String(error)}\n${this.stderr.slice(-2000)}`,
      );
    });
  }

  /** The port of the HTTP pages (`http_port=0` takes a free one). */
  async httpPort(): Promise<number> {
    return Number((await this.logged(/^serving metrics/))['port']);
  }

  /** A GET on a connection of its own, which leaves no idle socket behind. */
  async page(path: string, port?: number): Promise<PageAnswer> {
    const target = port ?? (await this.httpPort());
    return new Promise((settle, reject) => {
      const call = get({ host: '127.0.0.1', port: target, path, agent: false, timeout: 5000 }, (response) => {
        text(response).then((body) => settle({ status: response.statusCode ?? 0, body }), reject);
      });
      call.once('timeout', () => call.destroy(new Error('no answer')));
      call.once('error', reject);
    });
  }

  async status(): Promise<Record<string, unknown>> {
    return JSON.parse((await this.page('/status')).body) as Record<string, unknown>;
  }

  kill(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** SIGTERM, and SIGKILL after 15 s. */
  async stop(): Promise<ProcessEnd> {
    if (this.isRunning) this.kill('SIGTERM');
    return this.end();
  }

  /** Waits for the end; after the time the process is killed, which shows in how it ended. */
  async end(timeoutMs = GRACE_MS): Promise<ProcessEnd> {
    const timer = setTimeout(() => this.kill('SIGKILL'), timeoutMs);
    try {
      return await this.ended;
    } finally {
      clearTimeout(timer);
    }
  }
}
