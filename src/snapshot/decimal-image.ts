import type { ByteSink } from '../model/byte-sink.ts';
import { type ImageWriter, misfit, readDigits } from './image-writer.ts';

/** Bytes that 0 to 9 digits take (strings/decimal.c, dig2bytes). */
const groupBytes = [0, 1, 1, 2, 2, 3, 3, 4, 4, 4];
const MINUS = 0x2d;
const DOT = 0x2e;

/**
 * DECIMAL(precision, scale) packed as decimal2bin of strings/decimal.c does: groups of nine digits as big-endian numbers, the
 * odd digits at the outer ends, the sign in the first bit, a negative value with all bits inverted.
 */
export const decimalImage = (precision: number, scale: number): ImageWriter => {
  const integral = precision - scale;
  const digits = Buffer.alloc(precision, 0x30);
  return (text, out) => {
    const isNegative = text[0] === MINUS;
    const start = isNegative ? 1 : 0;
    const dot = text.indexOf(DOT);
    const end = dot < 0 ? text.length : dot;
    const first = integral - (end - start);
    const fractionLength = dot < 0 ? 0 : text.length - dot - 1;
    digits.fill(0x30);
    // A leading zero stands before the point where the type has no digits there.
    if (first >= 0) text.copy(digits, first, start, end);
    else if (readDigits(text, start, end - integral) === 0) text.copy(digits, 0, end - integral, end);
    else throw misfit();
    if (fractionLength > scale) throw misfit();
    if (fractionLength > 0) text.copy(digits, integral, dot + 1);
    writePacked(out, digits, integral, isNegative);
  };
};

/** @param integral how many of the digits stand before the point */
export function writePacked(out: ByteSink, digits: Buffer, integral: number, isNegative: boolean): void {
  const start = out.position;
  writeGroups(out, digits.subarray(0, integral), integral % 9);
  writeGroups(out, digits.subarray(integral), 9);
  const { buffer } = out;
  buffer[start] = (buffer[start] as number) ^ 0x80;
  if (isNegative) for (let at = start; at < out.position; at++) buffer[at] = (buffer[at] as number) ^ 0xff;
}

/** @param firstSize digits of the first group; 0: nine */
function writeGroups(out: ByteSink, digits: Buffer, firstSize: number): void {
  let size = firstSize === 0 ? 9 : firstSize;
  for (let at = 0; at < digits.length; size = 9) {
    const next = Math.min(digits.length, at + size);
    const byteCount = groupBytes[next - at] as number;
    const value = readDigits(digits, at, next);
    for (let i = byteCount - 1; i >= 0; i--) out.writeByte(Math.floor(value / 256 ** i) % 256);
    at = next;
  }
}
