/** MurmurHash2 with Kafka's seed, over unsigned bytes; a signed 32-bit number (org.apache.kafka.common.utils.Utils.murmur2). */
export function murmur2(bytes: Uint8Array): number {
  const multiplier = 0x5bd1e995;
  const { length } = bytes;
  const whole = length & ~3;
  let hash = 0x9747b28c ^ length;
  for (let at = 0; at < whole; at += 4) {
    let word =
      (bytes[at] as number) |
      ((bytes[at + 1] as number) << 8) |
      ((bytes[at + 2] as number) << 16) |
      ((bytes[at + 3] as number) << 24);
    word = Math.imul(word, multiplier);
    word ^= word >>> 24;
    hash = Math.imul(hash, multiplier) ^ Math.imul(word, multiplier);
  }
  if (length > whole) {
    for (let at = length - 1; at >= whole; at--) hash ^= (bytes[at] as number) << ((at - whole) * 8);
    hash = Math.imul(hash, multiplier);
  }
  hash ^= hash >>> 13;
  hash = Math.imul(hash, multiplier);
  return hash ^ (hash >>> 15);
}

/** The partition that Java's producer picks for a key by default (BuiltInPartitioner); 0 for no key, where Java picks any. */
export function defaultPartition(key: Uint8Array | null, partitionCount: number): number {
  return key === null ? 0 : (murmur2(key) & 0x7fffffff) % partitionCount;
}
