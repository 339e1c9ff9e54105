import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ColumnCodec } from '../../src/encode/column-codec.ts';
import { compileCodec } from '../../src/encode/compile-codec.ts';
import { defaultEncodeOptions } from '../../src/encode/encode-options.ts';
import { ABSENT, NULL_VALUE, RowImage } from '../../src/encode/row-image.ts';
import { TransactionEncoder } from '../../src/encode/transaction-encoder.ts';
import { ByteSink } from '../../src/model/byte-sink.ts';
import type { Column } from '../../src/model/table.ts';
import { CollectingSink } from '../support/collecting-sink.ts';
import { bitmap, column, prefixed, rowsEvent, table, transaction } from '../support/row-image-bytes.ts';

/** Every type code of both servers, and some that no server writes. */
const types = [
  0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 140, 141, 242, 243, 244, 245, 246,
  247, 248, 249, 250, 251, 252, 253, 254, 255,
];
const bytes = (maxLength: number): fc.Arbitrary<Buffer> =>
  fc.uint8Array({ maxLength }).map((array) => Buffer.from(array));
const anyMetadata = fc.oneof(
  fc.integer({ min: 0, max: 0xffff }),
  fc.constantFrom(0, 1, 2, 3, 4, 5, 6, 7, 0x0a02),
);
const anyCollation = fc.oneof(
  fc.constantFrom(null, 8, 13, 28, 33, 35, 54, 60, 63, 95, 248, 255),
  fc.integer({ min: 0, max: 3400 }),
);
const anyColumn = (type: number): fc.Arbitrary<Column> =>
  fc.record({
    name: fc.constant('c'),
    type: fc.constant(type),
    metadata: anyMetadata,
    isUnsigned: fc.boolean(),
    isNullable: fc.boolean(),
    collation: anyCollation,
    labels: fc.option(fc.array(fc.string(), { maxLength: 70 })),
    typeName: fc.constantFrom(null, null, 'uuid', 'inet6', 'inet4', 'vector', 'vector(2)'),
  });
/** Bytes alone, or behind a length that fits them. */
const anyImage = fc.oneof(
  bytes(80),
  fc.tuple(bytes(200), fc.constantFrom(1, 2, 3, 4)).map(([value, byteCount]) => prefixed(byteCount, value)),
);

type Outcome = readonly [what: string, end: number];

/** What a codec makes of a value; throws where it throws anything but ROW_UNDECODABLE, or goes beyond the image. */
function outcome(image: Buffer, run: (image: Buffer) => Outcome): Outcome | 'undecodable' {
  try {
    const result = run(image);
    expect(result[1]).toBeLessThanOrEqual(image.length);
    return result;
  } catch (error) {
    expect(error).toMatchObject({ code: 'ROW_UNDECODABLE' });
    return 'undecodable';
  }
}

const readers: Readonly<Record<string, (codec: ColumnCodec, image: Buffer) => Outcome>> = {
  skip: (codec, image) => ['', codec.skip(image, 0)],
  writeJson: (codec, image) => {
    const out = new ByteSink();
    const end = codec.writeJson(image, 0, out);
    const json = out.view().toString();
    JSON.parse(json);
    return [json, end];
  },
  readText: (codec, image) => [codec.readText(image, 0) ?? 'null', codec.skip(image, 0)],
  writeAvro: (codec, image) => {
    const out = new ByteSink();
    const isWritten = codec.writeAvro(image, 0, out);
    return [`${isWritten} ${out.view().toString('hex')}`, codec.skip(image, 0)];
  },
};

describe.each(types)('the codec of type %i', (type) => {
  it('gives a value or ROW_UNDECODABLE for any metadata and bytes, the same whatever stands behind the value', () => {
    fc.assert(
      fc.property(anyColumn(type), anyImage, fc.integer({ min: 1, max: 255 }), (shape, image, filler) => {
        for (const [name, read] of Object.entries(readers)) {
          const codec = compileCodec(shape);
          const alone = outcome(image, (of) => read(codec, of));
          if (alone === 'undecodable') continue;
          const [, end] = alone;
          const followed = Buffer.concat([image.subarray(0, end), Buffer.alloc(64, filler)]);
          expect([name, read(codec, followed)]).toEqual([name, alone]);
        }
      }),
      { numRuns: 120 },
    );
  });
});

/** A column whose size is known, with the bytes of a value of it (of any content). */
const sizedValue: fc.Arbitrary<readonly [Column, Buffer]> = fc.oneof(
  fc
    .constantFrom<readonly [type: number, metadata: number, byteCount: number]>(
      [1, 0, 1],
      [2, 0, 2],
      [9, 0, 3],
      [3, 0, 4],
      [8, 0, 8],
      [4, 4, 4],
      [5, 8, 8],
      [10, 0, 3],
      [13, 0, 1],
      [16, (2 << 8) | 3, 3],
      [17, 3, 6],
      [18, 6, 8],
      [19, 1, 4],
      [246, (20 << 8) | 6, 10],
      [247, 0xf702, 2],
      [248, 0xf808, 8],
    )
    .chain(([type, metadata, byteCount]) =>
      fc
        .uint8Array({ minLength: byteCount, maxLength: byteCount })
        .map((value) => [column('c', type, { metadata }), Buffer.from(value)] as const),
    ),
  fc
    .tuple(
      fc.constantFrom<readonly [type: number, metadata: number, prefix: number]>(
        [15, 200, 1],
        [15, 300, 2],
        [254, 0xfe20, 1],
        [252, 1, 1],
        [252, 2, 2],
        [252, 3, 3],
        [252, 4, 4],
        [245, 4, 4],
        [255, 4, 4],
        [140, 2, 2],
      ),
      bytes(60),
    )
    .map(
      ([[type, metadata, prefix], value]) =>
        [column('c', type, { metadata }), prefixed(prefix, value)] as const,
    ),
);

/** Columns with a value, SQL NULL, or nothing in the image. */
const anyRow = fc.array(fc.tuple(sizedValue, fc.constantFrom('value', 'value', 'value', 'null', 'absent')), {
  minLength: 1,
  maxLength: 20,
});

describe('a row image', () => {
  it('is walked value by value, and cut short anywhere it is an error', () => {
    fc.assert(
      fc.property(anyRow, bytes(5), (row, before) => {
        const columns = row.map(([[shape]]) => shape);
        const present = row.filter(([, state]) => state !== 'absent');
        const nulls = bitmap(present.map(([, state]) => state === 'null'));
        const values = present.flatMap(([[, value], state]) => (state === 'value' ? [value] : []));
        const image = Buffer.concat([before, nulls, ...values]);
        const walker = new RowImage(
          columns.map((each) => compileCodec(each)),
          columns.map(({ name }) => name),
          bitmap(row.map(([, state]) => state !== 'absent')),
        );
        const offsets = new Int32Array(columns.length);
        expect(walker.walk(image, before.length, offsets)).toBe(image.length);
        let at = before.length + nulls.length;
        const expected = row.map(([[, value], state]) => {
          if (state === 'absent') return ABSENT;
          if (state === 'null') return NULL_VALUE;
          at += value.length;
          return at - value.length;
        });
        expect([...offsets]).toEqual(expected);
        for (let length = before.length; length < image.length; length++) {
          expect(() => walker.walk(image.subarray(0, length), before.length, offsets)).toThrow(
            expect.objectContaining({ code: 'ROW_UNDECODABLE' }),
          );
        }
      }),
      { numRuns: 200 },
    );
  });

  it.each(['insert', 'update', 'delete'] as const)(
    'of %s that is cut short gives ROW_UNDECODABLE and never a row',
    async (operation) => {
      const shapes = [column('id', 3), column('n', 8), column('t', 15, { metadata: 40, collation: 255 })];
      const anyText = fc
        .string({ maxLength: 30 })
        .map((text) => prefixed(1, Buffer.from(text).subarray(0, 160)));
      await fc.assert(
        fc.asyncProperty(anyText, bytes(12), fc.nat(), async (text, start, cut) => {
          const fixed = Buffer.concat([start, Buffer.alloc(12)]).subarray(0, 12);
          const image = Buffer.concat([Buffer.from([0]), fixed, text]);
          const whole = operation === 'update' ? Buffer.concat([image, image]) : image;
          const encode = async (rows: Buffer): Promise<number> => {
            const sink = new CollectingSink();
            const event = rowsEvent(operation, { table: table(shapes), rows });
            await new TransactionEncoder(defaultEncodeOptions).encode(transaction([[event]]), sink).next();
            return sink.records.length;
          };
          expect(await encode(whole)).toBe(1);
          const length = 1 + (cut % (whole.length - 1));
          await expect(encode(whole.subarray(0, length))).rejects.toMatchObject({ code: 'ROW_UNDECODABLE' });
        }),
        { numRuns: 120 },
      );
    },
  );
});
