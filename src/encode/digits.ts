import type { ByteSink } from '../model/byte-sink.ts';

const ZERO = 0x30;
const MINUS = 0x2d;
/** Longest text that these functions write: a sign and 20 digits. */
const MAX_BYTES = 24;

/** Puts `n` (an integer, 0 to 2^53 - 1) as decimal digits; returns the offset behind them. The caller has reserved 16 bytes. */
function putUnsigned(buffer: Buffer, offset: number, n: number): number {
  if (n < 10) {
    buffer[offset] = ZERO + n;
    return offset + 1;
  }
  if (n > 0x7fffffff) {
    const high = Math.floor(n / 1e9);
    return putPadded(buffer, putUnsigned(buffer, offset, high), n - high * 1e9, 9);
  }
  let digitCount = 2;
  for (let limit = 100; n >= limit && digitCount < 10; limit *= 10) digitCount++;
  return putPadded(buffer, offset, n, digitCount);
}

/** Puts `n` (0 to 2^31 - 1) as exactly `digitCount` digits; returns the offset behind them. The caller has reserved them. */
export function putPadded(buffer: Buffer, offset: number, n: number, digitCount: number): number {
  const end = offset + digitCount;
  let rest = n | 0;
  let at = end;
  while (at > offset + 1) {
    const quotient = (rest / 100) | 0;
    at -= 2;
    putTwo(buffer, at, rest - quotient * 100);
    rest = quotient;
  }
  if (at > offset) buffer[offset] = ZERO + (rest % 10);
  return end;
}

/** Puts two digits, 0 to 99. */
export function putTwo(buffer: Buffer, offset: number, n: number): number {
  const tens = (n / 10) | 0;
  buffer[offset] = ZERO + tens;
  buffer[offset + 1] = ZERO + n - tens * 10;
  return offset + 2;
}

/** Writes an integer of -(2^53 - 1) to 2^53 - 1. */
export function writeInteger(out: ByteSink, n: number): void {
  out.reserve(MAX_BYTES);
  if (n < 0) out.buffer[out.position++] = MINUS;
  out.position = putUnsigned(out.buffer, out.position, n < 0 ? -n : n);
}

/** Writes an unsigned 64-bit integer that is given as two unsigned 32-bit halves. */
export function writeUnsigned64(out: ByteSink, high: number, low: number): void {
  if (high < 0x200000) {
    writeInteger(out, high * 0x100000000 + low);
    return;
  }
  out.reserve(MAX_BYTES);
  // Long division by 10^9 in 16-bit steps: every intermediate stays below 2^53, so no BigInt is needed.
  const top = Math.floor(high / 1e9);
  const first = (high - top * 1e9) * 0x10000 + (low >>> 16);
  const middle = Math.floor(first / 1e9);
  const second = (first - middle * 1e9) * 0x10000 + (low & 0xffff);
  const bottom = Math.floor(second / 1e9);
  const quotient = top * 0x100000000 + middle * 0x10000 + bottom;
  out.position = putPadded(
    out.buffer,
    putUnsigned(out.buffer, out.position, quotient),
    second - bottom * 1e9,
    9,
  );
}

/** Writes a two's complement 64-bit integer that is given as two unsigned 32-bit halves. */
export function writeSigned64(out: ByteSink, high: number, low: number): void {
  if (high < 0x80000000) {
    writeUnsigned64(out, high, low);
    return;
  }
  out.writeByte(MINUS);
  if (low === 0) writeUnsigned64(out, -high >>> 0, 0);
  else writeUnsigned64(out, ~high >>> 0, -low >>> 0);
}

/** Writes a BigInt as decimal digits. */
export function writeBigInt(out: ByteSink, n: bigint): void {
  out.writeAscii(n.toString());
}
