import { describe, expect, it } from 'vitest';
import type { EncodeOptions } from '../../../../src/encode/encode-options.ts';
import type { Column } from '../../../../src/model/table.ts';
import { encodeAvro } from '../../../support/avro-encode.ts';
import {
  column,
  image,
  int64,
  prefixed,
  rowsEvent,
  table,
  transaction,
} from '../../../support/row-image-bytes.ts';

const UTF8 = 255;
const hex = (text: string): Buffer => Buffer.from(text.replaceAll(' ', ''), 'hex');

/** The value of one column of one inserted row. */
async function valueOf(shape: Column, value: Buffer, options: Partial<EncodeOptions> = {}): Promise<unknown> {
  const source = transaction([[rowsEvent('insert', { table: table([shape]), rows: image(value) })]]);
  return (await encodeAvro(source, options)).records[0]?.data['c'];
}

const unsigned = { isUnsigned: true };
const enumeration = column('c', 247, { metadata: 0xf701, collation: UTF8, labels: ['foo', 'bär'] });
const set = column('c', 248, { metadata: 0xf801, collation: UTF8, labels: ['a', 'bä', 'c'] });
const decimal = (precision: number, scale: number): Column =>
  column('c', 246, { metadata: (precision << 8) | scale });
const double = (value: number): Buffer => {
  const bytes = Buffer.alloc(8);
  bytes.writeDoubleLE(value);
  return bytes;
};
const float = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeFloatLE(value);
  return bytes;
};

describe('values of columns', () => {
  it.each<readonly [string, Column, Buffer, unknown]>([
    ['tinyint', column('c', 1), hex('80'), -128n],
    ['int unsigned', column('c', 3, unsigned), hex('ffffffff'), 4294967295n],
    ['bigint min', column('c', 8), int64(-(2n ** 63n)), -(2n ** 63n)],
    ['bigint max', column('c', 8), int64(2n ** 63n - 1n), 2n ** 63n - 1n],
    ['bigint unsigned', column('c', 8, unsigned), int64(2n ** 64n - 1n), '18446744073709551615'],
    ['bigint unsigned, small', column('c', 8, unsigned), int64(128n), '128'],
    ['year', column('c', 13), hex('7c'), 2024n],
    ['bit(1)', column('c', 16, { metadata: 1 }), hex('01'), 1n],
    ['bit(33)', column('c', 16, { metadata: 0x0401 }), hex('0100000001'), 4294967297n],
    ['bit(63)', column('c', 16, { metadata: 0x0707 }), hex('7fffffffffffffff'), 2n ** 63n - 1n],
    ['bit(64)', column('c', 16, { metadata: 0x0800 }), hex('ffffffffffffffff'), hex('ffffffffffffffff')],
    ['decimal(14,4)', decimal(14, 4), hex('81 0dfb38d2 04d2'), '1234567890.1234'],
    ['decimal(14,4) negative', decimal(14, 4), hex('7e f204c72d fb2d'), '-1234567890.1234'],
    [
      'decimal of more digits than a double holds',
      decimal(18, 0),
      hex('bb9ac9ff 3b9ac9ff'),
      '999999999999999999',
    ],
    ['float', column('c', 4), float(1.1), 1.1],
    ['float of an integer', column('c', 4), float(-3), -3],
    ['double', column('c', 5), double(-1.7976931348623157e308), -1.7976931348623157e308],
    ['double -0', column('c', 5), double(-0), -0],
    ['date', column('c', 10), hex('58b10f'), '2008-10-24'],
    ['date zero', column('c', 10), hex('000000'), '0000-00-00'],
    ['datetime(3)', column('c', 18, { metadata: 3 }), hex('99b4c6e3a5 04ce'), '2024-11-03 14:14:37.123'],
    ['timestamp', column('c', 17), hex('6553f100'), '2023-11-14 22:13:20'],
    ['time', column('c', 19), hex('800001'), '00:00:01'],
    ['varchar', column('c', 15, { metadata: 400, collation: UTF8 }), prefixed(2, 'abc "\n'), 'abc "\n'],
    ['varchar beyond ASCII', column('c', 15, { metadata: 400, collation: UTF8 }), prefixed(2, 'ü😁'), 'ü😁'],
    ['varchar in latin1', column('c', 15, { metadata: 9, collation: 8 }), prefixed(1, hex('fc')), 'ü'],
    ['varbinary', column('c', 15, { metadata: 9, collation: 63 }), prefixed(1, hex('00ff')), hex('00ff')],
    ['blob, empty', column('c', 252, { metadata: 2 }), prefixed(2, ''), Buffer.alloc(0)],
    ['enum', enumeration, hex('02'), 'bär'],
    ['enum, invalid value', enumeration, hex('00'), null],
    ['set', set, hex('06'), ['bä', 'c']],
    ['set, empty', set, hex('00'), []],
    [
      'json',
      column('c', 245, { metadata: 4 }),
      prefixed(4, hex('00 01000c00 0b00 0100 050100 61')),
      '{"a":1}',
    ],
    ['json, empty bytes', column('c', 245, { metadata: 4 }), prefixed(4, ''), 'null'],
    [
      'point',
      column('c', 255, { metadata: 4 }),
      prefixed(4, Buffer.concat([hex('00000000 01 01000000'), double(3), double(2)])),
      'POINT (3 2)',
    ],
    [
      'vector',
      column('c', 242, { metadata: 4 }),
      prefixed(4, Buffer.concat([float(0.5), float(-2)])),
      [0.5, -2],
    ],
  ])('%s', async (_, shape, value, expected) => {
    expect(await valueOf(shape, value)).toEqual(expected);
  });

  it('makes zero dates null where the option says so', async () => {
    expect(await valueOf(column('c', 10), hex('000000'), { outputNullZerodates: true })).toBeNull();
    expect(await valueOf(column('c', 10), hex('58b10f'), { outputNullZerodates: true })).toBe('2008-10-24');
  });

  it('refuses a damaged value as JSON does', async () => {
    await expect(valueOf(enumeration, hex('09'))).rejects.toMatchObject({ code: 'ROW_UNDECODABLE' });
    await expect(valueOf(column('c', 99), hex('09'))).rejects.toMatchObject({ code: 'ROW_UNDECODABLE' });
  });
});
