import { describe, expect, it } from 'vitest';
import { MaxwellAvro } from '../../../../src/encode/avro/maxwell-avro.ts';
import { defaultEncodeOptions } from '../../../../src/encode/encode-options.ts';
import { TransactionEncoder } from '../../../../src/encode/transaction-encoder.ts';
import { HeavisideError } from '../../../../src/errors.ts';
import type { SourceTransaction } from '../../../../src/model/transaction.ts';
import { encodeAvro } from '../../../support/avro-encode.ts';
import { CollectingSink } from '../../../support/collecting-sink.ts';
import { FixedSchemaIds } from '../../../support/fixed-schema-ids.ts';
import {
  bitmap,
  column,
  image,
  int32,
  prefixed,
  rowsEvent,
  table,
  transaction,
} from '../../../support/row-image-bytes.ts';

const UTF8 = 255;
const hex = (text: string): Buffer => Buffer.from(text.replaceAll(' ', ''), 'hex');

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
    const { records, sink } = await encodeAvro(source);
    const common = {
      database: 'shop',
      table: 'item',
      ts: 1_700_000_000n,
      xid: 812n,
      old: null,
      old_columns: [],
      absent_columns: [],
    };
    expect(records).toEqual([
      { ...common, type: 'insert', xoffset: 0n, commit: null, data: { id: 1n, name: 'a', note: null } },
      { ...common, type: 'delete', xoffset: null, commit: true, data: { id: 1n, name: 'a', note: 'n' } },
    ]);
    expect(sink.records.map(({ key }) => key)).toEqual(
      Array(2).fill('{"database":"shop","table":"item","pk.id":1}'),
    );
  });

  it('shows every option in its place', async () => {
    const source = transaction([
      [rowsEvent('insert', { table: items, rows: item(1, 'a'), query: 'INSERT "x"' })],
    ]);
    const { records } = await encodeAvro(source, {
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
    const { records } = await encodeAvro(update(item(1, 'a'), item(1, 'b')), {
      outputCommitInfo: false,
      excludeColumns: ['name'],
    });
    expect(records).toEqual([
      expect.objectContaining({ data: { id: 1n, note: null }, old: null, old_columns: [] }),
    ]);
    expect(records[0]).not.toHaveProperty('xid');
    expect(records[0]).not.toHaveProperty('commit');
  });
});

describe('old values', () => {
  it('are told from columns that did not change, NULL too', async () => {
    const { records } = await encodeAvro(
      update(item(1, 'a'), item(1, 'b', 'n'), item(2, 'a', 'n'), item(2, 'a', 'n')),
    );
    expect(records.map(({ old, old_columns }) => ({ old, old_columns }))).toEqual([
      { old: { id: null, name: 'a', note: null }, old_columns: ['name', 'note'] },
      { old: null, old_columns: [] },
    ]);
  });

  it('are compared as they are written', async () => {
    const dates = table([column('id', 3), column('d', 10)]);
    // 2010-00-05 and 0000-00-00 are both the zero date.
    const rows = Buffer.concat([image(int32(1), hex('05b40f')), image(int32(1), hex('000000'))]);
    const { records } = await encodeAvro(transaction([[rowsEvent('update', { table: dates, rows })]]));
    expect(records[0]).toMatchObject({ old: null, old_columns: [] });
  });

  it('and data name the columns that the images do not hold', async () => {
    const rows = Buffer.concat([image(int32(1)), image(prefixed(1, 'b'))]);
    const parts = { columnsBefore: bitmap([true, false, false]), columnsAfter: bitmap([false, true, false]) };
    const { records } = await encodeAvro(
      transaction([[rowsEvent('update', { table: items, rows, ...parts })]]),
    );
    expect(records[0]).toMatchObject({
      data: { id: 1n, name: 'b', note: null },
      old: null,
      old_columns: [],
      absent_columns: ['note'],
    });
  });
});

describe('schemas', () => {
  const insert = (rows = item(1, 'a')): SourceTransaction =>
    transaction([[rowsEvent('insert', { table: items, rows })]]);

  it('have a subject by topic and record, or by the topic that names the table', async () => {
    expect((await encodeAvro(insert(), { topic: 'mysql_avro' })).ids.registered[0]?.subject).toBe(
      'mysql_avro-shop.item',
    );
    expect((await encodeAvro(insert(), { topic: '%{database}.%{table}' })).ids.registered[0]?.subject).toBe(
      'shop.item-value',
    );
  });

  it.each([
    ['topic_name', 'mysql_avro-value'],
    ['record_name', 'shop.item'],
    ['topic_record_name', 'mysql_avro-shop.item'],
  ] as const)('have the subject of the strategy %s', async (avroSubjectStrategy, subject) => {
    const { ids } = await encodeAvro(insert(), { topic: 'mysql_avro', avroSubjectStrategy });
    expect(ids.registered.map((each) => each.subject)).toEqual([subject]);
  });

  it('are asked for once, whatever the table version', async () => {
    const ids = new FixedSchemaIds();
    await encodeAvro(insert(), {}, ids);
    const again = table(items.columns);
    await encodeAvro(transaction([[rowsEvent('insert', { table: again, rows: item(1, 'a') })]]), {}, ids);
    expect(ids.registered).toHaveLength(1);
    await encodeAvro(insert(), { topic: 'another' }, ids);
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
    const odd = table([column('a b', 3), column('a-b', 3), column('1', 3)], {
      table: 'my table',
      database: 'my-db',
    });
    const source = transaction([
      [rowsEvent('insert', { table: odd, rows: image(int32(1), int32(2), int32(3)) })],
    ]);
    const { records, ids } = await encodeAvro(source);
    expect(records[0]?.data).toEqual({ a_u0020b: 1n, a_u002db: 2n, _u0031: 3n });
    expect(ids.registered[0]?.subject).toBe('maxwell-my_u002ddb.my_u0020table');
    expect(ids.registered[0]?.schema).toContain('"doc":"a-b"');
  });

  it('have no two fields alike when a naming strategy makes their names alike', async () => {
    const alike = table([column('a_b', 3), column('aB', 3)]);
    const source = transaction([[rowsEvent('insert', { table: alike, rows: image(int32(1), int32(2)) })]]);
    const { records } = await encodeAvro(source, { outputNamingStrategy: 'underscore_to_camelcase' });
    expect(records[0]?.data).toEqual({ aB: 1n, aB_: 2n });
  });
});
