import { describe, expect, it } from 'vitest';
import { MaxwellAvro } from '../../../../src/encode/avro/maxwell-avro.ts';
import { defaultEncodeOptions, type EncodeOptions } from '../../../../src/encode/encode-options.ts';
import { TransactionEncoder } from '../../../../src/encode/transaction-encoder.ts';
import { HeavisideError } from '../../../../src/errors.ts';
import type { Column } from '../../../../src/model/table.ts';
import type { SourceTransaction } from '../../../../src/model/transaction.ts';
import { type AvroRecord, avroType, readAvro, splitConfluent } from '../../../support/avro-reader.ts';
import { CollectingSink } from '../../../support/collecting-sink.ts';
import { FixedSchemaIds } from '../../../support/fixed-schema-ids.ts';
import {
  bitmap,
  column,
  image,
  int32,
  int64,
  prefixed,
  rowsEvent,
  table,
  transaction,
} from '../../../support/row-image-bytes.ts';

const UTF8 = 255;
const hex = (text: string): Buffer => Buffer.from(text.replaceAll(' ', ''), 'hex');

interface Encoded {
  readonly records: readonly AvroRecord[];
  readonly sink: CollectingSink;
  readonly ids: FixedSchemaIds;
}

async function encode(
  source: SourceTransaction,
  changed: Partial<EncodeOptions> = {},
  ids = new FixedSchemaIds(),
): Promise<Encoded> {
  const options = { ...defaultEncodeOptions, ...changed };
  const sink = new CollectingSink();
  await new TransactionEncoder(options, new MaxwellAvro(options, ids)).encode(source, sink).next();
  const records = sink.values.map((value) => {
    const { id, body } = splitConfluent(value);
    return readAvro(avroType(ids.schema(id)), body);
  });
  return { records, sink, ids };
}

/** The value of one column of one inserted row. */
async function valueOf(shape: Column, value: Buffer, options: Partial<EncodeOptions> = {}): Promise<unknown> {
  const source = transaction([[rowsEvent('insert', { table: table([shape]), rows: image(value) })]]);
  return (await encode(source, options)).records[0]?.data['c'];
}

const unsigned = { isUnsigned: true };
const enumeration = column('c', 247, { metadata: 0xf701, collation: UTF8, labels: ['foo', 'bär'] });
const set = column('c', 248, { metadata: 0xf801, collation: UTF8, labels: ['a', 'bä', 'c'] });
const decimal = (precision: number, scale: number): Column => column('c', 246, { metadata: (precision << 8) | scale });
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
    ['decimal of more digits than a double holds', decimal(18, 0), hex('bb9ac9ff 3b9ac9ff'), '999999999999999999'],
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
    ['json', column('c', 245, { metadata: 4 }), prefixed(4, hex('00 01000c00 0b00 0100 050100 61')), '{"a":1}'],
    ['json, empty bytes', column('c', 245, { metadata: 4 }), prefixed(4, ''), 'null'],
    ['point', column('c', 255, { metadata: 4 }), prefixed(4, Buffer.concat([hex('00000000 01 01000000'), double(3), double(2)])), 'POINT (3 2)'],
    ['vector', column('c', 242, { metadata: 4 }), prefixed(4, Buffer.concat([float(0.5), float(-2)])), [0.5, -2]],
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

const items = table([
  column('id', 3),
  column('name', 15, { metadata: 100, collation: UTF8 }),
  column('note', 15, { metadata: 100, collation: UTF8 }),
]);
const item = (id: number, name: string, note: string | null = null): Buffer =>
  image(int32(id), prefixed(1, name), note === null ? null : prefixed(1, note));
const update = (...rows: Buffer[]): SourceTransaction =>
  transaction([[rowsEvent('update', { table: items, rows: Buffer.concat(rows) })]]);

describe('envelope', () => {
  it("has Maxwell's members", async () => {
    const source = transaction([
      [rowsEvent('insert', { table: items, rows: item(1, 'a') })],
      [rowsEvent('delete', { table: items, rows: item(1, 'a', 'n') })],
    ]);
    const { records, sink } = await encode(source);
    const common = { database: 'shop', table: 'item', ts: 1_700_000_000n, xid: 812n, old: null, old_columns: [], absent_columns: [] };
    expect(records).toEqual([
      { ...common, type: 'insert', xoffset: 0n, commit: null, data: { id: 1n, name: 'a', note: null } },
      { ...common, type: 'delete', xoffset: null, commit: true, data: { id: 1n, name: 'a', note: 'n' } },
    ]);
    expect(sink.records.map(({ key }) => key)).toEqual(Array(2).fill('{"database":"shop","table":"item","pk.id":1}'));
  });

  it('shows every option in its place', async () => {
    const source = transaction([[rowsEvent('insert', { table: items, rows: item(1, 'a'), query: 'INSERT "x"' })]]);
    const { records } = await encode(source, {
      outputBinlogPosition: true,
      outputGtidPosition: true,
      outputServerId: true,
      outputThreadId: true,
      outputRowQuery: true,
      rowQueryMaxLength: 6,
      outputPrimaryKeys: true,
      outputPrimaryKeyColumns: true,
      outputPushTimestamp: true,
      outputMessageId: true,
      outputNamingStrategy: 'underscore_to_camelcase',
    });
    const [record] = records;
    expect(Math.abs((record?.['pushTs'] as number) - Date.now() / 1000)).toBeLessThan(60);
    expect(record).toMatchObject({
      query: 'INSERT',
      position: 'binlog.000007:1234',
      gtid: '3e11fa47-71ca-11e1-9e33-c80aa9429562:23',
      serverId: 1n,
      threadId: 42n,
      primaryKey: ['1'],
      primaryKeyColumns: ['id'],
      messageId: '3e11fa47-71ca-11e1-9e33-c80aa9429562:23#0',
      data: { id: 1n, name: 'a', note: null },
      oldColumns: [],
    });
  });

  it('leaves out what is switched off, and excluded columns', async () => {
    const { records } = await encode(update(item(1, 'a'), item(1, 'b')), { outputCommitInfo: false, excludeColumns: ['name'] });
    expect(records).toEqual([
      expect.objectContaining({ data: { id: 1n, note: null }, old: null, old_columns: [] }),
    ]);
    expect(records[0]).not.toHaveProperty('xid');
    expect(records[0]).not.toHaveProperty('commit');
  });
});

describe('old values', () => {
  it('are told from columns that did not change, NULL too', async () => {
    const { records } = await encode(update(item(1, 'a'), item(1, 'b', 'n'), item(2, 'a', 'n'), item(2, 'a', 'n')));
    expect(records.map(({ old, old_columns }) => ({ old, old_columns }))).toEqual([
      { old: { id: null, name: 'a', note: null }, old_columns: ['name', 'note'] },
      { old: null, old_columns: [] },
    ]);
  });

  it('are compared as they are written', async () => {
    const dates = table([column('id', 3), column('d', 10)]);
    // 2010-00-05 and 0000-00-00 are both the zero date.
    const rows = Buffer.concat([image(int32(1), hex('05b40f')), image(int32(1), hex('000000'))]);
    const { records } = await encode(transaction([[rowsEvent('update', { table: dates, rows })]]));
    expect(records[0]).toMatchObject({ old: null, old_columns: [] });
  });

  it('and data name the columns that the images do not hold', async () => {
    const rows = Buffer.concat([image(int32(1)), image(prefixed(1, 'b'))]);
    const parts = { columnsBefore: bitmap([true, false, false]), columnsAfter: bitmap([false, true, false]) };
    const { records } = await encode(transaction([[rowsEvent('update', { table: items, rows, ...parts })]]));
    expect(records[0]).toMatchObject({
      data: { id: 1n, name: 'b', note: null },
      old: null,
      old_columns: [],
      absent_columns: ['note'],
    });
  });
});

describe('schemas', () => {
  const insert = (rows = item(1, 'a')): SourceTransaction => transaction([[rowsEvent('insert', { table: items, rows })]]);

  it('have a subject by topic and record, or by the topic that names the table', async () => {
    expect((await encode(insert(), { topic: 'mysql_avro' })).ids.registered[0]?.subject).toBe('mysql_avro-shop.item');
    expect((await encode(insert(), { topic: '%{database}.%{table}' })).ids.registered[0]?.subject).toBe('shop.item-value');
  });

  it('are asked for once, whatever the table version', async () => {
    const ids = new FixedSchemaIds();
    await encode(insert(), {}, ids);
    const again = table(items.columns);
    await encode(transaction([[rowsEvent('insert', { table: again, rows: item(1, 'a') })]]), {}, ids);
    expect(ids.registered).toHaveLength(1);
    await encode(insert(), { topic: 'another' }, ids);
    expect(ids.registered).toHaveLength(2);
  });

  it('that cannot be had end the stream before the row is written', async () => {
    const refused = new HeavisideError('AVRO_SCHEMA_INCOMPATIBLE', 'refused');
    const ids = new FixedSchemaIds();
    ids.register = () => Promise.reject(refused);
    const sink = new CollectingSink();
    const encoder = new TransactionEncoder(defaultEncodeOptions, new MaxwellAvro(defaultEncodeOptions, ids));
    await expect(encoder.encode(insert(), sink).next()).rejects.toBe(refused);
    expect(sink.records).toEqual([]);
  });

  it('keep apart what MySQL keeps apart', async () => {
    const odd = table([column('a b', 3), column('a-b', 3), column('1', 3)], { table: 'my table', database: 'my-db' });
    const source = transaction([[rowsEvent('insert', { table: odd, rows: image(int32(1), int32(2), int32(3)) })]]);
    const { records, ids } = await encode(source);
    expect(records[0]?.data).toEqual({ a_u0020b: 1n, a_u002db: 2n, _u0031: 3n });
    expect(ids.registered[0]?.subject).toBe('maxwell-my_u002ddb.my_u0020table');
    expect(ids.registered[0]?.schema).toContain('"doc":"a-b"');
  });

  it('have no two fields alike when a naming strategy makes their names alike', async () => {
    const alike = table([column('a_b', 3), column('aB', 3)]);
    const source = transaction([[rowsEvent('insert', { table: alike, rows: image(int32(1), int32(2)) })]]);
    const { records } = await encode(source, { outputNamingStrategy: 'underscore_to_camelcase' });
    expect(records[0]?.data).toEqual({ aB: 1n, aB_: 2n });
  });
});
