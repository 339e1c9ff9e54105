import type { RowChanges } from '../model/row-script.ts';
import { type ColumnCodec, UNKNOWN_LAYOUT } from './column-codec.ts';
import { undecodable } from './undecodable.ts';
import { readLength } from './value-layout.ts';

/** Marks in place of an offset: SQL NULL, and a column that the image does not hold (binlog_row_image other than FULL). */
export const NULL_VALUE = -1;
export const ABSENT = -2;

/** A row for which offsets are known: what encoders read values through. */
export interface RowView {
  readonly rows: Buffer;
  /** Offsets of the row that is written: the after image, or for a delete the before image. */
  readonly primary: Int32Array;
  /** The before image of an update, for columns that the after image does not hold; null otherwise. */
  readonly fallback: Int32Array | null;
  /** What a script has made of the row; null: the images stand. */
  readonly changes: RowChanges | null;
}

/** Offset of a column's value, NULL_VALUE or ABSENT. */
export function valueOffset(view: RowView, column: number): number {
  const offset = view.primary[column] as number;
  return offset === ABSENT && view.fallback !== null ? (view.fallback[column] as number) : offset;
}

/** Walks the row images of one table version that hold one set of columns. */
export class RowImage {
  readonly #codecs: readonly ColumnCodec[];
  readonly #names: readonly string[];
  readonly #layouts: Int32Array;
  readonly #present: Int32Array;
  readonly #absent: Int32Array;
  readonly #bitmap: Buffer;
  readonly #bitmapBytes: number;

  /** @param bitmap the columns in the image, least significant bit first */
  constructor(codecs: readonly ColumnCodec[], names: readonly string[], bitmap: Buffer) {
    const has = (column: number): boolean => (((bitmap[column >> 3] ?? 0) >> (column & 7)) & 1) === 1;
    const columns = codecs.map((_, column) => column);
    this.#codecs = codecs;
    this.#names = names;
    this.#layouts = Int32Array.from(codecs, (codec) => codec.layout);
    this.#present = Int32Array.from(columns.filter(has));
    this.#absent = Int32Array.from(columns.filter((column) => !has(column)));
    this.#bitmap = Buffer.from(bitmap);
    this.#bitmapBytes = (this.#present.length + 7) >> 3;
  }

  /** Whether it reads the images of such a bitmap. */
  reads(bitmap: Buffer): boolean {
    return this.#bitmap.equals(bitmap);
  }

  /** True where the images have no bytes at all, so that their number cannot be told. */
  get isEmpty(): boolean {
    return this.#present.length === 0;
  }

  /**
   * Fills `offsets` (one entry a column of the table) from the image that starts at `start`; returns the offset behind the image.
   * Throws ROW_UNDECODABLE where `rows` ends before the image does.
   */
  walk(rows: Buffer, start: number, offsets: Int32Array): number {
    const present = this.#present;
    const layouts = this.#layouts;
    const absent = this.#absent;
    const limit = rows.length;
    for (let i = 0; i < absent.length; i++) offsets[absent[i] as number] = ABSENT;
    let at = start + this.#bitmapBytes;
    if (at > limit) throw undecodable(this.#nameOf(0), 'the row image ends inside its NULL bitmap');
    for (let i = 0; i < present.length; i++) {
      const column = present[i] as number;
      if ((((rows[start + (i >> 3)] as number) >> (i & 7)) & 1) === 1) {
        offsets[column] = NULL_VALUE;
        continue;
      }
      offsets[column] = at;
      const layout = layouts[column] as number;
      if (layout >= 0) {
        at += layout;
      } else if (layout === UNKNOWN_LAYOUT) {
        at = (this.#codecs[column] as ColumnCodec).skip(rows, at);
      } else {
        const valueStart = at - layout;
        at = valueStart > limit ? valueStart : valueStart + readLength(rows, at, -layout);
      }
      if (at > limit) throw undecodable(this.#nameOf(column), 'the row image ends inside its value');
    }
    return at;
  }

  #nameOf(column: number): string {
    return this.#names[column] ?? String(column + 1);
  }
}
