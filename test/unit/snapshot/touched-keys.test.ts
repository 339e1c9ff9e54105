import { describe, expect, it } from 'vitest';
import { defaultEncodeOptions } from '../../../src/encode/encode-options.ts';
import { TablePlan } from '../../../src/encode/table-plan.ts';
import { TableFilter } from '../../../src/transform/table-filter.ts';
import { ChunkRows } from '../../../src/snapshot/chunk-rows.ts';
import { integerImage, prefixedImage } from '../../../src/snapshot/image-writer.ts';
import type { SnapshotTable } from '../../../src/snapshot/snapshot-table.ts';
import { TableWatch } from '../../../src/snapshot/table-watch.ts';
import { TouchedKeys } from '../../../src/snapshot/touched-keys.ts';
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

const id = column('id', 3);
const name = column('name', 15, { metadata: 40, collation: 45 });
const version = table([id, name]);

function snapshotTable(key: readonly number[]): SnapshotTable {
  const keyOf = (at: number) => ({
    name: version.columns[at]?.name ?? '',
    kind: at === 0 ? ('number' as const) : ('text' as const),
    collation: at === 0 ? null : 45,
  });
  return {
    version,
    columns: [
      { column: id, expression: 'id', write: integerImage(4), key: keyOf(0) },
      { column: name, expression: 'name', write: prefixedImage(1), key: keyOf(1) },
    ],
    key,
    keyNames: key.map((at) => version.columns[at]?.name ?? ''),
    estimatedRows: 3,
    select: () => '',
  };
}

const createPlan = (each: typeof version): TablePlan =>
  new TablePlan(each, new TableFilter(null), defaultEncodeOptions);
const row = (number: number, text: string): Buffer => image(int32(number), prefixed(1, text));

function chunk(of: SnapshotTable, ...rows: readonly (readonly [number, string])[]): ChunkRows {
  const found = new ChunkRows(of);
  for (const [number, text] of rows) found.add([Buffer.from(String(number)), Buffer.from(text)]);
  return found;
}

describe('keys that the stream touches while a chunk is read', () => {
  it.each([[[0]], [[1, 0]]])('are those of the chunk, before and after a change (key %o)', (key) => {
    const of = snapshotTable(key);
    const touched = new TouchedKeys(of, createPlan);
    touched.add(rowsEvent('insert', { table: version, rows: row(1, 'one') }));
    touched.add(rowsEvent('delete', { table: version, rows: row(2, 'two') }));
    touched.add(
      rowsEvent('update', { table: version, rows: Buffer.concat([row(3, 'three'), row(4, 'four')]) }),
    );
    const rows = chunk(of, [1, 'one'], [2, 'two'], [3, 'three'], [4, 'four'], [5, 'five'], [-6, 'six']);
    expect(rows.without(touched.keys).indexes).toEqual([4, 5]);
    expect([touched.unusable, touched.partial.size, touched.events]).toEqual([null, 0, 3]);
    expect(rows.literals(5)).toEqual(key.length === 1 ? ['-6'] : ["_utf8mb4 x'736978'", '-6']);
  });

  it('keeps apart what only a collation holds equal', () => {
    const of = snapshotTable([1]);
    const touched = new TouchedKeys(of, createPlan);
    touched.add(rowsEvent('delete', { table: version, rows: row(1, 'A') }));
    expect(chunk(of, [1, 'a']).without(touched.keys).indexes).toEqual([0]);
  });

  it('names the rows that came without all columns: they are read again', () => {
    const of = snapshotTable([0]);
    const touched = new TouchedKeys(of, createPlan);
    const onlyId = bitmap([true, false]);
    const onlyName = bitmap([false, true]);
    const rows = Buffer.concat([image(int32(1)), image(prefixed(1, 'new'))]);
    touched.add(rowsEvent('update', { table: version, rows, columnsBefore: onlyId, columnsAfter: onlyName }));
    expect([
      chunk(of, [1, 'a']).hasAny(touched.partial),
      chunk(of, [2, 'a']).hasAny(touched.partial),
    ]).toEqual([true, false]);
  });

  it('cannot be compared where the stream has the key in another form', () => {
    const touched = new TouchedKeys(snapshotTable([0]), createPlan);
    const wide = table([column('id', 8), name]);
    touched.add(rowsEvent('insert', { table: wide, rows: image(Buffer.alloc(8), prefixed(1, 'x')) }));
    expect(touched.unusable).toBe('foreign');
  });
});

describe('the watch over a table', () => {
  const seen = async (sql: string, isAbout = { database: 'shop', table: 'item' }): Promise<boolean> => {
    const watch = new TableWatch(isAbout);
    const change = {
      database: 'shop',
      sql,
      timestampSeconds: 1,
      file: 'f',
      startOffset: 4,
      sqlMode: 0,
      serverCollation: null,
    };
    await watch.see(transaction([], { hasRows: false, schemaChange: change }));
    return watch.isStale;
  };

  it.each([
    ['ALTER TABLE shop.item ADD x INT', true],
    ['TRUNCATE `Item`', true],
    ['RENAME TABLE item TO a, b TO item', true],
    ['DROP DATABASE shop', true],
    ['CREATE TABLE other (id INT)', false],
  ])('holds its definition for stale behind %s: %s', async (sql, isStale) => {
    expect(await seen(sql)).toBe(isStale);
  });

  it('knows a name with quotes in it', async () => {
    expect(await seen('TRUNCATE `back``tick`', { database: 'shop', table: 'back`tick' })).toBe(true);
  });

  it('notes the changes of its table alone, and drops what was noted at a schema change', async () => {
    const watch = new TableWatch({ database: 'shop', table: 'item' });
    const touched = new TouchedKeys(snapshotTable([0]), createPlan);
    watch.touched = touched;
    const other = table([id, name], { table: 'other' });
    await watch.see(
      transaction([
        [
          rowsEvent('insert', { table: other, rows: row(1, 'x') }),
          rowsEvent('insert', { table: version, rows: row(2, 'y') }),
        ],
      ]),
    );
    expect([touched.events, touched.keys.size]).toEqual([1, 1]);
  });
});
