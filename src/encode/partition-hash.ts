import type { EncodeOptions } from './encode-options.ts';

/** Java's String.hashCode over the characters of an ASCII text. */
function javaHashCodeOfAscii(bytes: Uint8Array, length: number): number {
  let hash = 0;
  for (let i = 0; i < length; i++) hash = (Math.imul(hash, 31) + (bytes[i] as number)) | 0;
  return hash;
}

/** Java's String.hashCode: over UTF-16 units, as a signed 32-bit number. */
function javaHashCode(text: string): number {
  let hash = 0;
  for (let i = 0; i < text.length; i++) hash = (Math.imul(hash, 31) + text.charCodeAt(i)) | 0;
  return hash;
}

function rotateLeft(value: number, bits: number): number {
  return (value << bits) | (value >>> (32 - bits));
}

function mix(block: number): number {
  return Math.imul(rotateLeft(Math.imul(block, 0xcc9e2d51), 15), 0x1b873593);
}

/** MurmurHash3_x86_32 (A. Appleby) as a signed 32-bit number. */
function murmur3(bytes: Uint8Array, seed: number): number {
  let hash = seed;
  const blockEnd = bytes.length & ~3;
  const at = (i: number): number => bytes[i] as number;
  for (let i = 0; i < blockEnd; i += 4) {
    hash ^= mix(at(i) | (at(i + 1) << 8) | (at(i + 2) << 16) | (at(i + 3) << 24));
    hash = (Math.imul(rotateLeft(hash, 13), 5) + 0xe6546b64) | 0;
  }
  let tail = 0;
  for (let i = bytes.length - 1; i >= blockEnd; i--) tail = (tail << 8) | at(i);
  if (blockEnd < bytes.length) hash ^= mix(tail);
  hash ^= bytes.length;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return hash ^ (hash >>> 16);
}

/** Maxwell's seed. */
const MURMUR_SEED = 25_342;

/** The hash of a partition text, before `partitionOf`. */
export function partitionHash(text: string, hash: EncodeOptions['partitionHash']): number {
  return hash === 'murmur3' ? murmur3(Buffer.from(text), MURMUR_SEED) : javaHashCode(text);
}

/** The same of an ASCII text that is given as the first bytes of a buffer. */
export function partitionHashOfAscii(
  bytes: Uint8Array,
  length: number,
  hash: EncodeOptions['partitionHash'],
): number {
  return hash === 'murmur3'
    ? murmur3(bytes.subarray(0, length), MURMUR_SEED)
    : javaHashCodeOfAscii(bytes, length);
}

/** abs(hash mod count), as Maxwell: 0 to count - 1. */
export function partitionOf(hash: number, partitionCount: number): number {
  return Math.abs(hash % partitionCount);
}
