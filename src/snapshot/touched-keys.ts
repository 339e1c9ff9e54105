import { wholeJsonRows } from '../encode/partial-json-rows.ts';
import { ABSENT } from '../encode/row-image.ts';
import type { TablePlan } from '../encode/table-plan.ts';
import type { TableVersion } from '../model/table.ts';
import type { RowsEvent } from '../model/transaction.ts';
import type { SnapshotTable } from './snapshot-table.ts';

/** Why a chunk cannot be used. foreign: the stream's key has another form; crowded: too many keys; unread: a row that cannot be taken apart. */
export type Unusable = 'foreign' | 'crowded' | 'unread';

/** Keys kept at most: some tens of megabytes. */
const MAX_KEYS = 200_000;

interface KeyReader {
  readonly plan: TablePlan;
  /** Columns of the key in the stream's table, in key order; null: they are others than those of the snapshot. */
  readonly columns: readonly number[] | null;
  readonly offsets: Int32Array;
}

/** The keys of one table that the stream has changed since the window of a chunk was opened, as bytes of the binlog. */
export class TouchedKeys {
  /** One character a byte. */
  readonly keys = new Set<string>();
  /** Keys whose changes brought less than the whole row (binlog_row_image): the row must be read again. */
  readonly partial = new Set<string>();
  unusable: Unusable | null = null;
  /** Row events of the table that were seen. */
  events = 0;
  readonly #table: SnapshotTable;
  readonly #createPlan: (table: TableVersion) => TablePlan;
  readonly #readers = new Map<TableVersion, KeyReader>();

  constructor(table: SnapshotTable, createPlan: (table: TableVersion) => TablePlan) {
    this.#table = table;
    this.#createPlan = createPlan;
  }

  /** Takes note of the event's rows, before and after. */
  add(event: RowsEvent): void {
    this.events++;
    if (this.unusable !== null || this.#table.key.length === 0) return;
    try {
      const reader = this.#readerOf(event.table);
      if (reader.columns === null) this.unusable = 'foreign';
      else this.#addRows(event.isPartialJson === true ? wholeJsonRows(event, reader.plan) : event, reader);
    } catch {
      this.unusable = 'unread';
    }
    if (this.keys.size > MAX_KEYS) this.unusable = 'crowded';
  }

  #readerOf(table: TableVersion): KeyReader {
    let reader = this.#readers.get(table);
    if (reader === undefined) {
      reader = {
        plan: this.#createPlan(table),
        columns: this.#keyColumnsIn(table),
        offsets: new Int32Array(table.columns.length),
      };
      this.#readers.set(table, reader);
    }
    return reader;
  }

  #keyColumnsIn(table: TableVersion): number[] | null {
    const { key, version } = this.#table;
    const columns: number[] = [];
    for (const ours of key) {
      const column = version.columns[ours];
      const theirs = table.columns.findIndex(({ name }) => name === column?.name);
      const other = table.columns[theirs];
      if (other === undefined || other.type !== column?.type || other.metadata !== column.metadata)
        return null;
      columns.push(theirs);
    }
    return columns;
  }

  #addRows(event: RowsEvent, { plan, columns, offsets }: KeyReader): void {
    const before = event.operation === 'insert' ? null : plan.imageOf(event.columnsBefore);
    const after = event.operation === 'delete' ? null : plan.imageOf(event.columnsAfter);
    const { rows } = event;
    const width = plan.codecs.length;
    for (let at = 0; at < rows.length;) {
      let former: string | null = null;
      if (before !== null) {
        at = before.walk(rows, at, offsets);
        former = this.#keyAt(rows, plan, columns ?? [], offsets);
        if (former === null) throw new RangeError('a before image without the whole key');
        this.keys.add(former);
      }
      if (after === null) continue;
      at = after.walk(rows, at, offsets);
      // The key is in an after image only where it was changed, or where the image is whole.
      const latter = this.#keyAt(rows, plan, columns ?? [], offsets) ?? former;
      if (latter === null) throw new RangeError('an after image without the key');
      this.keys.add(latter);
      if (offsets.subarray(0, width).includes(ABSENT)) {
        this.partial.add(latter);
        if (former !== null) this.partial.add(former);
      }
    }
  }

  /** Null where a column of the key is not in the image. */
  #keyAt(rows: Buffer, plan: TablePlan, columns: readonly number[], offsets: Int32Array): string | null {
    let key = '';
    for (const column of columns) {
      const start = offsets[column] as number;
      if (start < 0) return null;
      key += rows.toString(
        'latin1',
        start,
        (plan.codecs[column] as TablePlan['codecs'][number]).skip(rows, start),
      );
    }
    return key;
  }
}
