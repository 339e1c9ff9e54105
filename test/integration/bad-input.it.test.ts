import { setTimeout as sleep } from 'node:timers/promises';
import { createServer, type AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ErrorCode } from '../../src/errors.ts';
import type { SqlTarget } from '../support/load-connection.ts';
import { MariadbProcess } from '../support/mariadb-process.ts';
import { ProductPlace, type Properties } from '../support/product-place.ts';
import type { ProductRun } from '../support/product-run.ts';
import { exitOf, hintOf, refusal } from '../support/refusal.ts';
import { waitUntil } from '../support/wait-until.ts';

let place: ProductPlace;
let database: string;
let closedPort: number;
/** Servers of this file's own, whose settings and binlogs it spoils. */
let own: MariadbProcess;
let other: MariadbProcess;
const servers: MariadbProcess[] = [];

const table = 'CREATE TABLE IF NOT EXISTS shop.t (id INT PRIMARY KEY AUTO_INCREMENT, v VARCHAR(100))';

/** A port that nothing listens on. */
async function findClosedPort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

beforeAll(async () => {
  place = await ProductPlace.open('bad');
  database = place.name;
  await place.createDatabase('mysql', database);
  closedPort = await findClosedPort();
  const start = async (...how: Parameters<typeof MariadbProcess.start>): Promise<MariadbProcess> => {
    const server = await MariadbProcess.start(...how);
    servers.push(server);
    return server;
  };
  [own, other] = await Promise.all([start(31), start(32, { 'gtid-domain-id': '7' })]);
  for (const server of servers) await server.run('CREATE DATABASE shop', table);
});

afterAll(async () => {
  await place.close();
  for (const server of servers) await server[Symbol.asyncDispose]();
});

/** Runs it until /readyz tells the code: it stays up and live, says the next step, and leaves no trace. */
async function expectWaiting(config: Properties, code: ErrorCode, cause: RegExp): Promise<ProductRun> {
  const before = await place.traces(config);
  const run = place.run(config);
  const ready = await run.until(async () => {
    const page = await run.page('/readyz');
    return page.body.includes(code) ? page : null;
  }, `/readyz to tell ${code}`);
  expect(ready.status).toBe(503);
  expect(ready.body).toMatch(cause);
  expect((await run.page('/livez')).status).toBe(200);
  const status = await run.status();
  expect(status['blocked'] ?? status['refusal']).toMatchObject({ code });
  expect(JSON.stringify(status)).toContain(JSON.stringify(hintOf(code)).slice(1, -1));
  expect(run.stderr).toContain(code);
  expect(await place.traces(config)).toEqual(before);
  return run;
}

const mysql = (): SqlTarget => place.replicator('mysql');

describe('the configuration', () => {
  it.each([
    ['an unknown option', { kafka_topc: 'x' }, /kafka_topc.*kafka_topic/s],
    ['an option of another meaning', { producer: 'kinesis' }, /kinesis is a producer of Maxwell/],
    ['contradictory options', { delivery: 'exactly_once', 'kafka.acks': '1' }, /acks/],
    [
      'a position file in a cluster',
      { 'redis.nodes': 'redis://127.0.0.1', position_file: 'p' },
      /position_file/,
    ],
    ['an even number of Redis nodes', { 'redis.nodes': 'redis://a,redis://b' }, /odd/],
  ])('%s', async (_name, changed, cause) => {
    expect(await exitOf(place, place.config('config', mysql(), database, changed))).toEqual(
      refusal('CONFIG_INVALID', cause),
    );
  });

  it('tells all problems at once', async () => {
    const config = place.config('config', mysql(), database, {
      nonsense: '1',
      'kafka.linger.ms': 'soon',
      port: '0',
    });
    const end = await exitOf(place, config);
    expect(end).toEqual(refusal('CONFIG_INVALID', /3 problems/));
    for (const name of ['nonsense', 'kafka.linger.ms', 'port']) expect(end.stderr).toContain(name);
  });

  it('a file that is not there', async () => {
    expect(
      await exitOf(place, { config: 'nowhere.properties', client_id: 'nowhere', kafka_topic: 'nowhere' }),
    ).toEqual(refusal('CONFIG_FILE_UNREADABLE', /nowhere\.properties/));
  });
});

describe('the source', () => {
  it('a wrong password', async () => {
    const config = place.config('password', { ...mysql(), password: 'not-the-password' }, database);
    const end = await exitOf(place, config);
    expect(end).toEqual(refusal('SOURCE_ACCESS_DENIED', /Access denied/));
    expect(end.stderr).not.toContain('not-the-password');
  });

  it.each([
    ['mysql', 'SELECT, REPLICATION SLAVE', 'REPLICATION CLIENT'],
    ['mysql', 'SELECT, REPLICATION CLIENT', 'REPLICATION SLAVE'],
    ['mariadb', 'SELECT, REPLICATION SLAVE', 'REPLICATION CLIENT'],
    ['mariadb', 'SELECT, BINLOG MONITOR', 'REPLICATION SLAVE'],
  ] as const)('a missing privilege (%s with %s)', async (flavor, granted, missing) => {
    const user = `poor_${place.name}`.slice(0, 30);
    await place.sql(
      flavor,
      `CREATE USER '${user}'@'%' IDENTIFIED BY 'poor-password'`,
      `GRANT ${granted} ON *.* TO '${user}'@'%'`,
    );
    try {
      const source = { ...place.replicator(flavor), user, password: 'poor-password' };
      expect(await exitOf(place, place.config('poor', source, database))).toEqual(
        refusal('SOURCE_PRIVILEGE_MISSING', new RegExp(missing)),
      );
    } finally {
      await place.sql(flavor, `DROP USER '${user}'@'%'`);
    }
  });

  it('binlog_format=STATEMENT', async () => {
    await own.run("SET GLOBAL binlog_format = 'STATEMENT'");
    try {
      expect(await exitOf(place, place.config('format', own, 'shop'))).toEqual(
        refusal('SOURCE_BINLOG_FORMAT', /binlog_format is STATEMENT/),
      );
    } finally {
      await own.run("SET GLOBAL binlog_format = 'ROW'");
    }
  });

  it('a source that is away is waited for', async () => {
    const config = place.config('away', { ...mysql(), port: closedPort }, database);
    const run = await expectWaiting(config, 'SOURCE_UNREACHABLE', /ECONNREFUSED/);
    expect(await run.stop()).toEqual({ code: 0, signal: null });
  });

  it('[replica_server_id] a server id that the source itself has', async () => {
    const config = place.config('server-id', mysql(), database, { replica_server_id: '1' });
    expect(await exitOf(place, config)).toEqual(
      refusal('SERVER_ID_IN_USE', /replica_server_id 1 is the source's own/),
    );
    const run = await expectWaiting({ ...config, ...place.ha() }, 'SERVER_ID_IN_USE', /replica_server_id 1/);
    expect(await run.stop()).toEqual({ code: 0, signal: null });
  });

  it('a server id that another reader has', async () => {
    // A position because of what others write meanwhile would be a trace too.
    const id = { replica_server_id: '912345', position_heartbeat_ms: '3600000' };
    const config = place.config('reader', mysql(), database, id);
    const run = await place.lead(config);
    await place.insert('mysql', database, ['mine']);
    expect(await place.values(config['kafka_topic'] ?? '', 1)).toEqual(['mine']);
    const before = await place.traces(config);
    const newcomer = await place.lead(place.config('newcomer', mysql(), database, id));
    // Ended here, a supervisor would start it anew and the two would end one another's dumps for ever.
    const ready = await run.until(async () => {
      const page = await run.page('/readyz');
      return page.body.includes('SERVER_ID_IN_USE') ? page : null;
    }, '/readyz to tell of the rival');
    expect(ready.status).toBe(503);
    expect(JSON.stringify(await run.status())).toContain(hintOf('SERVER_ID_IN_USE'));
    await sleep(2000);
    expect(run.log.filter(({ message }) => message === 'reading the binlog')).toHaveLength(1);
    expect(newcomer.log.filter(({ message }) => message === 'reading the binlog')).toHaveLength(1);
    expect(await place.traces(config)).toEqual(before);
    await newcomer.stop();
    expect(await run.stop()).toEqual({ code: 0, signal: null });
  });
});

describe('positions', () => {
  /** A cluster that has replicated a row of a server, stopped. */
  async function startedBefore(id: string, source: MariadbProcess): Promise<Record<string, string>> {
    const config = place.config(id, source, 'shop');
    const run = await place.lead(config);
    await source.run(`INSERT INTO shop.t (v) VALUES ('${id}')`);
    expect(await place.values(config['kafka_topic'] ?? '', 1)).toEqual([id]);
    expect(await run.stop()).toEqual({ code: 0, signal: null });
    return config;
  }

  it('purged binlogs', async () => {
    const config = await startedBefore('purged', own);
    await own.run(
      "INSERT INTO shop.t (v) VALUES ('lost')",
      'FLUSH BINARY LOGS',
      "INSERT INTO shop.t (v) VALUES ('kept')",
    );
    // A dump thread that has not noticed its client's end keeps the file.
    const purge = async (): Promise<boolean> => {
      const logs = await own.run('SHOW BINARY LOGS');
      await own.run(`PURGE BINARY LOGS TO '${String(logs.at(-1)?.['Log_name'])}'`);
      return logs.length === 1;
    };
    await waitUntil(purge, { timeoutMs: 10_000, what: 'the binlogs to be purged', everyMs: 100 });
    expect(await exitOf(place, config)).toEqual(
      refusal('BINLOG_PURGED', /has purged binlogs that follow the position/),
    );
    const run = await expectWaiting({ ...config, ...place.ha() }, 'BINLOG_PURGED', /blocked/);
    expect(await run.status()).toMatchObject({ role: 'blocked', blocked: { code: 'BINLOG_PURGED' } });
    await run.stop();
  });

  it('a position that the server does not have', async () => {
    const config = await startedBefore('rewound', own);
    await own.run('RESET MASTER', "INSERT INTO shop.t (v) VALUES ('other')");
    expect(await exitOf(place, config)).toEqual(refusal('POSITION_NOT_IN_EXECUTED', /0-31-\d+ is missing/));
    const cluster = { ...config, ...place.ha() };
    const run = await expectWaiting(cluster, 'POSITION_NOT_IN_EXECUTED', /0-31-\d+ is missing/);
    expect((await run.status())['epoch']).toBe(0); // refused before a lease was asked for
    await run.stop();
  });

  it('two clusters with one client_id on different sources', async () => {
    const config = await startedBefore('clash', own);
    for (const source of [other, mysql()]) {
      const second = {
        ...config,
        host: source.host,
        port: String(source.port),
        user: source.user,
        password: source.password,
      };
      expect(await exitOf(place, second)).toEqual(refusal('CLUSTER_ID_CLASH', /with another history/));
    }
    expect(await exitOf(place, { ...config, gtid_mode: 'false' })).toEqual(
      refusal('SOURCE_GTID_OFF', /disagree on GTID/),
    );
  });

  it('a second cluster cannot fence the first, which goes on', async () => {
    const config = place.config('standing', own, 'shop', place.ha());
    const first = await place.lead(config);
    const second = { ...config, host: other.host, port: String(other.port), replica_name: 'intruder' };
    await own.run("INSERT INTO shop.t (v) VALUES ('before')");
    expect(await place.values(config['kafka_topic'] ?? '', 1)).toEqual(['before']);
    await first.until(
      async () => ((await place.traces(config)).checkpoint['epoch'] === undefined ? null : true),
      'a checkpoint',
    );
    const intruder = await expectWaiting(second, 'CLUSTER_ID_CLASH', /with another history/);
    await own.run("INSERT INTO shop.t (v) VALUES ('after')");
    expect(await place.values(config['kafka_topic'] ?? '', 2)).toEqual(['before', 'after']);
    expect(await first.status()).toMatchObject({ role: 'leader', epoch: 1 });
    await intruder.stop();
    expect(await first.stop()).toEqual({ code: 0, signal: null });
  });

  it('a binlog that is off', async () => {
    await own.restart(31, { 'log-bin': false });
    expect(await exitOf(place, place.config('off', own, 'shop'))).toEqual(
      refusal('SOURCE_BINLOG_OFF', /log_bin is OFF/),
    );
  });
});

describe('Kafka and Redis', () => {
  it('Kafka refuses connections', async () => {
    const config = place.config('refused', mysql(), database, {
      'kafka.bootstrap.servers': `127.0.0.1:${closedPort}`,
    });
    const run = await expectWaiting(config, 'KAFKA_UNREACHABLE', /ECONNREFUSED/);
    expect(await run.stop()).toEqual({ code: 0, signal: null });
  });

  it('[kafka_topic_create] an unknown topic with creation off', async () => {
    const config = place.config('untopical', mysql(), database, { kafka_topic_create: 'false' });
    expect(await exitOf(place, config)).toEqual(refusal('KAFKA_TOPIC_UNKNOWN', /missing: .*untopical/));
    const run = await expectWaiting({ ...config, ...place.ha() }, 'KAFKA_TOPIC_UNKNOWN', /missing/);
    await run.stop();
  });

  it('Redis cannot be reached', async () => {
    const config = place.config(
      'redisless',
      mysql(),
      database,
      place.ha({ 'redis.nodes': `redis://127.0.0.1:${closedPort}` }),
    );
    const run = await expectWaiting(config, 'REDIS_UNREACHABLE', /redis/i);
    expect(await run.stop()).toEqual({ code: 0, signal: null });
  });
});
