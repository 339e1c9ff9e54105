/** Avro's binary encoding (Avro specification 1.11, "Binary Encoding"), as far as row values need it. */
import type { ByteSink } from '../../model/byte-sink.ts';

/** Bytes that the longest varint takes: 64 bits, seven a byte. */
const MAX_VARINT_BYTES = 10;
/** Beyond this, a zigzag number has more than 31 bits. */
const SMALL = 2 ** 30;

/** Puts a number of 0 to 2^31 - 1, seven bits a byte, least first. */
function putVarint31(out: ByteSink, zigzag: number): void {
  out.reserve(MAX_VARINT_BYTES);
  const { buffer } = out;
  let at = out.position;
  let rest = zigzag;
  while (rest > 0x7f) {
    buffer[at++] = (rest & 0x7f) | 0x80;
    rest >>>= 7;
  }
  buffer[at++] = rest;
  out.position = at;
}

/** Writes a `long` of -(2^53 - 1) to 2^53 - 1. */
export function writeLong(out: ByteSink, n: number): void {
  if (n < SMALL && n >= -SMALL) putVarint31(out, (n << 1) ^ (n >> 31));
  else writeLong64(out, Math.floor(n / 0x100000000) >>> 0, n >>> 0);
}

/** Writes a `long` that is given as the two unsigned 32-bit halves of a two's complement number. */
export function writeLong64(out: ByteSink, high: number, low: number): void {
  const sign = high >> 31;
  let zigzagHigh = (((high << 1) | (low >>> 31)) ^ sign) >>> 0;
  let zigzagLow = ((low << 1) ^ sign) >>> 0;
  out.reserve(MAX_VARINT_BYTES);
  const { buffer } = out;
  let at = out.position;
  while (zigzagHigh !== 0 || zigzagLow > 0x7f) {
    buffer[at++] = (zigzagLow & 0x7f) | 0x80;
    zigzagLow = ((zigzagLow >>> 7) | (zigzagHigh << 25)) >>> 0;
    zigzagHigh >>>= 7;
  }
  buffer[at++] = zigzagLow;
  out.position = at;
}

/** Writes a `long`; of more than 64 bits only the lower 64 count. */
export function writeBigLong(out: ByteSink, n: bigint): void {
  writeLong64(out, Number((n >> 32n) & 0xffffffffn), Number(n & 0xffffffffn));
}

/** Writes a `double`: eight bytes, little-endian. */
export function writeDouble(out: ByteSink, n: number): void {
  out.reserve(8);
  out.position = out.buffer.writeDoubleLE(n, out.position);
}

/** Writes `bytes`: a length, then `source[start, end)`. A `string` is written so too, from UTF-8. */
export function writeLengthAndBytes(out: ByteSink, source: Uint8Array, start = 0, end = source.length): void {
  writeLong(out, end - start);
  out.writeRange(source, start, end);
}

/** Writes a `string`. A lone surrogate becomes U+FFFD. */
export function writeText(out: ByteSink, text: string): void {
  const byteCount = Buffer.byteLength(text);
  writeLong(out, byteCount);
  if (byteCount === text.length) out.writeAscii(text);
  else out.writeUtf8(text);
}

/** Writes the unscaled value of a decimal, an integer of -(2^53 - 1) to 2^53 - 1. */
export function writeUnscaled(out: ByteSink, n: number): void {
  let byteCount = 1;
  for (let limit = 0x80; n >= limit || n < -limit; limit *= 256) byteCount++;
  writeLong(out, byteCount);
  out.reserve(byteCount);
  let rest = n;
  for (let at = out.position + byteCount - 1; at >= out.position; at--) {
    out.buffer[at] = rest & 0xff;
    rest = Math.floor(rest / 256);
  }
  out.position += byteCount;
}

/** Writes the unscaled value of a decimal of any size. */
export function writeBigUnscaled(out: ByteSink, n: bigint): void {
  const magnitude = n < 0n ? -n - 1n : n;
  const bitCount = magnitude === 0n ? 0 : magnitude.toString(2).length;
  const byteCount = (bitCount >> 3) + 1;
  const hex = BigInt.asUintN(byteCount * 8, n)
    .toString(16)
    .padStart(byteCount * 2, '0');
  writeLengthAndBytes(out, Buffer.from(hex, 'hex'));
}
