import { describe, expect, it, onTestFinished } from 'vitest';
import { expectClean } from '../support/expect-clean.ts';
import { FaultProxy } from '../support/fault-proxy.ts';
import { HaCluster } from '../support/ha-cluster.ts';
import { report } from '../support/ha-figures.ts';
import { LoadConnection } from '../support/load-connection.ts';
import type { Flavor } from '../support/load-table.ts';
import { dumpSessions } from '../support/server-sessions.ts';
import { waitUntil } from '../support/wait-until.ts';

/** What a replica's page says of another. */
interface Reach {
  readonly replica: string;
  readonly sourceReachable: boolean;
}

/** A leader whose way to the source goes through a proxy of its own. */
async function lead(flavor: Flavor): Promise<{ cluster: HaCluster; proxy: FaultProxy; epoch: number }> {
  const cluster = await HaCluster.create({ flavor, config: { source_heartbeat_ms: '300' } });
  const proxy = await FaultProxy.open(cluster.place.source);
  onTestFinished(() => proxy.close());
  await cluster.start('a', { host: '127.0.0.1', port: String(proxy.port) });
  const { epoch } = await cluster.leader();
  await cluster.start('b');
  await cluster.replica('b').waitForRole('standby');
  cluster.startLoad();
  await cluster.flow(500);
  return { cluster, proxy, epoch };
}

/** Ends the leader's binlog dump on the server; resolves to how many there were. */
async function killDump(cluster: HaCluster, ports: readonly number[]): Promise<number> {
  const { source, flavor } = cluster.place;
  const connection = new LoadConnection(source, flavor);
  await connection.open();
  try {
    const sessions = await dumpSessions((sql) => connection.select(sql));
    const dumps = sessions.filter(({ host }) =>
      ports.includes(Number(host.slice(host.lastIndexOf(':') + 1))),
    );
    for (const { id } of dumps) await connection.run(`KILL ${id}`);
    return dumps.length;
  } finally {
    connection.close();
  }
}

describe.each(['mysql', 'mariadb'] as const)('the connection to the source (%s)', (flavor) => {
  it('is killed by the server, twice: opened anew by the same leader', async () => {
    const { cluster, proxy, epoch } = await lead(flavor);
    for (let round = 0; round < 2; round++) {
      expect(await killDump(cluster, proxy.serverSidePorts)).toBe(1);
      const dumps = (): Promise<boolean> =>
        Promise.resolve(
          cluster
            .replica('a')
            .logLines()
            .filter(({ message }) => message === 'reading the binlog').length >
            round + 1,
        );
      await waitUntil(dumps, { timeoutMs: 30_000, what: 'a new dump' });
      await cluster.flow(500);
    }
    expectClean(await cluster.finish());
    expect(cluster.tail.epochs.map((each) => each.epoch)).toEqual([epoch]);
  });

  it('is half open: seen by the silence, and opened anew', async () => {
    const { cluster, proxy, epoch } = await lead(flavor);
    proxy.stall();
    const from = performance.now();
    const isOpenedAnew = (): boolean =>
      cluster
        .replica('a')
        .logLines()
        .filter(({ message }) => message === 'reading the binlog').length > 1;
    await waitUntil(isOpenedAnew, { timeoutMs: 30_000, what: 'a new dump' });
    report(`a half-open source is left, heartbeat 0.3 s, ${flavor}`, (performance.now() - from) / 1000);
    await cluster.flow(500);
    expectClean(await cluster.finish());
    expect(cluster.tail.epochs.map((each) => each.epoch)).toEqual([epoch]);
  });
});

it('a standby that looks at the source again is said to reach it until that has failed', async () => {
  const timeoutMs = 6000;
  const cluster = await HaCluster.create({
    config: { 'mysql.connection_timeout_ms': String(timeoutMs) },
  });
  await cluster.start('a');
  await cluster.leader();
  const proxy = await FaultProxy.open(cluster.place.source);
  onTestFinished(() => proxy.close());
  await cluster.start('b', { host: '127.0.0.1', port: String(proxy.port) });
  const reaches = async (): Promise<boolean | undefined> => {
    const status = (await cluster.replica('a').status()) as { replicas?: Reach[] } | null;
    return status?.replicas?.find(({ replica }) => replica === 'b')?.sourceReachable;
  };
  const look = { timeoutMs: 60_000, everyMs: 50 };
  await waitUntil(async () => (await reaches()) === true, { ...look, what: 'b to have proven the source' });
  proxy.hold();
  const from = performance.now();
  await waitUntil(async () => (await reaches()) === false, { ...look, what: 'b to have lost the source' });
  // A new look begins within half a lease; it ends when its connection has timed out.
  expect(performance.now() - from).toBeGreaterThan(timeoutMs * 0.8);
  proxy.heal();
  await waitUntil(async () => (await reaches()) === true, { ...look, what: 'b to have it again' });
});
