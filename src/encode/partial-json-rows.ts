import { ByteSink } from '../model/byte-sink.ts';
import type { RowsEvent } from '../model/transaction.ts';
import { applyJsonDiffs } from './json-diff.ts';
import { parseJsonTree, writeJsonTree } from './json-tree.ts';
import { ABSENT, NULL_VALUE, type RowImage } from './row-image.ts';
import type { TablePlan } from './table-plan.ts';
import { inTable, undecodable } from './undecodable.ts';

/** Binlog type code of JSON. */
const JSON_TYPE = 245;
/** A JSON value's length in the row image, bytes. */
const LENGTH_BYTES = 4;
/** Flag of the value options: bits follow that tell which JSON values are diffs. */
const PARTIAL_JSON_UPDATES = 1;

/**
 * Makes an update whose after images hold diffs of JSON values (PARTIAL_UPDATE_ROWS, binlog_row_value_options=PARTIAL_JSON) into one
 * with whole values, as a source without that option logs it. Before each after image stand value options and, one a JSON
 * column of the table, bits (`pack_row` in mysql-server `sql/rpl_record.cc`).
 * @throws HeavisideError ROW_UNDECODABLE, also where the before image does not hold the former value
 */
export function wholeJsonRows(event: RowsEvent, plan: TablePlan): RowsEvent {
  const { database, table } = plan.table;
  try {
    const restorer = new RowRestorer(event, plan);
    const out = new ByteSink(event.rows.length * 2);
    for (let at = 0; at < event.rows.length;) at = restorer.restore(at, out);
    return { ...event, isPartialJson: false, rows: out.view() };
  } catch (error) {
    throw inTable(database, table, error);
  }
}

class RowRestorer {
  readonly #rows: Buffer;
  readonly #names: readonly string[];
  readonly #jsonColumns: readonly number[];
  readonly #before: RowImage;
  readonly #after: RowImage;
  readonly #oldOffsets: Int32Array;
  readonly #newOffsets: Int32Array;
  readonly #document = new ByteSink(1024);

  constructor(event: RowsEvent, plan: TablePlan) {
    const { columns } = plan.table;
    this.#rows = event.rows;
    this.#names = plan.names;
    this.#jsonColumns = columns.flatMap(({ type }, column) => (type === JSON_TYPE ? [column] : []));
    this.#before = plan.imageOf(event.columnsBefore);
    this.#after = plan.imageOf(event.columnsAfter);
    this.#oldOffsets = new Int32Array(columns.length);
    this.#newOffsets = new Int32Array(columns.length);
  }

  /** Writes the row that starts at `start` with whole values; returns the offset behind it. */
  restore(start: number, out: ByteSink): number {
    const rows = this.#rows;
    let at = this.#before.walk(rows, start, this.#oldOffsets);
    out.writeRange(rows, start, at);
    const options = rows[at++];
    const bits = at;
    if (options === PARTIAL_JSON_UPDATES) at += (this.#jsonColumns.length + 7) >> 3;
    else if (options !== 0) throw undecodable('*', 'the value options of the row image are not known');
    const end = this.#after.walk(rows, at, this.#newOffsets);
    if (options === PARTIAL_JSON_UPDATES) {
      this.#jsonColumns.forEach((column, index) => {
        const isPartial = (((rows[bits + (index >> 3)] as number) >> (index & 7)) & 1) === 1;
        const offset = this.#newOffsets[column] as number;
        if (!isPartial || offset === ABSENT || offset === NULL_VALUE) return;
        out.writeRange(rows, at, offset);
        at = offset + LENGTH_BYTES + rows.readUInt32LE(offset);
        this.#writeWhole(column, rows.subarray(offset + LENGTH_BYTES, at), out);
      });
    }
    out.writeRange(rows, at, end);
    return end;
  }

  /** The former value with the diffs applied, behind its length. */
  #writeWhole(column: number, diffs: Buffer, out: ByteSink): void {
    const name = this.#names[column] ?? String(column + 1);
    const offset = this.#oldOffsets[column] as number;
    if (offset === ABSENT || offset === NULL_VALUE) {
      throw undecodable(
        name,
        "the update logs a part of its value only, and the before image does not hold the rest (SET GLOBAL binlog_row_image=FULL, or binlog_row_value_options='')",
      );
    }
    const start = offset + LENGTH_BYTES;
    const former = this.#rows.subarray(start, start + this.#rows.readUInt32LE(offset));
    const document = this.#document;
    document.reset();
    try {
      if (diffs.length === 0) document.writeBytes(former);
      else writeJsonTree(applyJsonDiffs(parseJsonTree(former), diffs), document);
    } catch (error) {
      throw undecodable(
        name,
        error instanceof RangeError ? error.message : 'its JSON diffs cannot be read',
        error,
      );
    }
    out.reserve(LENGTH_BYTES);
    out.position = out.buffer.writeUInt32LE(document.position, out.position);
    out.writeRange(document.buffer, 0, document.position);
  }
}
