import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { HOST } from './free-port.ts';
import { aptInstall } from './install.ts';
import { findProgram } from './run-command.ts';
import type { ServerCommand } from './server-process.ts';
import { StackError } from './stack-error.ts';
import type { ServerEntry } from './stack-file.ts';

const START_TIMEOUT_MS = 15_000;
const INSTEAD = 'HEAVISIDE_TEST_REDIS=redis://host:port';

async function redisServer(): Promise<string> {
  const found = findProgram('redis-server');
  if (found !== undefined) return found;
  await aptInstall('redis', ['redis-server'], INSTEAD);
  const installed = findProgram('redis-server');
  if (installed === undefined)
    throw new StackError(`redis cannot be had: no redis-server on the PATH; set ${INSTEAD}`);
  return installed;
}

/** True when a Redis answers PING with PONG. Throws what ioredis throws. */
export async function isRedisReady(port: number): Promise<boolean> {
  const client = new Redis({
    host: HOST,
    port,
    lazyConnect: true,
    retryStrategy: () => null,
    connectTimeout: 1000,
  });
  client.on('error', () => undefined); // the rejection below tells it
  try {
    await client.connect();
    return (await client.ping()) === 'PONG';
  } finally {
    client.disconnect();
  }
}

/** Makes sure that redis-server exists and gives the command that starts one without persistence. Throws StackError. */
export async function redisCommand(entry: ServerEntry, dir: string): Promise<ServerCommand> {
  const command = await redisServer();
  const folder = join(dir, entry.name);
  mkdirSync(folder, { recursive: true });
  const settings = { bind: HOST, port: String(entry.port), dir: folder, save: '', appendonly: 'no' };
  const args = Object.entries({ ...settings, 'maxmemory-policy': 'noeviction' }).flatMap(([key, value]) => [
    `--${key}`,
    value,
  ]);
  return {
    command,
    args,
    cwd: folder,
    logFile: join(folder, 'redis.log'),
    startTimeoutMs: START_TIMEOUT_MS,
    isReady: () => isRedisReady(entry.port),
  };
}
