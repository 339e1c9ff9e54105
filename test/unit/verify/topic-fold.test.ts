import { describe, expect, it } from 'vitest';
import { KeyedComparison } from '../../../src/verify/keyed-comparison.ts';
import { parseMessageId } from '../../../src/verify/message-id.ts';
import type { RowChange } from '../../../src/verify/row-change.ts';
import type { RecordPlace } from '../../../src/verify/row-table.ts';
import type { VerifiedTable } from '../../../src/verify/table-columns.ts';

const column = (name: string): VerifiedTable['columns'][number] => ({
  name,
  member: JSON.stringify(name),
  form: 'integer',
  precision: 0,
  expression: name,
});
const table: VerifiedTable = {
  database: 'd',
  name: 't',
  columns: [column('id'), column('v')],
  key: [0],
  counter: 0,
  estimatedRows: 0,
};

type Values = readonly (string | null | undefined)[];

function change(
  operation: RowChange['operation'],
  row: Values,
  former: Values = row,
  timestampSeconds = 1,
): RowChange {
  return { operation, row, former, timestampSeconds };
}

const at = (
  place: number,
  offset: number,
  sequence: number,
  more: Partial<RecordPlace> = {},
): RecordPlace => ({
  place,
  offset,
  origin: 0,
  sequence,
  rowIndex: 0,
  timestampSeconds: 1,
  ...more,
});

const comparison = (mayRepeat = false): KeyedComparison =>
  new KeyedComparison({ table, expectedRows: 0, mayRepeat });

describe('the fold', () => {
  it('keeps the last of each row, through growth', () => {
    const fold = comparison();
    const rows = 5000;
    for (let i = 0; i < rows; i++) fold.fold({ change: change('insert', [`${i}`, '0']), at: at(0, i, i) });
    for (let i = 0; i < rows; i += 2)
      fold.fold({ change: change('update', [`${i}`, '1'], [`${i}`, '0']), at: at(0, rows + i, rows + i) });
    for (let i = 0; i < rows; i++) expect(fold.compare([`${i}`, i % 2 === 0 ? '1' : '0']).kind).toBe('equal');
    expect(fold.compare([`${rows}`, '0'])).toEqual({ kind: 'never-seen', why: 'newer' });
    expect([...fold.extra()]).toEqual([]);
    expect(fold.records).toBe(rows * 1.5);
  });

  it('one value apart is changed, a deleted row that is there is missing, one that is not compared is extra', () => {
    const fold = comparison();
    fold.fold({ change: change('insert', ['1', '10']), at: at(0, 0, 1) });
    fold.fold({ change: change('insert', ['2', '20']), at: at(0, 1, 2) });
    fold.fold({ change: change('insert', ['3', '30']), at: at(1, 7, 3) });
    fold.fold({ change: change('delete', ['2', '20']), at: at(0, 2, 4) });
    expect(fold.compare(['1', '11'])).toMatchObject({ kind: 'changed', at: { place: 0, offset: 0 } });
    expect(fold.compare(['2', '20'])).toMatchObject({ kind: 'missing', at: { offset: 2 } });
    expect([...fold.extra()]).toMatchObject([{ at: { place: 1, offset: 7 } }]);
  });

  it('a key that moves leaves its former place, whichever partition is read first', () => {
    const moved = { change: change('update', ['2', '5'], ['1', '5']), at: at(1, 0, 2) };
    const made = { change: change('insert', ['1', '5']), at: at(0, 0, 1) };
    const again = { change: change('insert', ['1', '6']), at: at(0, 1, 3) };
    for (const order of [
      [made, again, moved],
      [moved, made, again],
    ]) {
      const fold = comparison();
      for (const each of order) fold.fold(each);
      expect(fold.compare(['1', '6']).kind).toBe('equal');
      expect(fold.compare(['2', '5']).kind).toBe('equal');
    }
  });

  it('a record that comes again behind a newer one counts only where it may not repeat', () => {
    for (const mayRepeat of [true, false]) {
      const fold = comparison(mayRepeat);
      fold.fold({ change: change('insert', ['1', 'old']), at: at(0, 0, 1) });
      fold.fold({ change: change('update', ['1', 'new']), at: at(0, 1, 2) });
      fold.fold({ change: change('insert', ['1', 'old']), at: at(0, 2, 1) });
      expect(fold.compare(['1', mayRepeat ? 'new' : 'old']).kind).toBe('equal');
    }
  });

  it('of two servers the later time counts', () => {
    const fold = comparison();
    fold.fold({ change: change('insert', ['1', 'b']), at: at(0, 0, 5, { origin: 1, timestampSeconds: 20 }) });
    fold.fold({
      change: change('insert', ['1', 'a']),
      at: at(1, 0, 900, { origin: 0, timestampSeconds: 10 }),
    });
    expect(fold.compare(['1', 'b']).kind).toBe('equal');
  });

  it('a column that the record does not hold is not compared, and counted', () => {
    const fold = comparison();
    fold.fold({ change: change('insert', ['1', undefined]), at: at(0, 0, 1) });
    expect(fold.compare(['1', '77']).kind).toBe('equal');
    expect(fold.uncompared).toEqual([0, 1]);
  });

  it('tells rows before the topic from those in it by their number', () => {
    const fold = comparison();
    fold.fold({ change: change('insert', ['100', '0'], undefined, 50), at: at(0, 0, 1) });
    fold.fold({ change: change('insert', ['104', '0'], undefined, 59), at: at(0, 1, 2) });
    fold.fold({ change: change('insert', ['900', '0'], undefined, 70), at: at(0, 2, 3) });
    const why = (id: string): unknown => (fold.compare([id, '0']) as { why?: unknown }).why;
    expect([why('99'), why('102'), why('105')]).toEqual(['older', 'between', 'newer']);
  });

  it('NULL is no empty text, and values keep apart', () => {
    const fold = comparison();
    fold.fold({ change: change('insert', ['1', null]), at: at(0, 0, 1) });
    expect(fold.compare(['1', '']).kind).toBe('changed');
  });
});

describe('message_id', () => {
  const uuid = '3e11fa47-71ca-11e1-9e33-c80aa9429562';
  it.each([
    [`${uuid}:23#4`, 'mysql', true, { transactionId: `${uuid}:23`, origin: uuid, sequence: 23, rowIndex: 4 }],
    [
      `${uuid}:tag:23#0`,
      'mysql',
      true,
      { transactionId: `${uuid}:tag:23`, origin: `${uuid}:tag`, sequence: 23 },
    ],
    ['0-1-815#2', 'mariadb', true, { transactionId: '0-1-815', origin: '0', sequence: 815, rowIndex: 2 }],
    ['binlog.000007:1234#1', 'mysql', false, { origin: 'binlog', sequence: 7 * 2 ** 32 + 1234, rowIndex: 1 }],
  ] as const)('%s', (text, flavor, usesGtid, parts) =>
    expect(parseMessageId(text, flavor, usesGtid)).toMatchObject(parts),
  );
  it.each(['', 'x', '0-1-815', ':#1'])('%j is none', (text) =>
    expect(parseMessageId(text, 'mysql', true)?.origin ?? '').toBe(''),
  );
});
