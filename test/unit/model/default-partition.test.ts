import { expect, it } from 'vitest';
import { defaultPartition, murmur2 } from '../../../src/model/default-partition.ts';

// Kafka's own vectors: org.apache.kafka.common.utils.UtilsTest, testMurmur2.
it.each([
  ['21', -973932308],
  ['foobar', -790332482],
  ['a-little-bit-long-string', -985981536],
  ['a-little-bit-longer-string', -1486304829],
  ['lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8', -58897971],
  ['abc', 479470107],
])('hashes %s as Kafka does', (text, hash) => {
  expect(murmur2(Buffer.from(text))).toBe(hash);
  expect(defaultPartition(Buffer.from(text), 7)).toBe((hash & 0x7fffffff) % 7);
});

it('puts a record without a key into the first partition', () => {
  expect(defaultPartition(null, 5)).toBe(0);
});
