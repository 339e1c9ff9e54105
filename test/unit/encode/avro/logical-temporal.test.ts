import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Column } from '../../../../src/model/table.ts';
import { encodeAvro } from '../../../support/avro-encode.ts';
import { column, image, rowsEvent, table, transaction } from '../../../support/row-image-bytes.ts';

async function written(
  of: Column,
  ...values: readonly Buffer[]
): Promise<{ values: unknown[]; type: unknown }> {
  const rows = Buffer.concat(values.map((value) => image(value)));
  const source = transaction([[rowsEvent('insert', { table: table([of]), rows })]]);
  const { records, ids } = await encodeAvro(source, { avroTemporalTypes: 'logical' });
  const { fields } = JSON.parse(ids.schema(1)) as {
    fields: { name: string; type: { fields: { type: unknown }[] } }[];
  };
  const data = fields.find(({ name }) => name === 'data');
  return { values: records.map((record) => record.data['c']), type: data?.type.fields[0]?.type };
}

/** DATE: three bytes, little-endian. */
function dateBytes(year: number, month: number, day: number): Buffer {
  const bytes = Buffer.alloc(3);
  bytes.writeUIntLE((year << 9) | (month << 5) | day, 0, 3);
  return bytes;
}

/** DATETIME(6): 40 bits big-endian and three bytes of microseconds. */
function datetimeBytes(date: Date, micros: number): Buffer {
  const bytes = Buffer.alloc(8);
  const yearMonth = BigInt(date.getUTCFullYear() * 13 + date.getUTCMonth() + 1);
  let packed = (yearMonth << 5n) | BigInt(date.getUTCDate());
  for (const [bits, part] of [
    [5n, date.getUTCHours()],
    [6n, date.getUTCMinutes()],
    [6n, date.getUTCSeconds()],
  ] as const)
    packed = (packed << bits) | BigInt(part);
  bytes.writeBigUInt64BE(((packed + 0x8000000000n) << 24n) | BigInt(micros));
  return bytes;
}

/** A year of less than 100 is no 19.. here. */
function utc(year: number, month: number, day: number): Date {
  const date = new Date(Date.UTC(2000, month - 1, day));
  date.setUTCFullYear(year, month - 1, day);
  return date;
}

describe('avro_temporal_types=logical', () => {
  it('writes any day as JavaScript counts it', async () => {
    const day = fc.date({ min: utc(1, 1, 1), max: utc(9999, 12, 31), noInvalidDate: true });
    await fc.assert(
      fc.asyncProperty(fc.array(day, { minLength: 1, maxLength: 50 }), async (dates) => {
        const bytes = dates.map((date) =>
          dateBytes(date.getUTCFullYear(), date.getUTCMonth() + 1, date.getUTCDate()),
        );
        const { values, type } = await written(column('c', 10), ...bytes);
        expect(values).toEqual(dates.map((date) => Math.floor(date.getTime() / 86_400_000)));
        expect(type).toEqual(['null', { type: 'int', logicalType: 'date' }]);
      }),
    );
  });

  it('writes any datetime to the microsecond', async () => {
    const moment = fc.tuple(
      fc.date({ min: utc(1, 1, 1), max: utc(9999, 12, 31), noInvalidDate: true }),
      fc.integer({ min: 0, max: 999_999 }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(moment, { minLength: 1, maxLength: 50 }), async (moments) => {
        const bytes = moments.map(([date, micros]) => datetimeBytes(date, micros));
        const { values, type } = await written(column('c', 18, { metadata: 6 }), ...bytes);
        const micros = moments.map(
          ([date, fraction]) => BigInt(Math.floor(date.getTime() / 1000)) * 1_000_000n + BigInt(fraction),
        );
        expect(values).toEqual(micros);
        expect(type).toEqual(['null', { type: 'long', logicalType: 'local-timestamp-micros' }]);
      }),
    );
  });

  it('writes a timestamp in microseconds whatever its precision', async () => {
    const bytes = [Buffer.from('65e000aa', 'hex'), Buffer.from('65e000aa04ce', 'hex')] as const;
    const type = ['null', { type: 'long', logicalType: 'timestamp-micros' }];
    const seconds = 0x65e000aan * 1_000_000n;
    expect(await written(column('c', 17), bytes[0])).toEqual({ values: [seconds], type });
    const milliseconds = column('c', 17, { metadata: 3 });
    expect(await written(milliseconds, bytes[1])).toEqual({ values: [seconds + 123_000n], type });
  });

  it('has null for a zero date, a date with a zero part, and a day that the calendar does not have', async () => {
    const odd = [dateBytes(0, 0, 0), dateBytes(2010, 0, 5), dateBytes(2023, 2, 29), dateBytes(2024, 4, 31)];
    expect((await written(column('c', 10), ...odd)).values).toEqual([null, null, null, null]);
    expect((await written(column('c', 17), Buffer.alloc(4))).values).toEqual([null]);
  });

  it('leaves times as text: they go beyond a day', async () => {
    expect((await written(column('c', 19), Buffer.from('800000', 'hex'))).type).toEqual(['null', 'string']);
  });
});
