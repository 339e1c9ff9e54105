import type { ByteSink } from '../model/byte-sink.ts';
import { type ImageWriter, misfit, readDigits, writeBigEndian } from './image-writer.ts';

/** Bytes that 0 to 9 digits take (strings/decimal.c, dig2bytes). */
const groupBytes = [0, 1, 1, 2, 2, 3, 3, 4, 4, 4];
const MINUS = 0x2d;
const DOT = 0x2e;
const ZERO = 0x30;

/**
 * DECIMAL(precision, scale) packed as decimal2bin of strings/decimal.c does: groups of nine digits as big-endian numbers, the
 * odd digits at the outer ends, the sign in the first bit, a negative value with all bits inverted.
 */
export const decimalImage = (precision: number, scale: number): ImageWriter => {
  const integral = precision - scale;
  const digits = Buffer.alloc(precision);
  return (text, out) => {
    const isNegative = text[0] === MINUS;
    const start = isNegative ? 1 : 0;
    let end = start;
    while (end < text.length && text[end] !== DOT) end++;
    // A leading zero stands before the point where the type has no digits there.
    const surplus = end - start - integral;
    if (surplus > 0 && readDigits(text, start, start + surplus) !== 0) throw misfit();
    if (text.length - end - 1 > scale) throw misfit();
    // By hand: the digits are few, and each call into native code costs as much as ten of them.
    for (let at = 0, from = start + surplus; at < integral; at++, from++)
      digits[at] = from < start ? ZERO : (text[from] as number);
    for (let at = integral, from = end + 1; at < precision; at++, from++)
      digits[at] = from < text.length ? (text[from] as number) : ZERO;
    writePacked(out, digits, integral, isNegative);
  };
};

/** @param integral how many of the digits stand before the point */
export function writePacked(out: ByteSink, digits: Buffer, integral: number, isNegative: boolean): void {
  const start = out.position;
  writeGroups(out, digits, { start: 0, end: integral, firstSize: integral % 9 });
  writeGroups(out, digits, { start: integral, end: digits.length, firstSize: 9 });
  const { buffer } = out;
  buffer[start] = (buffer[start] as number) ^ 0x80;
  if (isNegative) for (let at = start; at < out.position; at++) buffer[at] = (buffer[at] as number) ^ 0xff;
}

/** The digits of one side of the point. @param firstSize digits of the first group; 0: nine */
function writeGroups(
  out: ByteSink,
  digits: Buffer,
  { start, end, firstSize }: { start: number; end: number; firstSize: number },
): void {
  let size = firstSize === 0 ? 9 : firstSize;
  for (let at = start; at < end; size = 9) {
    const next = Math.min(end, at + size);
    writeBigEndian(out, readDigits(digits, at, next), groupBytes[next - at] as number);
    at = next;
  }
}
