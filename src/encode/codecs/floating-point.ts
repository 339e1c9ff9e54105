import type { ByteSink } from '../../model/byte-sink.ts';
import { writeDouble, writeLong } from '../avro/avro-binary.ts';
import type { AvroType } from '../avro/avro-type.ts';
import { writeInteger } from '../digits.ts';
import { ValueCodec } from './value-codec.ts';

/** `1.234e-7` → `1.234E-7`, `1e+25` → `1.0E25`. */
function fromExponential(text: string): string {
  const [digits = '', exponent = ''] = text.split('e');
  return `${digits.includes('.') ? digits : `${digits}.0`}E${exponent.replace('+', '')}`;
}

/** Plain notation needs a fraction; Java's toString uses it from 1e-3 to below 1e7. */
function fromPlain(text: string): string {
  return text.includes('.') ? text : `${text}.0`;
}

function isPlainRange(value: number): boolean {
  const size = Math.abs(value);
  return size >= 1e-3 && size < 1e7;
}

/** Double.toString of Java 19 and newer: the shortest digits that read back as the same number, at least two. */
export function javaDouble(value: number): string {
  if (value === 0) return Object.is(value, -0) ? '-0.0' : '0.0';
  if (isPlainRange(value)) return fromPlain(String(value));
  const shortest = value.toExponential();
  if (shortest.includes('.')) return fromExponential(shortest);
  // One digit is enough, but Java takes the nearest of two: 4.9E-324.
  const two = value.toExponential(1);
  return fromExponential(Number(two) === value ? two : shortest);
}

/** `text` is the float rounded to so many digits, halves up: where it is a half and the last digit odd, Java takes the even one below. */
function halfToEven(value: number, text: string, digitCount: number): string {
  const last = text.indexOf('e') - 1;
  const digit = text.charCodeAt(last);
  if ((digit & 1) === 0 || !value.toExponential(digitCount).includes('5e')) return text;
  // A half only if nothing but zeros follows.
  if (!/^0+e/.test(value.toExponential(20).slice(last + 2))) return text;
  const even = text.slice(0, last) + String.fromCharCode(digit - 1) + text.slice(last + 1);
  return Math.fround(Number(even)) === value ? even : text;
}

/** The shortest digits that read back as the same 32-bit float, as `d.ddde±x`. */
function shortestFloat(value: number): string {
  for (let digitCount = 1; digitCount <= 9; digitCount++) {
    const text = value.toExponential(digitCount - 1);
    if (Math.fround(Number(text)) === value) return halfToEven(value, text, digitCount);
    // Below a power of two the neighbours are nearer, so the nearest decimal may lie outside where the next one up lies inside.
    const up =
      Number(text) +
      Math.sign(value) * Number(`1e${Math.floor(Math.log10(Math.abs(value))) - digitCount + 1}`);
    const upText = up.toExponential(digitCount - 1);
    if (Math.fround(Number(upText)) === value) return upText;
  }
  return value.toExponential();
}

/** Float.toString of Java 19 and newer, for a number that is a 32-bit float. */
export function javaFloat(value: number): string {
  if (value === 0) return Object.is(value, -0) ? '-0.0' : '0.0';
  // Six digits identify a float: where they read back as it, they are the shortest but for trailing zeros.
  const six = Number(value.toPrecision(6));
  const text =
    Math.fround(six) === value && Math.abs(value) > 1e-30 ? six.toExponential() : shortestFloat(value);
  if (isPlainRange(value)) return fromPlain(String(Number(text)));
  if (text.includes('.')) return fromExponential(text);
  const two = value.toExponential(1);
  return fromExponential(Math.fround(Number(two)) === value ? two : text);
}

const view = new DataView(new ArrayBuffer(8));

function writeFloating(out: ByteSink, value: number, text: (value: number) => string): void {
  if (Number.isInteger(value) && value > -1e7 && value < 1e7 && value !== 0) {
    writeInteger(out, value);
    out.writeAscii('.0');
  } else {
    out.writeAscii(text(value));
  }
}

/** FLOAT: 32 bits, little-endian. */
export class FloatCodec extends ValueCodec {
  constructor(column: string) {
    super(column, 4);
  }

  override writeJson(image: Buffer, offset: number, out: ByteSink): number {
    writeFloating(out, this.#read(image, offset), javaFloat);
    return offset + this.layout;
  }

  override get avroType(): AvroType {
    return 'double';
  }

  /** The number that JSON shows: 1.1, not the 1.10000002384 that a 32-bit float widens to. */
  override writeAvro(image: Buffer, offset: number, out: ByteSink): boolean {
    const value = this.#read(image, offset);
    const isExact = Number.isInteger(value) && value > -1e7 && value < 1e7;
    writeDouble(out, isExact ? value : Number(javaFloat(value)));
    return true;
  }

  #read(image: Buffer, offset: number): number {
    this.fixedEnd(image, offset);
    for (let i = 0; i < 4; i++) view.setUint8(i, image[offset + i] as number);
    const value = view.getFloat32(0, true);
    if (!Number.isFinite(value)) throw this.fail('it is no finite number');
    return value;
  }
}

/** Reads a double of 64 bits, little-endian. */
export function readDouble(image: Buffer, offset: number): number {
  for (let i = 0; i < 8; i++) view.setUint8(i, image[offset + i] as number);
  return view.getFloat64(0, true);
}

/** DOUBLE: 64 bits, little-endian. */
export class DoubleCodec extends ValueCodec {
  constructor(column: string) {
    super(column, 8);
  }

  override writeJson(image: Buffer, offset: number, out: ByteSink): number {
    writeFloating(out, this.#read(image, offset), javaDouble);
    return offset + this.layout;
  }

  override get avroType(): AvroType {
    return 'double';
  }

  override writeAvro(image: Buffer, offset: number, out: ByteSink): boolean {
    writeDouble(out, this.#read(image, offset));
    return true;
  }

  #read(image: Buffer, offset: number): number {
    this.fixedEnd(image, offset);
    const value = readDouble(image, offset);
    if (!Number.isFinite(value)) throw this.fail('it is no finite number');
    return value;
  }
}

/** VECTOR of MySQL 9: 32-bit floats, as a JSON array of numbers (Maxwell does not know the type). */
export class VectorCodec extends ValueCodec {
  override writeJson(image: Buffer, offset: number, out: ByteSink): number {
    const end = this.prefixedEnd(image, offset);
    const start = offset - this.layout;
    if ((end - start) % 4 !== 0) throw this.fail('its length is no multiple of four');
    out.writeByte(0x5b);
    for (let at = start; at < end; at += 4) {
      if (at > start) out.writeByte(0x2c);
      for (let i = 0; i < 4; i++) view.setUint8(i, image[at + i] as number);
      const value = view.getFloat32(0, true);
      if (!Number.isFinite(value)) throw this.fail('it holds what is no finite number');
      writeFloating(out, value, javaFloat);
    }
    out.writeByte(0x5d);
    return end;
  }

  override get avroType(): AvroType {
    return { type: 'array', items: 'float' };
  }

  /** Avro's float is the four bytes that the image holds. */
  override writeAvro(image: Buffer, offset: number, out: ByteSink): boolean {
    const end = this.prefixedEnd(image, offset);
    const start = offset - this.layout;
    if ((end - start) % 4 !== 0) throw this.fail('its length is no multiple of four');
    for (let at = start; at < end; at += 4) {
      // All bits of the exponent: an infinity, or no number.
      const isFinite = ((image[at + 3] as number) & 0x7f) < 0x7f || (image[at + 2] as number) < 0x80;
      if (!isFinite) throw this.fail('it holds what is no finite number');
    }
    if (end > start) writeLong(out, (end - start) / 4);
    out.writeRange(image, start, end);
    out.writeByte(0);
    return true;
  }
}
