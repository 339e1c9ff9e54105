import { describe, expect, it } from 'vitest';
import { camelCaseName } from '../../../src/encode/field-name.ts';
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

describe('names in camel case', () => {
  it.each([
    ['user_id', 'userId'],
    ['primary_key_columns', 'primaryKeyColumns'],
    ['_lead', 'lead'],
    ['trail_', 'trail'],
    ['__', '__'],
    ['a_1', 'a1'],
    ['a__b', 'a_b'],
    ['plain', 'plain'],
  ])('%s becomes %s', (name, camel) => expect(camelCaseName(name)).toBe(camel));
});
