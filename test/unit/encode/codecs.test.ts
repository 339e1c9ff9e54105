import { deflateRawSync, deflateSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { compileCodec } from '../../../src/encode/compile-codec.ts';
import { ByteSink } from '../../../src/model/byte-sink.ts';
import type { Column } from '../../../src/model/table.ts';
import { column, int32, int64, prefixed } from '../../support/row-image-bytes.ts';

const UTF8 = 255;
const hex = (text: string): Buffer => Buffer.from(text.replaceAll(' ', ''), 'hex');
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

function render(shape: Column, value: Buffer, nullZeroDates = false): string {
  const codec = compileCodec(shape, { nullZeroDates });
  const out = new ByteSink(64);
  // Bytes of others on both sides: an offset that is off by one shows.
  const image = Buffer.concat([hex('ee'), value, hex('ee')]);
  expect(codec.skip(image, 1)).toBe(1 + value.length);
  expect(codec.writeJson(image, 1, out)).toBe(1 + value.length);
  return out.view().toString();
}

function text(shape: Column, value: Buffer): string | null {
  return compileCodec(shape).readText(value, 0);
}

const unsigned = { isUnsigned: true };
const decimal = (precision: number, scale: number): Column =>
  column('d', 246, { metadata: (precision << 8) | scale });
const varchar = (collation: number): Column => column('v', 15, { metadata: 100, collation });
const labels = ['foo', 'bar"', 'baz'];
const enumeration = column('e', 247, { metadata: 0xf701, collation: UTF8, labels });
const set = column('s', 248, { metadata: 0xf801, collation: UTF8, labels: ['a', 'b', 'c'] });
const wideSet = column('s', 248, {
  metadata: 0xf808,
  collation: UTF8,
  labels: Array.from({ length: 64 }, (_, i) => `l${i}`),
});

const cases: readonly (readonly [string, Column, Buffer, string])[] = [
  ['tinyint', column('a', 1), hex('80'), '-128'],
  ['tinyint unsigned', column('a', 1, unsigned), hex('ff'), '255'],
  ['smallint', column('a', 2), hex('0080'), '-32768'],
  ['smallint unsigned', column('a', 2, unsigned), hex('ffff'), '65535'],
  ['mediumint', column('a', 9), hex('000080'), '-8388608'],
  ['mediumint unsigned', column('a', 9, unsigned), hex('ffffff'), '16777215'],
  ['int', column('a', 3), int32(-2147483648), '-2147483648'],
  ['int of one digit', column('a', 3), int32(7), '7'],
  ['int of ten digits', column('a', 3), int32(2147483647), '2147483647'],
  ['int unsigned', column('a', 3, unsigned), hex('ffffffff'), '4294967295'],
  ['bigint min', column('a', 8), int64(-(2n ** 63n)), '-9223372036854775808'],
  ['bigint -1', column('a', 8), int64(-1n), '-1'],
  ['bigint -2^32', column('a', 8), int64(-(2n ** 32n)), '-4294967296'],
  ['bigint beyond 2^53', column('a', 8), int64(9007199254740993n), '9007199254740993'],
  ['bigint max', column('a', 8), int64(2n ** 63n - 1n), '9223372036854775807'],
  ['bigint unsigned', column('a', 8, unsigned), int64(2n ** 64n - 1n), '18446744073709551615'],
  [
    'bigint unsigned with zeros inside',
    column('a', 8, unsigned),
    int64(10000000000000000001n),
    '10000000000000000001',
  ],
  // 1234567890.1234 is the example of strings/decimal.c.
  ['decimal(14,4)', decimal(14, 4), hex('81 0dfb38d2 04d2'), '1234567890.1234'],
  ['decimal(14,4) negative', decimal(14, 4), hex('7e f204c72d fb2d'), '-1234567890.1234'],
  ['decimal keeps its scale', decimal(12, 2), hex('80 00000001 0a'), '1.10'],
  ['decimal without integral digits', decimal(3, 3), hex('81f4'), '0.500'],
  ['decimal zero', decimal(10, 2), hex('80 000000 00'), '0.00'],
  ['decimal zero of scale 7', decimal(9, 7), hex('80 000000 00'), '0E-7'],
  ['decimal zero of scale 6', decimal(8, 6), hex('80 000000'), '0.000000'],
  ['decimal below 1e-6', decimal(12, 10), hex('80 00000064 00'), '1.000E-7'],
  ['decimal of exponent -6', decimal(12, 10), hex('80 000003e8 00'), '0.0000010000'],
  ['float', column('f', 4, { metadata: 4 }), float(1.333), '1.333'],
  ['float whole', column('f', 4, { metadata: 4 }), float(1), '1.0'],
  ['float large', column('f', 4, { metadata: 4 }), float(1e10), '1.0E10'],
  ['float small', column('f', 4, { metadata: 4 }), float(1e-4), '1.0E-4'],
  ['double', column('f', 5, { metadata: 8 }), double(4.2341), '4.2341'],
  ['double 1e7', column('f', 5, { metadata: 8 }), double(1e7), '1.0E7'],
  ['double -0', column('f', 5, { metadata: 8 }), double(-0), '-0.0'],
  ['bit(2)', column('b', 16, { metadata: 2 }), hex('03'), '3'],
  ['bit(24)', column('b', 16, { metadata: 3 << 8 }), hex('e38e5e'), '14913118'],
  ['bit(33)', column('b', 16, { metadata: (4 << 8) | 1 }), hex('0180000000'), '6442450944'],
  ['bit(64)', column('b', 16, { metadata: 8 << 8 }), hex('ffffffffffffffff'), '18446744073709551615'],
  ['date', column('d', 10), hex('55c10f'), '"2016-10-21"'],
  ['date zero', column('d', 10), hex('000000'), '"0000-00-00"'],
  ['date with a zero month', column('d', 10), hex('05b40f'), '"0000-00-00"'],
  ['datetime', column('d', 18), hex('9993e1693b'), '"2014-09-16 22:36:59"'],
  ['datetime(6)', column('d', 18, { metadata: 6 }), hex('9993e1693b 036406'), '"2014-09-16 22:36:59.222214"'],
  ['datetime(3)', column('d', 18, { metadata: 3 }), hex('9993e1693b 08ac'), '"2014-09-16 22:36:59.222"'],
  ['datetime(1)', column('d', 18, { metadata: 1 }), hex('9993e1693b 1e'), '"2014-09-16 22:36:59.3"'],
  ['datetime(3) zero', column('d', 18, { metadata: 3 }), hex('8000000000 0000'), '"0000-00-00 00:00:00.000"'],
  ['timestamp', column('t', 17), hex('6553f100'), '"2023-11-14 22:13:20"'],
  ['timestamp(4)', column('t', 17, { metadata: 4 }), hex('6553f100 04d2'), '"2023-11-14 22:13:20.1234"'],
  ['timestamp in 2106', column('t', 17), hex('ffffffff'), '"2106-02-07 06:28:15"'],
  ['timestamp on a leap day', column('t', 17), hex('38bb9a00'), '"2000-02-29 10:05:52"'],
  // MariaDB keeps 1970-01-01 00:00:00.5; only all zeros are the zero date.
  [
    'timestamp in the first second',
    column('t', 17, { metadata: 1 }),
    hex('00000000 32'),
    '"1970-01-01 00:00:00.5"',
  ],
  ['timestamp zero', column('t', 17, { metadata: 2 }), hex('00000000 00'), '"0000-00-00 00:00:00.00"'],
  ['time', column('t', 19), hex('80c5e1'), '"12:23:33"'],
  ['time zero', column('t', 19), hex('800000'), '"00:00:00"'],
  ['time -00:01:00', column('t', 19), hex('7fffc0'), '"-00:01:00"'],
  ['time -838:59:59', column('t', 19), hex('4b9105'), '"-838:59:59"'],
  ['time 838:59:59', column('t', 19), hex('b46efb'), '"838:59:59"'],
  ['time(2) -00:00:00.01', column('t', 19, { metadata: 2 }), hex('7fffff ff'), '"-00:00:00.01"'],
  ['time(2) -00:00:01.10', column('t', 19, { metadata: 2 }), hex('7ffffe f6'), '"-00:00:01.10"'],
  ['time(3) -01:00:00.000', column('t', 19, { metadata: 3 }), hex('7ff000 0000'), '"-01:00:00.000"'],
  ['time(6) 12:23:33.123456', column('t', 19, { metadata: 6 }), hex('80c5e1 01e240'), '"12:23:33.123456"'],
  ['time(6) -00:00:00.000001', column('t', 19, { metadata: 6 }), hex('7fffff ffffff'), '"-00:00:00.000001"'],
  ['old timestamp', column('t', 7), hex('00f15365'), '"2023-11-14 22:13:20"'],
  ['old time', column('t', 11), hex('40e201'), '"12:34:56"'],
  ['old time negative', column('t', 11), hex('c01dfe'), '"-12:34:56"'],
  ['old datetime', column('t', 12), int64(20161021223459n), '"2016-10-21 22:34:59"'],
  ['year', column('y', 13), hex('6b'), '2007'],
  ['year 0000', column('y', 13), hex('00'), '0'],
  ['varchar utf8mb4', varchar(UTF8), prefixed(1, 'münchen €'), '"münchen €"'],
  [
    'varchar with a longer length',
    column('v', 15, { metadata: 256, collation: UTF8 }),
    prefixed(2, 'a'),
    '"a"',
  ],
  [
    'escapes',
    varchar(UTF8),
    prefixed(1, '"\\/\b\t\n\f\r\u001f\u007f\u2028'),
    '"\\"\\\\/\\b\\t\\n\\f\\r\\u001F\u007f\u2028"',
  ],
  ['outside the BMP', varchar(UTF8), prefixed(1, '😁'), '"\\uD83D\\uDE01"'],
  ['ill-formed utf8', varchar(UTF8), prefixed(1, hex('61 c3 62 eda080 f09f98')), '"a�b����"'],
  ['latin1 is windows-1252', varchar(8), prefixed(1, hex('80e4 81')), '"€ä\u0081"'],
  ['ascii', varchar(11), prefixed(1, 'a"'), '"a\\""'],
  ['swe7', varchar(10), prefixed(1, '{|}'), '"äöå"'],
  ['hp8', varchar(6), prefixed(1, hex('e3')), '"Ð"'],
  ['koi8r', varchar(7), prefixed(1, hex('c1')), '"а"'],
  ['ucs2', varchar(35), prefixed(1, hex('feff 20ac')), '"\ufeff€"'],
  ['utf16', varchar(54), prefixed(1, hex('d83dde01')), '"\\uD83D\\uDE01"'],
  ['utf32', varchar(60), prefixed(1, hex('0001f601 00000061')), '"\\uD83D\\uDE01a"'],
  ['gbk', varchar(28), prefixed(1, hex('c4e3')), '"你"'],
  ['sjis', varchar(13), prefixed(1, hex('82a0')), '"あ"'],
  ['ujis', varchar(12), prefixed(1, hex('a4a2')), '"あ"'],
  ['cp932, characters of the user', varchar(95), prefixed(1, hex('f941 b1 41')), '"\ue69dｱA"'],
  ['ujis, half width and JIS X 0212', varchar(12), prefixed(1, hex('8eb1 8fb0a1 a1c1')), '"ｱ丂〜"'],
  ['a cut character', varchar(12), prefixed(1, hex('a4a2 a4')), '"あ\ufffd"'],
  ['a broken character before ASCII', varchar(28), prefixed(1, hex('81 2241')), '"\ufffd\\"A"'],
  ['uca1400 of MariaDB', varchar(2304), prefixed(1, 'ä'), '"ä"'],
  ['char', column('c', 254, { metadata: 0xfe14, collation: UTF8 }), prefixed(1, 'ab'), '"ab"'],
  [
    'char of more than 255 bytes',
    column('c', 254, { metadata: 0xeefc, collation: UTF8 }),
    prefixed(2, 'ab'),
    '"ab"',
  ],
  ['text', column('c', 252, { metadata: 2, collation: UTF8 }), prefixed(2, 'ab'), '"ab"'],
  ['longtext', column('c', 252, { metadata: 4, collation: UTF8 }), prefixed(4, 'ab'), '"ab"'],
  ['blob', column('c', 252, { metadata: 2, collation: 63 }), prefixed(2, hex('00010203')), '"AAECAw=="'],
  ['blob of two bytes', column('c', 252, { metadata: 1 }), prefixed(1, hex('ffff')), '"//8="'],
  ['a large blob', column('c', 252, { metadata: 3 }), prefixed(3, Buffer.alloc(300)), `"${'A'.repeat(400)}"`],
  [
    'binary(4), cut by the server',
    column('c', 254, { metadata: 0xfe04, collation: 63 }),
    prefixed(1, hex('01')),
    '"AQ=="',
  ],
  ['enum', enumeration, hex('02'), '"bar\\""'],
  ['enum 0', enumeration, hex('00'), 'null'],
  ['set', set, hex('05'), '["a","c"]'],
  ['set empty', set, hex('00'), '[]'],
  ['set of 64', wideSet, hex('0100000000000080'), '["l0","l63"]'],
  [
    'vector',
    column('v', 242, { metadata: 4 }),
    prefixed(4, Buffer.concat([float(1), float(-0.1)])),
    '[1.0,-0.1]',
  ],
  [
    'inet4',
    column('i', 254, { metadata: 0xfe04, collation: 63, typeName: 'inet4' }),
    prefixed(1, hex('0a0000')),
    '"10.0.0.0"',
  ],
  [
    'inet6',
    column('i', 254, { metadata: 0xfe10, collation: 63, typeName: 'inet6' }),
    prefixed(1, hex('20010db8 00000000 00000000 00000001')),
    '"2001:db8::1"',
  ],
  // SELECT CAST('1:0:2:3:4:5:6:7' AS INET6) on MariaDB 10.11: one zero group is enough for `::`.
  [
    'inet6 with one zero group',
    column('i', 254, { metadata: 0xfe10, collation: 63, typeName: 'inet6' }),
    hex('10 0001 0000 0002 0003 0004 0005 0006 0007'),
    '"1::2:3:4:5:6:7"',
  ],
  [
    'inet6 mapped',
    column('i', 254, { metadata: 0xfe10, collation: 63, typeName: 'inet6' }),
    prefixed(1, hex('00000000 00000000 0000ffff c0a80001')),
    '"::ffff:192.168.0.1"',
  ],
  [
    'compressed text',
    column('c', 140, { metadata: 2, collation: UTF8 }),
    prefixed(2, Buffer.concat([hex('8103'), deflateSync('abc')])),
    '"abc"',
  ],
  [
    'compressed without wrapper',
    column('c', 141, { metadata: 300, collation: 63 }),
    prefixed(2, Buffer.concat([hex('8903'), deflateRawSync('abc')])),
    '"YWJj"',
  ],
  [
    'compressed, stored plain',
    column('c', 140, { metadata: 2, collation: UTF8 }),
    prefixed(2, hex('00 6162')),
    '"ab"',
  ],
  ['compressed, empty', column('c', 140, { metadata: 2, collation: UTF8 }), prefixed(2, ''), '""'],
];

describe('column codecs', () => {
  it.each(cases)('%s', (_, shape, value, json) => {
    expect(render(shape, value)).toBe(json);
  });

  it('gives the text of a value as Java prints it', () => {
    expect(text(column('a', 8), int64(-5n))).toBe('-5');
    expect(text(decimal(12, 2), hex('80 00000001 0a'))).toBe('1.10');
    expect(text(column('f', 5, { metadata: 8 }), double(5))).toBe('5.0');
    expect(text(varchar(UTF8), prefixed(1, 'a"😁'))).toBe('a"😁');
    expect(text(varchar(8), prefixed(1, hex('e4')))).toBe('ä');
    expect(text(set, hex('03'))).toBe('[a, b]');
    expect(text(enumeration, hex('02'))).toBe('bar"');
    expect(text(enumeration, hex('00'))).toBeNull();
    expect(text(column('d', 10), hex('55c10f'))).toBe('2016-10-21');
    expect(text(column('c', 252, { metadata: 1 }), prefixed(1, hex('ffff')))).toBe('//8=');
  });

  it('writes zero dates as null where that is asked for', () => {
    expect(render(column('d', 10), hex('000000'), true)).toBe('null');
    expect(render(column('d', 18), hex('8000000000'), true)).toBe('null');
    expect(render(column('d', 17), hex('00000000'), true)).toBe('null');
    expect(render(column('d', 10), hex('55c10f'), true)).toBe('"2016-10-21"');
    expect(compileCodec(column('d', 10), { nullZeroDates: true }).readText(hex('000000'), 0)).toBeNull();
  });

  it.each([
    ['an ENUM index without a label', enumeration, hex('04')],
    ['a SET bit without a label', set, hex('08')],
    ['a decimal group out of range', decimal(12, 2), hex('80 00000001 ff')],
    ['a minute out of range', column('t', 19), hex('800fff')],
    ['a double that is no number', column('f', 5), double(Number.NaN)],
    ['an unknown character set', varchar(1999), prefixed(1, 'a')],
    ['a missing character set', column('v', 15, { metadata: 10 }), prefixed(1, 'a')],
    ['missing labels', column('e', 247, { metadata: 0xf701 }), hex('01')],
    [
      'a damaged compressed value',
      column('c', 140, { metadata: 2, collation: UTF8 }),
      prefixed(2, hex('8103ff')),
    ],
    [
      'a compressed value of another length',
      column('c', 140, { metadata: 2 }),
      prefixed(2, Buffer.concat([hex('8102'), deflateSync('abc')])),
    ],
  ])('refuses %s, and names the column but not the value', (_, shape, value) => {
    const codec = compileCodec(shape);
    expect(codec.skip(value, 0)).toBe(value.length);
    expect(() => codec.writeJson(value, 0, new ByteSink())).toThrow(
      expect.objectContaining({
        code: 'ROW_UNDECODABLE',
        message: expect.stringContaining(`column \`${shape.name}\``) as string,
      }),
    );
  });

  it('cannot pass over a type that it does not know', () => {
    expect(() => compileCodec(column('x', 99)).skip(Buffer.alloc(9), 0)).toThrow(/type/);
  });
});
