import { describe, expect, it, onTestFinished } from 'vitest';
import { expectClean } from '../support/expect-clean.ts';
import { HaCluster } from '../support/ha-cluster.ts';
import { CommittedPositions } from '../support/committed-positions.ts';
import type { TopicRecord } from '../support/topic-record.ts';

function byTransaction(records: readonly TopicRecord[]): Map<string, TopicRecord[]> {
  const found = new Map<string, TopicRecord[]>();
  for (const record of records) {
    const gtid = record.messageId.split('#')[0] ?? '';
    found.set(gtid, [...(found.get(gtid) ?? []), record]);
  }
  return found;
}

describe.each(['mysql', 'mariadb'] as const)('a split transaction (%s)', (flavor) => {
  it.each(['transaction.sent', 'transaction.ended'])(
    'its leader is killed in the middle, at %s: the successor goes on at the row index',
    async (name) => {
      const cluster = await HaCluster.create({ flavor, config: { kafka_transaction_max_bytes: '4096' } });
      const first = await cluster.startLedBy('a', 'b');
      const positions = await CommittedPositions.open(cluster);
      onTestFinished(() => positions.close());
      cluster.startLoad();
      await cluster.flow(300);
      // Held until it is in the middle: the last committed position has a row index.
      for (;;) {
        await cluster.failpoints.order({ name, action: 'hold', replica: 'a' });
        await new Promise((resolve) => setTimeout(resolve, 300));
        if (positions.last()?.split) break;
        cluster.failpoints.clear();
      }
      await cluster.crash('a');
      cluster.failpoints.clear();
      await cluster.flowAfter(first.epoch);
      expectClean(await cluster.finish());
      const halved = [...byTransaction(cluster.tail.records).values()].filter(
        (rows) => new Set(rows.map(({ epoch }) => epoch)).size > 1,
      );
      expect(halved.length).toBe(1);
      const rows = (halved[0] ?? []).map(
        ({ value }) => JSON.parse(value ?? '{}') as { xid: number; commit?: boolean },
      );
      expect(new Set(rows.map(({ xid }) => xid)).size).toBe(1);
      expect(rows.filter(({ commit }) => commit === true).length).toBe(1);
    },
  );
});

it('split transactions survive a planned switchover in their middle', async () => {
  const cluster = await HaCluster.create({ config: { kafka_transaction_max_bytes: '2048' } });
  const first = await cluster.startLedBy('a', 'b');
  cluster.startLoad();
  await cluster.flow(300);
  cluster.replica('a').kill('SIGTERM');
  await cluster.flowAfter(first.epoch);
  const result = await cluster.finish();
  expectClean(result);
  expect(result.scan.abortMarkers).toBe(0);
});
