import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createConnection } from 'mysql2/promise';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ensureStack } from '../../scripts/stack/ensure-stack.ts';
import { BinlogPort } from '../../src/assembly/source-port.ts';
import { sourceAddresses } from '../../src/assembly/source-settings.ts';
import { openQueryConnection } from '../../src/binlog/mysql-client.ts';
import { loadConfig } from '../../src/config/load.ts';
import { Authority, type CertificateFiles } from '../support/certificates.ts';
import { MariadbProcess } from '../support/mariadb-process.ts';
import { MemoryLog } from '../support/memory-log.ts';
import { ProductRun, toArguments } from '../support/product-run.ts';
import { runStatements } from '../support/run-statements.ts';
import { samplePositionRecord } from '../support/sample-position-record.ts';
import { documentedLines } from '../support/security-page.ts';
import { dumpSessions } from '../support/server-sessions.ts';

// Real servers with certificates of this file's own. MySQL is the stack's, MariaDB one of its own: it takes another
// certificate only from the files that it was started with.
const dir = mkdtempSync(join(tmpdir(), 'heaviside-tls-source-'));
const account = `secure_${Date.now().toString(36)}`;
const database = `${account}_shop`;
const password = 'pw-of-the-source-1';

interface Server {
  readonly port: number;
  run(...statements: readonly string[]): Promise<Record<string, unknown>[]>;
}

let ca: Authority;
let stranger: Authority;
let client: CertificateFiles;
const certificates: Record<string, CertificateFiles> = {};
const servers: Partial<Record<'mysql' | 'mariadb', Server>> = {};
let mariadb: MariadbProcess | null = null;
let restore: string[] = [];
let administrator: { host: string; port: number; user: string; password: string };

const served = (name: string): string => join(dir, `served-${name}.pem`);

/** Has the server show another certificate to whoever connects from now on. */
async function serve(flavor: 'mysql' | 'mariadb', name: string): Promise<void> {
  const { cert, key } = certificates[name] as CertificateFiles;
  copyFileSync(cert, served(`${flavor}-cert`));
  copyFileSync(key, served(`${flavor}-key`));
  await serverOf(flavor).run(flavor === 'mysql' ? 'ALTER INSTANCE RELOAD TLS' : 'FLUSH SSL');
}

function serverOf(flavor: 'mysql' | 'mariadb'): Server {
  const server = servers[flavor];
  if (server === undefined) throw new Error(`${flavor} was not started`);
  return server;
}

const accountHeading = { mysql: '### The account on MySQL', mariadb: '### The account on MariaDB' } as const;

beforeAll(async () => {
  ca = await Authority.create(dir, 'ca');
  stranger = await Authority.create(dir, 'stranger');
  certificates['named'] = await ca.issue('named', ['DNS:localhost']);
  certificates['addressed'] = await ca.issue('addressed', ['IP:127.0.0.1']);
  certificates['elsewhere'] = await ca.issue('elsewhere', ['DNS:elsewhere.example']);
  client = await ca.issue('client');
  for (const flavor of ['mysql', 'mariadb']) {
    copyFileSync(certificates['named'].cert, served(`${flavor}-cert`));
    copyFileSync(certificates['named'].key, served(`${flavor}-key`));
  }
  // A server takes no certificate of its own that its own authorities did not sign.
  const authorities = join(dir, 'authorities.pem');
  writeFileSync(authorities, ca.pem + stranger.pem);
  const started = MariadbProcess.start(77, {
    'ssl-ca': authorities,
    'ssl-cert': served('mariadb-cert'),
    'ssl-key': served('mariadb-key'),
  });
  const { mysql } = await ensureStack({ mysql: true });
  if (mysql === undefined) throw new Error('no MySQL');
  const { host, port, user, password: rootPassword } = mysql;
  administrator = { host, port, user, password: rootPassword };
  servers.mysql = { port: mysql.port, run: (...statements) => runStatements(mysql, statements) };
  mariadb = await started;
  servers.mariadb = mariadb;
  const [before] = await servers.mysql.run(
    'SELECT @@GLOBAL.ssl_ca AS ca, @@GLOBAL.ssl_cert AS cert, @@GLOBAL.ssl_key AS `key`',
  );
  const setFiles = (files: Record<string, string>): string =>
    `SET GLOBAL ssl_ca = '${files['ca']}', GLOBAL ssl_cert = '${files['cert']}', GLOBAL ssl_key = '${files['key']}'`;
  restore = [setFiles(before as Record<string, string>), 'ALTER INSTANCE RELOAD TLS'];
  await servers.mysql.run(
    setFiles({ ca: authorities, cert: served('mysql-cert'), key: served('mysql-key') }),
  );
  for (const flavor of ['mysql', 'mariadb'] as const) {
    const statements = documentedLines(accountHeading[flavor]).map((line) =>
      line
        .replaceAll("'heaviside'", `'${account}'`)
        .replace('PASSWORD', password)
        .replace('shop.', `${database}.`),
    );
    await serverOf(flavor).run(
      `CREATE DATABASE ${database}`,
      `CREATE TABLE ${database}.orders (id INT PRIMARY KEY AUTO_INCREMENT, v VARCHAR(20))`,
      ...statements,
    );
    await serve(flavor, 'named');
  }
});

afterAll(async () => {
  await servers.mysql?.run(...restore, `DROP USER '${account}'`, `DROP DATABASE ${database}`);
  await mariadb?.[Symbol.asyncDispose]();
  rmSync(dir, { recursive: true, force: true });
});

function configOf(options: Readonly<Record<string, string>>) {
  return loadConfig({
    argv: toArguments({ user: account, password, 'kafka.bootstrap.servers': 'localhost:1', ...options }),
    env: {},
    readFile: (path) => readFileSync(path, 'utf8'),
  }).config;
}

/** `encrypted`, `plain`, or the code of the refusal. */
async function connects(options: Readonly<Record<string, string>>): Promise<string> {
  const [address] = sourceAddresses(configOf(options));
  if (address === undefined) throw new Error('no address');
  try {
    const connection = await openQueryConnection(address);
    const [row] = await connection.query("SHOW STATUS LIKE 'Ssl_cipher'");
    await connection.close();
    return row?.['Value'] === '' ? 'plain' : 'encrypted';
  } catch (error) {
    return error instanceof Error && 'code' in error ? String(error.code) : String(error);
  }
}

/** The code with which the connection of the dump itself is refused; `open` where it is not. */
async function dumps(options: Readonly<Record<string, string>>): Promise<string> {
  const port = new BinlogPort(configOf(options), new MemoryLog());
  const inspection = await new BinlogPort(
    configOf({ ...options, ssl: 'REQUIRED' }),
    new MemoryLog(),
  ).inspect();
  const { current, identity } = inspection;
  await inspection.close();
  const record = samplePositionRecord(1, 1, { source: identity, gtidSet: current.gtids?.toString() ?? null });
  const stop = new AbortController();
  try {
    const stream = await port.open(current, record, stop.signal);
    await stream.close();
    return 'open';
  } catch (error) {
    return error instanceof Error && 'code' in error ? String(error.code) : String(error);
  }
}

describe.each(['mysql', 'mariadb'] as const)('TLS to %s', (flavor) => {
  const at = (host: string, ssl: string, authority?: Authority): Record<string, string> => ({
    host: `${host}:${serverOf(flavor).port}`,
    ssl,
    ...(authority === undefined ? {} : { 'mysql.ssl_ca': authority.cert }),
  });

  it('checks by the mode: nothing, the authority, or the name too', async () => {
    await serverOf(flavor).run(`ALTER USER '${account}' REQUIRE NONE`);
    expect(await connects(at('localhost', 'DISABLED'))).toBe('plain');
    expect(await connects(at('localhost', 'PREFERRED'))).toBe('encrypted');
    expect(await connects(at('localhost', 'REQUIRED'))).toBe('encrypted');
    expect(await connects(at('localhost', 'VERIFY_CA', ca))).toBe('encrypted');
    expect(await connects(at('localhost', 'VERIFY_CA', stranger))).toBe('SOURCE_TLS');
    expect(await connects(at('localhost', 'VERIFY_IDENTITY', ca))).toBe('encrypted');
    expect(await connects(at('localhost', 'VERIFY_IDENTITY', stranger))).toBe('SOURCE_TLS');
    expect(await connects(at('localhost', 'VERIFY_IDENTITY'))).toBe('SOURCE_TLS');
    await serverOf(flavor).run(`ALTER USER '${account}' REQUIRE SSL`);
    expect(await connects(at('localhost', 'DISABLED'))).toBe('SOURCE_ACCESS_DENIED');
  });

  it('checks an address against the addresses of the certificate, and no name in its place', async () => {
    expect(await connects(at('127.0.0.1', 'VERIFY_CA', ca))).toBe('encrypted');
    expect(await connects(at('127.0.0.1', 'VERIFY_IDENTITY', ca))).toBe('SOURCE_TLS');
    await serve(flavor, 'addressed');
    expect(await connects(at('127.0.0.1', 'VERIFY_IDENTITY', ca))).toBe('encrypted');
    await serve(flavor, 'elsewhere');
    expect(await connects(at('localhost', 'VERIFY_CA', ca))).toBe('encrypted');
    expect(await connects(at('localhost', 'VERIFY_IDENTITY', ca))).toBe('SOURCE_TLS');
    // The dump has a connection of its own.
    expect(await dumps(at('localhost', 'VERIFY_IDENTITY', ca))).toBe('SOURCE_TLS');
    expect(await dumps(at('localhost', 'VERIFY_CA', ca))).toBe('open');
    await serve(flavor, 'named');
    expect(await dumps(at('localhost', 'VERIFY_CA', stranger))).toBe('SOURCE_TLS');
    expect(await dumps(at('localhost', 'VERIFY_IDENTITY', ca))).toBe('open');
  });

  it('tells a wrong password from a refused certificate, and knows the account by its own', async () => {
    const right = at('localhost', 'VERIFY_IDENTITY', ca);
    expect(await connects({ ...right, password: 'wrong' })).toBe('SOURCE_ACCESS_DENIED');
    await serverOf(flavor).run(`ALTER USER '${account}' REQUIRE X509`);
    expect(await connects(right)).toBe('SOURCE_ACCESS_DENIED');
    expect(await connects({ ...right, 'mysql.ssl_cert': client.cert, 'mysql.ssl_key': client.key })).toBe(
      'encrypted',
    );
  });

  it('replicates by the documented account, and takes a rotated password and authority without a restart', async () => {
    const files = { password: join(dir, `${flavor}-password`), ca: join(dir, `${flavor}-ca.pem`) };
    writeFileSync(files.password, password);
    copyFileSync(ca.cert, files.ca);
    await serverOf(flavor).run(`ALTER USER '${account}' REQUIRE X509`);
    const run = new ProductRun([
      'run',
      ...toArguments({
        ...at('localhost', 'VERIFY_IDENTITY'),
        'mysql.ssl_ca': files.ca,
        'mysql.ssl_cert': client.cert,
        'mysql.ssl_key': client.key,
        user: account,
        password_file: files.password,
        client_id: account,
        filter: `exclude: *.*, include: ${database}.*`,
        producer: 'stdout',
        http_enabled: 'false',
      }),
    ]);
    const insert = (value: string): Promise<unknown> =>
      serverOf(flavor).run(`INSERT INTO ${database}.orders (v) VALUES ('${value}')`);
    const shows = (value: string): Promise<boolean> =>
      run.until(() => run.stdout.includes(`"v":"${value}"`), `the row ${value}`, 60_000);
    try {
      await run.logged(/^reading the binlog/, 60_000);
      await insert('before');
      await shows('before');
      // Another authority behind the server's certificate, another password, and the connection cut.
      certificates['renewed'] = await stranger.issue(`renewed-${flavor}`, ['DNS:localhost']);
      await serve(flavor, 'renewed');
      await serverOf(flavor).run(`ALTER USER '${account}' IDENTIFIED BY 'pw-of-the-source-2'`);
      await cutDump(flavor);
      await run.until(() => run.log.some(({ code }) => code === 'SOURCE_TLS'), 'SOURCE_TLS', 60_000);
      copyFileSync(stranger.cert, files.ca);
      await run.until(
        () => run.log.some(({ code }) => code === 'SOURCE_ACCESS_DENIED'),
        'SOURCE_ACCESS_DENIED',
        60_000,
      );
      writeFileSync(files.password, 'pw-of-the-source-2\n');
      await insert('after');
      await shows('after');
      expect(run.isRunning).toBe(true);
      expect(run.stderr + run.stdout).not.toContain('pw-of-the-source');
    } finally {
      await run.stop();
      await serverOf(flavor).run(`ALTER USER '${account}' IDENTIFIED BY '${password}' REQUIRE SSL`);
      await serve(flavor, 'named');
    }
  });
});

/** Ends the connection of the account's dump. */
async function cutDump(flavor: 'mysql' | 'mariadb'): Promise<void> {
  const dumps = await dumpSessions((sql) => serverOf(flavor).run(sql));
  for (const { id, user } of dumps) if (user === account) await serverOf(flavor).run(`KILL ${id}`);
}

describe('caching_sha2_password', () => {
  it.each(['DISABLED', 'REQUIRED'])(
    'logs in when the server has not the password cached, with ssl=%s',
    async (ssl) => {
      await serverOf('mysql').run(`ALTER USER '${account}' REQUIRE NONE`, 'FLUSH PRIVILEGES');
      const options = { host: `localhost:${serverOf('mysql').port}`, ssl };
      expect(await connects(options)).toBe(ssl === 'DISABLED' ? 'plain' : 'encrypted');
      expect(await connects({ ...options, password: 'wrong' })).toBe('SOURCE_ACCESS_DENIED');
    },
  );
});

describe('a server that asks for TLS of everybody', () => {
  it('is named where ssl=DISABLED', async () => {
    await serverOf('mysql').run(`ALTER USER '${account}' REQUIRE NONE`);
    // On one connection: the administrator's own is not encrypted either.
    const admin = await createConnection(administrator);
    try {
      await admin.query('SET GLOBAL require_secure_transport = ON');
      expect(await connects({ host: `localhost:${serverOf('mysql').port}`, ssl: 'DISABLED' })).toBe(
        'SOURCE_TLS',
      );
    } finally {
      await admin.query('SET GLOBAL require_secure_transport = OFF');
      await admin.end();
    }
  });
});
