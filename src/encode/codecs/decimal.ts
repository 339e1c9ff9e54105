import type { ByteSink } from '../../model/byte-sink.ts';
import { writeBigUnscaled, writeUnscaled } from '../avro/avro-binary.ts';
import type { AvroType } from '../avro/avro-type.ts';
import { ValueCodec } from './value-codec.ts';

const ZERO = 0x30;
const DOT = 0x2e;
/** Bytes that 0 to 9 digits take (strings/decimal.c, dig2bytes). */
const groupBytes = [0, 1, 1, 2, 2, 3, 3, 4, 4, 4];
/** Values that 0 to 9 digits have. */
const groupLimits = Array.from({ length: 10 }, (_, digitCount) => 10 ** digitCount);
const MAX_DIGITS = 81;
/** Digits that a double holds exactly, whatever they are. */
const EXACT_DIGITS = 15;
/** The digits of the value at hand, most significant first. */
const digits = new Uint8Array(MAX_DIGITS);
/** How many of them are read. */
let digitOffset = 0;

/** Bytes that a DECIMAL(precision, scale) takes in a row image. */
export function decimalSize(precision: number, scale: number): number {
  const integral = precision - scale;
  const half = (digitCount: number): number =>
    Math.floor(digitCount / 9) * 4 + (groupBytes[digitCount % 9] as number);
  return half(integral) + half(scale);
}

/** Reads one half of the value into `digits` at `digitOffset`; returns the offset behind its bytes, or -1 where a group is out of range. */
function readGroup(image: Buffer, offset: number, digitCount: number, flip: number): number {
  const byteCount = groupBytes[digitCount] as number;
  // The sign bit stands inverted in the first byte of the value.
  let group = (image[offset] as number) ^ flip ^ (digitOffset === 0 ? 0x80 : 0);
  for (let i = 1; i < byteCount; i++) group = group * 256 + ((image[offset + i] as number) ^ flip);
  if (group >= (groupLimits[digitCount] as number)) return -1;
  const first = digitOffset;
  digitOffset += digitCount;
  for (let i = digitOffset - 1; i >= first; i--) {
    const quotient = (group / 10) | 0;
    digits[i] = group - quotient * 10;
    group = quotient;
  }
  return offset + byteCount;
}

/**
 * Writes a packed decimal (strings/decimal.c, decimal2bin) as a JSON number, exactly; returns the offset behind it, or -1 where it is invalid.
 * `isPlain` false: Java's BigDecimal.toString, so in scientific notation below 10^-6 (`1.000E-7`, `0E-7`). The bytes are there.
 */
export function writeDecimal(
  image: Buffer,
  start: number,
  precision: number,
  scale: number,
  isPlain: boolean,
  out: ByteSink,
): number {
  const end = readDigits(image, start, precision, scale);
  if (end >= 0) writeDigits(precision, scale, isNegativeAt(image, start), isPlain, out);
  return end;
}

/** The sign bit is set for zero and above. */
function isNegativeAt(image: Buffer, start: number): boolean {
  return ((image[start] as number) & 0x80) === 0;
}

/** Reads a packed decimal into `digits`; returns the offset behind it, or -1 where it is invalid. The bytes are there. */
function readDigits(image: Buffer, start: number, precision: number, scale: number): number {
  const flip = isNegativeAt(image, start) ? 0xff : 0;
  const integral = precision - scale;
  let offset = start;
  digitOffset = 0;
  const leading = integral % 9;
  if (leading > 0) offset = readGroup(image, offset, leading, flip);
  while (digitOffset < precision && offset >= 0) {
    offset = readGroup(
      image,
      offset,
      digitOffset < integral ? 9 : Math.min(9, precision - digitOffset),
      flip,
    );
  }
  return offset < 0 ? -1 : offset;
}

function writeDigits(
  precision: number,
  scale: number,
  isNegative: boolean,
  isPlain: boolean,
  out: ByteSink,
): void {
  let firstDigit = 0;
  while (firstDigit < precision - 1 && digits[firstDigit] === 0) firstDigit++;
  const isZero = digits[firstDigit] === 0;
  const significant = precision - firstDigit;
  out.reserve(precision + 12);
  const { buffer } = out;
  let at = out.position;
  if (isNegative && !isZero) buffer[at++] = 0x2d;
  const exponent = significant - 1 - scale;
  if (!isPlain && exponent < -6) {
    buffer[at++] = ZERO + (digits[firstDigit] as number);
    if (significant > 1) buffer[at++] = DOT;
    for (let i = firstDigit + 1; i < precision; i++) buffer[at++] = ZERO + (digits[i] as number);
    buffer[at++] = 0x45;
    buffer[at++] = 0x2d;
    // A scale is at most 38 digits, so the exponent has one or two.
    if (-exponent > 9) buffer[at++] = ZERO + Math.floor(-exponent / 10);
    buffer[at++] = ZERO + (-exponent % 10);
  } else {
    const integral = precision - scale;
    if (firstDigit >= integral) buffer[at++] = ZERO;
    for (let i = firstDigit; i < integral; i++) buffer[at++] = ZERO + (digits[i] as number);
    if (scale > 0) {
      buffer[at++] = DOT;
      for (let i = integral; i < precision; i++) buffer[at++] = ZERO + (digits[i] as number);
    }
  }
  out.position = at;
}

/** DECIMAL: exact, as Java's BigDecimal prints it. */
export class DecimalCodec extends ValueCodec {
  readonly #precision: number;
  readonly #scale: number;

  /** @param precision 1 to 65 digits @param scale 0 to 38 of them, behind the point */
  constructor(column: string, precision: number, scale: number) {
    super(column, decimalSize(precision, scale));
    this.#precision = precision;
    this.#scale = scale;
  }

  override writeJson(image: Buffer, offset: number, out: ByteSink): number {
    this.fixedEnd(image, offset);
    const end = writeDecimal(image, offset, this.#precision, this.#scale, false, out);
    if (end < 0) throw this.fail('its digits are out of range');
    return end;
  }

  override get avroType(): AvroType {
    return { type: 'bytes', logicalType: 'decimal', precision: this.#precision, scale: this.#scale };
  }

  override writeAvro(image: Buffer, offset: number, out: ByteSink): boolean {
    this.fixedEnd(image, offset);
    if (readDigits(image, offset, this.#precision, this.#scale) < 0)
      throw this.fail('its digits are out of range');
    const isNegative = isNegativeAt(image, offset);
    if (this.#precision <= EXACT_DIGITS) {
      let unscaled = 0;
      for (let i = 0; i < this.#precision; i++) unscaled = unscaled * 10 + (digits[i] as number);
      writeUnscaled(out, isNegative ? -unscaled : unscaled);
    } else {
      const unscaled = BigInt(digits.subarray(0, this.#precision).join(''));
      writeBigUnscaled(out, isNegative ? -unscaled : unscaled);
    }
    return true;
  }
}
