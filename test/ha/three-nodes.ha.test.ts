import { expect, it, onTestFinished } from 'vitest';
import { startServer, stopServer } from '../../scripts/stack/local-servers.ts';
import { expectClean } from '../support/expect-clean.ts';
import { HaCluster } from '../support/ha-cluster.ts';
import { report } from '../support/ha-figures.ts';
import { waitUntil } from '../support/wait-until.ts';

/** What is committed, as soon as every partition has a leader again. */
async function committedWhen(cluster: HaCluster): Promise<number> {
  const look = (): Promise<number | null> => cluster.committed().catch(() => null);
  return waitUntil(look, { timeoutMs: 30_000, what: 'a leader of every partition', everyMs: 200 });
}

it('three brokers, three Redis nodes: a Redis, the leader and a broker die one after the other under load', async () => {
  const cluster = await HaCluster.create({ brokers: 3, redisNodes: 3 });
  const killed = ['redis3-1', 'kafka3-1'];
  const restore = async (): Promise<void> => {
    for (const name of killed) await startServer(name);
  };
  onTestFinished(restore);
  const first = await cluster.startLedBy('a', 'b');
  cluster.startLoad();
  await cluster.flow();
  await stopServer('redis3-1', 'SIGKILL');
  await cluster.flow(500);
  expect((await cluster.leader()).epoch).toBe(first.epoch);
  await cluster.failpoints.order({ name: 'transaction.sent', action: 'hold', replica: 'a' });
  await cluster.crash('a');
  cluster.failpoints.clear();
  const second = await cluster.flowAfter(first.epoch);
  report('failover, two of three Redis nodes', cluster.gap(first.epoch));
  await cluster.start('a');
  await cluster.stopReading();
  await stopServer('kafka3-1', 'SIGKILL');
  // Progress is seen in the raw log.
  for (const rows of [3000, 1000]) {
    const goal = (await committedWhen(cluster)) + rows;
    const isThere = async (): Promise<boolean> => (await committedWhen(cluster)) >= goal;
    await waitUntil(isThere, { timeoutMs: 60_000, what: `${rows} more rows`, everyMs: 500 });
    if (rows === 3000) await restore();
  }
  const result = await cluster.finish(true);
  expectClean(result);
  expect(second).toBeGreaterThan(first.epoch);
  expect(result.scan.abortedRecords).toBeGreaterThan(0);
});
