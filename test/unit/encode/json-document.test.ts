import { describe, expect, it } from 'vitest';
import { compileCodec } from '../../../src/encode/compile-codec.ts';
import { ByteSink } from '../../../src/model/byte-sink.ts';
import { binaryJson, binaryOpaque } from '../../support/binary-json.ts';
import { column, prefixed } from '../../support/row-image-bytes.ts';

const codec = compileCodec(column('j', 245, { metadata: 4 }));

function render(document: Buffer): string {
  const out = new ByteSink();
  codec.writeJson(prefixed(4, document), 0, out);
  return out.view().toString();
}

const hex = (text: string): Buffer => Buffer.from(text.replaceAll(' ', ''), 'hex');

describe('binary JSON', () => {
  it('is null where it is empty', () => {
    expect(render(Buffer.alloc(0))).toBe('null');
  });

  it('reads a document as the server lays it out', () => {
    expect(render(hex('00 0200 1e00 1200 0100 1300 0500 05 0100 0c 1800 61 636f6c6f72 05 677265656e'))).toBe(
      '{"a":1,"color":"green"}',
    );
  });

  it.each([
    ['literals', [null, true, false]],
    ['integers', [0, 1, -1, 32767, -32768, 65535, 2147483647, -2147483648, 4294967295]],
    ['nesting', { a: { b: [{ c: [] }, {}] } }],
    ['odd keys', { '': 1, __proto__x: 2, '10': 3, '9': 4, 'ü"': 5 }],
    ['strings', ['', 'x'.repeat(127), 'y'.repeat(128), 'z'.repeat(20_000), '😁']],
  ])('reads %s in stored order', (_, value) => {
    const text = render(binaryJson(value));
    expect(JSON.parse(text)).toEqual(value);
    expect(text).not.toMatch(/[:,] /);
  });

  it('reads large documents, with integers of 32 bits inlined', () => {
    const value = { long: 'a'.repeat(70_000), numbers: [2147483647, 4294967295, -2147483648], last: [true] };
    expect(JSON.parse(render(binaryJson(value, { isLarge: true })))).toEqual(value);
  });

  it('keeps 64-bit integers exact', () => {
    expect(render(binaryJson([-(2n ** 63n), 2n ** 63n - 1n, 2n ** 64n - 1n]))).toBe(
      '[-9223372036854775808,9223372036854775807,18446744073709551615]',
    );
  });

  it('writes doubles with a fraction, and in plain digits', () => {
    // Java prints 1e-7 with an exponent, so Maxwell's parser writes the exact value of the double instead.
    const exact = (1e-7).toFixed(90).replace(/0+$/, '');
    expect(render(binaryJson([1.5, 1e-7, -0.25, 123456.5]))).toBe(`[1.5,${exact},-0.25,123456.5]`);
    // The root type 0b: a double without fraction.
    expect(render(hex('0b 000000000000f03f'))).toBe('1.0');
  });

  it('writes opaque decimals as numbers, dates as strings and blobs as base64', () => {
    expect(render(binaryOpaque(246, hex('0e 04 81 0dfb38d2 04d2')))).toBe('1234567890.1234');
    expect(render(binaryOpaque(246, hex('09 07 80 000000 01')))).toBe('0.0000001');
    expect(render(binaryOpaque(252, hex('010203')))).toBe('"AQID"');
    expect(render(binaryOpaque(16, hex('05')))).toBe('"BQ=="');
  });

  it('writes packed dates and times, with the fraction cut short', () => {
    const pack = (date: bigint, time: bigint, micros: bigint, isNegative = false): Buffer => {
      const bytes = Buffer.alloc(8);
      const packed = (((date << 17n) | time) << 24n) | micros;
      bytes.writeBigInt64LE(isNegative ? -packed : packed);
      return bytes;
    };
    const date = ((2015n * 13n + 1n) << 5n) | 15n;
    const time = (23n << 12n) | (24n << 6n) | 25n;
    expect(render(binaryOpaque(10, pack(date, 0n, 0n)))).toBe('"2015-01-15"');
    expect(render(binaryOpaque(12, pack(date, time, 0n)))).toBe('"2015-01-15 23:24:25"');
    expect(render(binaryOpaque(7, pack(date, time, 120_000n)))).toBe('"2015-01-15 23:24:25.12"');
    expect(render(binaryOpaque(11, pack(0n, time, 1n)))).toBe('"23:24:25.000001"');
    expect(render(binaryOpaque(11, pack(0n, (838n << 12n) | (63n - 4n), 0n, true)))).toBe('"-838:00:59"');
  });

  it.each([
    ['an offset outside', hex('00 0100 1000 ff00 0100 05 0100')],
    ['a value that holds itself', hex('02 ffff ffff 02 0000 02 0000 02 0000')],
    ['an array that points at itself', hex('02 0100 0700 02 0000')],
    ['an unknown type', hex('0d 00')],
    ['an unknown literal', hex('04 03')],
    ['a length without end', hex('0c ffffffffff')],
    ['a number that is cut short', hex('09 0000')],
    ['a decimal that is cut short', binaryOpaque(246, hex('0e 04 81'))],
  ])('refuses %s', (_, document) => {
    expect(() => render(document)).toThrow(expect.objectContaining({ code: 'ROW_UNDECODABLE' }));
  });
});
