import { type ByteSink, wordsOf } from '../model/byte-sink.ts';

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const HEX = Buffer.from('0123456789ABCDEF');
/** Source bytes written between two `reserve` calls. */
const CHUNK_BYTES = 4096;
/** Most bytes that one source byte becomes (`\u001F`). */
const MAX_GROWTH = 6;

/** 1 for the bytes that stand in a JSON string as they are: 20 to 7F but for `"` and `\`. */
const plain = new Uint8Array(256).fill(1, 0x20, 0x80);
plain[QUOTE] = 0;
plain[BACKSLASH] = 0;

/** The letter after the backslash for the control characters that have a short escape. */
const shortEscapes = new Uint8Array(128);
for (const [byte, letter] of [
  [0x08, 'b'],
  [0x09, 't'],
  [0x0a, 'n'],
  [0x0c, 'f'],
  [0x0d, 'r'],
  [QUOTE, '"'],
  [BACKSLASH, '\\'],
] as const) {
  shortEscapes[byte] = letter.charCodeAt(0);
}

function putUnicodeEscape(buffer: Uint8Array, offset: number, unit: number): number {
  buffer[offset] = BACKSLASH;
  buffer[offset + 1] = 0x75;
  buffer[offset + 2] = HEX[unit >> 12] as number;
  buffer[offset + 3] = HEX[(unit >> 8) & 15] as number;
  buffer[offset + 4] = HEX[(unit >> 4) & 15] as number;
  buffer[offset + 5] = HEX[unit & 15] as number;
  return offset + 6;
}

/** Puts an ASCII character that is not plain, escaped as Jackson does. */
function putAsciiEscape(buffer: Uint8Array, offset: number, byte: number): number {
  const letter = shortEscapes[byte] as number;
  if (letter === 0) return putUnicodeEscape(buffer, offset, byte);
  buffer[offset] = BACKSLASH;
  buffer[offset + 1] = letter;
  return offset + 2;
}

/** Jackson writes characters outside the BMP as an escaped surrogate pair. */
function putSurrogatePair(buffer: Uint8Array, offset: number, codePoint: number): number {
  const rest = codePoint - 0x10000;
  return putUnicodeEscape(
    buffer,
    putUnicodeEscape(buffer, offset, 0xd800 | (rest >> 10)),
    0xdc00 | (rest & 0x3ff),
  );
}

function putReplacement(buffer: Uint8Array, offset: number): number {
  buffer[offset] = 0xef;
  buffer[offset + 1] = 0xbf;
  buffer[offset + 2] = 0xbd;
  return offset + 3;
}

/**
 * Length of the well-formed UTF-8 sequence at `offset` (Unicode 15, table 3-7), or minus the length of the ill-formed part
 * that U+FFFD stands for. The lead byte is 80 or more.
 */
function sequenceLength(source: Uint8Array, offset: number, end: number): number {
  const lead = source[offset] as number;
  if (lead < 0xc2 || lead > 0xf4) return -1;
  const wanted = lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
  for (let i = 1; i < wanted; i++) {
    if (offset + i >= end) return -i;
    const byte = source[offset + i] as number;
    let low = 0x80;
    let high = 0xbf;
    if (i === 1) {
      if (lead === 0xe0) low = 0xa0;
      else if (lead === 0xed) high = 0x9f;
      else if (lead === 0xf0) low = 0x90;
      else if (lead === 0xf4) high = 0x8f;
    }
    if (byte < low || byte > high) return -i;
  }
  return wanted;
}

/** False while a string of a JSON document is written. */
let escapesPairs = true;

/**
 * Writes a string of a JSON document with its quotes: as any other, but characters outside the BMP stand as they are, because
 * Maxwell inlines a text in which its binlog reader has left them (JsonStringFormatter).
 */
export function writeJsonDocumentString(out: ByteSink, source: Uint8Array, start: number, end: number): void {
  escapesPairs = false;
  writeJsonUtf8(out, source, start, end);
  escapesPairs = true;
}

/** The source that was read last, and its words: the values of an event's rows stand in one buffer. */
let wordSource: Uint8Array = new Uint8Array(0);
let sourceWords: DataView = wordsOf(wordSource);

/** Whether all four bytes of a word stand in a JSON string as they are: a byte's high bit tells that it is one that does not. */
function isPlainWord(word: number): boolean {
  const control = word - 0x20202020;
  const quote = (word ^ 0x22222222) - 0x01010101;
  const backslash = (word ^ 0x5c5c5c5c) - 0x01010101;
  return ((control | quote | backslash | word) & 0x80808080) === 0;
}

/** Writes UTF-8 bytes as a JSON string with its quotes. Ill-formed parts become U+FFFD, as Java's decoder makes them. */
export function writeJsonUtf8(out: ByteSink, source: Uint8Array, start: number, end: number): void {
  if (source !== wordSource) {
    wordSource = source;
    sourceWords = wordsOf(source);
  }
  const read = sourceWords;
  out.writeByte(QUOTE);
  let from = start;
  while (from < end) {
    const stop = Math.min(end, from + CHUNK_BYTES);
    // The last sequence of a chunk may run up to three bytes past it.
    out.reserve((stop - from + 3) * MAX_GROWTH + 1);
    const { buffer, words } = out;
    let at = out.position;
    while (from < stop) {
      // Most text is plain: four bytes at once.
      while (from + 4 <= stop) {
        const word = read.getInt32(from, true);
        if (!isPlainWord(word)) break;
        words.setInt32(at, word, true);
        at += 4;
        from += 4;
      }
      if (from >= stop) break;
      const byte = source[from] as number;
      if (plain[byte] === 1) {
        buffer[at++] = byte;
        from++;
      } else if (byte < 0x80) {
        at = putAsciiEscape(buffer, at, byte);
        from++;
      } else {
        const length = sequenceLength(source, from, end);
        if (length < 0) {
          at = putReplacement(buffer, at);
          from -= length;
        } else if (length === 4 && escapesPairs) {
          const low = (((source[from + 2] as number) & 0x3f) << 6) | ((source[from + 3] as number) & 0x3f);
          at = putSurrogatePair(
            buffer,
            at,
            ((byte & 7) << 18) | (((source[from + 1] as number) & 0x3f) << 12) | low,
          );
          from += 4;
        } else {
          for (let i = 0; i < length; i++) buffer[at++] = source[from++] as number;
        }
      }
    }
    out.position = at;
  }
  out.writeByte(QUOTE);
}

/** Writes text as a JSON string with its quotes; a lone surrogate becomes U+FFFD. */
export function writeJsonText(out: ByteSink, text: string): void {
  out.writeByte(QUOTE);
  let from = 0;
  while (from < text.length) {
    const stop = Math.min(text.length, from + CHUNK_BYTES);
    out.reserve((stop - from + 1) * MAX_GROWTH + 1);
    const { buffer } = out;
    let at = out.position;
    while (from < stop) {
      const unit = text.charCodeAt(from++);
      if (unit < 0x80) {
        if (plain[unit] === 1) buffer[at++] = unit;
        else at = putAsciiEscape(buffer, at, unit);
      } else if (unit < 0x800) {
        buffer[at++] = 0xc0 | (unit >> 6);
        buffer[at++] = 0x80 | (unit & 0x3f);
      } else if (unit < 0xd800 || unit > 0xdfff) {
        buffer[at++] = 0xe0 | (unit >> 12);
        buffer[at++] = 0x80 | ((unit >> 6) & 0x3f);
        buffer[at++] = 0x80 | (unit & 0x3f);
      } else {
        const codePoint = text.codePointAt(from - 1) as number;
        if (codePoint > 0xffff) {
          at = putSurrogatePair(buffer, at, codePoint);
          from++;
        } else {
          at = putReplacement(buffer, at);
        }
      }
    }
    out.position = at;
  }
  out.writeByte(QUOTE);
}

/** The JSON string of a text as bytes of their own, for what is written again and again. */
export function jsonStringBytes(out: ByteSink, text: string): Buffer {
  const start = out.position;
  writeJsonText(out, text);
  const bytes = Buffer.from(out.buffer.subarray(start, out.position));
  out.position = start;
  return bytes;
}
