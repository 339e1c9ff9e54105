import { describe, expect, it } from 'vitest';
import type { KafkaNetwork, TopicMetadata } from '../../../src/kafka/kafka-network.ts';
import { TopicDirectory } from '../../../src/kafka/topic-directory.ts';

/** Metadata as a test says: partition count, or the protocol's error code as a negative number. Each answer is used once, the last one stays. */
function scripted(answers: number[]): {
  network: () => KafkaNetwork;
  created: string[];
  looks: () => number;
} {
  const created: string[] = [];
  const offsets = { responses: [{ partitions: [{ offset: '0' }] }] };
  let looks = 0;
  const refreshMetadata = (topics: string[]): Promise<TopicMetadata[]> => {
    const answer = answers[Math.min(looks++, answers.length - 1)] ?? 0;
    const leaders = Array<number>(Math.max(0, answer)).fill(0);
    return Promise.resolve(
      topics.map((topic) => ({ topic, errorCode: answer < 0 ? -answer : 0, leaders, replicationFactor: 1 })),
    );
  };
  const createTopics = ({ topics }: { topics: { topic: string }[] }): Promise<void> => {
    created.push(...topics.map(({ topic }) => topic));
    return Promise.resolve();
  };
  const network = {
    refreshMetadata,
    anyBroker: () => Promise.resolve({ createTopics }),
    leaderOf: () => Promise.resolve({ listOffsets: () => Promise.resolve(offsets) }),
    destroy: () => undefined,
  };
  return { network: () => network as unknown as KafkaNetwork, created, looks: () => looks };
}

function directory(
  network: () => KafkaNetwork,
  options: { pinned?: Record<string, number>; acceptChange?: boolean; create?: boolean } = {},
): TopicDirectory {
  return new TopicDirectory({
    createNetwork: network,
    topic: { create: options.create ?? true, partitions: 3, replicationFactor: 1 },
    pinned: options.pinned ?? {},
    acceptChange: options.acceptChange ?? false,
  });
}

describe('the partition counts of the topics', () => {
  it('are known only after they were looked up, and are pinned from then on', async () => {
    const topics = directory(scripted([4]).network, { pinned: { other: 9 } });
    expect(topics.partitionCount('t')).toBeUndefined();
    await topics.prepare('t');
    expect(topics.partitionCount('t')).toBe(4);
    expect(topics.pinnedCounts()).toEqual({ other: 9, t: 4 });
  });

  it('of a missing topic come from its creation', async () => {
    const { network, created } = scripted([-3, -3, 3]);
    const topics = directory(network);
    await topics.prepare('t');
    expect(created).toEqual(['t']);
    expect(topics.partitionCount('t')).toBe(3);
  });

  it('without the right to create are an error with its own next step', async () => {
    const { network, created } = scripted([-3]);
    await expect(directory(network, { create: false }).prepare('t')).rejects.toMatchObject({
      code: 'KAFKA_TOPIC_UNKNOWN',
    });
    expect(created).toEqual([]);
  });

  it.each([
    ['grew', 5],
    ['shrank', 2],
    ['was deleted', -3],
  ])('that differ from the position record stop the cluster: a topic that %s', async (_, answer) => {
    const { network, created } = scripted([answer]);
    const topics = directory(network, { pinned: { t: 3 } });
    await expect(topics.prepare('t')).rejects.toMatchObject({
      code: 'KAFKA_PARTITIONS_CHANGED',
      reaction: 'blocked',
    });
    expect(created).toEqual([]); // a topic that consumers know is not made anew behind their back
    expect(topics.pinnedCounts()).toEqual({ t: 3 });
  });

  it.each([
    ['another count', 2],
    ['no such topic', -3],
  ])(
    'count as changed only when it is seen again: a broker with old metadata told of %s',
    async (_, first) => {
      const topics = directory(scripted([first, 3]).network, { pinned: { t: 3 } });
      await topics.prepare('t');
      expect(topics.partitionCount('t')).toBe(3);
    },
  );

  it('may grow where the operator accepts it, and never shrink', async () => {
    const grown = directory(scripted([5]).network, { pinned: { t: 3 }, acceptChange: true });
    await grown.prepare('t');
    expect(grown.pinnedCounts()).toEqual({ t: 5 });
    const shrunk = directory(scripted([2]).network, { pinned: { t: 3 }, acceptChange: true });
    await expect(shrunk.prepare('t')).rejects.toMatchObject({ code: 'KAFKA_PARTITIONS_CHANGED' });
  });

  it.each([
    ['grew', 4],
    ['was deleted', -3],
  ])('are looked at again before a send: a topic that %s', async (_, later) => {
    const { network, looks } = scripted([3, later]);
    const topics = directory(network);
    await topics.prepare('t');
    await topics.verify(60_000); // looked at a moment ago
    expect(looks()).toBe(1);
    await expect(topics.verify(0)).rejects.toMatchObject({ code: 'KAFKA_PARTITIONS_CHANGED' });
  });

  it.each(['', '.', '..', 'a b', 'ü', 'x'.repeat(250)])(
    'are not asked for a name that Kafka refuses: "%s"',
    async (name) => {
      const { network, looks } = scripted([3]);
      await expect(directory(network).prepare(name)).rejects.toMatchObject({ code: 'KAFKA_TOPIC_INVALID' });
      expect(looks()).toBe(0);
    },
  );
});
