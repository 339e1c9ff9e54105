import type { RawRow } from '../binlog/row-connection.ts';
import { ByteSink } from '../model/byte-sink.ts';
import { keyLiteral } from './key-literal.ts';
import type { SnapshotTable } from './snapshot-table.ts';

/** A column's value inside a row image. */
interface Span {
  start: number;
  end: number;
}

/** The rows of one chunk as row images, and their keys. */
export class ChunkRows {
  readonly #table: SnapshotTable;
  readonly #images = new ByteSink(64 * 1024);
  readonly #bitmapBytes: number;
  readonly #keyAt: Int32Array;
  readonly #spans: Span[];
  /** Where each image ends. */
  readonly #ends: number[] = [];
  /** The bytes of each row's key as the binlog has them, one character a byte. */
  readonly #keys: string[] = [];
  /** The key's values as they were sent, for the condition of the next chunk. */
  readonly #sent: (readonly string[])[] = [];

  constructor(table: SnapshotTable) {
    this.#table = table;
    this.#bitmapBytes = (table.columns.length + 7) >> 3;
    this.#keyAt = new Int32Array(table.columns.length).fill(-1);
    table.key.forEach((column, place) => (this.#keyAt[column] = place));
    this.#spans = table.key.map(() => ({ start: 0, end: 0 }));
  }

  get count(): number {
    return this.#ends.length;
  }

  get byteLength(): number {
    return this.#images.position;
  }

  /** Adds a row. Throws RangeError where a value does not fit its column: the table is another by now. */
  add(row: RawRow): void {
    const { columns, key } = this.#table;
    const out = this.#images;
    const start = out.position;
    if (row.length !== columns.length) throw new RangeError('a row has other columns than its table');
    out.reserve(this.#bitmapBytes);
    for (let i = 0; i < this.#bitmapBytes; i++) out.buffer[out.position++] = 0;
    for (let i = 0; i < columns.length; i++) {
      const value = row[i] as Buffer | null;
      if (value === null) {
        const at = start + (i >> 3);
        out.buffer[at] = (out.buffer[at] as number) | (1 << (i & 7));
        continue;
      }
      const valueStart = out.position;
      (columns[i] as (typeof columns)[number]).write(value, out);
      const span = this.#spans[this.#keyAt[i] as number];
      if (span === undefined) continue;
      span.start = valueStart;
      span.end = out.position;
    }
    this.#ends.push(out.position);
    if (key.length === 0) return;
    let bytes = '';
    for (const span of this.#spans) bytes += out.buffer.toString('latin1', span.start, span.end);
    this.#keys.push(bytes);
    this.#sent.push(key.map((column) => (row[column] as Buffer).toString('latin1')));
  }

  /** The key of a row as SQL literals. */
  literals(index: number): string[] {
    const { columns, key } = this.#table;
    const sent = this.#sent[index] ?? [];
    return key.map((column, place) =>
      keyLiteral((columns[column] as (typeof columns)[number]).key, sent[place] ?? ''),
    );
  }

  /** The images of all rows, one behind the other. */
  all(): Buffer {
    return this.#images.view();
  }

  /** Whether one of the rows has one of the keys. */
  hasAny(keys: ReadonlySet<string>): boolean {
    return keys.size > 0 && this.#keys.some((key) => keys.has(key));
  }

  /** The images of the rows whose key is not among `touched`, one behind the other, and which rows they are. */
  without(touched: ReadonlySet<string>): { readonly rows: Buffer; readonly indexes: readonly number[] } {
    const indexes: number[] = [];
    const all = this.#images.view();
    if (touched.size === 0 || this.#table.key.length === 0)
      return { rows: all, indexes: this.#ends.map((_, index) => index) };
    const kept: Buffer[] = [];
    this.#keys.forEach((key, index) => {
      if (touched.has(key)) return;
      indexes.push(index);
      kept.push(all.subarray(index === 0 ? 0 : this.#ends[index - 1], this.#ends[index]));
    });
    return { rows: indexes.length === this.count ? all : Buffer.concat(kept), indexes };
  }
}
