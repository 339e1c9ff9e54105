import { expect, it, onTestFinished } from 'vitest';
import { expectClean } from '../support/expect-clean.ts';
import { report } from '../support/ha-figures.ts';
import { RedisProcess } from '../support/redis-process.ts';
import { RunbookLab } from '../support/runbook-lab.ts';

function reportGaps({ cluster }: RunbookLab, page: string): void {
  for (const { epoch } of cluster.tail.epochs.slice(0, -1)) report(page, cluster.gap(epoch));
}

it('first-start.md', async () => {
  const lab = await RunbookLab.open('first-start');
  const { cluster } = lab;
  for (const step of ['1. Prepare the source', '2. Check', '3. Start the first replica']) await lab.run(step);
  cluster.startLoad();
  await lab.run('4. Start the others');
  await cluster.flow(10);
  await lab.run('5. See a row arrive');
  expectClean(await cluster.finish());
  await lab.shell(`mysql -e "DROP USER 'heaviside'@'%'"`);
  lab.expectAllRun();
});

it('upgrade.md', async () => {
  const lab = await RunbookLab.open('upgrade');
  const { cluster } = lab;
  await lab.shell('replica_start a; leader_is a; replica_start b; replica_start c');
  cluster.startLoad();
  await cluster.flow(300);
  await lab.run('1. Check the new configuration with the new version');
  await lab.run('2. Restart the standbys');
  await lab.run('3. Hand over to an updated replica, and restart the former leader');
  await cluster.flow(300);
  await lab.run('4. See that it is well');
  expectClean(await cluster.finish());
  reportGaps(lab, 'upgrade.md');
  lab.expectAllRun();
});

it('switchover.md', async () => {
  const lab = await RunbookLab.open('switchover');
  const { cluster } = lab;
  await lab.shell('replica_start a; leader_is a; replica_start b');
  cluster.startLoad();
  await cluster.flow(300);
  await lab.run('Look first');
  await lab.run('Hand over');
  await cluster.flow(300);
  expectClean(await cluster.finish());
  expect(cluster.tail.epochs.length).toBeGreaterThanOrEqual(4);
  reportGaps(lab, 'switchover.md');
  lab.expectAllRun();
});

it('redis-nodes.md', async () => {
  const nodes: RedisProcess[] = [];
  for (let node = 0; node < 3; node++) {
    const redis = await RedisProcess.start();
    onTestFinished(() => redis[Symbol.asyncDispose]());
    nodes.push(redis);
  }
  const urls = nodes.map(({ url }) => url);
  const lab = await RunbookLab.open('redis-nodes', { redisUrls: urls.slice(0, 1) });
  const { cluster } = lab;
  lab.set({ NEW_REDIS_NODES: urls.join(',') });
  await lab.shell('replica_start a; leader_is a; replica_start b; replica_start c');
  cluster.startLoad();
  await cluster.flow(300);
  await lab.run('1. Prove the new nodes');
  await lab.run('2. Standbys away, then the leader');
  await lab.run('3. Start with the new list');
  await cluster.flow(300);
  await lab.run('4. See that one node may go');
  await cluster.flow(300);
  expectClean(await cluster.finish());
  reportGaps(lab, 'redis-nodes.md');
  lab.expectAllRun();
});

it.each([
  ['capacity', ['The formula, with figures of your own']],
  ['environments', ['The repository', 'Hold one against the other']],
])('%s.md', async (page, headings) => {
  const lab = await RunbookLab.open(page);
  for (const heading of headings) expect(await lab.run(heading)).not.toBe('');
  lab.expectAllRun();
});
