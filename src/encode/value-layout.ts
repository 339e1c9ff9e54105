import { UNKNOWN_LAYOUT } from './column-codec.ts';
import { undecodable } from './undecodable.ts';

/** Little-endian length of `byteCount` (1 to 4) bytes; the caller has checked that they are there. */
export function readLength(image: Buffer, offset: number, byteCount: number): number {
  let length = image[offset] as number;
  if (byteCount > 1) length |= (image[offset + 1] as number) << 8;
  if (byteCount > 2) length |= (image[offset + 2] as number) << 16;
  return byteCount > 3 ? length + (image[offset + 3] as number) * 0x1000000 : length;
}

/** Offset behind a value of that layout; throws where the image ends before it. */
export function skipValue(column: string, layout: number, image: Buffer, offset: number): number {
  let end: number;
  if (layout >= 0) {
    end = offset + layout;
  } else if (layout === UNKNOWN_LAYOUT) {
    throw undecodable(column, 'its type is not known');
  } else {
    const start = offset - layout;
    end = start > image.length ? start : start + readLength(image, offset, -layout);
  }
  if (end > image.length) throw undecodable(column, 'the row image ends inside its value');
  return end;
}

/** Whether two values of a column in one buffer have the same bytes. The values are known to be whole. */
export function sameBytes(rows: Buffer, layout: number, first: number, second: number): boolean {
  let length = layout;
  if (layout < 0) {
    const prefix = -layout;
    const firstLength = readLength(rows, first, prefix);
    if (firstLength !== readLength(rows, second, prefix)) return false;
    length = prefix + firstLength;
  }
  if (length > 64) return rows.compare(rows, second, second + length, first, first + length) === 0;
  for (let i = 0; i < length; i++) if (rows[first + i] !== rows[second + i]) return false;
  return true;
}
