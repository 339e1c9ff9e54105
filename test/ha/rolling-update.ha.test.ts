import { expect, it } from 'vitest';
import { expectClean } from '../support/expect-clean.ts';
import { HaCluster } from '../support/ha-cluster.ts';

const NAMES = ['hs-0', 'hs-1', 'hs-2'];

// As a StatefulSet does it: one at a time, from the highest number down, the next when this one is ready.
async function rollOut(cluster: HaCluster, config: Readonly<Record<string, string>>): Promise<void> {
  for (const name of NAMES.toReversed()) {
    const { epoch, replica: leader } = await cluster.leader();
    const replica = cluster.replica(name);
    replica.kill('SIGTERM');
    expect(await replica.exited).toEqual({ code: 0, signal: null });
    if (leader === name) await cluster.leader(epoch);
    await cluster.start(name, config);
    await cluster.replica(name).waitForRole('standby');
  }
}

it.each(NAMES)(
  'a rolling update that begins with %s leading changes the leader twice at most',
  async (first) => {
    const cluster = await HaCluster.create({ rowsPerSecond: 300 });
    const { epoch } = await cluster.startLedBy(first, ...NAMES.filter((name) => name !== first));
    cluster.startLoad();
    await cluster.flow(300);

    await rollOut(cluster, { log_level: 'debug' });
    const { epoch: lastEpoch } = await cluster.leader();
    await cluster.flowAfter(lastEpoch - 1, 100);
    const result = await cluster.finish();
    expectClean(result);
    expect(lastEpoch - epoch).toBeGreaterThanOrEqual(1);
    expect(lastEpoch - epoch).toBeLessThanOrEqual(2);
    expect(result.scan.abortMarkers).toBe(0);
  },
);
