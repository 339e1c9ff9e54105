import { ByteSink } from '../../model/byte-sink.ts';
import type { ColumnCodec } from '../column-codec.ts';
import { ABSENT, type RowView, valueOffset } from '../row-image.ts';
import type { TablePlan } from '../table-plan.ts';
import { sameBytes } from '../value-layout.ts';
import { writeLong, writeText } from './avro-binary.ts';
import type { TableSchema } from './table-schema.ts';

/** Index of `null`, and of what is not null, in a union of the two. */
const NULL = 0x00;
const PRESENT = 0x02;

/** Writes what stands behind the envelope of one table version's records: data, old, old_columns, absent_columns. Not re-entrant. */
export class AvroRow {
  readonly #plan: TablePlan;
  readonly #columns: readonly number[];
  /** The fields' names as Avro strings. */
  readonly #names: readonly Buffer[];
  /** Where each field of `data` was written, to compare with the old one. */
  readonly #start: Int32Array;
  readonly #end: Int32Array;
  /** Fields to be named behind the records: those in `old`, or those that the images do not hold. */
  readonly #listed: Int32Array;
  #listedCount = 0;

  constructor(plan: TablePlan, schema: TableSchema) {
    this.#plan = plan;
    this.#columns = schema.columns;
    this.#names = schema.fieldNames.map((name) => {
      const out = new ByteSink(64);
      writeText(out, name);
      return Buffer.from(out.view());
    });
    this.#start = new Int32Array(schema.columns.length);
    this.#end = new Int32Array(schema.columns.length);
    this.#listed = new Int32Array(schema.columns.length);
  }

  write(out: ByteSink, row: RowView): void {
    let absentCount = 0;
    this.#listedCount = 0;
    for (let at = 0; at < this.#columns.length; at++) {
      const column = this.#columns[at] as number;
      const offset = valueOffset(row, column);
      if (offset === ABSENT) absentCount++;
      this.#start[at] = out.position;
      this.#writeValue(out, column, row.rows, offset);
      this.#end[at] = out.position;
    }
    if (row.fallback === null) {
      out.writeByte(NULL);
      out.writeByte(0);
    } else {
      this.#writeOld(out, row, row.fallback);
    }
    if (absentCount > 0) this.#listAbsent(row);
    this.#writeListed(out);
  }

  #writeValue(out: ByteSink, column: number, rows: Buffer, offset: number): void {
    if (offset < 0) {
      out.writeByte(NULL);
      return;
    }
    out.writeByte(PRESENT);
    if ((this.#plan.codecs[column] as ColumnCodec).writeAvro(rows, offset, out)) return;
    out.buffer[out.position - 1] = NULL;
  }

  /** `old` and `old_columns`: the former values of the columns in both images that are written differently. */
  #writeOld(out: ByteSink, row: RowView, before: Int32Array): void {
    const start = out.position;
    out.writeByte(PRESENT);
    for (let at = 0; at < this.#columns.length; at++) {
      if (this.#writeOldValue(out, row, before, at)) this.#listed[this.#listedCount++] = at;
      else out.writeByte(NULL);
    }
    if (this.#listedCount === 0) {
      out.position = start;
      out.writeByte(NULL);
    }
    this.#writeListed(out);
  }

  /** Writes the old value of a field, and takes it back where it is that of the new one; returns whether it differs. */
  #writeOldValue(out: ByteSink, { rows, primary }: RowView, before: Int32Array, at: number): boolean {
    const column = this.#columns[at] as number;
    const oldOffset = before[column] as number;
    const newOffset = primary[column] as number;
    if (oldOffset === ABSENT || newOffset === ABSENT || oldOffset === newOffset) return false;
    const { layout } = this.#plan.codecs[column] as ColumnCodec;
    if (oldOffset >= 0 && newOffset >= 0 && sameBytes(rows, layout, oldOffset, newOffset)) return false;
    const valueStart = out.position;
    this.#writeValue(out, column, rows, oldOffset);
    const start = this.#start[at] as number;
    const end = this.#end[at] as number;
    const length = out.position - valueStart;
    if (length !== end - start) return true;
    if (out.buffer.compare(out.buffer, start, end, valueStart, out.position) !== 0) return true;
    out.position = valueStart;
    return false;
  }

  #listAbsent(row: RowView): void {
    for (let at = 0; at < this.#columns.length; at++) {
      if (valueOffset(row, this.#columns[at] as number) === ABSENT) this.#listed[this.#listedCount++] = at;
    }
  }

  /** An array of the names of the listed fields. */
  #writeListed(out: ByteSink): void {
    if (this.#listedCount > 0) writeLong(out, this.#listedCount);
    for (let i = 0; i < this.#listedCount; i++)
      out.writeBytes(this.#names[this.#listed[i] as number] as Buffer);
    out.writeByte(0);
    this.#listedCount = 0;
  }
}
