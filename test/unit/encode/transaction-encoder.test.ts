import { describe, expect, it } from 'vitest';
import type { EncodeOptions } from '../../../src/encode/encode-options.ts';
import type { SourceTransaction } from '../../../src/model/transaction.ts';
import { CollectingSink } from '../../support/collecting-sink.ts';
import { encodeTransaction as encode } from '../../support/encode-transaction.ts';
import {
  bitmap,
  column,
  image,
  int32,
  prefixed,
  rowsEvent,
  table,
  transaction,
} from '../../support/row-image-bytes.ts';

const UTF8 = 255;
const items = table([
  column('id', 3),
  column('name', 15, { metadata: 100, collation: UTF8 }),
  column('note', 15, { metadata: 100, collation: UTF8 }),
]);
const item = (id: number, name: string, note: string | null = null): Buffer =>
  image(int32(id), prefixed(1, name), note === null ? null : prefixed(1, note));

async function values(source: SourceTransaction, options: Partial<EncodeOptions> = {}): Promise<string[]> {
  return (await encode(source, options)).records.map((record) => record.value);
}

const threeKinds = transaction([
  [
    rowsEvent('insert', { table: items, rows: item(1, 'a') }),
    rowsEvent('update', { table: items, rows: Buffer.concat([item(1, 'a'), item(1, 'b')]) }),
  ],
  [rowsEvent('delete', { table: items, rows: item(1, 'b') })],
]);

describe('Maxwell envelope', () => {
  it('writes insert, update and delete as Maxwell does', async () => {
    expect(await values(threeKinds)).toEqual([
      '{"database":"shop","table":"item","type":"insert","ts":1700000000,"xid":812,"xoffset":0,"data":{"id":1,"name":"a","note":null}}',
      '{"database":"shop","table":"item","type":"update","ts":1700000000,"xid":812,"xoffset":1,"data":{"id":1,"name":"b","note":null},"old":{"name":"a"}}',
      '{"database":"shop","table":"item","type":"delete","ts":1700000000,"xid":812,"commit":true,"data":{"id":1,"name":"b","note":null}}',
    ]);
  });

  it('shows every option in its place', async () => {
    const source = transaction([
      [rowsEvent('insert', { table: items, rows: item(1, 'a'), query: 'INSERT "x"' })],
    ]);
    const options: Partial<EncodeOptions> = {
      outputBinlogPosition: true,
      outputGtidPosition: true,
      outputServerId: true,
      outputThreadId: true,
      outputRowQuery: true,
      rowQueryMaxLength: 8,
      outputPrimaryKeys: true,
      outputPrimaryKeyColumns: true,
      outputPushTimestamp: true,
      outputMessageId: true,
    };
    const [value = ''] = await values(source, options);
    expect(value.replace(/"push_ts":\d{10}\.\d{6},/, '"push_ts":0,')).toBe(
      '{"database":"shop","table":"item","query":"INSERT \\"","type":"insert","ts":1700000000,"xid":812,"commit":true,' +
        '"position":"binlog.000007:1234","gtid":"3e11fa47-71ca-11e1-9e33-c80aa9429562:23","server_id":1,"thread_id":42,"push_ts":0,' +
        '"primary_key":[1],"primary_key_columns":["id"],"message_id":"3e11fa47-71ca-11e1-9e33-c80aa9429562:23#0",' +
        '"data":{"id":1,"name":"a","note":null}}',
    );
    const [camel = ''] = await values(source, {
      ...options,
      outputNamingStrategy: 'underscore_to_camelcase',
    });
    expect(Object.keys(JSON.parse(camel) as object)).toContain('primaryKeyColumns');
  });

  it('leaves the commit information out where it is off or unknown', async () => {
    expect((await values(threeKinds, { outputCommitInfo: false }))[2]).toContain('"ts":1700000000,"data"');
    expect((await values(threeKinds, { outputXoffset: false }))[0]).toContain('"xid":812,"data"');
    const noXid = transaction([[rowsEvent('insert', { table: items, rows: item(1, 'a') })]], {
      xid: null,
      gtid: null,
      threadId: null,
    });
    expect(await values(noXid, { outputGtidPosition: true, outputThreadId: true })).toEqual([
      '{"database":"shop","table":"item","type":"insert","ts":1700000000,"commit":true,"gtid":null,"data":{"id":1,"name":"a","note":null}}',
    ]);
  });

  it('drops nulls, and leaves an empty old behind', async () => {
    const rows = Buffer.concat([item(1, 'a', null), item(1, 'a', 'x')]);
    const [value] = await values(transaction([[rowsEvent('update', { table: items, rows })]]), {
      outputNulls: false,
    });
    expect(value).toMatch(/"data":\{"id":1,"name":"a","note":"x"\},"old":\{\}\}$/);
    const [insert] = await values(
      transaction([[rowsEvent('insert', { table: items, rows: image(null, null, null) })]]),
      { outputNulls: false },
    );
    expect(insert).toMatch(/"data":\{\}\}$/);
  });

  it('has old for a change between NULL and a value, and none without a change', async () => {
    const toNull = Buffer.concat([item(1, 'a', 'x'), item(1, 'a', null)]);
    const fromNull = Buffer.concat([item(1, 'a', null), item(1, 'a', '')]);
    const same = Buffer.concat([item(1, 'a', 'x'), item(1, 'a', 'x')]);
    const [first, second, third] = await values(
      transaction([[rowsEvent('update', { table: items, rows: Buffer.concat([toNull, fromNull, same]) })]]),
    );
    expect(first).toContain('"old":{"note":"x"}');
    expect(second).toContain('"old":{"note":null}');
    expect(third).not.toContain('"old"');
  });

  it('compares old and new as they are written, not as they are stored', async () => {
    const dates = table([column('id', 3), column('d', 10)]);
    const row = (date: string): Buffer => image(int32(1), Buffer.from(date, 'hex'));
    // 0000-00-00 and 2010-00-05 are both written as the zero date.
    const rows = Buffer.concat([row('000000'), row('05b40f')]);
    const source = transaction([[rowsEvent('update', { table: dates, rows })]]);
    expect((await values(source))[0]).not.toContain('"old"');
    expect((await values(source, { outputNullZerodates: true }))[0]).toMatch(/"data":\{"id":1,"d":null\}\}$/);
    const toReal = transaction([
      [rowsEvent('update', { table: dates, rows: Buffer.concat([row('000000'), row('55c10f')]) })],
    ]);
    expect((await values(toReal, { outputNullZerodates: true }))[0]).toContain('"old":{"d":null}');
  });

  it('takes excluded columns out of data and old, and leaves them in the key', async () => {
    const { records } = await encode(threeKinds, {
      excludeColumns: ['id', '/na.*/'],
      outputPrimaryKeys: true,
    });
    expect(records[1]?.value).toMatch(/"primary_key":\[1\],"data":\{"note":null\}\}$/);
    expect(records[1]?.key).toBe('{"database":"shop","table":"item","pk.id":1}');
  });

  it('reads images that do not hold all columns', async () => {
    const present = (...bits: boolean[]): Buffer => bitmap(bits);
    const source = transaction([
      [
        rowsEvent('insert', {
          table: items,
          rows: image(prefixed(1, 'a')),
          columnsAfter: present(false, true, false),
        }),
        rowsEvent('update', {
          table: items,
          rows: Buffer.concat([image(int32(7)), image(prefixed(1, 'b'))]),
          columnsBefore: present(true, false, false),
          columnsAfter: present(false, true, false),
        }),
        rowsEvent('delete', {
          table: items,
          rows: image(int32(7)),
          columnsBefore: present(true, false, false),
        }),
      ],
    ]);
    const { records } = await encode(source);
    expect(records.map((record) => (JSON.parse(record.value) as { data: unknown }).data)).toEqual([
      { name: 'a' },
      { name: 'b', id: 7 },
      { id: 7 },
    ]);
    expect(records[1]?.value).toMatch(/"data":\{"name":"b","id":7\}\}$/);
    expect(records.map((record) => record.key)).toEqual([
      '{"database":"shop","table":"item","pk.id":null}',
      '{"database":"shop","table":"item","pk.id":7}',
      '{"database":"shop","table":"item","pk.id":7}',
    ]);
  });
});

describe('keys and partitions', () => {
  const keyed = table([column('Id', 3), column('part2', 15, { metadata: 20, collation: UTF8 })], {
    primaryKey: [1, 0],
  });
  const source = transaction([
    [rowsEvent('insert', { table: keyed, rows: image(int32(1), prefixed(1, 'x')) })],
  ]);

  it('writes keys in both formats, with lower-case names in key order', async () => {
    expect((await encode(source)).records[0]?.key).toBe(
      '{"database":"shop","table":"item","pk.part2":"x","pk.id":1}',
    );
    expect((await encode(source, { keyFormat: 'array' })).records[0]?.key).toBe(
      '["shop","item",[{"part2":"x"},{"id":1}]]',
    );
    expect((await encode(source, { outputPrimaryKeyColumns: true })).records[0]?.value).toContain(
      '"primary_key_columns":["part2","Id"]',
    );
  });

  it('gives a row without primary key a key of its own', async () => {
    const keyless = table([column('id', 3)], { primaryKey: [] });
    const rows = Buffer.concat([image(int32(1)), image(int32(1))]);
    const { records } = await encode(transaction([[rowsEvent('insert', { table: keyless, rows })]]));
    const uuid =
      /^\{"database":"shop","table":"item","_uuid":"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}"\}$/;
    expect(records[0]?.key).toMatch(uuid);
    expect(records[0]?.key).not.toBe(records[1]?.key);
    const array = await encode(transaction([[rowsEvent('insert', { table: keyless, rows })]]), {
      keyFormat: 'array',
    });
    expect(array.records[0]?.key).toBe('["shop","item",[]]');
  });

  it.each<[Partial<EncodeOptions>, number]>([
    // The check vectors of the hashes: shard_1 → 5 of 15, 1hello → 11 of 15.
    [{ partitionBy: 'database' }, 5],
    [{ partitionBy: 'table' }, 11],
    [{ partitionBy: 'table', partitionHash: 'murmur3' }, 9],
    [{ partitionBy: 'primary_key' }, 13],
    [{ partitionBy: 'column', partitionColumns: ['b', 'missing', 'a'] }, 11],
    [{ partitionBy: 'column', partitionColumns: ['c'], partitionByFallback: 'primary_key' }, 13],
    [{ partitionBy: 'column', partitionColumns: ['c'], partitionByFallback: 'database' }, 5],
    [
      { partitionBy: 'column', partitionColumns: ['a'], excludeColumns: ['a'], partitionByFallback: 'table' },
      11,
    ],
    [{ partitionBy: 'transaction_id' }, 5],
    [{ partitionBy: 'thread_id' }, 12],
  ])('%j goes to partition %i', async (options, partition) => {
    const text = (name: string): ReturnType<typeof column> =>
      column(name, 15, { metadata: 20, collation: UTF8 });
    const shape = table([text('pk'), text('a'), column('b', 3), text('c')], {
      database: 'shard_1',
      table: '1hello',
    });
    const rows = image(prefixed(1, 'test'), prefixed(1, 'hello'), int32(1), null);
    const sink = new CollectingSink({ partitions: 15 });
    const { records } = await encode(transaction([[rowsEvent('insert', { table: shape, rows })]]), options, {
      sink,
    });
    expect(records[0]?.partition).toBe(partition);
  });

  it('sends rows to any partition where it is random', async () => {
    const rows = Buffer.concat(Array.from({ length: 200 }, (_, id) => item(id, 'a')));
    const sink = new CollectingSink({ partitions: 3 });
    const { records } = await encode(
      transaction([[rowsEvent('insert', { table: items, rows })]]),
      { partitionBy: 'random' },
      { sink },
    );
    expect(new Set(records.map((record) => record.partition))).toEqual(new Set([0, 1, 2]));
  });

  it('prepares each topic once, and only for rows that are written', async () => {
    const other = table(items.columns, { table: 'other' });
    const { records, sink } = await encode(
      transaction([
        [
          rowsEvent('insert', { table: other, rows: item(1, 'x') }),
          rowsEvent('insert', { table: items, rows: Buffer.concat([item(1, 'x'), item(2, 'y')]) }),
          rowsEvent('delete', { table: items, rows: item(2, 'y') }),
        ],
      ]),
      { topic: '%{table}.%{type}', filter: 'exclude: *.other' },
    );
    expect(records.map((record) => record.topic)).toEqual(['item.insert', 'item.insert', 'item.delete']);
    expect(sink.preparedTopics).toEqual(['item.insert', 'item.delete']);
  });

  it('refuses a topic that has no partitions after it was prepared', async () => {
    const sink = new CollectingSink();
    sink.partitionCount = () => undefined;
    await expect(encode(threeKinds, {}, { sink })).rejects.toThrow(
      expect.objectContaining({ code: 'KAFKA_TOPIC_UNKNOWN' }),
    );
  });
});

describe('filtered rows', () => {
  const other = table([column('odd', 99)], { table: 'other' });
  const source = transaction([
    [
      rowsEvent('insert', { table: other, rows: Buffer.from('00ffff', 'hex') }),
      rowsEvent('insert', {
        table: items,
        rows: Buffer.concat([item(1, 'a'), item(2, 'skip'), item(3, 'c')]),
      }),
      rowsEvent('insert', { table: items, rows: item(4, 'skip') }),
    ],
  ]);
  const filter = 'exclude: shop.other, exclude: shop.item.name=skip';

  it('count for message ids but not for xoffset and commit; a filtered table that cannot be read stops nothing', async () => {
    const { records, summary } = await encode(source, { filter });
    expect(records.map((record) => record.messageId.split('#')[1])).toEqual(['1', '3']);
    expect(records[0]?.value).toContain('"xoffset":0,');
    expect(records[1]?.value).toContain('"commit":true,');
    expect(records[1]?.value).not.toContain('xoffset');
    expect(summary).toEqual({
      written: { insert: 2, update: 0, delete: 0 },
      rowsFiltered: 3,
      rowsUndecodable: 0,
      tables: new Set(['shop.item']),
    });
  });

  it('stop the stream where the table is included', async () => {
    await expect(encode(source)).rejects.toThrow(
      expect.objectContaining({
        code: 'ROW_UNDECODABLE',
        message: expect.stringContaining('table `shop`.`other`: column `odd`') as string,
      }),
    );
  });

  it('write nothing where all rows are filtered', async () => {
    expect((await encode(source, { filter: 'exclude: *.*' })).summary).toEqual({
      written: { insert: 0, update: 0, delete: 0 },
      rowsFiltered: 5,
      rowsUndecodable: 0,
      tables: new Set(),
    });
  });
});

describe('large transactions', () => {
  const rows = Buffer.concat(Array.from({ length: 5 }, (_, id) => item(id, id === 2 ? 'skip' : 'a')));
  const source = transaction([
    [rowsEvent('insert', { table: items, rows })],
    [rowsEvent('delete', { table: items, rows })],
  ]);
  const filter = 'exclude: *.*.name=skip';
  const whole = encode(source, { filter });

  it.each([1, 2, 3, 7, 8])('split every %i records give the records of the whole', async (capacity) => {
    const split = await encode(source, { filter }, { sink: new CollectingSink({ capacity }) });
    expect(split.records).toEqual((await whole).records);
    expect(split.splits).toHaveLength(Math.ceil(8 / capacity) - 1);
    for (const point of split.splits) expect(point.xid).toBe(812n);
  });

  it.each([1, 2, 3])(
    'go on after each split point, on another server, with the xid of the first',
    async (capacity) => {
      const { splits } = await encode(source, { filter }, { sink: new CollectingSink({ capacity }) });
      const elsewhere = { ...source, xid: 99n };
      for (const [index, resume] of splits.entries()) {
        const rest = await encode(elsewhere, { filter }, { resume });
        expect(rest.records).toEqual((await whole).records.slice((index + 1) * capacity));
        const { insert, delete: deleted } = rest.summary.written;
        expect(insert + deleted).toBe(8 - (index + 1) * capacity);
      }
    },
  );

  it('split again after they were resumed, at the same points', async () => {
    const { splits } = await encode(source, { filter }, { sink: new CollectingSink({ capacity: 2 }) });
    const [first] = splits;
    if (first === undefined) throw new Error('no split');
    const again = await encode(
      source,
      { filter },
      { sink: new CollectingSink({ capacity: 2 }), resume: first },
    );
    expect(again.splits).toEqual(splits.slice(1));
  });

  it('are refused where the rows before the split point differ', async () => {
    const { splits } = await encode(source, {}, { sink: new CollectingSink({ capacity: 4 }) });
    const resume = splits[0];
    if (resume === undefined) throw new Error('no split');
    const changed = Buffer.concat(Array.from({ length: 5 }, (_, id) => item(id === 1 ? 9 : id, 'a')));
    const mismatch = expect.objectContaining({ code: 'SPLIT_PREFIX_MISMATCH' });
    await expect(
      encode(transaction([[rowsEvent('insert', { table: items, rows: changed })]]), {}, { resume }),
    ).rejects.toThrow(mismatch);
    await expect(
      encode(transaction([[rowsEvent('insert', { table: items, rows: item(0, 'a') })]]), {}, { resume }),
    ).rejects.toThrow(mismatch);
    await expect(encode(transaction([]), {}, { resume })).rejects.toThrow(mismatch);
  });
});

describe('damaged events', () => {
  it('are refused at a cut image, without a value in the message', async () => {
    const rows = item(1, 'secret-name');
    for (let length = 1; length < rows.length; length++) {
      const error: unknown = await encode(
        transaction([[rowsEvent('insert', { table: items, rows: rows.subarray(0, length) })]]),
      ).catch((reason: unknown) => reason);
      expect(error).toMatchObject({ code: 'ROW_UNDECODABLE' });
      expect(String(error)).not.toContain('secret');
    }
  });

  it('are refused where the columns do not fit, or where there are none', async () => {
    const undecodable = expect.objectContaining({ code: 'ROW_UNDECODABLE' });
    const rows = item(1, 'a');
    const wide = rowsEvent('insert', { table: items, rows, columnsAfter: Buffer.from('ffff', 'hex') });
    await expect(encode(transaction([[wide]]))).rejects.toThrow(undecodable);
    const none = rowsEvent('insert', { table: items, rows, columnsAfter: Buffer.from('00', 'hex') });
    await expect(encode(transaction([[none]]))).rejects.toThrow(undecodable);
  });
});
