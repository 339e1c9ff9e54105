import { compareKeys, type JsonMember, type JsonTree, writeJsonTree } from '../encode/json-tree.ts';
import { DOUBLE, INT64, LITERAL, OPAQUE, STRING, UINT64 } from '../encode/json-value-type.ts';
import { ByteSink } from '../model/byte-sink.ts';
import { writePacked } from './decimal-image.ts';
import { type ImageWriter, misfit, readDigits, writeLittleEndian } from './image-writer.ts';

const NEWDECIMAL = 246;
const NUMBER = /^-?\d+(\.\d+)?(?:[eE][+-]?\d+)?/;
/** A TIME, DATETIME or TIMESTAMP in a document, as the server prints it: always with six digits of fraction. */
const TEMPORAL = /^(-?(?:\d{4}-\d\d-\d\d )?\d{2,3}:\d\d:\d\d)\.(\d*?)0*$/;
/** Stands before a document with values that are no strings, although they are printed as such. */
const MARK = 0x7e;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const DOT = 0x2e;
const BASE64 = /^base64:type(\d{1,3}):([A-Za-z0-9+/=]*)$/;

function lengthBytes(length: number): number[] {
  if (length < 128) return [length];
  const bytes: number[] = [];
  for (let rest = length; ; rest = Math.floor(rest / 128)) {
    if (rest < 128) return [...bytes, rest];
    bytes.push((rest % 128) | 0x80);
  }
}

const scalar = (type: number, bytes: Buffer): JsonTree => ({ kind: 'scalar', type, bytes });

function integer(value: bigint): JsonTree {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(BigInt.asUintN(64, value));
  return scalar(value < 2n ** 63n ? INT64 : UINT64, bytes);
}

/** One of at most 15 digits. */
function small(value: number): JsonTree {
  const bytes = Buffer.allocUnsafe(8);
  let rest = value;
  for (let at = 0; at < 8; at++) {
    const next = Math.floor(rest / 256);
    bytes[at] = rest - next * 256;
    rest = next;
  }
  return scalar(INT64, bytes);
}

function decimal(lexeme: string): JsonTree {
  const isNegative = lexeme.startsWith('-');
  const [whole = '', fraction = ''] = lexeme.replace('-', '').split('.');
  const out = new ByteSink(64);
  const digits = Buffer.from(whole + fraction, 'latin1');
  out.writeByte(digits.length);
  out.writeByte(fraction.length);
  writePacked(out, digits, whole.length, isNegative);
  return opaque(NEWDECIMAL, Buffer.from(out.view()));
}

const opaque = (sqlType: number, value: Buffer): JsonTree =>
  scalar(OPAQUE, Buffer.concat([Buffer.from([sqlType, ...lengthBytes(value.length)]), value]));

/**
 * The server prints a DOUBLE with its fewest digits (`1.5`, `1.0`, `1e20`), a DECIMAL with all digits of its scale, and an
 * integer of 64 bits without a point. What is printed alike is rendered alike, so the text tells enough.
 */
function numberOf(lexeme: string, fraction: string | undefined): JsonTree {
  const isExponent = /[eE]/.test(lexeme);
  if (fraction === undefined && !isExponent) {
    const value = BigInt(lexeme);
    if (lexeme !== '-0' && value >= -(2n ** 63n) && value < 2n ** 64n) return integer(value);
    return lexeme === '-0' ? double(-0) : decimal(lexeme);
  }
  const value = Number(lexeme);
  const shortest = Number.isInteger(value) ? `${Object.is(value, -0) ? '-0' : value}.0` : String(value);
  return isExponent || shortest === lexeme || /e/.test(shortest) ? double(value) : decimal(lexeme);
}

function double(value: number): JsonTree {
  const bytes = Buffer.alloc(8);
  bytes.writeDoubleLE(value);
  return scalar(DOUBLE, bytes);
}

const isBlank = (byte: number | undefined): boolean =>
  byte === 0x20 || (byte !== undefined && byte >= 0x09 && byte <= 0x0d);
const isDigit = (byte: number | undefined): boolean => byte !== undefined && byte >= 0x30 && byte <= 0x39;

/** Reads the text of a JSON column as the server sends it. By bytes: a document is in most rows of a table that has them. */
class JsonText {
  readonly #text: Buffer;
  readonly #hasTemporals: boolean;
  #at: number;

  constructor(text: Buffer) {
    this.#text = text;
    this.#hasTemporals = text[0] === MARK;
    this.#at = this.#hasTemporals ? 1 : 0;
  }

  document(): JsonTree {
    const tree = this.#value();
    this.#blanks();
    if (this.#at !== this.#text.length) throw misfit();
    return tree;
  }

  #blanks(): void {
    while (isBlank(this.#text[this.#at])) this.#at++;
  }

  #take(byte: number): boolean {
    this.#blanks();
    if (this.#text[this.#at] !== byte) return false;
    this.#at++;
    return true;
  }

  #value(): JsonTree {
    this.#blanks();
    switch (this.#text[this.#at]) {
      case 0x7b:
        return this.#object();
      case 0x5b:
        return this.#array();
      case QUOTE:
        return this.#string();
      case 0x6e:
        return this.#literal('null', 0);
      case 0x74:
        return this.#literal('true', 1);
      case 0x66:
        return this.#literal('false', 2);
      default:
        return this.#number();
    }
  }

  #literal(name: string, code: number): JsonTree {
    const end = this.#at + name.length;
    if (this.#text.toString('latin1', this.#at, end) !== name) throw misfit();
    this.#at = end;
    return scalar(LITERAL, Buffer.from([code]));
  }

  #number(): JsonTree {
    const start = this.#at;
    let end = start;
    while (isDigit(this.#text[end])) end++;
    const next = this.#text[end];
    const isWhole = next !== DOT && next !== 0x65 && next !== 0x45;
    if (isWhole && end > start && end - start <= 15) {
      this.#at = end;
      return small(readDigits(this.#text, start, end));
    }
    // Of a number the longest text is a DECIMAL of 65 digits, with its sign and point.
    const match = NUMBER.exec(this.#text.toString('latin1', start, start + 80));
    if (match === null) throw misfit();
    this.#at += match[0].length;
    return numberOf(match[0], match[1]);
  }

  #object(): JsonTree {
    const members: JsonMember[] = [];
    this.#at++;
    if (this.#take(0x7d)) return { kind: 'object', members };
    let isSorted = true;
    do {
      this.#blanks();
      const key = this.#quoted();
      if (!this.#take(0x3a)) throw misfit();
      const last = members.at(-1);
      if (last !== undefined && compareKeys(last.key, key) > 0) isSorted = false;
      members.push({ key, value: this.#value() });
    } while (this.#take(COMMA));
    if (!this.#take(0x7d)) throw misfit();
    if (!isSorted) members.sort((a, b) => compareKeys(a.key, b.key));
    return { kind: 'object', members };
  }

  #array(): JsonTree {
    const items: JsonTree[] = [];
    this.#at++;
    if (this.#take(0x5d)) return { kind: 'array', items };
    do items.push(this.#value());
    while (this.#take(COMMA));
    if (!this.#take(0x5d)) throw misfit();
    return { kind: 'array', items };
  }

  #string(): JsonTree {
    let bytes = this.#quoted();
    if (this.#hasTemporals || bytes[0] === 0x62) {
      const text = bytes.toString();
      const packed = BASE64.exec(text);
      if (packed !== null) return opaque(Number(packed[1]), Buffer.from(packed[2] ?? '', 'base64'));
      const temporal = this.#hasTemporals ? TEMPORAL.exec(text) : null;
      // The fraction without its trailing zeros, as the stream renders it.
      if (temporal !== null)
        bytes = Buffer.from(`${temporal[1]}${temporal[2] === '' ? '' : `.${temporal[2]}`}`);
    }
    return scalar(STRING, Buffer.concat([Buffer.from(lengthBytes(bytes.length)), bytes]));
  }

  /** The bytes between two quotes, without their escapes. */
  #quoted(): Buffer {
    const text = this.#text;
    const start = this.#at;
    if (text[start] !== QUOTE) throw misfit();
    let hasEscapes = false;
    let end = start + 1;
    for (; end < text.length && text[end] !== QUOTE; end++) {
      if (text[end] !== BACKSLASH) continue;
      hasEscapes = true;
      end++;
    }
    if (end >= text.length) throw misfit();
    this.#at = end + 1;
    if (!hasEscapes) return text.subarray(start + 1, end);
    return Buffer.from(JSON.parse(text.toString('utf8', start, end + 1)) as string);
  }
}

/**
 * The text of a JSON column, marked where it holds what was no string: such a document is not equal to its text made JSON again.
 * Only one with a time that has a fraction is looked at.
 */
export function jsonExpression(quoted: string): string {
  const text = `CAST(${quoted} AS CHAR)`;
  const isOther = `${text} LIKE '%:__.______"%' AND ${quoted} <> CAST(${text} AS JSON)`;
  return `IF(${isOther}, CONCAT('~', ${text}), ${text})`;
}

const scratch = new ByteSink(1024);

/** JSON of MySQL: its text made the binary document that a row image holds, behind a length of four bytes. */
export const jsonImage: ImageWriter = (text, out) => {
  scratch.reset();
  writeJsonTree(new JsonText(text).document(), scratch);
  writeLittleEndian(out, scratch.position, 4);
  out.writeBytes(scratch.view());
};
