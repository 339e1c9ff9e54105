import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { defaultEncodeOptions, type EncodeOptions } from '../../src/encode/encode-options.ts';
import { MaxwellJson } from '../../src/encode/maxwell-json.ts';
import { TransactionEncoder } from '../../src/encode/transaction-encoder.ts';
import type { RowsEvent } from '../../src/model/transaction.ts';
import { CollectingSink } from '../support/collecting-sink.ts';
import {
  bitmap,
  column,
  image,
  int32,
  prefixed,
  rowsEvent,
  table,
  transaction,
} from '../support/row-image-bytes.ts';

const columns = [
  column('id', 3),
  column('a column with a "quoted" name, ä and 😀', 15, { metadata: 100, collation: 255 }),
  column('state', 247, { metadata: 0xf701, labels: ['a', 'null'] }), // index 0 is rendered as null
  column('day', 10),
  column('left_out', 3),
  column('price', 246, { metadata: (6 << 8) | 2 }),
];

const orNull = (value: fc.Arbitrary<Buffer>): fc.Arbitrary<Buffer | null> => fc.option(value, { freq: 3 });
const number = fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }).map(int32);
const oneRow = fc
  .tuple(
    number,
    orNull(fc.string({ unit: 'grapheme', maxLength: 9 }).map((text) => prefixed(1, text))),
    orNull(fc.integer({ min: 0, max: 2 }).map((index) => Buffer.from([index]))),
    orNull(fc.constantFrom(Buffer.from([0, 0, 0]), Buffer.from([0x21, 0xd0, 0x0f]))),
    orNull(number),
    orNull(
      fc.integer({ min: 0, max: 9999 }).map((whole) => Buffer.from([0x80 | (whole >> 8), whole & 255, 7])),
    ),
  )
  .map((values) => [...values]);
/** Which columns the images hold: mostly all. */
const held = fc.oneof(
  { weight: 3, arbitrary: fc.constant(columns.map(() => true)) },
  fc
    .array(fc.boolean(), { minLength: columns.length, maxLength: columns.length })
    .map((bits) => [true, ...bits.slice(1)]),
);
const event = fc
  .record({
    operation: fc.constantFrom('insert', 'update', 'delete'),
    rows: fc.array(oneRow, { minLength: 2, maxLength: 4 }),
    before: held,
    after: held,
  })
  .map(({ operation, rows, before, after }): RowsEvent => {
    const shown = (row: readonly (Buffer | null)[], bits: readonly boolean[]): Buffer =>
      image(...row.filter((_, index) => bits[index] === true));
    const pairs = rows.slice(1).map((row, index) => ({ old: rows[index] ?? row, row }));
    const images = pairs.map(({ old, row }) => {
      if (operation === 'insert') return shown(row, after);
      return operation === 'delete'
        ? shown(row, before)
        : Buffer.concat([shown(old, before), shown(row, after)]);
    });
    return rowsEvent(operation, {
      table: items,
      rows: Buffer.concat(images),
      columnsBefore: bitmap(before),
      columnsAfter: bitmap(after),
    });
  });
const items = table(columns);

async function valuesOf(
  events: readonly RowsEvent[],
  options: EncodeOptions,
  compileAfterRows: number,
): Promise<string[]> {
  const sink = new CollectingSink();
  const encoder = new TransactionEncoder(options, new MaxwellJson(options, compileAfterRows));
  await encoder.encode(transaction([events]), sink).next();
  return sink.values.map((value) => value.toString());
}

describe('a table that has code of its own', () => {
  it.each([true, false])(
    'writes the same bytes as one without, with output_nulls=%s',
    async (outputNulls) => {
      let rows = 0;
      await fc.assert(
        fc.asyncProperty(
          fc.array(event, { minLength: 1, maxLength: 4 }),
          fc.boolean(),
          async (events, nullZerodates) => {
            const options: EncodeOptions = {
              ...defaultEncodeOptions,
              outputNulls,
              outputNullZerodates: nullZerodates,
              excludeColumns: ['left_out'],
            };
            const plain = await valuesOf(events, options, Number.POSITIVE_INFINITY);
            expect(await valuesOf(events, options, 1)).toEqual(plain);
            for (const value of plain) JSON.parse(value);
            rows += plain.length;
          },
        ),
        { numRuns: 150 },
      );
      expect(rows).toBeGreaterThan(150);
    },
  );
});
