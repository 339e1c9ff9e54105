import fc from 'fast-check';
import { expect, it } from 'vitest';
import { compileCodec } from '../../src/encode/compile-codec.ts';
import { HeavisideError } from '../../src/errors.ts';
import { ByteSink } from '../../src/model/byte-sink.ts';
import type { Column } from '../../src/model/table.ts';
import { avroType } from '../support/avro-reader.ts';
import { column } from '../support/row-image-bytes.ts';

const UTF8 = 255;
const columns: readonly (readonly [string, Column])[] = [
  ['mediumint', column('c', 9)],
  ['int unsigned', column('c', 3, { isUnsigned: true })],
  ['bigint', column('c', 8)],
  ['bigint unsigned', column('c', 8, { isUnsigned: true })],
  ['decimal(10,2)', column('c', 246, { metadata: (10 << 8) | 2 })],
  ['decimal(40,20)', column('c', 246, { metadata: (40 << 8) | 20 })],
  ['float', column('c', 4)],
  ['double', column('c', 5)],
  ['bit(20)', column('c', 16, { metadata: 0x0204 })],
  ['date', column('c', 10)],
  ['datetime(6)', column('c', 18, { metadata: 6 })],
  ['timestamp', column('c', 17)],
  ['time(3)', column('c', 19, { metadata: 3 })],
  ['enum', column('c', 247, { metadata: 0xf701, collation: UTF8, labels: ['a', 'ü', 'c'] })],
  ['set', column('c', 248, { metadata: 0xf801, collation: UTF8, labels: ['a', 'ü', 'c'] })],
  ['varchar', column('c', 15, { metadata: 100, collation: UTF8 })],
  ['varchar in latin1', column('c', 15, { metadata: 100, collation: 8 })],
  ['varbinary', column('c', 15, { metadata: 100, collation: 63 })],
  ['json', column('c', 245, { metadata: 1 })],
  ['geometry', column('c', 255, { metadata: 1 })],
  ['vector', column('c', 242, { metadata: 1 })],
];

/** Runs a writer; null where the value is refused. */
function attempt<T>(write: () => T): T | null {
  try {
    return write();
  } catch (error) {
    expect(error).toBeInstanceOf(HeavisideError);
    expect(error).toMatchObject({ code: 'ROW_UNDECODABLE' });
    return null;
  }
}

/** What the JSON of a column says, in the terms of its Avro type. */
function expected(shape: Column, json: string): unknown {
  const { avroType: type } = compileCodec(shape);
  if (json === 'null' && shape.type === 247) return undefined;
  if (type === 'long') return BigInt(json);
  if (type === 'double') return Number(json);
  if (type === 'bytes') return Buffer.from(JSON.parse(json) as string, 'base64');
  if (type === 'string') return shape.type === 245 ? json : JSON.parse(json);
  if (type.type === 'array') return JSON.parse(json);
  return json;
}

/** Digits of a decimal without an exponent: `1.00E-7` → `0.000000100`. */
function plainDecimal(text: string): string {
  const [digits = '', exponent] = text.split('E');
  if (exponent === undefined) return text;
  const [whole = '', fraction = ''] = digits.replace('-', '').split('.');
  const sign = digits.startsWith('-') ? '-' : '';
  return `${sign}0.${'0'.repeat(-Number(exponent) - whole.length)}${whole}${fraction}`;
}

it.each(columns)('%s: any bytes give in Avro what they give in JSON, or are refused in both', (_, shape) => {
  const codec = compileCodec(shape);
  const reader = avroType(JSON.stringify(codec.avroType));
  const bytes = fc.uint8Array({ minLength: 0, maxLength: 24 }).map((value) => Buffer.from(value));
  // A length that fits, so that not all values behind one are refused.
  const fitting = bytes.map((value) =>
    codec.layout < 0 ? Buffer.concat([Buffer.from([value.length]), value]) : value,
  );
  fc.assert(
    fc.property(fc.oneof(bytes, fitting), (image) => {
      const json = new ByteSink(64);
      const out = new ByteSink(64);
      const isJson = attempt(() => codec.writeJson(image, 0, json)) !== null;
      const isPresent = attempt(() => codec.writeAvro(image, 0, out));
      expect(isPresent !== null).toBe(isJson);
      if (isPresent === null) return;
      const text = json.view().toString();
      if (!isPresent) {
        expect([text, out.position]).toEqual(['null', 0]);
        return;
      }
      const value: unknown = reader.fromBuffer(out.view());
      if (shape.type === 242) expect(value).toEqual((expected(shape, text) as number[]).map(Math.fround));
      else if (shape.type === 246) expect(value).toBe(plainDecimal(text));
      else expect(value).toEqual(expected(shape, text));
    }),
    { numRuns: 500 },
  );
});
