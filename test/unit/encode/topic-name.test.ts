import { describe, expect, it } from 'vitest';
import { topicName } from '../../../src/encode/topic-name.ts';

describe('topic names', () => {
  it('fills database, table and type in', () => {
    expect(topicName('maxwell', 'd', 't', 'insert')).toBe('maxwell');
    expect(topicName('%{database}.%{table}-%{type}_%{table}', 'shop', 'item', 'update')).toBe(
      'shop.item-update_item',
    );
  });

  it.each(['a b', 'ü', '.', '..', '', 'x'.repeat(250)])('refuses %j, which Kafka would refuse', (table) => {
    expect(() => topicName('%{table}', 'd', table, 'insert')).toThrow(
      expect.objectContaining({ code: 'KAFKA_TOPIC_INVALID' }),
    );
  });

  it('does not fill in what a name holds', () => {
    expect(() => topicName('%{table}', 'd', '%{database}', 'insert')).toThrow(/legal/);
  });
});
