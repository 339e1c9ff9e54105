import avro from 'avsc';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  writeBigLong,
  writeBigUnscaled,
  writeLong,
  writeText,
  writeUnscaled,
} from '../../../../src/encode/avro/avro-binary.ts';
import { ByteSink } from '../../../../src/model/byte-sink.ts';
import { avroType } from '../../../support/avro-reader.ts';

function written(write: (out: ByteSink) => void): Buffer {
  const out = new ByteSink(64);
  write(out);
  return out.view();
}

const long = avroType('"long"');
const decimal = avroType('{"type":"bytes","logicalType":"decimal","precision":65,"scale":0}');

describe("Avro's binary encoding", () => {
  it.each([
    0,
    -1,
    1,
    63,
    64,
    -64,
    -65,
    2 ** 30 - 1,
    2 ** 30,
    -(2 ** 30),
    -(2 ** 30) - 1,
    2 ** 31,
    2 ** 32,
    -(2 ** 32),
  ])('writes the long %d as avsc does', (n) => {
    const expected = avro.Type.forSchema('long').toBuffer(n);
    expect(written((out) => writeLong(out, n))).toEqual(expected);
    expect(written((out) => writeBigLong(out, BigInt(n)))).toEqual(expected);
  });

  it('writes every safe integer and every 64-bit long', () => {
    fc.assert(
      fc.property(fc.maxSafeInteger(), fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), (safe, big) => {
        expect(long.fromBuffer(written((out) => writeLong(out, safe)))).toBe(BigInt(safe));
        expect(long.fromBuffer(written((out) => writeBigLong(out, big)))).toBe(big);
      }),
    );
  });

  it('writes unscaled decimals, in as few bytes as hold them', () => {
    const digits = 10n ** 65n - 1n;
    fc.assert(
      fc.property(fc.maxSafeInteger(), fc.bigInt({ min: -digits, max: digits }), (safe, big) => {
        const bytes = written((out) => writeUnscaled(out, safe));
        expect(decimal.fromBuffer(bytes)).toBe(String(safe));
        expect(bytes).toEqual(Buffer.from(written((out) => writeBigUnscaled(out, BigInt(safe)))));
        expect(decimal.fromBuffer(written((out) => writeBigUnscaled(out, big)))).toBe(String(big));
      }),
    );
    expect(written((out) => writeUnscaled(out, 127))).toEqual(Buffer.from([2, 0x7f]));
    expect(written((out) => writeUnscaled(out, 128))).toEqual(Buffer.from([4, 0, 0x80]));
    expect(written((out) => writeUnscaled(out, -128))).toEqual(Buffer.from([2, 0x80]));
  });

  it.each(['', 'abc', 'ü€😁', 'x'.repeat(100), 'ü'.repeat(100)])('writes the string %j', (text) => {
    expect(written((out) => writeText(out, text))).toEqual(avro.Type.forSchema('string').toBuffer(text));
  });
});
