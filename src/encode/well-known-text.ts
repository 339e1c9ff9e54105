import { undecodable } from './undecodable.ts';

const names = [
  '',
  'POINT',
  'LINESTRING',
  'POLYGON',
  'MULTIPOINT',
  'MULTILINESTRING',
  'MULTIPOLYGON',
  'GEOMETRYCOLLECTION',
];
/** Deeper collections than any server builds by accident; guards the stack. */
const MAX_DEPTH = 100;

/** Java's DecimalFormat with all digits: plain notation, no fraction on whole numbers. */
function ordinate(value: number): string {
  if (Number.isNaN(value)) return 'NaN';
  if (!Number.isFinite(value)) return value > 0 ? 'Inf' : '-Inf';
  if (Object.is(value, -0)) return '-0';
  const text = String(value);
  return text.includes('e') ? fromExponential(text) : text;
}

function fromExponential(text: string): string {
  const [mantissa = '', exponentText = '0'] = text.split('e');
  const exponent = Number(exponentText);
  const sign = mantissa.startsWith('-') ? '-' : '';
  const [whole = '', fraction = ''] = mantissa.replace('-', '').split('.');
  if (exponent < 0) return `${sign}0.${'0'.repeat(-exponent - 1)}${whole}${fraction}`;
  return `${sign}${whole}${fraction.padEnd(exponent, '0')}`;
}

/** Reads a geometry's well-known binary (OGC 06-103r4, 8.2) as well-known text in the style of JTS: a blank before each bracket. */
export class WellKnownText {
  readonly #column: string;
  readonly #source: Buffer;
  readonly #end: number;
  #offset: number;
  #isLittleEndian = true;

  constructor(column: string, source: Buffer, start: number, end: number) {
    this.#column = column;
    this.#source = source;
    this.#offset = start;
    this.#end = end;
  }

  read(): string {
    const text = this.#geometry(0);
    if (this.#offset !== this.#end) throw this.#fail('it goes on behind its end');
    return text;
  }

  #fail(reason: string): Error {
    return undecodable(this.#column, `its geometry is damaged: ${reason}`);
  }

  #take(byteCount: number): number {
    const at = this.#offset;
    if (at + byteCount > this.#end) throw this.#fail('it is cut short');
    this.#offset = at + byteCount;
    return at;
  }

  #uint32(): number {
    const at = this.#take(4);
    return this.#isLittleEndian ? this.#source.readUInt32LE(at) : this.#source.readUInt32BE(at);
  }

  #ordinate(): number {
    const at = this.#take(8);
    return this.#isLittleEndian ? this.#source.readDoubleLE(at) : this.#source.readDoubleBE(at);
  }

  #point(): string {
    const x = this.#ordinate();
    return `${ordinate(x)} ${ordinate(this.#ordinate())}`;
  }

  /** A count and that many parts, in brackets; EMPTY where there are none. */
  #list(part: () => string): string {
    const count = this.#uint32();
    // Every part takes at least four bytes: a count beyond that is damaged, and is not looped over.
    if (count > (this.#end - this.#offset) / 4) throw this.#fail('a count is too large');
    if (count === 0) return 'EMPTY';
    const parts: string[] = [];
    for (let i = 0; i < count; i++) parts.push(part());
    return `(${parts.join(', ')})`;
  }

  #header(): string {
    this.#isLittleEndian = this.#source[this.#take(1)] === 1;
    const name = names[this.#uint32()];
    if (name === undefined || name === '') throw this.#fail('a type is not known');
    return name;
  }

  #geometry(depth: number): string {
    if (depth > MAX_DEPTH) throw this.#fail('it is nested too deeply');
    const name = this.#header();
    return `${name} ${this.#body(name, depth)}`;
  }

  /** A part of a multi-geometry has a header of its own, which the text does not show. */
  #part(name: string, depth: number): string {
    if (this.#header() !== name) throw this.#fail('a part is of another type');
    return this.#body(name, depth);
  }

  #body(name: string, depth: number): string {
    switch (name) {
      case 'POINT': {
        const text = this.#point();
        return text === 'NaN NaN' ? 'EMPTY' : `(${text})`;
      }
      case 'LINESTRING':
        return this.#list(() => this.#point());
      case 'POLYGON':
        return this.#list(() => this.#list(() => this.#point()));
      case 'MULTIPOINT':
        return this.#list(() => this.#part('POINT', depth));
      case 'MULTILINESTRING':
        return this.#list(() => this.#part('LINESTRING', depth));
      case 'MULTIPOLYGON':
        return this.#list(() => this.#part('POLYGON', depth));
      default:
        return this.#list(() => this.#geometry(depth + 1));
    }
  }
}
