import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { readLastPosition } from '../../src/checkpoint/positions-topic.ts';
import { singleRecordBatch } from '../../src/produce/kafka-batch.ts';
import { fence, fenceAgain } from '../../src/takeover.ts';
import { patience } from '../support/ha-figures.ts';
import { KafkaPlace, rows } from '../support/kafka-place.ts';
import { fenceOptions } from '../support/kafka-writer.ts';

let place: KafkaPlace;

beforeAll(async () => {
  place = await KafkaPlace.open();
});
afterEach(() => place.closeOpen());
afterAll(() => place.close());

describe('the fence', () => {
  it('ends the predecessor’s open transaction and reads the position before it, behind 50 aborted ones', async () => {
    place.fresh();
    const first = await place.openWriter(1);
    await first.write(rows(0, 5));
    for (let i = 0; i < 50; i++) {
      const { session } = await place.openSession();
      await session.write([await place.positionPart(99, i)]);
      await session.abandon(1000);
    }
    const { session: hanging } = await place.openSession();
    await hanging.write([await place.positionPart(99, 50)]);
    const startedAt = performance.now();
    const second = await place.openWriter(2);
    expect(performance.now() - startedAt).toBeLessThan(2000 * patience());
    expect(second.fenced.last.record).toMatchObject({ epoch: 1, commit: 1 });
    await second.write(rows(5, 5));
    expect(await place.values()).toEqual(rows(0, 10).sort());
  });

  it('refuses the commit of a zombie whose transaction was open', async () => {
    place.fresh();
    const zombie = await place.openWriter(1);
    await zombie.write(rows(0, 3));
    await zombie.fenced.session.write([await place.positionPart(1, 77)]);
    const { network, session, last } = await fence(
      fenceOptions({ brokers: place.brokers, name: place.name, epoch: 2 }),
    );
    place.keep({ close: () => Promise.resolve(network.destroy()) });
    expect(last.record).toMatchObject({ epoch: 1, commit: 1 });
    await expect(zombie.fenced.session.commit()).rejects.toMatchObject({ code: 'KAFKA_FENCED' });
    await session.write([await place.positionPart(2, 0)]);
    await session.commit();
    const { record } = await readLastPosition(network, place.positionsTopic, 5000);
    expect(record).toMatchObject({ epoch: 2, commit: 0 });
  });

  it('keeps a fenced leader from writing anything more', async () => {
    place.fresh();
    let isMine = true;
    const proveLease = (): Promise<void> =>
      isMine ? Promise.resolve() : Promise.reject(new Error('lease is another’s'));
    const zombie = await place.openWriter(1, { proveLease });
    await zombie.write(rows(0, 3));
    const leader = await place.openWriter(2);
    isMine = false;
    await expect(zombie.write(rows(100, 3))).rejects.toThrow('lease is another’s');
    expect(zombie.failures.map(({ code }) => code)).toEqual(['KAFKA_FENCED']);
    await leader.write(rows(3, 3));
    expect(leader.failures).toEqual([]);
    expect(await place.values()).toEqual(rows(0, 6).sort());
  });

  it('stops a leader that finds a record of a higher epoch behind its own fence', async () => {
    place.fresh();
    const successor = await place.openWriter(2);
    await successor.write(rows(0, 3));
    const again = fenceAgain(fenceOptions({ brokers: place.brokers, name: place.name, epoch: 1 }), 1);
    await expect(again).rejects.toMatchObject({ code: 'LEASE_LOST', reaction: 'step-down' });
  });

  it('finds the position in a compacted topic whose older batches are empty', async () => {
    place.fresh();
    await place.createTopic(place.positionsTopic, {
      'cleanup.policy': 'compact',
      'segment.ms': '100',
      'min.cleanable.dirty.ratio': '0.01',
      'max.compaction.lag.ms': '100',
      'delete.retention.ms': '100',
    });
    const first = await place.openWriter(1);
    for (let i = 0; i < 40; i++) {
      await first.write([]);
      if (i % 4 === 0) await sleep(120); // a new segment
    }
    const { network } = await place.openSession();
    const { session } = await place.openSession();
    await session.write([await place.positionPart(9, 9)]);
    await session.abandon(1000);
    const { record } = await readLastPosition(network, place.positionsTopic, 5000);
    expect(record).toMatchObject({ epoch: 1, commit: 40 });
  });

  it('is a first start where only aborted transactions ever stood, and not where a position is gone', async () => {
    place.fresh();
    const { network } = await place.openSession();
    await place.createTopic(place.positionsTopic, { 'cleanup.policy': 'compact' });
    expect(await readLastPosition(network, place.positionsTopic, 5000)).toEqual({
      record: null,
      offset: -1n,
      end: 0n,
    });
    for (let i = 0; i < 3; i++) {
      const { session } = await place.openSession();
      await session.write([await place.positionPart(1, 0)]);
      await session.abandon(1000);
    }
    expect(await readLastPosition(network, place.positionsTopic, 5000)).toMatchObject({
      record: null,
      end: 6n,
    });
    const { session } = await place.openSession();
    const other = await singleRecordBatch('another key', '{}', Date.now());
    await session.write([{ topic: place.positionsTopic, partition: 0, batches: [other] }]);
    await session.commit();
    await expect(readLastPosition(network, place.positionsTopic, 5000)).rejects.toMatchObject({
      code: 'POSITION_LOST',
    });
  });

  it('tells of a transaction of another cluster on the positions topic', async () => {
    place.fresh();
    await place.openWriter(1);
    const { session } = await place.openSession(`${place.name}-other`);
    await session.write([await place.positionPart(5, 5)]);
    const { network } = await place.openSession();
    await expect(readLastPosition(network, place.positionsTopic, 300)).rejects.toMatchObject({
      code: 'FOREIGN_OPEN_TRANSACTION',
    });
    await session.abandon(1000);
  });
});
