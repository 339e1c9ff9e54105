import { it, onTestFinished } from 'vitest';
import { expectClean } from '../support/expect-clean.ts';
import { RedisProcess } from '../support/redis-process.ts';
import { RunbookLab } from '../support/runbook-lab.ts';
import { startSqlGroup } from '../support/sql-group.ts';

it('fault-drills.md', async () => {
  // Servers of its own: it ends every session of the account, and pauses Redis.
  const { first, address } = await startSqlGroup('mysql');
  const redis = await RedisProcess.start();
  onTestFinished(() => redis[Symbol.asyncDispose]());
  const account = { user: 'maxwell', password: first.password }; // no SUPER: offline_mode would spare it
  const lab = await RunbookLab.open('fault-drills', {
    source: address,
    redisUrls: [redis.url],
    config: { host: first.host, port: String(first.port), ...account },
    rowsPerSecond: 300,
  });
  const { cluster } = lab;
  lab.mysqlAccount(first);
  lab.set({ SOURCE_USER: account.user });
  await lab.shell('replica_start a; leader_is a; replica_start b');
  cluster.startLoad();
  await cluster.flow(300);
  for (const drill of [
    'By hand: what the drills below need',
    'Crash of the leader',
    'Pause of the leader',
    'The lease is lost',
    'Redis does not answer, for ten seconds',
    'The dump is killed on the source',
    'The source takes no connections',
    'After each drill',
  ]) {
    await lab.run(drill);
    await cluster.flow(100);
  }
  expectClean(await cluster.finish());
  lab.expectAllRun();
});
