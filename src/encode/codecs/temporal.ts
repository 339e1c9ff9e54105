import type { ByteSink } from '../../model/byte-sink.ts';
import { putPadded, putTwo } from '../digits.ts';
import { readUint32 } from './integer.ts';
import { QuotedCodec } from './value-codec.ts';

const QUOTE = 0x22;
const DASH = 0x2d;
const BLANK = 0x20;
const COLON = 0x3a;
const DOT = 0x2e;
const MAX_BYTES = 40;
const powersOfTen = [1, 10, 100, 1000, 10_000, 100_000, 1_000_000];
const nullBytes = Buffer.from('null');

/** Bytes that `precision` (0 to 6) fractional digits take in the formats of MySQL 5.6 and newer. */
function fractionSize(precision: number): number {
  return (precision + 1) >> 1;
}

/** Unsigned 32 bits, most significant byte first. */
function readBigEndian32(image: Buffer, offset: number): number {
  const low =
    ((image[offset + 1] as number) << 16) |
    ((image[offset + 2] as number) << 8) |
    (image[offset + 3] as number);
  return (image[offset] as number) * 0x1000000 + low;
}

/** The fraction of a second behind a value, as microseconds; big-endian, in units of 10^-2, 10^-4 or 10^-6. */
function readFraction(image: Buffer, offset: number, precision: number): number {
  if (precision === 0) return 0;
  const byteCount = fractionSize(precision);
  let fraction = 0;
  for (let i = 0; i < byteCount; i++) fraction = (fraction << 8) | (image[offset + i] as number);
  return fraction * (powersOfTen[6 - byteCount * 2] as number);
}

/** Puts `.` and exactly `precision` digits; nothing where there are none. */
export function putFraction(buffer: Buffer, offset: number, microseconds: number, precision: number): number {
  if (precision === 0) return offset;
  buffer[offset] = DOT;
  const value = Math.floor(microseconds / (powersOfTen[6 - precision] as number));
  return putPadded(buffer, offset + 1, value, precision);
}

export function putDate(buffer: Buffer, offset: number, year: number, monthAndDay: number): number {
  const century = (year / 100) | 0;
  let at = putTwo(buffer, putTwo(buffer, offset, century), year - century * 100);
  buffer[at++] = DASH;
  at = putTwo(buffer, at, monthAndDay >> 5);
  buffer[at++] = DASH;
  return putTwo(buffer, at, monthAndDay & 31);
}

export function putTime(buffer: Buffer, offset: number, secondOfDay: number): number {
  const hour = (secondOfDay / 3600) | 0;
  let at = hour > 99 ? putPadded(buffer, offset, hour, 3) : putTwo(buffer, offset, hour);
  const rest = secondOfDay - hour * 3600;
  buffer[at++] = COLON;
  at = putTwo(buffer, at, (rest / 60) | 0);
  buffer[at++] = COLON;
  return putTwo(buffer, at, rest % 60);
}

/** What all temporal codecs share: precision, and how zero dates are written. */
abstract class TemporalCodec extends QuotedCodec {
  protected readonly precision: number;

  /** @param precision fractional digits, 0 to 6 @param nullZeroDates zero dates become null */
  constructor(column: string, layout: number, precision: number, nullZeroDates: boolean) {
    super(column, layout, nullZeroDates);
    this.precision = precision;
  }

  protected writeDate(out: ByteSink, year: number, month: number, day: number): void {
    const isZero = year === 0 || month === 0 || day === 0;
    if (isZero && this.canRenderNull) {
      out.writeBytes(nullBytes);
      return;
    }
    this.checkDate(year, month, day);
    out.reserve(MAX_BYTES);
    const { buffer } = out;
    let at = out.position;
    buffer[at++] = QUOTE;
    at = isZero ? putDate(buffer, at, 0, 0) : putDate(buffer, at, year, (month << 5) | day);
    buffer[at++] = QUOTE;
    out.position = at;
  }

  /** As Maxwell: a date with any zero part is the zero date, and its time and fraction are zero too. */
  protected writeDateTime(
    out: ByteSink,
    year: number,
    monthAndDay: number,
    secondOfDay: number,
    microseconds: number,
  ): void {
    const isZero = year === 0 || monthAndDay >> 5 === 0 || (monthAndDay & 31) === 0;
    if (isZero && this.canRenderNull) {
      out.writeBytes(nullBytes);
      return;
    }
    this.checkDate(year, monthAndDay >> 5, monthAndDay & 31);
    if (microseconds > 999_999) throw this.fail('its fraction of a second is out of range');
    out.reserve(MAX_BYTES);
    const { buffer } = out;
    let at = out.position;
    buffer[at++] = QUOTE;
    at = isZero ? putDate(buffer, at, 0, 0) : putDate(buffer, at, year, monthAndDay);
    buffer[at++] = BLANK;
    at = putTime(buffer, at, isZero ? 0 : secondOfDay);
    at = putFraction(buffer, at, isZero ? 0 : microseconds, this.precision);
    buffer[at++] = QUOTE;
    out.position = at;
  }

  protected writeTime(out: ByteSink, isNegative: boolean, seconds: number, microseconds: number): void {
    if (microseconds > 999_999) throw this.fail('its fraction of a second is out of range');
    out.reserve(MAX_BYTES);
    const { buffer } = out;
    let at = out.position;
    buffer[at++] = QUOTE;
    if (isNegative) buffer[at++] = DASH;
    at = putTime(buffer, at, seconds);
    at = putFraction(buffer, at, microseconds, this.precision);
    buffer[at++] = QUOTE;
    out.position = at;
  }

  protected secondOf(hour: number, minute: number, second: number): number {
    if (minute > 59 || second > 59) throw this.fail('its time is out of range');
    return hour * 3600 + minute * 60 + second;
  }

  private checkDate(year: number, month: number, day: number): void {
    if (year > 9999 || month > 12 || day > 31) throw this.fail('its date is out of range');
  }
}

/** DATE: three bytes, little-endian: day 5 bits, month 4, year 15. */
export class DateCodec extends TemporalCodec {
  constructor(column: string, nullZeroDates: boolean) {
    super(column, 3, 0, nullZeroDates);
  }

  override writeJson(image: Buffer, offset: number, out: ByteSink): number {
    const end = this.fixedEnd(image, offset);
    const bits =
      (image[offset] as number) |
      ((image[offset + 1] as number) << 8) |
      ((image[offset + 2] as number) << 16);
    this.writeDate(out, bits >> 9, (bits >> 5) & 15, bits & 31);
    return end;
  }
}

/** DATETIME of MySQL 5.6 and newer: 40 bits big-endian (sign, year * 13 + month 17, day 5, hour 5, minute 6, second 6), then the fraction. */
export class DateTimeCodec extends TemporalCodec {
  constructor(column: string, precision: number, nullZeroDates: boolean) {
    super(column, 5 + fractionSize(precision), precision, nullZeroDates);
  }

  override writeJson(image: Buffer, offset: number, out: ByteSink): number {
    const end = this.fixedEnd(image, offset);
    const b3 = image[offset + 3] as number;
    const b4 = image[offset + 4] as number;
    const high =
      ((image[offset] as number) << 16) |
      ((image[offset + 1] as number) << 8) |
      (image[offset + 2] as number);
    if (high < 0x800000) throw this.fail('its date is negative');
    const yearMonth = (high & 0x7fffff) >> 6;
    const year = (yearMonth / 13) | 0;
    const hour = ((high & 1) << 4) | (b3 >> 4);
    if (hour > 23) throw this.fail('its time is out of range');
    const second = this.secondOf(hour, ((b3 & 15) << 2) | (b4 >> 6), b4 & 63);
    const fraction = readFraction(image, offset + 5, this.precision);
    this.writeDateTime(out, year, ((yearMonth - year * 13) << 5) | ((high >> 1) & 31), second, fraction);
    return end;
  }
}

/** Year << 9 | month << 5 | day, of a day counted from 1970-01-01 (H. Hinnant, civil_from_days); none is before it. */
function civilFromDays(days: number): number {
  const shifted = days + 719_468;
  const era = (shifted / 146_097) | 0;
  const dayOfEra = shifted - era * 146_097;
  const leapDays = ((dayOfEra / 1460) | 0) - ((dayOfEra / 36_524) | 0) + ((dayOfEra / 146_096) | 0);
  const yearOfEra = ((dayOfEra - leapDays) / 365) | 0;
  const dayOfYear = dayOfEra - (365 * yearOfEra + ((yearOfEra / 4) | 0) - ((yearOfEra / 100) | 0));
  const shiftedMonth = ((5 * dayOfYear + 2) / 153) | 0;
  const day = dayOfYear - (((153 * shiftedMonth + 2) / 5) | 0) + 1;
  const month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9;
  return ((yearOfEra + era * 400 + (month <= 2 ? 1 : 0)) << 9) | (month << 5) | day;
}

/** TIMESTAMP in UTC: seconds since 1970 as 32 bits, unsigned as MariaDB 11.5 and newer use them, then the fraction. All zeros are the zero date. */
export class TimestampCodec extends TemporalCodec {
  readonly #isBigEndian: boolean;
  /** The day that was last written, because the next row is mostly of the same. */
  #day = -1;
  #date = 0;

  /** @param isBigEndian true for MySQL 5.6 and newer, false for the format before */
  constructor(column: string, precision: number, nullZeroDates: boolean, isBigEndian: boolean) {
    super(column, 4 + fractionSize(precision), precision, nullZeroDates);
    this.#isBigEndian = isBigEndian;
  }

  override writeJson(image: Buffer, offset: number, out: ByteSink): number {
    const end = this.fixedEnd(image, offset);
    const seconds = this.#isBigEndian ? readBigEndian32(image, offset) : readUint32(image, offset);
    const fraction = readFraction(image, offset + 4, this.precision);
    // MariaDB keeps fractions of the very first second: only all zeros are the zero date.
    if (seconds === 0 && fraction === 0) {
      this.writeDateTime(out, 0, 0, 0, 0);
      return end;
    }
    const day = (seconds / 86_400) | 0;
    if (day !== this.#day) {
      this.#date = civilFromDays(day);
      this.#day = day;
    }
    this.writeDateTime(out, this.#date >> 9, this.#date & 511, seconds - day * 86_400, fraction);
    return end;
  }
}

/** TIME of MySQL 5.6 and newer: 24 bits big-endian plus 0x800000 (sign, unused, hour 10, minute 6, second 6), then the fraction. */
export class TimeCodec extends TemporalCodec {
  constructor(column: string, precision: number) {
    super(column, 3 + fractionSize(precision), precision, false);
  }

  override writeJson(image: Buffer, offset: number, out: ByteSink): number {
    const end = this.fixedEnd(image, offset);
    const fractionBytes = fractionSize(this.precision);
    const fractionUnits = 256 ** fractionBytes;
    let stored = 0;
    for (let at = offset; at < end; at++) stored = stored * 256 + (image[at] as number);
    // Whole and fraction are one signed number (sql-common/my_time.cc, my_time_packed_from_binary).
    const signed = stored - 0x800000 * fractionUnits;
    const packed = Math.abs(signed);
    const time = Math.floor(packed / fractionUnits);
    if (time > 0x3fffff) throw this.fail('its time is out of range');
    const microseconds = (packed - time * fractionUnits) * (powersOfTen[6 - fractionBytes * 2] as number);
    this.writeTime(out, signed < 0, this.secondOf(time >> 12, (time >> 6) & 63, time & 63), microseconds);
    return end;
  }
}

/** TIME before MySQL 5.6: ± hhmmss as a signed 24-bit number, little-endian. */
export class OldTimeCodec extends TemporalCodec {
  constructor(column: string) {
    super(column, 3, 0, false);
  }

  override writeJson(image: Buffer, offset: number, out: ByteSink): number {
    const end = this.fixedEnd(image, offset);
    const low = (image[offset] as number) | ((image[offset + 1] as number) << 8);
    const stored = low | (((image[offset + 2] as number) << 24) >> 8);
    const digits = Math.abs(stored);
    const hour = Math.floor(digits / 10_000);
    this.writeTime(out, stored < 0, this.secondOf(hour, Math.floor(digits / 100) % 100, digits % 100), 0);
    return end;
  }
}

/** DATETIME before MySQL 5.6: YYYYMMDDhhmmss as a 64-bit number, little-endian. */
export class OldDateTimeCodec extends TemporalCodec {
  constructor(column: string, nullZeroDates: boolean) {
    super(column, 8, 0, nullZeroDates);
  }

  override writeJson(image: Buffer, offset: number, out: ByteSink): number {
    const end = this.fixedEnd(image, offset);
    const stored = image.readUIntLE(offset, 6);
    if (image[end - 1] !== 0 || image[end - 2] !== 0) throw this.fail('its date is out of range');
    const date = Math.floor(stored / 1_000_000);
    const time = stored - date * 1_000_000;
    const hour = Math.floor(time / 10_000);
    if (hour > 23) throw this.fail('its time is out of range');
    const second = this.secondOf(hour, Math.floor(time / 100) % 100, time % 100);
    const month = Math.floor(date / 100) % 100;
    const day = date % 100;
    if (month > 12 || day > 31) throw this.fail('its date is out of range');
    this.writeDateTime(out, Math.floor(date / 10_000), (month << 5) | day, second, 0);
    return end;
  }
}
