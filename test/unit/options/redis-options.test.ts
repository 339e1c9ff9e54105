import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createServer as createTlsServer } from 'node:tls';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { redisNodes } from '../../../src/assembly/redis-nodes.ts';
import { loadConfigText } from '../../support/load-config-text.ts';
import { MemoryLog } from '../../support/memory-log.ts';
import { waitUntil } from '../../support/wait-until.ts';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'heaviside-redis-tls-'));
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  const names = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost'];
  execFileSync(
    'openssl',
    ['req', '-x509', ...key, '-keyout', 'redis.key', '-out', 'redis.pem', '-days', '2', ...names],
    { cwd: folder, stdio: 'ignore' },
  );
});
afterAll(() => rmSync(folder, { recursive: true }));

const servers: Server[] = [];
const sockets: Socket[] = [];
afterEach(() => {
  for (const socket of sockets.splice(0)) socket.destroy();
  for (const server of servers.splice(0)) server.close();
});

/** What the product sends first to a Redis of the test's own, which answers nothing; empty where it sends nothing within a second. */
async function firstWords(server: Server, lines: (port: number) => string): Promise<string> {
  let words = '';
  servers.push(server);
  const onSocket = (socket: Socket): void => {
    sockets.push(socket);
    socket.on('error', () => undefined);
    socket.on('data', (chunk) => (words += String(chunk)));
  };
  server.on(
    server instanceof Object && 'setSecureContext' in server ? 'secureConnection' : 'connection',
    onSocket,
  );
  const port = await new Promise<number>((resolve) =>
    server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port)),
  );
  const { config } = loadConfigText({
    file: `user=u\nkafka.bootstrap.servers=b:9092\n${lines(port)}`,
  });
  const nodes = redisNodes(config, new MemoryLog());
  try {
    return await waitUntil(() => words || null, { timeoutMs: 1000, what: 'a word' }).catch(() => '');
  } finally {
    for (const node of nodes) node.close();
  }
}

describe('what a Redis node sees first', () => {
  it('[redis.username, redis.password] the login', async () => {
    const words = await firstWords(
      createServer(),
      (port) => `redis.nodes=redis://localhost:${port}\nredis.username=me\nredis.password=pw`,
    );
    expect(words).toMatch(/\r\nme\r\n.*\r\npw\r\n/su);
  });

  it('[redis.sentinel_password] the login of a Sentinel', async () => {
    const words = await firstWords(
      createServer(),
      (port) => `redis.nodes=redis+sentinel://localhost:${port}/group\nredis.sentinel_password=spw`,
    );
    expect(words).toContain('\r\nspw\r\n');
  });

  it('[redis.tls_ca] something, where its authority is trusted', async () => {
    const certificate = {
      key: readFileSync(join(folder, 'redis.key')),
      cert: readFileSync(join(folder, 'redis.pem')),
    };
    const nodes = (port: number): string => `redis.nodes=rediss://localhost:${port}`;
    const trusted = (port: number): string => `${nodes(port)}\nredis.tls_ca=${join(folder, 'redis.pem')}`;
    expect(await firstWords(createTlsServer(certificate), trusted)).not.toBe('');
    expect(await firstWords(createTlsServer(certificate), nodes)).toBe('');
  });
});
