import { mkdtempSync, rmSync, writeFileSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { freePort } from '../../scripts/stack/free-port.ts';
import { redisNodes } from '../../src/assembly/redis-nodes.ts';
import { loadConfig } from '../../src/config/load.ts';
import type { RedisNode } from '../../src/redis/redis-node.ts';
import { Authority } from '../support/certificates.ts';
import { MemoryLog } from '../support/memory-log.ts';
import { toArguments } from '../support/product-run.ts';
import { RedisProcess } from '../support/redis-process.ts';
import { documentedLines } from '../support/security-page.ts';
import { waitUntil } from '../support/wait-until.ts';

const dir = mkdtempSync(join(tmpdir(), 'heaviside-tls-redis-'));
const password = 'pw-of-redis-1';
let ca: Authority;
let stranger: Authority;
let server: RedisProcess;
let sentinel: RedisProcess;
let tlsPort = 0;
const nodes: RedisNode[] = [];
let log = new MemoryLog();

/** Runs a documented ACL line as the administrator. */
async function administer(target: RedisProcess, line: string): Promise<void> {
  const client = new Redis(target.url, { lazyConnect: true, retryStrategy: () => null });
  await client.connect();
  const [command = '', ...args] = line.split(' ');
  await client.call(command, ...args);
  client.disconnect();
}

const documented = (heading: string): string =>
  (documentedLines(heading)[0] ?? '').replace('PASSWORD', password);

beforeAll(async () => {
  ca = await Authority.create(dir, 'ca');
  stranger = await Authority.create(dir, 'stranger');
  const { cert, key } = await ca.issue('redis', ['DNS:localhost']);
  tlsPort = await freePort(new Set());
  const tls = ['--tls-port', String(tlsPort), '--tls-cert-file', cert, '--tls-key-file', key];
  server = await RedisProcess.start({
    args: [...tls, '--tls-ca-cert-file', ca.cert, '--tls-auth-clients', 'no'],
  });
  sentinel = await RedisProcess.startSentinel(server.port);
  await administer(server, documented('### The Redis user'));
  await administer(sentinel, documented("### The Sentinels' user"));
  await administer(sentinel, 'ACL SETUSER default off');
});

afterEach(() => {
  for (const node of nodes.splice(0)) node.close();
});

afterAll(async () => {
  await sentinel[Symbol.asyncDispose]();
  await server[Symbol.asyncDispose]();
  rmSync(dir, { recursive: true, force: true });
});

/** The node of a configuration. */
function nodeOf(options: Readonly<Record<string, string>>): RedisNode {
  const { config } = loadConfig({
    argv: toArguments({
      user: 'u',
      'kafka.bootstrap.servers': 'localhost:1',
      client_id: 'shop',
      'redis.username': 'heaviside',
      ...(options['redis.password_file'] === undefined ? { 'redis.password': password } : {}),
      ...options,
    }),
    env: {},
    readFile: (path) => readFileSync(path, 'utf8'),
  });
  log = new MemoryLog();
  const [node] = redisNodes(config, log);
  if (node === undefined) throw new Error('no node');
  nodes.push(node);
  return node;
}

const overTls = (host = 'localhost', authority = ca): Record<string, string> => ({
  'redis.nodes': `rediss://${host}:${tlsPort}`,
  'redis.tls_ca': authority.cert,
});

/** The answer to a question about the cluster's own key, or the code of the refusal. */
const asks = (node: RedisNode, key = 'heaviside:{shop}:epoch'): Promise<unknown> =>
  node.store.call('GET', [key]).catch((error: unknown) => (error as { code?: unknown }).code);

describe('Redis over TLS', () => {
  it('is reached where authority and name are right, and refused by name where not', async () => {
    expect(await asks(nodeOf(overTls()))).toBeNull();
    expect(await asks(nodeOf(overTls('localhost', stranger)))).toBe('REDIS_TLS');
    expect(await asks(nodeOf(overTls('127.0.0.1')))).toBe('REDIS_TLS');
  });

  it('names a refused login, and shows no password', async () => {
    const node = nodeOf({ ...overTls(), 'redis.password': 'pw-that-is-wrong' });
    expect(await asks(node)).toBe('REDIS_ACCESS_DENIED');
    expect(JSON.stringify(log.lines)).toContain('WRONGPASS');
    expect(JSON.stringify(log.lines)).not.toContain('pw-that-is-wrong');
  });

  it('takes a rotated password and authority with the next connection', async () => {
    const files = { password: join(dir, 'password'), ca: join(dir, 'rotated-ca.pem') };
    writeFileSync(files.password, password);
    writeFileSync(files.ca, ca.pem);
    const node = nodeOf({
      ...overTls(),
      'redis.password_file': files.password,
      'redis.tls_ca': files.ca,
    });
    expect(await asks(node)).toBeNull();
    await administer(server, 'ACL SETUSER heaviside resetpass >pw-of-redis-2');
    writeFileSync(files.ca, stranger.pem);
    await administer(server, 'CLIENT KILL USER heaviside');
    const becomes = (code: string | null): Promise<unknown> =>
      waitUntil(async () => (await asks(node)) === code, { timeoutMs: 20_000, what: String(code) });
    await becomes('REDIS_TLS');
    writeFileSync(files.ca, ca.pem);
    await becomes('REDIS_ACCESS_DENIED');
    writeFileSync(files.password, 'pw-of-redis-2\n');
    await becomes(null);
    await administer(server, `ACL SETUSER heaviside resetpass >${password}`);
    expect(JSON.stringify(log.lines)).not.toContain('pw-of-redis');
  });
});

describe('the documented user', () => {
  it('may not touch the keys of others, nor give orders to the server', async () => {
    const node = nodeOf(overTls());
    expect(await asks(node, 'heaviside:{other}:epoch')).toBe('REDIS_ACCESS_DENIED');
    await expect(node.store.call('FLUSHALL', [])).rejects.toMatchObject({ code: 'REDIS_ACCESS_DENIED' });
    await expect(node.store.call('CONFIG', ['GET', '*'])).rejects.toMatchObject({
      code: 'REDIS_ACCESS_DENIED',
    });
  });
});

describe('Sentinels with a login', () => {
  const group = (login: string): Record<string, string> => ({
    'redis.nodes': `redis+sentinel://127.0.0.1:${sentinel.port}/main${login}`,
  });

  it('lead to their master by the documented users', async () => {
    expect(await asks(nodeOf(group(`?sentinel_user=heaviside&sentinel_password=${password}`)))).toBeNull();
  });

  it('are named with a refused login', async () => {
    expect(await asks(nodeOf(group('?sentinel_user=heaviside&sentinel_password=wrong')))).toBe(
      'REDIS_ACCESS_DENIED',
    );
  });
});
