import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it, onTestFinished } from 'vitest';
import { expectClean } from '../support/expect-clean.ts';
import { HaCluster } from '../support/ha-cluster.ts';
import { report } from '../support/ha-figures.ts';
import { LEASE_TTL_MS } from '../support/ha-place.ts';
import { KafkaDetour } from '../support/kafka-detour.ts';

const config = { breaker_reset_ms: '500', breaker_step_down_ms: '2000', breaker_failure_threshold: '2' };

/** A cluster whose leader `a` has its own way to Kafka, and whose standby `b` has the same one or a direct one. */
async function lead(isShared: boolean): Promise<{ cluster: HaCluster; detour: KafkaDetour; epoch: number }> {
  const cluster = await HaCluster.create({ config });
  const [host = '', port] = (cluster.place.brokers[0] ?? '').split(':');
  const detour = await KafkaDetour.open({ host, port: Number(port) });
  onTestFinished(() => detour.close());
  const through = { 'kafka.bootstrap.servers': detour.address };
  await cluster.start('a', through);
  const { epoch } = await cluster.leader();
  await cluster.start('b', isShared ? through : {});
  await cluster.replica('b').waitForRole('standby');
  cluster.startLoad();
  await cluster.flow(500);
  return { cluster, detour, epoch };
}

it('Kafka does not answer the leader alone: the lease goes to the standby that reaches it, once', async () => {
  const { cluster, detour, epoch } = await lead(false);
  detour.silence();
  await cluster.flowAfter(epoch, 500, 60_000);
  expect((await cluster.leader(epoch)).replica).toBe('b');
  report(`the stream stood still: Kafka away for the leader alone`, cluster.gap(epoch));
  detour.restore();
  await cluster.replica('a').waitForRole('standby', 60_000);
  await sleep(2 * LEASE_TTL_MS); // time to take it back, if it would
  await cluster.flow(500);
  expectClean(await cluster.finish());
  expect(cluster.led('a')).toEqual([epoch]);
});

it('Kafka is away for all: the leader keeps the lease and nobody takes turns', async () => {
  const { cluster, detour } = await lead(true);
  detour.cut();
  await sleep(4 * LEASE_TTL_MS);
  const during = await cluster.statuses();
  expect(during.map(({ replica, role }) => `${replica} ${role}`).toSorted()).toEqual([
    'a leader',
    'b candidate',
  ]);
  detour.restore();
  await cluster.flow(1000, 60_000);
  expectClean(await cluster.finish());
  expect(cluster.led('b')).toEqual([]);
  const gaveItAway = cluster
    .replica('a')
    .logLines()
    .some(({ error }) => String(error).includes('leaving it to that one'));
  expect(gaveItAway).toBe(false);
});
