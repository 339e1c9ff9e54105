import { describe, expect, it } from 'vitest';
import type { EncodeOptions } from '../../../src/encode/encode-options.ts';
import { partitionHash, partitionOf } from '../../../src/encode/partition-hash.ts';
import type { RowsEvent } from '../../../src/model/transaction.ts';
import { CollectingSink } from '../../support/collecting-sink.ts';
import { encodeTransaction } from '../../support/encode-transaction.ts';
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

const columns = [column('id', 3), column('name', 15, { metadata: 100, collation: 255 })];
const items = table(columns);
const item = (id: number, name: string): Buffer => image(int32(id), prefixed(1, name));
const changed = (before: Buffer, after: Buffer, of = items): RowsEvent =>
  rowsEvent('update', { table: of, rows: Buffer.concat([before, after]) });
const key = (id: number): string => `{"database":"shop","table":"item","pk.id":${id}}`;

/** index, key, partition and whether it is a tombstone, of every record. */
async function written(
  events: readonly RowsEvent[],
  options: Partial<EncodeOptions> = {},
  sink = new CollectingSink(),
): Promise<[index: string, key: string, kind: 'tombstone' | 'row', partition: number][]> {
  const { records } = await encodeTransaction(
    transaction([events]),
    { outputTombstones: true, ...options },
    { sink },
  );
  return records.map((record) => [
    record.messageId.split('#')[1] ?? '',
    record.key,
    record.value === '' ? 'tombstone' : 'row',
    record.partition,
  ]);
}

describe('a tombstone', () => {
  it('follows a delete, with the same key and an id of its own', async () => {
    const events = [
      rowsEvent('insert', { table: items, rows: item(1, 'a') }),
      rowsEvent('delete', { table: items, rows: Buffer.concat([item(1, 'a'), item(2, 'b')]) }),
    ];
    expect(await written(events)).toEqual([
      ['0', key(1), 'row', 0],
      ['1', key(1), 'row', 0],
      ['1.t', key(1), 'tombstone', 0],
      ['2', key(2), 'row', 0],
      ['2.t', key(2), 'tombstone', 0],
    ]);
  });

  it('leaves xoffset, commit and the count of rows as they are', async () => {
    const rows = Buffer.concat([item(1, 'a'), item(2, 'b')]);
    const source = transaction([[rowsEvent('delete', { table: items, rows })]]);
    const plain = await encodeTransaction(source);
    const more = await encodeTransaction(source, { outputTombstones: true });
    const values = more.records.map(({ value }) => value).filter((value) => value !== '');
    expect(values).toEqual(plain.records.map(({ value }) => value));
    expect(more.summary).toEqual(plain.summary);
  });

  it('follows an update that changes the key: for the former one, in its partition', async () => {
    const partition = (id: number): number => partitionOf(partitionHash(String(id), 'default'), 5);
    const sink = new CollectingSink({ partitions: 5 });
    const events = [changed(item(1, 'a'), item(3, 'a')), changed(item(3, 'a'), item(3, 'b'))];
    expect(await written(events, { partitionBy: 'primary_key' }, sink)).toEqual([
      ['0', key(3), 'row', partition(3)],
      ['0.t', key(1), 'tombstone', partition(1)],
      ['1', key(3), 'row', partition(3)],
    ]);
  });

  it('follows an update that moves the row to another partition', async () => {
    const sink = new CollectingSink({ partitions: 5 });
    const partition = (name: string): number => partitionOf(partitionHash(name, 'default'), 5);
    const options: Partial<EncodeOptions> = { partitionBy: 'column', partitionColumns: ['name'] };
    expect(await written([changed(item(1, 'a'), item(1, 'b'))], options, sink)).toEqual([
      ['0', key(1), 'row', partition('b')],
      ['0.t', key(1), 'tombstone', partition('a')],
    ]);
  });

  it('leaves no key behind and keeps every live one where rows exchange their keys', async () => {
    const events = [
      changed(item(1, 'a'), item(3, 'a')),
      changed(item(2, 'b'), item(1, 'b')),
      changed(item(3, 'a'), item(2, 'a')),
    ];
    const last = new Map((await written(events)).map(([, name, kind]) => [name, kind]));
    expect(Object.fromEntries(last)).toEqual({ [key(1)]: 'row', [key(2)]: 'row', [key(3)]: 'tombstone' });
  });

  it('has the key in the array form too', async () => {
    const events = [rowsEvent('delete', { table: items, rows: item(1, 'a') })];
    expect((await written(events, { keyFormat: 'array' }))[1]).toEqual([
      '0.t',
      '["shop","item",[{"id":1}]]',
      'tombstone',
      0,
    ]);
  });

  it('is not written for a table without a primary key, nor unless it is asked for', async () => {
    const keyless = table(columns, { primaryKey: [] });
    const events = [
      rowsEvent('delete', { table: keyless, rows: item(1, 'a') }),
      changed(item(1, 'a'), item(2, 'a'), keyless),
    ];
    for (const keyFormat of ['hash', 'array'] as const)
      expect((await written(events, { keyFormat })).map(([, , kind]) => kind)).toEqual(['row', 'row']);
    const plain = [rowsEvent('delete', { table: items, rows: item(1, 'a') })];
    expect(await written(plain, { outputTombstones: false })).toHaveLength(1);
  });

  it('is right with images that hold the key alone before a change, and the changed columns alone after it', async () => {
    const only = (...present: boolean[]): Buffer => bitmap(present);
    const sparse = (columnsAfter: Buffer, after: Buffer): RowsEvent =>
      rowsEvent('update', {
        table: items,
        columnsBefore: only(true, false),
        columnsAfter,
        rows: Buffer.concat([image(int32(1)), after]),
      });
    expect(await written([sparse(only(false, true), image(prefixed(1, 'x')))])).toEqual([
      ['0', key(1), 'row', 0],
    ]);
    expect(await written([sparse(only(true, false), image(int32(2)))])).toEqual([
      ['0', key(2), 'row', 0],
      ['0.t', key(1), 'tombstone', 0],
    ]);
  });
});
