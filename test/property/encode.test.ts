import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { javaDouble, javaFloat } from '../../src/encode/codecs/floating-point.ts';
import { compileCodec } from '../../src/encode/compile-codec.ts';
import { defaultEncodeOptions } from '../../src/encode/encode-options.ts';
import { writeJsonText, writeJsonUtf8 } from '../../src/encode/json-string.ts';
import { TransactionEncoder } from '../../src/encode/transaction-encoder.ts';
import { HeavisideError } from '../../src/errors.ts';
import { ByteSink } from '../../src/model/byte-sink.ts';
import type { Column } from '../../src/model/table.ts';
import { binaryJson } from '../support/binary-json.ts';
import { CollectingSink } from '../support/collecting-sink.ts';
import { column, image, int64, prefixed, rowsEvent, table, transaction } from '../support/row-image-bytes.ts';

const UTF8 = 255;
/** One column of every family. */
const shapes: readonly Column[] = [
  column('tiny', 1),
  column('int', 3, { isUnsigned: true }),
  column('big', 8),
  column('decimal', 246, { metadata: (20 << 8) | 6 }),
  column('float', 4),
  column('double', 5),
  column('bit', 16, { metadata: (2 << 8) | 3 }),
  column('date', 10),
  column('datetime', 18, { metadata: 6 }),
  column('timestamp', 17, { metadata: 3 }),
  column('time', 19, { metadata: 2 }),
  column('year', 13),
  column('enum', 247, { metadata: 0xf701, labels: ['a', 'b'] }),
  column('set', 248, { metadata: 0xf802, labels: ['a', 'b', 'c'] }),
  column('text', 252, { metadata: 2, collation: UTF8 }),
  column('latin', 15, { metadata: 200, collation: 8 }),
  column('sjis', 15, { metadata: 200, collation: 13 }),
  column('blob', 252, { metadata: 1, collation: 63 }),
  column('json', 245, { metadata: 2 }),
  column('geometry', 255, { metadata: 2 }),
  column('compressed', 140, { metadata: 1, collation: UTF8 }),
  column('vector', 242, { metadata: 1 }),
  column('uuid', 254, { metadata: 0xfe10, collation: 63, typeName: 'uuid' }),
];

/** Lone surrogates become U+FFFD. */
function wellFormed(text: string): string {
  return Buffer.from(text).toString();
}

function json(write: (out: ByteSink) => void): string {
  const out = new ByteSink();
  write(out);
  return out.view().toString();
}

const bytes = (maxLength: number): fc.Arbitrary<Buffer> =>
  fc.uint8Array({ maxLength }).map((array) => Buffer.from(array));
const jsonNumber = fc.oneof(fc.integer(), fc.double({ noNaN: true, noDefaultInfinity: true }));
const jsonValue = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    fc.constantFrom(null, true, false),
    jsonNumber,
    fc.string({ unit: 'grapheme' }),
    fc.array(tie('value'), { maxLength: 5 }),
    fc.dictionary(
      fc
        .string({ unit: 'binary' })
        .map(wellFormed)
        .filter((key) => key !== '__proto__'),
      tie('value'),
      { maxKeys: 5 },
    ),
  ),
})).value as fc.Arbitrary<Parameters<typeof binaryJson>[0]>;

describe('codecs on any bytes', () => {
  it.each(shapes.map((shape) => [shape.name, shape] as const))(
    '%s: valid JSON inside the bounds, or ROW_UNDECODABLE',
    (_, shape) => {
      const codec = compileCodec(shape);
      const anyValue = fc.oneof(
        bytes(40),
        bytes(300).map((value) => prefixed(shape.metadata === 2 ? 2 : 1, value.subarray(0, 255))),
      );
      fc.assert(
        fc.property(anyValue, (value) => {
          const out = new ByteSink();
          try {
            const end = codec.skip(value, 0);
            expect(end).toBeLessThanOrEqual(value.length);
            expect(codec.writeJson(value, 0, out)).toBe(end);
          } catch (error) {
            expect(error).toBeInstanceOf(HeavisideError);
            expect(error).toMatchObject({ code: 'ROW_UNDECODABLE' });
            return;
          }
          JSON.parse(out.view().toString());
        }),
        { numRuns: 500 },
      );
    },
  );

  it('a damaged transaction gives records or ROW_UNDECODABLE, and never hangs', async () => {
    await fc.assert(
      fc.asyncProperty(
        bytes(400),
        fc.constantFrom('insert', 'update', 'delete'),
        bytes(3),
        async (rows, operation, present) => {
          const event = rowsEvent(operation, {
            table: table(shapes),
            rows,
            columnsBefore: present,
            columnsAfter: present,
          });
          try {
            await new TransactionEncoder(defaultEncodeOptions)
              .encode(transaction([[event]]), new CollectingSink())
              .next();
          } catch (error) {
            expect(error).toMatchObject({ code: 'ROW_UNDECODABLE' });
          }
        },
      ),
      { numRuns: 500 },
    );
  });
});

describe('values that go in come out', () => {
  it('64-bit integers', () => {
    const signed = compileCodec(column('a', 8));
    const unsigned = compileCodec(column('a', 8, { isUnsigned: true }));
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), (value) => {
        expect(unsigned.readText(int64(value), 0)).toBe(String(value));
        expect(signed.readText(int64(value), 0)).toBe(String(BigInt.asIntN(64, value)));
      }),
    );
  });

  it('doubles and floats, in Java’s notation', () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (value) => {
        expect(Object.is(Number(javaDouble(value)), value)).toBe(true);
        expect(javaDouble(value)).toMatch(/^-?\d+\.\d+(E-?\d+)?$/);
      }),
    );
    fc.assert(
      fc.property(fc.float({ noNaN: true, noDefaultInfinity: true }), (value) => {
        const text = javaFloat(value);
        expect(Object.is(Math.fround(Number(text)), value)).toBe(true);
        expect(text).toMatch(/^-?\d+\.\d+(E-?\d+)?$/);
        // No decimal with fewer digits reads back as the same float.
        const digits = text
          .replace(/E.*/, '')
          .replace(/[-.]/g, '')
          .replace(/^0+/, '')
          .replace(/0+$/, '').length;
        if (digits > 2) expect(Math.fround(Number(value.toExponential(digits - 2)))).not.toBe(value);
      }),
      { numRuns: 2000 },
    );
  });

  it('text, written from UTF-8 bytes and from a string alike', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 6000 }), (value) => {
        const text = wellFormed(value);
        const source = Buffer.from(text);
        const fromBytes = json((out) => writeJsonUtf8(out, source, 0, source.length));
        expect(JSON.parse(fromBytes)).toBe(text);
        expect(json((out) => writeJsonText(out, text))).toBe(fromBytes);
      }),
    );
  });

  it('ill-formed UTF-8, replaced as decoders do', () => {
    fc.assert(
      fc.property(bytes(60), (source) => {
        expect(JSON.parse(json((out) => writeJsonUtf8(out, source, 0, source.length)))).toBe(
          source.toString('utf8'),
        );
      }),
      { numRuns: 2000 },
    );
  });

  it('JSON documents, small and large', () => {
    const codec = compileCodec(column('j', 245, { metadata: 4 }));
    fc.assert(
      fc.property(jsonValue, fc.boolean(), (value, isLarge) => {
        const text = json((out) => codec.writeJson(prefixed(4, binaryJson(value, { isLarge })), 0, out));
        expect(JSON.parse(text)).toEqual(value);
      }),
      { numRuns: 500 },
    );
  });

  it('transactions, the same however often they are split', async () => {
    const items = table([column('id', 8), column('name', 15, { metadata: 100, collation: UTF8 })]);
    const row = fc.tuple(fc.bigInt({ min: 0n, max: 9n }), fc.constantFrom('a', 'skip', 'b'));
    const source = fc.array(fc.array(fc.array(row, { minLength: 1, maxLength: 4 }), { maxLength: 3 }), {
      maxLength: 3,
    });
    await fc.assert(
      fc.asyncProperty(
        source,
        fc.integer({ min: 1, max: 6 }),
        fc.boolean(),
        async (groups, capacity, isFiltered) => {
          const events = groups.map((group) =>
            group.map((rows) => {
              const images = rows.map(([id, name]) => image(int64(id), prefixed(1, name)));
              return rowsEvent('insert', { table: items, rows: Buffer.concat(images) });
            }),
          );
          const encoder = new TransactionEncoder({
            ...defaultEncodeOptions,
            filter: isFiltered ? 'exclude: *.*.name=skip' : null,
          });
          const whole = new CollectingSink();
          await encoder.encode(transaction(events), whole).next();
          const split = new CollectingSink({ capacity });
          for await (const point of encoder.encode(transaction(events), split)) {
            split.drain();
            const written = split.records.length;
            const rest = new CollectingSink();
            await encoder.encode(transaction(events), rest, point).next();
            expect([...split.records.slice(0, written), ...rest.records]).toEqual(whole.records);
          }
          expect(split.records).toEqual(whole.records);
          expect(whole.records.filter((record) => record.value.includes('"commit":true'))).toHaveLength(
            whole.records.length === 0 ? 0 : 1,
          );
        },
      ),
      { numRuns: 150 },
    );
  });
});
