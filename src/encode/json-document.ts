import type { ByteSink } from '../model/byte-sink.ts';
import { writeBase64 } from './codecs/binary.ts';
import { decimalSize, writeDecimal } from './codecs/decimal.ts';
import { javaDouble, readDouble } from './codecs/floating-point.ts';
import { readUint32 } from './codecs/integer.ts';
import { putDate, putFraction, putTime } from './codecs/temporal.ts';
import { writeInteger, writeSigned64, writeUnsigned64 } from './digits.ts';
import { writeJsonDocumentString } from './json-string.ts';
import {
  DOUBLE,
  INT16,
  INT32,
  INT64,
  isInlined,
  LARGE_ARRAY,
  LARGE_OBJECT,
  LITERAL,
  MAX_DEPTH,
  OPAQUE,
  SMALL_ARRAY,
  SMALL_OBJECT,
  STRING,
  UINT16,
  UINT32,
  UINT64,
} from './json-value-type.ts';
import { plainDouble } from './plain-double.ts';
import { undecodable } from './undecodable.ts';

const nothing = Buffer.alloc(0);
const literals = [Buffer.from('null'), Buffer.from('true'), Buffer.from('false')];

/** Binary JSON documents of MySQL in one column, one after the other. Every offset is checked: a damaged document throws. */
export class JsonDocument {
  readonly #column: string;
  #source: Buffer = nothing;
  #start = 0;
  #end = 0;
  /** Values still allowed: a document holds at most one a byte, so entries that point at each other end here. */
  #valuesLeft = 0;

  constructor(column: string) {
    this.#column = column;
  }

  /** Writes the document in `source[start, end)` as compact JSON text. */
  write(source: Buffer, start: number, end: number, out: ByteSink): void {
    this.#source = source;
    this.#start = start;
    this.#end = end;
    this.#valuesLeft = end - start;
    this.#need(this.#start, 1);
    this.#value(this.#source[this.#start] as number, this.#start + 1, 0, out);
  }

  #fail(reason: string): Error {
    return undecodable(this.#column, `its binary JSON is damaged: ${reason}`);
  }

  #need(offset: number, byteCount: number): void {
    if (offset < this.#start || offset + byteCount > this.#end)
      throw this.#fail('a value lies outside the document');
  }

  #value(type: number, offset: number, depth: number, out: ByteSink): void {
    if (--this.#valuesLeft < 0) throw this.#fail('it has more values than bytes');
    const source = this.#source;
    switch (type) {
      case SMALL_OBJECT:
      case SMALL_ARRAY:
        this.#container(type === SMALL_OBJECT, offset, 2, depth, out);
        break;
      case LARGE_OBJECT:
      case LARGE_ARRAY:
        this.#container(type === LARGE_OBJECT, offset, 4, depth, out);
        break;
      case LITERAL: {
        this.#need(offset, 1);
        const literal = literals[source[offset] as number];
        if (literal === undefined) throw this.#fail('a literal is not known');
        out.writeBytes(literal);
        break;
      }
      case INT16:
        this.#need(offset, 2);
        writeInteger(out, source.readInt16LE(offset));
        break;
      case UINT16:
        this.#need(offset, 2);
        writeInteger(out, source.readUInt16LE(offset));
        break;
      case INT32:
        this.#need(offset, 4);
        writeInteger(out, source.readInt32LE(offset));
        break;
      case UINT32:
        this.#need(offset, 4);
        writeInteger(out, readUint32(source, offset));
        break;
      case INT64:
        this.#need(offset, 8);
        writeSigned64(out, readUint32(source, offset + 4), readUint32(source, offset));
        break;
      case UINT64:
        this.#need(offset, 8);
        writeUnsigned64(out, readUint32(source, offset + 4), readUint32(source, offset));
        break;
      case DOUBLE:
        this.#need(offset, 8);
        this.#double(readDouble(source, offset), out);
        break;
      case STRING: {
        const start = this.#variableLength(offset);
        writeJsonDocumentString(out, source, start, start + this.#length);
        break;
      }
      case OPAQUE:
        this.#opaque(offset, out);
        break;
      default:
        throw this.#fail('a type of value is not known');
    }
  }

  /** As Maxwell: Java's text, but where that has an exponent the exact value in plain digits. */
  #double(value: number, out: ByteSink): void {
    if (!Number.isFinite(value)) throw this.#fail('a number is not finite');
    const text = javaDouble(value);
    out.writeAscii(text.includes('E') ? plainDouble(value) : text);
  }

  /** Set by `#variableLength`. */
  #length = 0;

  /** Reads a length of 7 bits a byte, least first, into `#length`; returns the offset behind it, with that many bytes there. */
  #variableLength(offset: number): number {
    this.#length = 0;
    for (let i = 0; i < 5; i++) {
      this.#need(offset + i, 1);
      const byte = this.#source[offset + i] as number;
      this.#length += (byte & 0x7f) * 2 ** (7 * i);
      if (byte < 0x80) {
        this.#need(offset + i + 1, this.#length);
        return offset + i + 1;
      }
    }
    throw this.#fail('a length is out of range');
  }

  #unsigned(offset: number, byteCount: 2 | 4): number {
    this.#need(offset, byteCount);
    const source = this.#source;
    if (byteCount === 4) return readUint32(source, offset);
    return (source[offset] as number) | ((source[offset + 1] as number) << 8);
  }

  /** An object or array: count, size, (object: key entries), value entries; offsets count from its start. */
  #container(isObject: boolean, start: number, width: 2 | 4, depth: number, out: ByteSink): void {
    if (depth >= MAX_DEPTH) throw this.#fail('it is nested too deeply');
    const count = this.#unsigned(start, width);
    const keyEntries = start + 2 * width;
    const keyEntrySize = isObject ? width + 2 : 0;
    const valueEntries = keyEntries + count * keyEntrySize;
    this.#need(valueEntries, count * (1 + width));
    out.writeByte(isObject ? 0x7b : 0x5b);
    for (let i = 0; i < count; i++) {
      if (i > 0) out.writeByte(0x2c);
      if (isObject) {
        const entry = keyEntries + i * keyEntrySize;
        const key = start + this.#unsigned(entry, width);
        const keyLength = this.#unsigned(entry + width, 2);
        this.#need(key, keyLength);
        writeJsonDocumentString(out, this.#source, key, key + keyLength);
        out.writeByte(0x3a);
      }
      const entry = valueEntries + i * (1 + width);
      const type = this.#source[entry] as number;
      const value = isInlined(type, width) ? entry + 1 : start + this.#unsigned(entry + 1, width);
      this.#value(type, value, depth + 1, out);
    }
    out.writeByte(isObject ? 0x7d : 0x5d);
  }

  /** A value of an SQL type: decimals as numbers, dates and times as strings, anything else base64. */
  #opaque(offset: number, out: ByteSink): void {
    this.#need(offset, 1);
    const source = this.#source;
    const type = source[offset] as number;
    const start = this.#variableLength(offset + 1);
    const length = this.#length;
    switch (type) {
      case 0: // DECIMAL
      case 246: {
        // NEWDECIMAL
        const precision = source[start] as number;
        const scale = source[start + 1] as number;
        const isValid = length > 2 && precision > 0 && precision <= 81 && scale <= precision;
        if (!isValid || decimalSize(precision, scale) > length - 2)
          throw this.#fail('a decimal is not valid');
        if (writeDecimal(source, start + 2, precision, scale, true, out) < 0)
          throw this.#fail('a decimal is not valid');
        break;
      }
      case 7: // TIMESTAMP
      case 10: // DATE
      case 11: // TIME
      case 12: // DATETIME
        if (length !== 8) throw this.#fail('a date or time is not eight bytes long');
        this.#temporal(type, start, out);
        break;
      default:
        writeBase64(out, source, start, start + length);
    }
  }

  /** Packed as in memory (sql-common/my_time.cc): 24 bits of microseconds, then second 6, minute 6, hour 5 or 10, day 5, year * 13 + month. */
  #temporal(type: number, offset: number, out: ByteSink): void {
    const packed = this.#source.readBigInt64LE(offset);
    const size = packed < 0n ? -packed : packed;
    const microseconds = Number(size & 0xffffffn);
    const whole = Number(size >> 24n);
    const second = whole % 64;
    const minute = Math.floor(whole / 64) % 64;
    const hour = Math.floor(whole / 4096) % (type === 11 ? 1024 : 32);
    const date = Math.floor(whole / 131_072);
    const yearMonth = Math.floor(date / 32);
    const year = Math.floor(yearMonth / 13);
    if (second > 59 || minute > 59 || year > 9999 || microseconds > 999_999)
      throw this.#fail('a date or time is out of range');
    out.reserve(48);
    const { buffer } = out;
    let at = out.position;
    buffer[at++] = 0x22;
    if (packed < 0n) buffer[at++] = 0x2d;
    if (type !== 11) at = putDate(buffer, at, year, ((yearMonth % 13) << 5) | (date % 32));
    if (type !== 10) {
      if (type !== 11) buffer[at++] = 0x20;
      at = putTime(buffer, at, hour * 3600 + minute * 60 + second);
      // Maxwell writes the fraction without its trailing zeros.
      let precision = microseconds === 0 ? 0 : 6;
      for (let rest = microseconds; precision > 0 && rest % 10 === 0; rest /= 10) precision--;
      at = putFraction(buffer, at, microseconds, precision);
    }
    buffer[at++] = 0x22;
    out.position = at;
  }
}
