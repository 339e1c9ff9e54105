import type { ByteSink } from '../model/byte-sink.ts';

/** Writes a value that the server sent as text (never NULL) as the bytes that a row image has for it. Throws RangeError where the text is none of the type. */
export type ImageWriter = (text: Buffer, out: ByteSink) => void;

export const misfit = (): RangeError => new RangeError('a value does not fit the type of its column');

const ZERO = 0x30;
const MINUS = 0x2d;

/** The unsigned number that stands in `text[start, end)`, at most 15 digits. */
export function readDigits(text: Buffer, start: number, end: number): number {
  let number = 0;
  for (let at = start; at < end; at++) {
    const digit = (text[at] as number) - ZERO;
    if (digit < 0 || digit > 9) throw misfit();
    number = number * 10 + digit;
  }
  if (end <= start) throw misfit();
  return number;
}

/** A number of `byteCount` (1 to 8) bytes, little-endian. */
export function writeLittleEndian(out: ByteSink, number: number, byteCount: number): void {
  out.reserve(byteCount);
  const { buffer } = out;
  let rest = number;
  for (let i = 0; i < byteCount; i++) {
    const next = Math.floor(rest / 256);
    buffer[out.position++] = rest - next * 256;
    rest = next;
  }
}

/** A number of `byteCount` (1 to 6) bytes, big-endian. */
export function writeBigEndian(out: ByteSink, number: number, byteCount: number): void {
  out.reserve(byteCount);
  const { buffer, position } = out;
  let rest = number;
  for (let at = position + byteCount - 1; at >= position; at--) {
    const next = Math.floor(rest / 256);
    buffer[at] = rest - next * 256;
    rest = next;
  }
  out.position += byteCount;
}

/** TINYINT to INT; two's complement where the value is negative. */
export const integerImage =
  (byteCount: 1 | 2 | 3 | 4): ImageWriter =>
  (text, out) => {
    const isNegative = text[0] === MINUS;
    const size = readDigits(text, isNegative ? 1 : 0, text.length);
    const limit = 256 ** byteCount;
    if (size >= limit) throw misfit();
    writeLittleEndian(out, isNegative && size > 0 ? limit - size : size, byteCount);
  };

/** Digits whose value a double holds exactly. */
const EXACT_DIGITS = 15;
const whole64 = Buffer.alloc(8);

/** BIGINT, and any number of up to eight bytes. */
export const bigintImage: ImageWriter = (text, out) => {
  if (text.length <= EXACT_DIGITS && text[0] !== MINUS) {
    writeLittleEndian(out, readDigits(text, 0, text.length), 8);
    return;
  }
  whole64.writeBigUInt64LE(BigInt.asUintN(64, BigInt(text.toString('latin1'))));
  out.writeBytes(whole64);
};

/** ENUM and SET, selected as numbers: `byteCount` bytes of them. */
export const labelImage =
  (byteCount: number): ImageWriter =>
  (text, out) => {
    const start = out.position;
    bigintImage(text, out);
    out.position = start + byteCount;
  };

const real = Buffer.alloc(8);

export const floatImage: ImageWriter = (text, out) => {
  real.writeFloatLE(Number(text.toString('latin1')));
  out.writeBytes(real.subarray(0, 4));
};

export const doubleImage: ImageWriter = (text, out) => {
  real.writeDoubleLE(Number(text.toString('latin1')));
  out.writeBytes(real);
};

/** YEAR: years since 1900, 0 for 0000. */
export const yearImage: ImageWriter = (text, out) => {
  const year = readDigits(text, 0, text.length);
  out.writeByte(year === 0 ? 0 : year - 1900);
};

/** The bytes behind a little-endian length of `prefixBytes` (1 to 4). */
export const prefixedImage =
  (prefixBytes: number): ImageWriter =>
  (bytes, out) => {
    if (bytes.length >= 256 ** prefixBytes) throw misfit();
    writeLittleEndian(out, bytes.length, prefixBytes);
    out.writeBytes(bytes);
  };

/** BINARY(n): without its trailing zeros, as the server packs it. */
export const binaryImage = (prefixBytes: number): ImageWriter => {
  const write = prefixedImage(prefixBytes);
  return (bytes, out) => {
    let end = bytes.length;
    while (end > 0 && bytes[end - 1] === 0) end--;
    write(end === bytes.length ? bytes : bytes.subarray(0, end), out);
  };
};

/** BIT(n), and whatever is sent as it is stored. */
export const plainImage =
  (byteCount: number): ImageWriter =>
  (bytes, out) => {
    if (bytes.length !== byteCount) throw misfit();
    out.writeBytes(bytes);
  };
