import { type ImageWriter, misfit, readDigits, writeBigEndian, writeLittleEndian } from './image-writer.ts';

const MINUS = 0x2d;
const COLON = 0x3a;
const DOT = 0x2e;

/** Whether the zero date is all zeros is a matter of the type: 0000-00-00 has year, month and day 0. */
function readDate(text: Buffer): { year: number; month: number; day: number } {
  if (text.length < 10) throw misfit();
  return { year: readDigits(text, 0, 4), month: readDigits(text, 5, 7), day: readDigits(text, 8, 10) };
}

/** `hh:mm:ss` that starts at `start`; the hour may have three digits. */
function readTime(
  text: Buffer,
  start: number,
): { hour: number; minute: number; second: number; end: number } {
  let colon = start;
  while (colon < text.length && text[colon] !== COLON) colon++;
  if (text.length < colon + 6) throw misfit();
  return {
    hour: readDigits(text, start, colon),
    minute: readDigits(text, colon + 1, colon + 3),
    second: readDigits(text, colon + 4, colon + 6),
    end: colon + 6,
  };
}

/** The fraction from `.` on, in units of 10^-2, 10^-4 or 10^-6: as many as the bytes of its precision hold. */
function readFraction(text: Buffer, at: number, precision: number): number {
  const digitCount = fractionBytes(precision) * 2;
  if (digitCount === 0 || at >= text.length) return 0;
  if (text[at] !== DOT) throw misfit();
  const given = Math.min(text.length - at - 1, digitCount);
  return readDigits(text, at + 1, at + 1 + given) * 10 ** (digitCount - given);
}

const fractionBytes = (precision: number): number => (precision + 1) >> 1;

/** DATE: day 5 bits, month 4, year 15; little-endian. */
export const dateImage: ImageWriter = (text, out) => {
  const { year, month, day } = readDate(text);
  writeLittleEndian(out, (year << 9) | (month << 5) | day, 3);
};

/** DATETIME of MySQL 5.6 and newer (sql-common/my_time.cc, my_datetime_packed_to_binary). @param precision fractional digits, 0 to 6 */
export const dateTimeImage =
  (precision: number): ImageWriter =>
  (text, out) => {
    const { year, month, day } = readDate(text);
    const { hour, minute, second, end } = readTime(text, 11);
    const date = (year * 13 + month) * 32 + day;
    writeBigEndian(out, 2 ** 39 + date * 131_072 + hour * 4096 + minute * 64 + second, 5);
    writeBigEndian(out, readFraction(text, end, precision), fractionBytes(precision));
  };

/** TIMESTAMP of MySQL 5.6 and newer, sent in a session whose time zone is UTC: seconds since 1970, all zeros for the zero date. */
export const timestampImage =
  (precision: number): ImageWriter =>
  (text, out) => {
    const { year, month, day } = readDate(text);
    const { hour, minute, second, end } = readTime(text, 11);
    const isZero = year === 0 && month === 0 && day === 0;
    const seconds = isZero ? 0 : Date.UTC(year, month - 1, day, hour, minute, second) / 1000;
    writeBigEndian(out, seconds, 4);
    writeBigEndian(out, readFraction(text, end, precision), fractionBytes(precision));
  };

/** TIME of MySQL 5.6 and newer: whole and fraction as one signed number (my_time_packed_to_binary). */
export const timeImage =
  (precision: number): ImageWriter =>
  (text, out) => {
    const isNegative = text[0] === MINUS;
    const { hour, minute, second, end } = readTime(text, isNegative ? 1 : 0);
    const bytes = fractionBytes(precision);
    const packed = (hour * 4096 + minute * 64 + second) * 256 ** bytes + readFraction(text, end, precision);
    writeBigEndian(out, 0x800000 * 256 ** bytes + (isNegative ? -packed : packed), 3 + bytes);
  };
