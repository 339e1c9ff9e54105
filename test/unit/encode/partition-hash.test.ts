import { describe, expect, it } from 'vitest';
import { partitionHash, partitionOf } from '../../../src/encode/partition-hash.ts';

/** Text, hashCode, its partition of 15 and 20, murmur3, its partition of 15 and 20. */
const vectors = [
  ['test', 3556498, 13, 18, 986285685, 0, 5],
  ['shard_1', 2054216720, 5, 0, -1752474718, 13, 18],
  ['1hello', 1501990721, 11, 1, -655464924, 9, 4],
  ['None', 2433880, 10, 0, -1571757336, 6, 16],
  ['münchen', 977871981, 6, 1, -137026776, 6, 16],
  ['😁', 1772900, 5, 0, 846461009, 14, 9],
] as const;

describe('partition hashes', () => {
  it.each(vectors)('%s', (text, hashCode, of15, of20, murmur, murmurOf15, murmurOf20) => {
    expect(partitionHash(text, 'default')).toBe(hashCode);
    expect(partitionOf(hashCode, 15)).toBe(of15);
    expect(partitionOf(hashCode, 20)).toBe(of20);
    expect(partitionHash(text, 'murmur3')).toBe(murmur);
    expect(partitionOf(murmur, 15)).toBe(murmurOf15);
    expect(partitionOf(murmur, 20)).toBe(murmurOf20);
  });
});
