import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { freePort } from '../../scripts/stack/free-port.ts';
import { expectClean } from '../support/expect-clean.ts';
import { patience, report } from '../support/ha-figures.ts';
import { teachCodecs } from '../support/kafka-codecs.ts';
import { LoadConnection } from '../support/load-connection.ts';
import { RunbookLab } from '../support/runbook-lab.ts';
import { startSqlGroup } from '../support/sql-group.ts';
import { waitUntil } from '../support/wait-until.ts';

/** Replicas a (the leader) and b, under load. */
async function replicate(lab: RunbookLab): Promise<void> {
  await lab.shell('replica_start a; leader_is a; replica_start b');
  lab.cluster.startLoad();
  await lab.cluster.flow(300);
}

async function isBlocked(lab: RunbookLab, code: string): Promise<void> {
  const look = async (): Promise<boolean> =>
    (await lab.shell('heaviside status --json || true')).includes(`"code":"${code}"`);
  await waitUntil(look, {
    timeoutMs: 60_000 * patience(),
    what: `the cluster to be blocked by ${code}`,
    everyMs: 500,
  });
}

describe('source-failover.md', () => {
  it.each(['mysql', 'mariadb'] as const)('by GTID (%s)', async (flavor) => {
    const { first, second, address, hold, promote } = await startSqlGroup(flavor);
    const config = { host: first.host, port: String(first.port) };
    const lab = await RunbookLab.open('source-failover', { flavor, source: address, config });
    lab.mysqlAccount(first);
    lab.set({ NEW_HOST: second.host, NEW_PORT: String(second.port) });
    await replicate(lab);
    if (flavor === 'mysql') await lab.run('MySQL: look at the new server');
    hold(); // the application's part
    await lab.run(flavor === 'mysql' ? 'MySQL: planned' : 'MariaDB: planned');
    promote();
    const from = performance.now();
    await lab.run('Point Heaviside at it');
    report(`source-failover.md, ${flavor}, replicas pointed at it`, (performance.now() - from) / 1000);
    await lab.cluster.flow(300);
    await first[Symbol.asyncDispose]();
    expectClean(await lab.cluster.finish());
  });

  it('by file and offset: refused, and gone on with by hand', async () => {
    const { first, second, address, hold, promote } = await startSqlGroup('mysql');
    const config = { host: first.host, port: String(first.port), gtid_mode: 'false' };
    const lab = await RunbookLab.open('source-failover', { source: address, config });
    const { cluster } = lab;
    lab.mysqlAccount(first);
    lab.set({ NEW_HOST: second.host, NEW_PORT: String(second.port) });
    await replicate(lab);
    hold();
    await lab.run('MySQL: planned');
    await lab.shell(`sed -i "s/^host=.*/host=$NEW_HOST/; s/^port=.*/port=$NEW_PORT/" "$HEAVISIDE_CONFIG"
      replica_stop b; replica_start b; replica_stop a; replica_start a`);
    await lab.run('Without GTID: refused');
    const { length } = cluster.tail.records;
    await lab.run('Without GTID: go on by hand');
    expect(cluster.tail.records.length).toBe(length);
    promote();
    await cluster.flow(300);
    await cluster.endLoad();
    // By file and offset the message_id is no GTID: the rows are counted, each once.
    const { rows } = cluster.load.progress;
    await waitUntil(() => cluster.tail.records.length >= rows, {
      timeoutMs: 60_000 * patience(),
      what: 'every row',
    });
    expect(new Set(cluster.tail.records.map(({ messageId }) => messageId)).size).toBe(rows);
    expect(cluster.tail.records.length).toBe(rows);
  });
});

it('redis-restore.md', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'heaviside-redis-'));
  const port = await freePort(new Set());
  const lab = await RunbookLab.open('redis-restore', { redisUrls: [`redis://127.0.0.1:${port}`] });
  onTestFinished(async () => {
    await lab.shell('redis-cli -u "$REDIS" shutdown nosave || true');
    rmSync(dir, { recursive: true, force: true });
  });
  const { cluster } = lab;
  lab.set({ REDIS_DIR: dir });
  // The operator's own way to start the server.
  await lab.shell(`redis_start() {
    redis-server --bind 127.0.0.1 --port ${port} --dir "$REDIS_DIR" --save '' --daemonize yes > /dev/null
    until redis-cli -u "$REDIS" ping > /dev/null 2>&1; do sleep 0.1; done; }
    redis_start`);
  await replicate(lab);
  await lab.run('What is there');
  await lab.run('It came back empty, or was emptied');
  await cluster.flow(300);
  await lab.run('Back up');
  await cluster.flow(300);
  await lab.run('Restore an old backup');
  await cluster.flow(300);
  // As a backup would bring it back: a block that was cleared since, and no lease.
  const blocked = { code: 'BINLOG_PURGED', message: 'of an old backup', position: '', replica: 'a', at: 1 };
  await cluster.redis(async (redis) => {
    await redis.set(cluster.redisKey('blocked'), JSON.stringify({ version: 1, blocked }));
    await redis.del(cluster.redisKey('lease'));
  });
  // The block shows at once; the leader leaves with its next renewal of the lease.
  const isWithoutLeader = async (): Promise<boolean> =>
    (await lab.shell('heaviside status --json | jq -c "[.leader, .blocked.code]" || true')).includes(
      `[null,"${blocked.code}"]`,
    );
  await waitUntil(isWithoutLeader, { timeoutMs: 60_000 * patience(), what: 'the block', everyMs: 500 });
  await lab.run('It shows a block that is no longer true');
  await cluster.flow(300);
  expectClean(await cluster.finish());
  lab.expectAllRun();
});

it('backlog.md', async () => {
  teachCodecs(); // the page turns compression on
  const lab = await RunbookLab.open('backlog');
  const { cluster } = lab;
  await replicate(lab);
  expect(await lab.run('Which stage?')).toMatch(/^lag /m);
  await lab.run('Kafka is the slow stage');
  await cluster.flow(300);
  await lab.run('Memory');
  await lab.shell('heaviside check --config "$HEAVISIDE_CONFIG"');
  expectClean(await cluster.finish());
  lab.expectAllRun();
});

it('positions-lost.md', async () => {
  const lab = await RunbookLab.open('positions-lost');
  const { cluster } = lab;
  await replicate(lab);
  await lab.shell('replica_stop b a');
  await lab.shell(
    'kafka-topics.sh --bootstrap-server "$KAFKA" --delete --topic "heaviside.$CLIENT_ID.positions"',
  );
  await lab.shell(
    'replica_start a; replica_start b; until grep -q POSITION_LOST a.log b.log; do sleep 0.2; done',
  );
  await lab.run('First: is it the right Kafka?');
  await lab.run('Restore the position from the checkpoint in Redis');
  await cluster.flow(300);
  expectClean(await cluster.finish());
});

it('positions-lost.md, without a checkpoint', async () => {
  const lab = await RunbookLab.open('positions-lost');
  const { cluster } = lab;
  await replicate(lab);
  await lab.shell('replica_stop b a');
  const gtids = (await lab.shell('heaviside position get')).split('\n')[0] ?? '';
  lab.set({ LAST_GTIDS: gtids });
  await lab.shell(
    'kafka-topics.sh --bootstrap-server "$KAFKA" --delete --topic "heaviside.$CLIENT_ID.positions"',
  );
  await cluster.redis((redis) => redis.del(cluster.redisKey('checkpoint')));
  const last = await lab.run('No checkpoint either');
  // What the topic tells and the position that was lost agree in the last transaction with rows of the topic.
  const newest = cluster.tail.records
    .map(({ messageId }) => Number(/:(\d+)#/.exec(messageId)?.[1]))
    .sort((a, b) => a - b)
    .at(-1);
  expect(last).toContain(`:${newest}\n`);
  await lab.shell('replica_start a; replica_start b; leader_is');
  await cluster.flow(300);
  expectClean(await cluster.finish());
});

it.each(["Remove the cause (here: the limit of a record's size)", 'Or pass over it'])(
  'skip-transaction.md: %s',
  async (way) => {
    const lab = await RunbookLab.open('skip-transaction');
    const { cluster } = lab;
    const { source, database, flavor } = cluster.place;
    await replicate(lab);
    const connection = new LoadConnection(source, flavor);
    onTestFinished(() => connection.close());
    await connection.open();
    await connection.run(`CREATE TABLE ${database}.documents (id INT PRIMARY KEY, body LONGTEXT)`);
    const { gtid } = await connection.run(
      `INSERT INTO ${database}.documents VALUES (1, REPEAT('x', 3000000))`,
    );
    lab.set({ GTID: gtid ?? '' });
    await isBlocked(lab, 'KAFKA_RECORD_TOO_LARGE');
    const told = await lab.run('Which transaction, and why');
    expect(told).toContain(gtid);
    await lab.run(way);
    await cluster.flow(300);
    await cluster.endLoad();
    const wanted = cluster.load.progress.rows + (way === 'Or pass over it' ? 0 : 1);
    await waitUntil(() => cluster.tail.records.length >= wanted, {
      timeoutMs: 60_000 * patience(),
      what: 'every row',
    });
    const large = cluster.tail.records.filter(({ messageId }) => messageId.startsWith(`${gtid}#`));
    expect(large.length).toBe(way === 'Or pass over it' ? 0 : 1);
    expect(cluster.tail.records.length).toBe(wanted);
    if (way === 'Or pass over it') expectClean(await cluster.finish());
  },
);

describe('binlog-gone.md', () => {
  it.each(['Better: another server still has it', 'Otherwise: go on with a gap'])('%s', async (way) => {
    const { first, second, address, hold, promote } = await startSqlGroup('mysql');
    const config = { host: first.host, port: String(first.port) };
    const lab = await RunbookLab.open('binlog-gone', { source: address, config });
    const { cluster } = lab;
    lab.mysqlAccount(first);
    lab.set({ NEW_HOST: second.host, NEW_PORT: String(second.port) });
    await replicate(lab);
    await lab.shell('replica_stop b a');
    const before = cluster.load.progress.rows;
    await waitUntil(() => cluster.load.progress.rows > before + 300, {
      timeoutMs: 60_000 * patience(),
      what: 'rows that nobody reads',
    });
    hold();
    await lab.shell(`gtids=$(mysql -N -e "SELECT REPLACE(@@GLOBAL.gtid_executed, '\\n', '')")
      mysql -h "$NEW_HOST" -P "$NEW_PORT" -N -e "SELECT WAIT_FOR_EXECUTED_GTID_SET('$gtids', 60)"
      mysql -e 'FLUSH BINARY LOGS'
      newest=$(mysql -N -e 'SHOW BINARY LOGS' | tail -n 1 | cut -f 1)
      mysql -e "PURGE BINARY LOGS TO '$newest'"
      replica_start a; replica_start b`);
    await isBlocked(lab, 'BINLOG_PURGED');
    const missing = await lab.run('What is missing');
    expect(missing).toMatch(/[0-9a-f-]{36}:\d+-\d+/);
    await lab.run(way);
    if (way.startsWith('Better')) {
      promote();
      await cluster.flow(300);
      expectClean(await cluster.finish());
      return;
    }
    const { length } = cluster.tail.records;
    expect(length).toBeLessThan(cluster.load.progress.rows); // the gap
    const { database } = cluster.place;
    await first.run(`CREATE TABLE ${database}.after_it (id INT PRIMARY KEY)`);
    await first.run(`INSERT INTO ${database}.after_it VALUES (1)`);
    await waitUntil(() => cluster.tail.records.length > length, {
      timeoutMs: 60_000 * patience(),
      what: 'the row that was written behind the gap',
    });
    expect(cluster.tail.records.length).toBe(length + 1);
    promote(); // a load that is held could not end
  });
});
