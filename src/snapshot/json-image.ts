import { compareKeys, type JsonMember, type JsonTree, writeJsonTree } from '../encode/json-tree.ts';
import { DOUBLE, INT64, LITERAL, OPAQUE, STRING, UINT64 } from '../encode/json-value-type.ts';
import { ByteSink } from '../model/byte-sink.ts';
import { writePacked } from './decimal-image.ts';
import { type ImageWriter, misfit, writeLittleEndian } from './image-writer.ts';

const NEWDECIMAL = 246;
const NUMBER = /-?\d+(\.\d+)?(?:[eE][+-]?\d+)?/y;
/** A TIME, DATETIME or TIMESTAMP in a document, as the server prints it: always with six digits of fraction. */
const TEMPORAL = /^(-?(?:\d{4}-\d\d-\d\d )?\d{2,3}:\d\d:\d\d)\.(\d*?)0*$/;
/** Stands before a document with values that are no strings, although they are printed as such. */
const MARK = '~';
const BASE64 = /^base64:type(\d{1,3}):([A-Za-z0-9+/=]*)$/;
const LITERALS: readonly (readonly [string, number])[] = [
  ['null', 0],
  ['true', 1],
  ['false', 2],
];

function lengthBytes(length: number): number[] {
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

/** Reads the text of a JSON column as the server sends it. */
class JsonText {
  readonly #text: string;
  readonly #hasTemporals: boolean;
  #at: number;

  constructor(text: string) {
    this.#text = text;
    this.#hasTemporals = text.startsWith(MARK);
    this.#at = this.#hasTemporals ? MARK.length : 0;
  }

  document(): JsonTree {
    const tree = this.#value();
    this.#blanks();
    if (this.#at !== this.#text.length) throw misfit();
    return tree;
  }

  #blanks(): void {
    while (/\s/.test(this.#text[this.#at] ?? '')) this.#at++;
  }

  #take(character: string): boolean {
    this.#blanks();
    if (this.#text[this.#at] !== character) return false;
    this.#at++;
    return true;
  }

  #value(): JsonTree {
    if (this.#take('{')) return this.#object();
    if (this.#take('[')) return this.#array();
    if (this.#text[this.#at] === '"') return this.#string();
    for (const [name, code] of LITERALS) {
      if (!this.#text.startsWith(name, this.#at)) continue;
      this.#at += name.length;
      return scalar(LITERAL, Buffer.from([code]));
    }
    NUMBER.lastIndex = this.#at;
    const match = NUMBER.exec(this.#text);
    if (match === null) throw misfit();
    this.#at += match[0].length;
    return numberOf(match[0], match[1]);
  }

  #object(): JsonTree {
    const members: JsonMember[] = [];
    if (this.#take('}')) return { kind: 'object', members };
    do {
      this.#blanks();
      const key = Buffer.from(this.#quoted());
      if (!this.#take(':')) throw misfit();
      members.push({ key, value: this.#value() });
    } while (this.#take(','));
    if (!this.#take('}')) throw misfit();
    return { kind: 'object', members: members.sort((a, b) => compareKeys(a.key, b.key)) };
  }

  #array(): JsonTree {
    const items: JsonTree[] = [];
    if (this.#take(']')) return { kind: 'array', items };
    do items.push(this.#value());
    while (this.#take(','));
    if (!this.#take(']')) throw misfit();
    return { kind: 'array', items };
  }

  #string(): JsonTree {
    const text = this.#quoted();
    const packed = BASE64.exec(text);
    if (packed !== null) return opaque(Number(packed[1]), Buffer.from(packed[2] ?? '', 'base64'));
    const temporal = this.#hasTemporals ? TEMPORAL.exec(text) : null;
    // The fraction without its trailing zeros, as the stream renders it.
    const bytes = Buffer.from(
      temporal === null ? text : `${temporal[1]}${temporal[2] === '' ? '' : `.${temporal[2]}`}`,
    );
    return scalar(STRING, Buffer.concat([Buffer.from(lengthBytes(bytes.length)), bytes]));
  }

  #quoted(): string {
    const start = this.#at;
    if (this.#text[start] !== '"') throw misfit();
    for (this.#at++; this.#at < this.#text.length; this.#at++) {
      const character = this.#text[this.#at];
      if (character === '\\') this.#at++;
      else if (character === '"') {
        this.#at++;
        return JSON.parse(this.#text.slice(start, this.#at)) as string;
      }
    }
    throw misfit();
  }
}

/**
 * The text of a JSON column, marked where it holds what was no string: such a document is not equal to its text made JSON again.
 * Only one with a time that has a fraction is looked at.
 */
export function jsonExpression(quoted: string): string {
  const text = `CAST(${quoted} AS CHAR)`;
  const isOther = `${text} LIKE '%:__.______"%' AND ${quoted} <> CAST(${text} AS JSON)`;
  return `IF(${isOther}, CONCAT('${MARK}', ${text}), ${text})`;
}

const scratch = new ByteSink(1024);

/** JSON of MySQL: its text made the binary document that a row image holds, behind a length of four bytes. */
export const jsonImage: ImageWriter = (text, out) => {
  scratch.reset();
  writeJsonTree(new JsonText(text.toString('utf8')).document(), scratch);
  writeLittleEndian(out, scratch.position, 4);
  out.writeBytes(scratch.view());
};
