import iconv from 'iconv-lite';
import type { ByteSink } from '../model/byte-sink.ts';
import { ByteSink as Scratch } from '../model/byte-sink.ts';
import { writeJsonText, writeJsonUtf8 } from './json-string.ts';
import { MultiByteTable } from './multi-byte-table.ts';
import { highHalves } from './single-byte-table.ts';

/** Text of one character set, read from `source[start, end)`. Bytes that mean nothing become U+FFFD, as Java's decoders make them. */
export interface CharsetDecoder {
  /** Writes the text as a JSON string with its quotes. */
  writeJson(out: ByteSink, source: Buffer, start: number, end: number): void;
  read(source: Buffer, start: number, end: number): string;
}

const utf8Decoder: CharsetDecoder = {
  writeJson: writeJsonUtf8,
  read: (source, start, end) => source.toString('utf8', start, end),
};

/** swe7 replaces eleven ASCII characters, and has none above 7E. */
const swe7Characters: Readonly<Record<number, string>> = {
  0x40: 'É',
  0x5b: 'Ä',
  0x5c: 'Ö',
  0x5d: 'Å',
  0x5e: 'Ü',
  0x60: 'é',
  0x7b: 'ä',
  0x7c: 'ö',
  0x7d: 'å',
  0x7e: 'ü',
  0x7f: '\ufffd',
};

/** A character set of one byte a character: the JSON form of all 256 is made once. */
class SingleByteDecoder implements CharsetDecoder {
  readonly #characters: readonly string[];
  /** JSON bytes of character b: 8 bytes from b * 8, of which `#lengths[b]` count. */
  readonly #forms = Buffer.alloc(256 * 8);
  readonly #lengths = new Uint8Array(256);

  constructor(characters: readonly string[]) {
    this.#characters = characters;
    const scratch = new Scratch(64);
    characters.forEach((character, byte) => {
      scratch.reset();
      writeJsonText(scratch, character);
      this.#lengths[byte] = scratch.position - 2;
      scratch.buffer.copy(this.#forms, byte * 8, 1, scratch.position - 1);
    });
  }

  writeJson(out: ByteSink, source: Buffer, start: number, end: number): void {
    // No form is longer than `\u001F`.
    out.reserve((end - start) * 6 + 2);
    const { buffer } = out;
    let at = out.position;
    buffer[at++] = 0x22;
    for (let i = start; i < end; i++) {
      const byte = source[i] as number;
      const form = byte * 8;
      const formEnd = form + (this.#lengths[byte] as number);
      for (let j = form; j < formEnd; j++) buffer[at++] = this.#forms[j] as number;
    }
    buffer[at++] = 0x22;
    out.position = at;
  }

  read(source: Buffer, start: number, end: number): string {
    let text = '';
    for (let i = start; i < end; i++) text += this.#characters[source[i] as number] as string;
    return text;
  }
}

type ReadText = CharsetDecoder['read'];

/** A character set of several bytes a character: read as a string first. */
function multiByteDecoder(read: ReadText): CharsetDecoder {
  return { read, writeJson: (out, source, start, end) => writeJsonText(out, read(source, start, end)) };
}

const wideBlank = Buffer.from([0xa3, 0xa0]);

/** gb18030 as iconv-lite has it, but for A3A0: there a wide blank, at the server U+E5E5 of the private use area. */
function readGb18030(source: Buffer, start: number, end: number): string {
  const bytes = source.subarray(start, end);
  const decode = (from: number, to: number): string =>
    iconv.decode(bytes.subarray(from, to), 'gb18030', { stripBOM: false });
  if (!bytes.includes(wideBlank)) return decode(0, bytes.length);
  let text = '';
  let from = 0;
  for (let at = 0; at < bytes.length;) {
    const lead = bytes[at] as number;
    const second = bytes[at + 1] ?? 0;
    if (lead === 0xa3 && second === 0xa0) {
      text += `${decode(from, at)}\ue5e5`;
      from = at + 2;
    }
    // Two bytes, or four where the second is a digit.
    at += lead < 0x81 ? 1 : second >= 0x30 && second <= 0x39 ? 4 : 2;
  }
  return text + decode(from, bytes.length);
}

/** MySQL's name → iconv-lite's, where it converts as the server does. ucs2, utf16 and utf32 are stored big-endian. */
const iconvEncodings: Readonly<Record<string, string>> = {
  ucs2: 'utf16-be',
  utf16: 'utf16-be',
  utf16le: 'utf16-le',
  utf32: 'utf32-be',
};

function makeDecoder(charset: string): CharsetDecoder | null {
  if (charset === 'utf8mb4' || charset === 'utf8mb3' || charset === 'utf8') return utf8Decoder;
  if (charset === 'gb18030') return multiByteDecoder(readGb18030);
  const encoding = iconvEncodings[charset];
  if (encoding !== undefined) {
    // A leading U+FEFF is data of the column, not a byte order mark.
    return multiByteDecoder((source, start, end) =>
      iconv.decode(source.subarray(start, end), encoding, { stripBOM: false }),
    );
  }
  const table = MultiByteTable.of(charset);
  if (table !== null) return multiByteDecoder((source, start, end) => table.read(source, start, end));
  const ascii = Array.from({ length: 128 }, (_, byte) => String.fromCharCode(byte));
  if (charset === 'swe7') {
    const none = Array.from({ length: 128 }, () => '\ufffd');
    return new SingleByteDecoder([
      ...ascii.map((character, byte) => swe7Characters[byte] ?? character),
      ...none,
    ]);
  }
  // Bytes above 7F are illegal in ascii; Maxwell reads them as windows-1252.
  const high = highHalves[charset === 'ascii' ? 'latin1' : charset];
  return high === undefined ? null : new SingleByteDecoder([...ascii, ...Array.from(high)]);
}

const decoders = new Map<string, CharsetDecoder | null>();

/** The decoder of a character set by MySQL's name; null where it is unknown (`binary` is none). */
export function charsetDecoder(charset: string): CharsetDecoder | null {
  let decoder = decoders.get(charset);
  if (decoder === undefined) {
    decoder = makeDecoder(charset);
    decoders.set(charset, decoder);
  }
  return decoder;
}
