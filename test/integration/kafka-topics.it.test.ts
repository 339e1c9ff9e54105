import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { KafkaPlace, rows } from '../support/kafka-place.ts';
import { readCommitted } from '../support/read-values.ts';

let place: KafkaPlace;

beforeAll(async () => {
  place = await KafkaPlace.open();
});
afterEach(() => place.closeOpen());
afterAll(() => place.close());

describe('a topic', () => {
  it('of positions that would forget them is refused', async () => {
    place.fresh();
    await place.createTopic(place.positionsTopic, { 'cleanup.policy': 'delete' });
    await expect(place.openWriter(1)).rejects.toMatchObject({ code: 'POSITIONS_TOPIC_UNFIT' });
    place.fresh();
    await place.createTopic(place.positionsTopic, { 'cleanup.policy': 'compact' }, 2);
    await expect(place.openWriter(1)).rejects.toMatchObject({ code: 'POSITIONS_TOPIC_UNFIT' });
  });

  it('of positions is created compacted', async () => {
    place.fresh();
    await place.openWriter(1);
    const { resources } = await place.admin.describeConfigs({
      includeSynonyms: false,
      resources: [{ type: 2, name: place.positionsTopic }],
    });
    const config = new Map(resources[0]?.configEntries.map((entry) => [entry.configName, entry.configValue]));
    expect(
      Object.fromEntries(
        [
          'cleanup.policy',
          'segment.bytes',
          'segment.ms',
          'min.cleanable.dirty.ratio',
          'max.compaction.lag.ms',
        ].map((key) => [key, config.get(key)]),
      ),
    ).toEqual({
      'cleanup.policy': 'compact',
      'segment.bytes': '16777216',
      'segment.ms': '3600000',
      'min.cleanable.dirty.ratio': '0.1',
      'max.compaction.lag.ms': '3600000',
    });
  });

  it.each([
    [
      'that gets more partitions',
      () => place.admin.createPartitions({ topicPartitions: [{ topic: place.name, count: 5 }] }),
    ],
    ['that is deleted', () => place.admin.deleteTopics({ topics: [place.name] })],
  ])('%s stops the writes within seconds, before a key moves', async (_, change) => {
    place.fresh();
    const writer = await place.openWriter(1);
    await writer.write(rows(0, 3));
    await change();
    const writeOn = async (): Promise<void> => {
      for (let i = 0; i < 40; i++) {
        await writer.write(rows(3, 3));
        await sleep(200);
      }
    };
    await expect(writeOn()).rejects.toMatchObject({ code: 'KAFKA_PARTITIONS_CHANGED', reaction: 'blocked' });
  });

  it('that takes no record of that size blocks, and the breaker does not count it', async () => {
    place.fresh();
    const writer = await place.openWriter(1);
    await place.createTopic(place.name, { 'max.message.bytes': '20000' }, 3);
    await writer.write(Array.from({ length: 300 }, (_, i) => `a${i}`.padEnd(400, '.'))); // above it together: cut
    const large = ['ab', 'b'.padEnd(30_000, '.')];
    for (let i = 0; i < 4; i++)
      await expect(writer.write(large)).rejects.toMatchObject({ code: 'KAFKA_RECORD_TOO_LARGE' });
    expect(await place.values()).toHaveLength(300);
  });

  it('has a dead letter in the same transaction where that is asked for', async () => {
    place.fresh();
    const dropped: string[] = [];
    const writer = await place.openWriter(1, {
      output: {
        onRecordTooLarge: { kind: 'dead_letter', topic: `${place.name}.dead.%{table}` },
        onDropped: ({ messageId }) => dropped.push(messageId),
      },
    });
    await place.createTopic(place.name, { 'max.message.bytes': '20000' }, 3);
    await writer.write(['a1', 'b'.padEnd(30_000, '.'), 'c3']);
    await writer.write(['a4']);
    expect(await place.values()).toEqual(['a1', 'a4', 'c3']);
    const [letter, ...more] = await readCommitted(place.brokers, `${place.name}.dead.t`);
    expect(more).toEqual([]);
    expect(letter).toMatchObject({ messageId: dropped[0], key: '{"database":"d","table":"t","pk.id":1}' });
    expect(JSON.parse(letter?.value ?? '')).toMatchObject({
      reason: 'RecordTooLargeException',
      data: { id: 1 },
    });
  });
});
