import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { freePort, HOST, isListening } from '../../scripts/stack/free-port.ts';

const DUMP = 'dump.rdb';
const BACKUP = 'backup.rdb';

/** A redis-server of a test's own, without persistence, that can be stopped, continued, killed and started again. */
export class RedisProcess {
  readonly port: number;
  readonly url: string;
  readonly #args: readonly string[];
  #dir = mkdtempSync(join(tmpdir(), 'heaviside-redis-'));
  #child: ChildProcess | null = null;

  private constructor(port: number, args: readonly string[], credentials: string) {
    this.port = port;
    this.url = `redis://${credentials}${HOST}:${port}`;
    this.#args = args;
  }

  /** @param options args: more of redis-server's own; credentials: `user:password@` for the url */
  static async start(
    options: { args?: readonly string[]; credentials?: string } = {},
  ): Promise<RedisProcess> {
    const { args = [], credentials = '' } = options;
    const redis = new RedisProcess(await freePort(new Set()), args, credentials);
    await redis.restart();
    return redis;
  }

  /** A Sentinel that watches the master `main` at the port; needs one vote. */
  static async startSentinel(masterPort: number): Promise<RedisProcess> {
    const redis = new RedisProcess(await freePort(new Set()), [], '');
    const config = join(redis.#dir, 'sentinel.conf');
    const lines = [
      `sentinel monitor main ${HOST} ${masterPort} 1`,
      'sentinel down-after-milliseconds main 500',
      'sentinel failover-timeout main 3000',
    ];
    writeFileSync(config, `${lines.join('\n')}\n`);
    await redis.#spawn([config, '--sentinel']);
    return redis;
  }

  /** Keeps what it holds now, for `restore`. */
  async backUp(): Promise<void> {
    const client = new Redis(this.url, { lazyConnect: true, retryStrategy: () => null });
    try {
      await client.connect();
      await client.save();
    } finally {
      client.disconnect();
    }
    copyFileSync(join(this.#dir, DUMP), join(this.#dir, BACKUP));
  }

  /** Starts it anew with what it held at the last `backUp`. */
  async restore(): Promise<void> {
    copyFileSync(join(this.#dir, BACKUP), join(this.#dir, DUMP));
    await this.#spawn(['--save', '', '--appendonly', 'no', ...this.#args]);
  }

  /** Starts it anew, empty. */
  async restart(): Promise<void> {
    rmSync(join(this.#dir, DUMP), { force: true });
    await this.#spawn(['--save', '', '--appendonly', 'no', ...this.#args]);
  }

  stop(): void {
    this.#child?.kill('SIGSTOP');
  }

  continue(): void {
    this.#child?.kill('SIGCONT');
  }

  async kill(): Promise<void> {
    const child = this.#child;
    this.#child = null;
    if (child === null || child.exitCode !== null || child.signalCode !== null) return;
    child.kill('SIGKILL');
    await once(child, 'exit');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
    rmSync(this.#dir, { recursive: true, force: true });
  }

  async #spawn(args: readonly string[]): Promise<void> {
    const common = ['--bind', HOST, '--port', String(this.port), '--dir', this.#dir];
    const child = spawn('redis-server', [...args, ...common], { stdio: 'ignore', cwd: this.#dir });
    this.#child = child;
    for (let tries = 0; tries < 200; tries++) {
      if (child.exitCode !== null) throw new Error(`redis-server ended with exit ${child.exitCode}`);
      if (await isListening(this.port)) return;
      await sleep(25);
    }
    await this.kill();
    throw new Error('redis-server does not listen');
  }
}
