import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { expectClean } from '../support/expect-clean.ts';
import { HaCluster } from '../support/ha-cluster.ts';
import { waitUntil } from '../support/wait-until.ts';

it.each([2, 3])('of %i replicas that start at the same moment, exactly one leads', async (count) => {
  const cluster = await HaCluster.create();
  const names = ['a', 'b', 'c'].slice(0, count);
  await Promise.all(names.map((name) => cluster.start(name)));
  const roles = async (): Promise<string[]> => (await cluster.statuses()).map(({ role }) => role).toSorted();
  const wanted = ['leader', ...names.slice(1).map(() => 'standby')];
  await waitUntil(async () => (await roles()).join() === wanted.join(), {
    timeoutMs: 20_000,
    what: 'one leader and standbys',
  });
  await cluster.leader();
  cluster.startLoad();
  for (let look = 0; look < 10; look++) {
    expect(await roles()).toEqual(wanted);
    await sleep(200);
  }
  expectClean(await cluster.finish());
  expect(cluster.tail.epochs.length).toBe(1);
});
