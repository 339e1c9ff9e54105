import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it, onTestFinished } from 'vitest';
import { expectClean } from '../support/expect-clean.ts';
import { HaCluster } from '../support/ha-cluster.ts';
import { CommittedPositions, readCheckpoint } from '../support/committed-positions.ts';

it.each(['transaction.begun', 'transaction.sent', 'transaction.ended'])(
  'an outcome that is not known is looked up: the connection breaks at %s',
  async (name) => {
    const cluster = await HaCluster.create();
    const first = await cluster.startLedBy('a');
    cluster.startLoad();
    for (let round = 0; round < 3; round++) {
      await cluster.flow(300);
      await cluster.failpoints.order({ name, action: 'throw' });
    }
    await cluster.flow(500);
    const result = await cluster.finish();
    expectClean(result);
    expect(cluster.tail.epochs.map(({ epoch }) => epoch)).toEqual([first.epoch]);
    const isAborted = name === 'transaction.sent';
    expect(result.scan.abortedRecords > 0).toBe(isAborted);
  },
);

it('the checkpoint in Redis is never ahead of what is committed in Kafka', async () => {
  const cluster = await HaCluster.create();
  await cluster.startLedBy('a');
  const positions = await CommittedPositions.open(cluster);
  onTestFinished(() => positions.close());
  cluster.startLoad();
  for (let round = 0; round < 6; round++) {
    await cluster.flow(200);
    await cluster.failpoints.order({ name: 'transaction.sent', action: 'hold' });
    await sleep(400); // the reader and the checkpoint come to a stand
    const committed = positions.last();
    const checkpoint = await readCheckpoint(cluster);
    expect(checkpoint).not.toBeNull();
    expect(checkpoint).toEqual(committed); // equal at a stand: neither ahead nor forgotten
    cluster.failpoints.clear();
  }
  expectClean(await cluster.finish());
});

it('the checkpoint follows the new leader', async () => {
  const cluster = await HaCluster.create();
  const first = await cluster.startLedBy('a', 'b');
  cluster.startLoad();
  await cluster.flow(500);
  const old = await cluster.redis((redis) => redis.hgetall(cluster.redisKey('checkpoint')));
  await cluster.crash('a');
  const epoch = await cluster.flowAfter(first.epoch);
  const result = await cluster.finish();
  expectClean(result);
  await sleep(300);
  const checkpoint = await readCheckpoint(cluster);
  expect(checkpoint?.epoch).toBe(epoch);
  expect(Number(old['epoch'])).toBe(first.epoch);
});
