import { describe, expect, it } from 'vitest';
import { expectClean } from '../support/expect-clean.ts';
import { HaCluster } from '../support/ha-cluster.ts';
import { patience, report } from '../support/ha-figures.ts';

/** The goal is one second (design §9); asserted with as much again for a busy machine. */
const SWITCHOVER_S = 2;

describe.each(['mysql', 'mariadb'] as const)('a planned change of leader (%s)', (flavor) => {
  it('by SIGTERM: exit 0, a standby goes on at once, nothing is aborted', async () => {
    const cluster = await HaCluster.create({ flavor });
    const first = await cluster.startLedBy('a', 'b');
    cluster.startLoad();
    await cluster.flow();
    cluster.replica('a').kill('SIGTERM');
    await cluster.flowAfter(first.epoch, 500);
    expect(await cluster.replica('a').exited).toEqual({ code: 0, signal: null });
    const result = await cluster.finish();
    expectClean(result);
    report(`switchover by SIGTERM, ${flavor}`, cluster.gap(first.epoch));
    expect(cluster.gap(first.epoch)).toBeLessThan(SWITCHOVER_S * patience());
    expect(result.scan).toMatchObject({ abortMarkers: 0, abortedRecords: 0 });
    expect(cluster.tail.epochs.map(({ epoch }) => epoch)).toEqual([first.epoch, first.epoch + 1]);
  });

  it('by `heaviside switchover`: the former leader stays as a standby', async () => {
    const cluster = await HaCluster.create({ flavor });
    const first = await cluster.startLedBy('a', 'b');
    cluster.startLoad();
    await cluster.flow();
    const { code, stdout, stderr } = await cluster.command('a', 'switchover');
    expect({ code, stderr }).toEqual({ code: 0, stderr: expect.stringContaining('asked a') });
    expect(stdout).toBe(`b leads under epoch ${first.epoch + 1}\n`);
    await cluster.flowAfter(first.epoch, 500);
    await cluster.replica('a').waitForRole('standby');
    const result = await cluster.finish();
    expectClean(result);
    report(`switchover by command, ${flavor}`, cluster.gap(first.epoch));
    expect(cluster.gap(first.epoch)).toBeLessThan(SWITCHOVER_S * patience());
    expect(result.scan).toMatchObject({ abortMarkers: 0, abortedRecords: 0 });
  });
});

it('a switchover to and fro, and to a replica by its name', async () => {
  const cluster = await HaCluster.create();
  const first = await cluster.startLedBy('a', 'b', 'c');
  cluster.startLoad();
  await cluster.flow(300);
  for (const target of ['c', 'b', 'a']) {
    const { epoch, replica } = await cluster.leader();
    const run = await cluster.command(replica, 'switchover', target);
    expect(run.stdout).toBe(`${target} leads under epoch ${epoch + 1}\n`);
    await cluster.flowAfter(epoch, 200);
  }
  const result = await cluster.finish();
  expectClean(result);
  expect(result.scan.abortMarkers).toBe(0);
  expect(cluster.tail.epochs.map(({ epoch }) => epoch)).toEqual([0, 1, 2, 3].map((n) => first.epoch + n));
});

describe('all replicas end, and start again', () => {
  it.each(['SIGKILL', 'SIGTERM'] as const)('by %s', async (signal) => {
    const cluster = await HaCluster.create();
    const first = await cluster.startLedBy('a', 'b');
    cluster.startLoad();
    await cluster.flow();
    for (const replica of cluster.running) replica.kill(signal);
    const ends = await Promise.all(['a', 'b'].map((name) => cluster.replica(name).exited));
    const end = signal === 'SIGTERM' ? { code: 0, signal: null } : { code: null, signal };
    expect(ends).toEqual([end, end]);
    await cluster.start('a');
    await cluster.start('b');
    await cluster.flowAfter(first.epoch, 1000);
    expectClean(await cluster.finish());
  });
});
