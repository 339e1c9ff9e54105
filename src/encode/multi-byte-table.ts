import iconv from 'iconv-lite';
import { multiByteCorrections } from './multi-byte-corrections.ts';

/** How the first byte of a character tells its length. */
interface Layout {
  readonly encoding: string;
  /** Length in bytes, 1 to 3, of the character with that first byte. */
  readonly lengthOf: (lead: number) => number;
}

const afterAscii = (lead: number): number => (lead < 0x81 || lead === 0xff ? 1 : 2);
const shiftJis = (lead: number): number =>
  (lead >= 0x81 && lead < 0xa0) || (lead >= 0xe0 && lead < 0xfd) ? 2 : 1;
const eucJp = (lead: number): number =>
  lead === 0x8f ? 3 : lead === 0x8e || (lead >= 0xa1 && lead < 0xff) ? 2 : 1;

const layouts: Readonly<Record<string, Layout>> = {
  big5: { encoding: 'big5', lengthOf: afterAscii },
  gb2312: { encoding: 'gb2312', lengthOf: afterAscii },
  gbk: { encoding: 'gbk', lengthOf: afterAscii },
  euckr: { encoding: 'euckr', lengthOf: afterAscii },
  sjis: { encoding: 'shiftjis', lengthOf: shiftJis },
  cp932: { encoding: 'cp932', lengthOf: shiftJis },
  ujis: { encoding: 'eucjp', lengthOf: eucJp },
  eucjpms: { encoding: 'eucjp', lengthOf: eucJp },
};

const REPLACEMENT = 0xfffd;
/** Second bytes of all these character sets. */
const FIRST_TRAIL = 0x40;
const LAST_TRAIL = 0xfe;

/** Characters of one to three bytes, as the server converts them: iconv-lite's tables with the server's corrections. All lie in the BMP. */
export class MultiByteTable {
  readonly #lengthOf: (lead: number) => number;
  readonly #single = new Uint16Array(256);
  readonly #double = new Uint16Array(0x10000);
  /** Characters behind 8F, by their last two bytes. */
  readonly #triple: Uint16Array;

  private constructor(charset: string, { encoding, lengthOf }: Layout) {
    const unitOf = (bytes: readonly number[]): number => {
      const text = iconv.decode(Buffer.from(bytes), encoding, { stripBOM: false });
      return text.length === 1 ? text.charCodeAt(0) : REPLACEMENT;
    };
    this.#lengthOf = lengthOf;
    this.#triple = new Uint16Array(lengthOf(0x8f) === 3 ? 0x10000 : 0);
    for (let lead = 0; lead < 256; lead++) {
      if (lengthOf(lead) === 1) this.#single[lead] = unitOf([lead]);
      for (let trail = FIRST_TRAIL; lengthOf(lead) > 1 && trail <= LAST_TRAIL; trail++) {
        this.#double[(lead << 8) | trail] = unitOf([lead, trail]);
      }
      for (let trail = 0xa1; this.#triple.length > 0 && lead >= 0xa1 && trail <= LAST_TRAIL; trail++) {
        this.#triple[(lead << 8) | trail] = unitOf([0x8f, lead, trail]);
      }
    }
    for (const run of multiByteCorrections[charset]?.split(',') ?? []) {
      const [sequence = 0, codePoint = 0, length = 1] = run
        .split(' ')
        .map((number) => Number.parseInt(number, 16));
      const table = sequence > 0xffff ? this.#triple : this.#double;
      for (let i = 0; i < length; i++) table[(sequence + i) & 0xffff] = codePoint + i;
    }
  }

  /** The table of a character set by MySQL's name; null where it is none of these. Takes some 50 ms to make. */
  static of(charset: string): MultiByteTable | null {
    const layout = layouts[charset];
    return layout === undefined ? null : new MultiByteTable(charset, layout);
  }

  /** Bytes that mean nothing become U+FFFD; an ASCII byte behind a lone first byte stays. */
  read(source: Buffer, start: number, end: number): string {
    const units: number[] = [];
    let text = '';
    let at = start;
    while (at < end) {
      const lead = source[at] as number;
      let length = this.#lengthOf(lead);
      let unit: number | undefined;
      if (at + length > end) length = 1;
      else if (length === 1) unit = this.#single[lead];
      else if (length === 2) unit = this.#double[(lead << 8) | (source[at + 1] as number)];
      else unit = this.#triple[((source[at + 1] as number) << 8) | (source[at + 2] as number)];
      const isKnown = unit !== undefined && unit !== REPLACEMENT && (unit !== 0 || lead === 0);
      if (!isKnown && length > 1 && (source[at + 1] as number) < 0x80) length = 1;
      units.push(isKnown ? (unit as number) : REPLACEMENT);
      at += length;
      if (units.length === 4096) text += String.fromCharCode(...units.splice(0));
    }
    return text + String.fromCharCode(...units);
  }
}
