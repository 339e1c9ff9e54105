import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { retryWaits } from '../../../src/assembly/retry-waits.ts';
import { sessionOptions } from '../../../src/assembly/kafka-settings.ts';
import { sourceAddresses } from '../../../src/assembly/source-settings.ts';
import type { SourceAddress } from '../../../src/binlog/mysql-client.ts';
import type { Config } from '../../../src/config/config.ts';
import { loadConfigText } from '../../support/load-config-text.ts';

// From a line of the file to what the part that acts on it is given; the parts have tests of their own.
const least = 'user=maxwell\nkafka.bootstrap.servers=localhost:9092\n';
const configOf = (lines: string): Config => loadConfigText({ file: `${least}${lines}\n` }).config;

let folder = '';
const pem = '-----BEGIN CERTIFICATE-----';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'heaviside-options-'));
  writeFileSync(join(folder, 'a.pem'), pem);
});
afterAll(() => rmSync(folder, { recursive: true }));

const addressOf = (lines: string): SourceAddress => {
  const [address] = sourceAddresses(configOf(lines.replaceAll('PEM', join(folder, 'a.pem'))));
  if (address === undefined) throw new Error('no address');
  return address;
};

describe('the address of the source', () => {
  it.each([
    ['[host]', 'host=db', { host: 'db' }],
    ['[port]', 'port=3310', { port: 3310 }],
    ['[user]', 'user=other', { user: 'other' }],
    ['[password]', 'password=p', { password: 'p' }],
    ['[mysql.connection_timeout_ms]', 'mysql.connection_timeout_ms=7000', { connectTimeoutMs: 7000 }],
    ['[ssl]', 'ssl=VERIFY_CA', { tls: { mode: 'VERIFY_CA' } }],
    ['[mysql.ssl_ca]', 'mysql.ssl_ca=PEM', { tls: { ca: pem } }],
    ['[mysql.ssl_cert]', 'mysql.ssl_cert=PEM\nmysql.ssl_key=PEM', { tls: { cert: pem } }],
    ['[mysql.ssl_key]', 'mysql.ssl_cert=PEM\nmysql.ssl_key=PEM', { tls: { key: pem } }],
    ['[replication_host]', 'replication_host=r\nreplication_user=u', { host: 'r' }],
    ['[replication_user]', 'replication_host=r\nreplication_user=u', { user: 'u' }],
    ['[replication_port]', 'replication_host=r\nreplication_user=u\nreplication_port=4', { port: 4 }],
    [
      '[replication_password]',
      'replication_host=r\nreplication_user=u\npassword=a\nreplication_password=b',
      { password: 'b' },
    ],
    [
      '[replication_ssl]',
      'replication_host=r\nreplication_user=u\nreplication_ssl=REQUIRED',
      { tls: { mode: 'REQUIRED' } },
    ],
  ])('%s', (_, lines, part) => {
    expect(addressOf(lines)).toMatchObject(part);
  });
});

describe('the session with the transaction coordinator', () => {
  it.each([
    ['[transactional_id@exactly_once]', 'transactional_id=mine', { transactionalId: 'mine' }],
    [
      '[kafka.transaction.timeout.ms@exactly_once]',
      'kafka.transaction.timeout.ms=30000',
      { transactionTimeoutMs: 30_000 },
    ],
    ['[kafka.max.request.size@exactly_once]', 'kafka.max.request.size=5000', { maxRequestBytes: 5000 }],
    [
      '[kafka.max.in.flight.requests.per.connection@exactly_once]',
      'kafka.max.in.flight.requests.per.connection=2',
      { maxInFlight: 2 },
    ],
    ['[producer_type@exactly_once] sync: one request at a time', 'producer_type=sync', { maxInFlight: 1 }],
    [
      '[kafka.request.timeout.ms@at_least_once]',
      'delivery=at_least_once\nkafka.request.timeout.ms=20000',
      { produceTimeoutMs: 16_000 },
    ],
  ])('%s', (_, lines, part) => {
    expect(sessionOptions(configOf(lines))).toMatchObject(part);
  });
});

describe('the waits between attempts, in milliseconds', () => {
  const waits = (lines: string): number[] => [1, 2, 3, 4, 5, 6].map(retryWaits(configOf(lines)));

  it('[kafka.retry.backoff.ms] are constant without a multiplier', () => {
    expect(waits('kafka.retry.backoff.ms=2000')).toEqual([2000, 2000, 2000, 2000, 2000, 2000]);
  });

  it('[kafka.retry.backoff.multiplier] grow with one', () => {
    expect(waits('kafka.retry.backoff.ms=1000\nkafka.retry.backoff.multiplier=2')).toEqual([
      1000, 2000, 4000, 8000, 16_000, 32_000,
    ]);
  });

  it.each(['[kafka.max.retry.backoff.ms]', '[kafka.retry.backoff.max.ms]'])('%s bounds them', (tag) => {
    const lines = `kafka.retry.backoff.ms=1000\nkafka.retry.backoff.multiplier=2\n${tag.slice(1, -1)}=3000`;
    expect(waits(lines)).toEqual([1000, 2000, 3000, 3000, 3000, 3000]);
  });
});
