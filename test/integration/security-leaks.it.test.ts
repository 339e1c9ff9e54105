import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ensureStack } from '../../scripts/stack/ensure-stack.ts';
import { runCommand } from '../../scripts/stack/run-command.ts';
import { freePort } from '../../scripts/stack/free-port.ts';
import type { SqlServer } from '../../scripts/stack/stack-info.ts';
import { Authority } from '../support/certificates.ts';
import { ProductRun } from '../support/product-run.ts';
import { RedisProcess } from '../support/redis-process.ts';

// Marked secrets at every option that takes one; none of the servers takes them, so that every error is met.
const mark = 'LeakedSecret';
const secret = (of: string): string => `${mark}-${of}`;
const dir = mkdtempSync(join(tmpdir(), 'heaviside-leaks-'));

let mysql: SqlServer;
let redis: RedisProcess;
let closedPort = 0;
let lines: string[] = [];
let keyText = '';

beforeAll(async () => {
  const authority = await Authority.create(dir, 'ca');
  const { cert, key } = await authority.issue('client');
  const locked = join(dir, 'locked.key');
  const passphrase = `pass:${secret('key-password')}`;
  await runCommand('openssl', ['pkcs8', '-topk8', '-in', key, '-passout', passphrase, '-out', locked]);
  keyText = readFileSync(locked, 'utf8').trim();
  redis = await RedisProcess.start({ args: ['--requirepass', 'another'] });
  mysql = (await ensureStack({ mysql: true })).mysql as SqlServer;
  closedPort = await freePort(new Set());
  writeFileSync(join(dir, 'password'), secret('source'));
  lines = [
    'client_id=leaks',
    `user=${mysql.replicator.user}`,
    `password_file=${join(dir, 'password')}`,
    'producer=kafka',
    `kafka.bootstrap.servers=127.0.0.1:${closedPort}`,
    'kafka.security.protocol=SASL_SSL',
    'kafka.sasl.mechanism=SCRAM-SHA-256',
    `kafka.sasl.jaas.config=org.apache.kafka.common.security.scram.ScramLoginModule required username="u" password="${secret('jaas')}";`,
    `kafka.ssl.certificate.location=${cert}`,
    `kafka.ssl.keystore.key=${keyText.replaceAll('\n', '\\n')}`,
    `kafka.ssl.key.password=${secret('key-password')}`,
    `redis.nodes=redis://someone:${secret('redis-url')}@127.0.0.1:${redis.port},redis://127.0.0.1:${closedPort}/1,redis+sentinel://127.0.0.1:${redis.port}/main?sentinel_user=s&sentinel_password=${secret('sentinel-url')}`,
    `redis.password=${secret('redis')}`,
    `redis.sentinel_password=${secret('sentinel')}`,
    'encrypt=all',
    `secret_key=${`${secret('k')}-0123456789abcdef0123`.slice(0, 32)}`,
    'log_level=debug',
    'http_port=0',
    'http_bind_address=127.0.0.1',
    'http_config=true',
    'http_diagnostic=true',
    'http_diagnostic_timeout=3000',
    'metrics_slf4j_interval=1',
  ];
});

afterAll(async () => {
  await redis[Symbol.asyncDispose]();
  rmSync(dir, { recursive: true, force: true });
});

/** Fails where a marked secret, or a line of our key, is in the text. */
function expectNoSecret(text: string): void {
  expect(text).not.toContain(mark);
  const [, ...body] = keyText.split('\n').slice(0, -1);
  expect(body.length).toBeGreaterThan(1);
  for (const line of body) expect(text).not.toContain(line);
}

/** Writes a configuration: these lines, and others in the place of those of the same option. */
function file(name: string, ...changed: readonly string[]): string {
  const names = changed.map((line) => `${line.split('=')[0]}=`);
  const kept = lines.filter((line) => !names.some((each) => line.startsWith(each)));
  const path = join(dir, `${name}.properties`);
  writeFileSync(path, [...kept, ...changed].join('\n'));
  return path;
}

const start = (command: readonly string[], config: string): ProductRun =>
  new ProductRun([...command, '--config', config], { cwd: dir });

/** What the process printed, at its end. */
async function printed(command: readonly string[], config: string): Promise<string> {
  const run = start(command, config);
  await run.end(60_000);
  return run.stdout + run.stderr;
}

describe('no secret is shown', () => {
  it('by a replica that reaches nothing: on its pages, in its log at debug, at its end', async () => {
    const run = start(['run'], file('unreachable', `host=127.0.0.1:${closedPort}`));
    const shown: string[] = [];
    try {
      await run.until(() => run.log.some(({ code }) => code === 'SOURCE_UNREACHABLE'), 'an error', 60_000);
      await run.until(() => run.stderr.includes('WRONGPASS'), 'the refusal of Redis', 60_000);
      const paths = [
        '/',
        '/status',
        '/config',
        '/history',
        '/metrics',
        '/prometheus',
        '/readyz',
        '/livez',
        '/healthcheck',
        '/diagnostic',
      ];
      for (const path of paths) {
        const { status, body } = await run.page(path);
        expect([path, status]).not.toEqual([path, 404]);
        shown.push(body);
      }
    } finally {
      await run.stop();
    }
    const [, , config = ''] = shown;
    expect(JSON.parse(config)).toMatchObject({
      password: '***',
      'kafka.sasl.jaas.config': '***',
      secret_key: '***',
    });
    expect(run.stderr.length).toBeGreaterThan(1000);
    expectNoSecret(shown.join('\n') + run.stdout + run.stderr);
  });

  it('by a refused login at the source', async () => {
    const text = await printed(['run'], file('denied', `host=${mysql.host}:${mysql.port}`));
    expect(text).toMatch(/^SOURCE_ACCESS_DENIED: /m);
    expectNoSecret(text);
  });

  it('by a key that cannot be read', async () => {
    const pem = `-----BEGIN PRIVATE KEY-----\\n${secret('key')}\\n-----END PRIVATE KEY-----`;
    const config = file('unfit', `host=127.0.0.1:${closedPort}`, `kafka.ssl.keystore.key=${pem}`);
    const text = await printed(['run'], config);
    expect(text).toMatch(/^KAFKA_TLS: /m);
    expectNoSecret(text);
  });

  it('by the commands', async () => {
    const config = file('commands', `host=127.0.0.1:${closedPort}`);
    const commands = [
      ['check'],
      ['check', '--json'],
      ['status'],
      ['position', 'get'],
      ['switchover'],
      ['run', '--help'],
    ];
    const texts = await Promise.all(commands.map((command) => printed(command, config)));
    for (const text of texts) {
      expect(text).not.toBe('');
      expectNoSecret(text);
    }
  });

  it('by the refusal of a configuration whose secrets cannot be read', async () => {
    const broken = [
      `kafka.sasl.jaas.config=KerberosModule required password="${secret('jaas')}"`,
      `redis.nodes=http://u:${secret('redis-url')}@localhost`,
      `secret_key=${secret('short')}`,
      `paswort=${secret('unknown')}`,
      `kafka.sasl.password=${secret('twice')}`,
    ];
    const text = await printed(['run'], file('broken', `host=127.0.0.1:${closedPort}`, ...broken));
    expect(text).toMatch(/^CONFIG_INVALID: [3-9] problems/m);
    expectNoSecret(text);
  });
});
