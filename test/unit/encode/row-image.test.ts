import { describe, expect, it } from 'vitest';
import { compileCodec } from '../../../src/encode/compile-codec.ts';
import { ABSENT, NULL_VALUE, RowImage } from '../../../src/encode/row-image.ts';
import { bitmap, column, image, int32, prefixed } from '../../support/row-image-bytes.ts';

const shapes = [
  column('id', 3),
  column('name', 15, { metadata: 300, collation: 255 }),
  column('note', 252, { metadata: 4 }),
  column('odd', 99),
];
const names = shapes.map(({ name }) => name);
const codecs = shapes.map((shape) => compileCodec(shape));
const reader = (...present: boolean[]): RowImage => new RowImage(codecs, names, bitmap(present));

describe('row images', () => {
  const rows = image(int32(1), prefixed(2, 'ab'), prefixed(4, 'c'));

  it('are walked column by column, with marks for NULL and for columns that are not there', () => {
    const offsets = new Int32Array(4);
    expect(reader(true, true, true, false).walk(rows, 0, offsets)).toBe(rows.length);
    expect([...offsets]).toEqual([1, 5, 9, ABSENT]);
    expect(reader(true, false, true, true).walk(image(int32(1), null, null), 0, offsets)).toBe(5);
    expect([...offsets]).toEqual([1, ABSENT, NULL_VALUE, NULL_VALUE]);
  });

  it('start where the one before ends', () => {
    const offsets = new Int32Array(4);
    const three = reader(true, true, true, false);
    expect(three.walk(Buffer.concat([rows, rows]), rows.length, offsets)).toBe(2 * rows.length);
    expect(offsets[0]).toBe(rows.length + 1);
  });

  it('are refused at every cut, naming the column', () => {
    const three = reader(true, true, true, false);
    const undecodable = expect.objectContaining({ code: 'ROW_UNDECODABLE' });
    for (let length = 0; length < rows.length; length++) {
      expect(() => three.walk(rows.subarray(0, length), 0, new Int32Array(4))).toThrow(undecodable);
    }
    expect(() => three.walk(rows.subarray(0, 6), 0, new Int32Array(4))).toThrow('column `name`');
    const lying = Buffer.concat([
      Buffer.from([0]),
      int32(1),
      prefixed(2, ''),
      Buffer.from('ffffffff', 'hex'),
    ]);
    expect(() => three.walk(lying, 0, new Int32Array(4))).toThrow('column `note`');
  });

  it('are refused at a type whose size is not known, unless it is NULL', () => {
    const all = reader(true, true, true, true);
    expect(() => all.walk(Buffer.concat([rows, rows]), 0, new Int32Array(4))).toThrow('column `odd`');
    expect(all.walk(image(null, null, null, null), 0, new Int32Array(4))).toBe(1);
  });
});
