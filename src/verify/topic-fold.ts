import type { RowChange } from './row-change.ts';
import { hashColumns, type RowHash } from './row-hash.ts';
import { rowState, RowTable, type RecordPlace } from './row-table.ts';
import type { VerifiedTable } from './table-columns.ts';

export interface FoldOptions {
  readonly table: VerifiedTable;
  readonly expectedRows: number;
  /** True under at_least_once: records can come again, and an old one behind a newer one of its partition. */
  readonly mayRepeat: boolean;
}

/** The least and the most of some AUTO_INCREMENT values. */
export interface CounterRange {
  readonly least: bigint;
  readonly most: bigint;
}

/** How long after the first inserted row other transactions may still insert rows that were numbered before it. */
const SETTLING_SECONDS = 10;

/** The rows of one table as a consumer would hold them: the last record of each, as a hash. */
export class TopicFold {
  readonly rows: RowTable;
  readonly #table: VerifiedTable;
  readonly #mayRepeat: boolean;
  readonly #allColumns: readonly number[];
  /** Which columns a record held, where it did not hold all: a shape each. Shape 0 holds all. */
  readonly #shapes: (readonly number[])[];
  readonly #shapeIds = new Map<string, number>();
  #records = 0;
  #firstSeconds: number | null = null;
  #firstInsertSeconds: number | null = null;
  #firstCounters: CounterRange | null = null;

  constructor({ table, expectedRows, mayRepeat }: FoldOptions) {
    this.#table = table;
    this.#mayRepeat = mayRepeat;
    this.rows = new RowTable(expectedRows);
    this.#allColumns = table.columns.map((_, index) => index);
    this.#shapes = [this.#allColumns];
  }

  /** Records of the table that were folded. */
  get records(): number {
    return this.#records;
  }

  /** Seconds since 1970: when the change in the oldest record was committed; null without one. */
  get firstSeconds(): number | null {
    return this.#firstSeconds;
  }

  /**
   * The AUTO_INCREMENT values of the rows that were inserted within the first seconds: what is beyond them was inserted
   * while the topic was written. Null where that cannot be told.
   */
  get firstCounters(): CounterRange | null {
    return this.#firstCounters;
  }

  /** The columns that the last record of a row held. */
  columnsOf(slot: number): readonly number[] {
    return this.#shapes[this.rows.shape(slot)] ?? this.#allColumns;
  }

  apply(change: RowChange, at: RecordPlace): void {
    this.#records++;
    this.#note(change);
    const { key } = this.#table;
    const { operation, row, former } = change;
    const identity = hashColumns(row, key);
    if (operation === 'update' && former !== row) {
      const before = hashColumns(former, key);
      if (before.low !== identity.low || before.high !== identity.high)
        this.#put(before, { change, isDeleted: true, at });
    }
    this.#put(identity, { change, isDeleted: operation === 'delete', at });
  }

  #put(
    key: RowHash,
    { change, isDeleted, at }: { change: RowChange; isDeleted: boolean; at: RecordPlace },
  ): void {
    const slot = this.rows.slotFor(key);
    if (this.rows.state(slot) !== rowState.empty && !this.#isNewer(at, this.rows.at(slot))) return;
    const shape = this.#shapeOf(change.row);
    const row = hashColumns(change.row, this.#shapes[shape] ?? this.#allColumns);
    this.rows.put(slot, key, { row, shape, isDeleted, at });
  }

  /** Of one partition the later record counts, of several the later transaction. */
  #isNewer(at: RecordPlace, than: RecordPlace): boolean {
    if (at.place === than.place && !(this.#mayRepeat && at.origin === than.origin))
      return at.offset >= than.offset;
    if (at.origin === than.origin)
      return at.sequence === than.sequence ? at.rowIndex >= than.rowIndex : at.sequence > than.sequence;
    return at.timestampSeconds >= than.timestampSeconds;
  }

  #shapeOf(row: RowChange['row']): number {
    if (!row.includes(undefined)) return 0;
    const held = this.#allColumns.filter((column) => row[column] !== undefined);
    const name = held.join(',');
    let shape = this.#shapeIds.get(name);
    if (shape === undefined) {
      shape = this.#shapes.push(held) - 1;
      this.#shapeIds.set(name, shape);
    }
    return shape;
  }

  #note({ operation, row, timestampSeconds }: RowChange): void {
    if (this.#firstSeconds === null || timestampSeconds < this.#firstSeconds)
      this.#firstSeconds = timestampSeconds;
    const { counter } = this.#table;
    if (operation !== 'insert' || counter === null) return;
    if (this.#firstInsertSeconds === null || timestampSeconds < this.#firstInsertSeconds) {
      // Several partitions: an earlier row may be read later.
      if (this.#firstInsertSeconds === null || timestampSeconds < this.#firstInsertSeconds - SETTLING_SECONDS)
        this.#firstCounters = null;
      this.#firstInsertSeconds = timestampSeconds;
    }
    if (timestampSeconds > this.#firstInsertSeconds + SETTLING_SECONDS) return;
    const text = row[counter];
    if (typeof text !== 'string' || !/^\d+$/.test(text)) return;
    const value = BigInt(text);
    const { least, most } = this.#firstCounters ?? { least: value, most: value };
    this.#firstCounters = { least: value < least ? value : least, most: value > most ? value : most };
  }
}
