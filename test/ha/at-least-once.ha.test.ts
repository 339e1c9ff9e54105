import { expect, it } from 'vitest';
import { HaCluster } from '../support/ha-cluster.ts';
import { waitUntil } from '../support/wait-until.ts';

it('delivery=at_least_once: the leader is killed, nothing is lost, and what comes twice is the same', async () => {
  const cluster = await HaCluster.create({ config: { delivery: 'at_least_once' } });
  const first = await cluster.startLedBy('a', 'b');
  cluster.startLoad();
  await cluster.flow();
  // The rows are out, the position is not: the successor must write them again.
  await cluster.failpoints.order({ name: 'transaction.begun', action: 'hold', replica: 'a' });
  await cluster.crash('a');
  cluster.failpoints.clear();
  await cluster.flowAfter(first.epoch, 1000);
  await cluster.endLoad();
  const distinct = (): number => new Set(cluster.tail.records.map(({ messageId }) => messageId)).size;
  await waitUntil(() => distinct() >= cluster.load.progress.rows, { timeoutMs: 20_000, what: 'every row' });
  const { report } = await cluster.finish();
  expect(report).toMatchObject({
    lost: 0,
    phantom: 0,
    wrongValues: 0,
    halfTransactions: 0,
    foldDifferences: 0,
  });
  expect(report.duplicated).toBeGreaterThan(0);
  const values = new Map<string, string | null>();
  for (const { messageId, value } of cluster.tail.records) {
    expect(values.get(messageId) ?? value).toBe(value);
    values.set(messageId, value);
  }
});
