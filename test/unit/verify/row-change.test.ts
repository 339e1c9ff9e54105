import { describe, expect, it } from 'vitest';
import { RowChangeReader } from '../../../src/verify/row-change.ts';
import type { VerifiedTable } from '../../../src/verify/table-columns.ts';
import type { ValueForm } from '../../../src/verify/value-form.ts';

const column = (name: string, form: ValueForm): VerifiedTable['columns'][number] => ({
  name,
  member: JSON.stringify(name),
  form,
  precision: 0,
  expression: name,
});

const table: VerifiedTable = {
  database: 'shop',
  name: 'or"ders',
  columns: [column('id', 'integer'), column('price', 'decimal'), column('näme', 'text')],
  key: [0],
  counter: 0,
  estimatedRows: 0,
};

const reader = new RowChangeReader(table, true);
const head = '"database":"shop","table":"or\\"ders"';

describe('a record', () => {
  it('of a row: every digit, whatever stands around', () => {
    const text = `{${head},"query":"a \\"{}[],\\\\","type":"insert","ts":1700000000,"xid":1,"commit":true,"data":{"id":18446744073709551615,"price":1.50,"näme":"a\\"b\\\\"}}`;
    expect(reader.read(text)).toEqual({
      operation: 'insert',
      row: ['18446744073709551615', '1.50', 'a"b\\'],
      former: ['18446744073709551615', '1.50', 'a"b\\'],
      timestampSeconds: 1_700_000_000,
    });
  });

  it('of an update: the former row has what stands under old', () => {
    const text = `{${head},"type":"update","ts":1,"data":{"id":2,"price":null,"n\\u00e4me":"x"},"old":{"id":1,"price":0.10}}`;
    expect(reader.read(text)).toMatchObject({ row: ['2', null, 'x'], former: ['1', '0.10', 'x'] });
  });

  it('a column that is not there is undefined, NULL where output_nulls is off; one that the table has not is passed over', () => {
    const text = `{${head},"type":"delete","ts":1,"data":{"gone":[{"a":"}"}],"id":2}}`;
    expect(reader.read(text)).toMatchObject({ operation: 'delete', row: ['2', undefined, undefined] });
    expect(new RowChangeReader(table, false).read(text)).toMatchObject({ row: ['2', null, null] });
  });

  it('a value of another kind equals nothing that a source has', () => {
    const text = `{${head},"type":"insert","ts":1,"data":{"id":"2","price":true,"näme":7}}`;
    expect(reader.read(text)?.row).toEqual(['\u0000strange:"2"', '\u0000strange:true', '\u0000strange:7']);
  });

  it.each([
    ['of another table', '{"database":"shop","table":"orders","type":"insert","ts":1,"data":{"id":1}}'],
    [
      'of another database',
      '{"database":"shop2","table":"or\\"ders","type":"insert","ts":1,"data":{"id":1}}',
    ],
    ['of a DDL', `{${head},"type":"table-alter","ts":1,"def":{}}`],
  ])('%s is none', (_, text) => expect(reader.read(text)).toBeNull());

  it('that is cut off is refused', () =>
    expect(() => reader.read(`{${head},"type":"insert","data":{"id":1`)).toThrow(SyntaxError));
});
