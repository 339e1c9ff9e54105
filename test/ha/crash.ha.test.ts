import { describe, expect, it } from 'vitest';
import { expectClean } from '../support/expect-clean.ts';
import { HaCluster } from '../support/ha-cluster.ts';
import { LEASE_TTL_MS } from '../support/ha-place.ts';
import { patience, report } from '../support/ha-figures.ts';

/** Takeover after a crash: the TTL of the lease and two seconds (design §9), with as much again for a busy machine. */
const FAILOVER_S = (LEASE_TTL_MS + 2000 + 2000) / 1000;

describe.each(['mysql', 'mariadb'] as const)('the leader is killed (%s)', (flavor) => {
  it.each(['transaction.begun', 'transaction.sent', 'transaction.ended'])('at %s', async (name) => {
    const cluster = await HaCluster.create({ flavor });
    const first = await cluster.startLedBy('a', 'b');
    cluster.startLoad();
    await cluster.flow();
    await cluster.failpoints.order({ name, action: 'hold', replica: 'a' });
    const before = (await cluster.scan()).abortMarkers;
    await cluster.crash('a');
    cluster.failpoints.clear();
    const second = await cluster.leader(first.epoch);
    expect(second.replica).toBe('b');
    await cluster.flowAfter(first.epoch);
    const result = await cluster.finish();
    report(`failover after SIGKILL at ${name}, ${flavor}`, cluster.gap(first.epoch));
    expect(cluster.gap(first.epoch)).toBeLessThan(FAILOVER_S * patience());
    expect(cluster.tail.epochs.map(({ epoch }) => epoch)).toEqual([first.epoch, first.epoch + 1]);
    expectClean(result);
    // The fault bit: what was sent and not ended was aborted by the successor, and by nobody before.
    if (name === 'transaction.sent') {
      expect(result.scan.abortMarkers).toBeGreaterThan(before);
      expect(result.scan.abortedRecords).toBeGreaterThan(0);
    } else expect(result.scan.abortedRecords).toBe(0);
  });
});

it.each(['takeover.leased', 'takeover.fenced', 'takeover.read'])(
  'the successor is killed in the middle of its takeover, at %s',
  async (name) => {
    const cluster = await HaCluster.create();
    const first = await cluster.startLedBy('a', 'b');
    cluster.startLoad();
    await cluster.flow();
    const reached = cluster.failpoints.order({ name, action: 'kill', replica: 'b' });
    await cluster.crash('a');
    await reached;
    expect(await cluster.replica('b').exited).toMatchObject({ signal: 'SIGKILL' });
    await cluster.start('c');
    expect((await cluster.leader(first.epoch)).replica).toBe('c');
    await cluster.flowAfter(first.epoch);
    expectClean(await cluster.finish());
  },
);

it('five leaders in a row are killed at moments of chance', async () => {
  const cluster = await HaCluster.create();
  let { epoch, replica } = await cluster.startLedBy('a', 'b');
  cluster.startLoad();
  for (let round = 0; round < 5; round++) {
    await cluster.flow(100 + Math.floor(Math.random() * 500));
    await cluster.crash(replica);
    await cluster.start(replica);
    ({ epoch, replica } = await cluster.leader(epoch));
    await cluster.flowAfter(epoch - 1, 50);
  }
  const result = await cluster.finish();
  expectClean(result);
  expect(cluster.tail.epochs.length).toBeGreaterThan(5);
});
