import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { readLastPosition } from '../../src/checkpoint/positions-topic.ts';
import { KafkaNetwork } from '../../src/kafka/kafka-network.ts';
import { destroyBroker, type KafkaBroker } from '../../src/kafka/kafkajs-driver.ts';
import { UnfencedWriter } from '../../src/produce/unfenced-writer.ts';
import { KafkaPlace, rows } from '../support/kafka-place.ts';

let place: KafkaPlace;

beforeAll(async () => {
  place = await KafkaPlace.open();
});
afterEach(() => place.closeOpen());
afterAll(() => place.close());

describe('an unknown outcome', () => {
  type Cut = (broker: KafkaBroker, end: () => Promise<unknown>) => Promise<unknown>;
  const cuts: [string, Cut][] = [
    [
      'before EndTxn',
      (broker, end) => {
        destroyBroker(broker);
        return end();
      },
    ],
    [
      'with EndTxn on its way',
      (broker, end) => {
        const sent = end();
        setImmediate(() => setImmediate(() => destroyBroker(broker)));
        return sent;
      },
    ],
    [
      'after EndTxn',
      async (broker, end) => {
        await end();
        destroyBroker(broker);
        throw Object.assign(new Error('connection closed'), { name: 'KafkaJSConnectionClosedError' });
      },
    ],
  ];

  it.each(cuts)('of a commit is read and neither lost nor doubled: the socket cut %s', async (_, cut) => {
    place.fresh();
    const writer = await place.openWriter(1);
    await writer.write(rows(0, 3));
    let cutsLeft = 5;
    const met = new WeakSet<KafkaBroker>();
    // Every producer that the writer makes meets the cut once.
    const original = KafkaNetwork.prototype.transactionCoordinator;
    KafkaNetwork.prototype.transactionCoordinator = async function (this: KafkaNetwork, id, deadline) {
      const broker = await original.call(this, id, deadline);
      if (id !== place.name || met.has(broker)) return broker;
      met.add(broker);
      const endTxn = broker.endTxn.bind(broker);
      broker.endTxn = (request) => {
        if (cutsLeft <= 0 || !request.transactionResult) return endTxn(request);
        cutsLeft--;
        return cut(broker, () => endTxn(request));
      };
      return broker;
    };
    try {
      const next = await place.openWriter(2);
      for (let i = 1; i <= 8; i++) await next.write(rows(3 * i, 3));
      expect(next.failures).toHaveLength(5);
    } finally {
      KafkaNetwork.prototype.transactionCoordinator = original;
    }
    expect(cutsLeft).toBe(0);
    expect(await place.values()).toEqual(rows(0, 27).sort());
  });

  it('of a write whose connection broke is resolved by a replay', async () => {
    place.fresh();
    const writer = await place.openWriter(1);
    await writer.write(rows(0, 3));
    const pending = writer.write(rows(3, 3));
    setImmediate(() => writer.fenced.network.destroy());
    await pending;
    expect(await place.values()).toEqual(rows(0, 6).sort());
  });
});

it('a transaction beyond its timeout (47) is written again by the lease’s owner, exactly once', async () => {
  place.fresh();
  let proofs = 0;
  const writer = await place.openWriter(1, {
    session: { transactionTimeoutMs: 3000 },
    proveLease: () => {
      proofs++;
      return Promise.resolve();
    },
  });
  await writer.write(rows(0, 3));
  const { session } = writer.fenced;
  const commit = session.commit.bind(session);
  session.commit = async () => {
    await sleep(6000); // the coordinator looks every second
    await commit();
  };
  const before = proofs;
  await writer.write(rows(3, 3));
  expect(writer.failures.map(({ code }) => code)).toEqual(['KAFKA_FENCED']);
  expect(proofs - before).toBe(2); // after the 47, and before the fence
  await writer.write(rows(6, 3));
  expect(await place.values()).toEqual(rows(0, 9).sort());
});

it.each(['is not committed', 'is not even written'])(
  'a transaction that %s within a third of its timeout is given up, the lease proven, and written again once',
  async (what) => {
    place.fresh();
    let proofs = 0;
    const writer = await place.openWriter(1, {
      session: { transactionTimeoutMs: 6000 },
      proveLease: () => {
        proofs++;
        return Promise.resolve();
      },
    });
    await writer.write(rows(0, 3));
    const { session, network } = writer.fenced;
    const commit = session.commit.bind(session);
    if (what === 'is not committed')
      session.commit = async () => {
        await sleep(2500);
        await commit();
      };
    else network.leaderOf = () => new Promise(() => undefined);
    const before = proofs;
    await writer.write(rows(3, 3));
    expect(writer.failures).toMatchObject([
      { code: 'KAFKA_TIMEOUT', message: expect.stringContaining('stood open') as unknown },
    ]);
    expect(proofs - before).toBe(2); // it may have been paused, and fenced: before the fence, and again by it
    expect(await place.values()).toEqual(rows(0, 6).sort());
  },
);

describe('delivery=at_least_once', () => {
  it.each([
    ['acks=1', 1, false],
    ['acks=all, idempotent', -1, true],
    ['acks=0', 0, false],
  ] as const)('with %s writes rows and then the position', async (_, acks, isIdempotent) => {
    place.fresh();
    const unfencedWriter = new UnfencedWriter({
      acks,
      isIdempotent,
      produceTimeoutMs: 2500,
      maxRequestBytes: 1 << 20,
      maxInFlight: 5,
    });
    const writer = await place.openWriter(1, { output: { unfencedWriter } });
    await writer.write(rows(0, 30));
    await writer.write(rows(30, 30));
    expect(writer.failures).toEqual([]);
    if (acks === 0) await sleep(200);
    expect(await place.values()).toEqual(rows(0, 60).sort());
    const { network } = await place.openSession();
    expect((await readLastPosition(network, place.positionsTopic, 5000)).record).toMatchObject({
      epoch: 1,
      commit: 2,
    });
  });

  it('loses nothing when its connections break', async () => {
    place.fresh();
    const unfencedWriter = new UnfencedWriter({
      acks: -1,
      isIdempotent: true,
      produceTimeoutMs: 2500,
      maxRequestBytes: 1 << 20,
      maxInFlight: 5,
    });
    const writer = await place.openWriter(1, { output: { unfencedWriter } });
    await writer.write(rows(0, 3));
    const pending = writer.write(rows(3, 300));
    setImmediate(() => writer.fenced.network.destroy());
    await pending;
    expect(new Set(await place.values())).toEqual(new Set(rows(0, 303)));
  });
});
