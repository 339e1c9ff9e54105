import type { RowHash } from './row-hash.ts';

/** Where a record stands, and where its transaction stands among those of the source. */
export interface RecordPlace {
  /** Index of topic and partition, 0 to 65535. */
  readonly place: number;
  readonly offset: number;
  /** Index of the history that `sequence` counts in (a server's UUID, a replication domain, the binlog files), 0 to 65535. */
  readonly origin: number;
  readonly sequence: number;
  /** Index of the row in its transaction. */
  readonly rowIndex: number;
  readonly timestampSeconds: number;
}

export const rowState = { empty: 0, present: 1, deleted: 2 } as const;
/** Set on a row that the source has as well. */
const SEEN = 4;

const BYTES_A_ROW = 47;
const MAX_LOAD = 0.75;

/** The columns of the table, one typed array each: an object a row would take five times the memory. */
class Columns {
  readonly keyLow: Uint32Array;
  readonly keyHigh: Uint32Array;
  readonly rowLow: Uint32Array;
  readonly rowHigh: Uint32Array;
  readonly offset: Float64Array;
  readonly sequence: Float64Array;
  readonly rowIndex: Uint32Array;
  readonly seconds: Uint32Array;
  readonly place: Uint16Array;
  readonly origin: Uint16Array;
  readonly shape: Uint16Array;
  readonly state: Uint8Array;

  constructor(capacity: number) {
    this.keyLow = new Uint32Array(capacity);
    this.keyHigh = new Uint32Array(capacity);
    this.rowLow = new Uint32Array(capacity);
    this.rowHigh = new Uint32Array(capacity);
    this.offset = new Float64Array(capacity);
    this.sequence = new Float64Array(capacity);
    this.rowIndex = new Uint32Array(capacity);
    this.seconds = new Uint32Array(capacity);
    this.place = new Uint16Array(capacity);
    this.origin = new Uint16Array(capacity);
    this.shape = new Uint16Array(capacity);
    this.state = new Uint8Array(capacity);
  }
}

/** The rows that a topic holds, by the hash of their key: what the last record of each said, as a hash. 47 bytes a slot. */
export class RowTable {
  #columns: Columns;
  #capacity: number;
  #used = 0;

  /** @param rows how many are expected, to be spared the growing */
  constructor(rows = 0) {
    this.#capacity = 1024;
    while (this.#capacity * MAX_LOAD < rows) this.#capacity *= 2;
    this.#columns = new Columns(this.#capacity);
  }

  /** Bytes that it takes. */
  get bytes(): number {
    return this.#capacity * BYTES_A_ROW;
  }

  /** The slot of a key; -1 where it never came. */
  find(key: RowHash): number {
    const slot = this.#probe(this.#columns, this.#capacity, key);
    return this.#columns.state[slot] === rowState.empty ? -1 : slot;
  }

  /** The slot of a key, a new one with the state `empty`: the caller must `put` into it. */
  slotFor(key: RowHash): number {
    if (this.#used + 1 > this.#capacity * MAX_LOAD) this.#grow();
    return this.#probe(this.#columns, this.#capacity, key);
  }

  put(
    slot: number,
    key: RowHash,
    entry: { row: RowHash; shape: number; isDeleted: boolean; at: RecordPlace },
  ): void {
    const columns = this.#columns;
    if (columns.state[slot] === rowState.empty) this.#used++;
    columns.keyLow[slot] = key.low;
    columns.keyHigh[slot] = key.high;
    columns.rowLow[slot] = entry.row.low;
    columns.rowHigh[slot] = entry.row.high;
    columns.offset[slot] = entry.at.offset;
    columns.sequence[slot] = entry.at.sequence;
    columns.rowIndex[slot] = entry.at.rowIndex;
    columns.seconds[slot] = entry.at.timestampSeconds;
    columns.place[slot] = entry.at.place;
    columns.origin[slot] = entry.at.origin;
    columns.shape[slot] = entry.shape;
    columns.state[slot] = entry.isDeleted ? rowState.deleted : rowState.present;
  }

  state(slot: number): number {
    return (this.#columns.state[slot] ?? 0) & ~SEEN;
  }

  isSeen(slot: number): boolean {
    return ((this.#columns.state[slot] ?? 0) & SEEN) !== 0;
  }

  markSeen(slot: number): void {
    this.#columns.state[slot] = (this.#columns.state[slot] ?? 0) | SEEN;
  }

  shape(slot: number): number {
    return this.#columns.shape[slot] ?? 0;
  }

  hasRow(slot: number, { low, high }: RowHash): boolean {
    return this.#columns.rowLow[slot] === low && this.#columns.rowHigh[slot] === high;
  }

  at(slot: number): RecordPlace {
    const columns = this.#columns;
    return {
      place: columns.place[slot] ?? 0,
      offset: columns.offset[slot] ?? 0,
      origin: columns.origin[slot] ?? 0,
      sequence: columns.sequence[slot] ?? 0,
      rowIndex: columns.rowIndex[slot] ?? 0,
      timestampSeconds: columns.seconds[slot] ?? 0,
    };
  }

  /** Slots of the rows that are there (deleted ones are not), in no order. */
  *present(): Generator<number> {
    for (let slot = 0; slot < this.#capacity; slot++) if (this.state(slot) === rowState.present) yield slot;
  }

  #probe(columns: Columns, capacity: number, { low, high }: RowHash): number {
    let slot = low & (capacity - 1);
    while (
      columns.state[slot] !== rowState.empty &&
      (columns.keyLow[slot] !== low || columns.keyHigh[slot] !== high)
    )
      slot = (slot + 1) & (capacity - 1);
    return slot;
  }

  #grow(): void {
    const from = this.#columns;
    const capacity = this.#capacity * 2;
    const to = new Columns(capacity);
    const names = Object.keys(from) as (keyof Columns)[];
    for (let slot = 0; slot < this.#capacity; slot++) {
      if (from.state[slot] === rowState.empty) continue;
      const key = { low: from.keyLow[slot] ?? 0, high: from.keyHigh[slot] ?? 0 };
      const target = this.#probe(to, capacity, key);
      for (const name of names) to[name][target] = from[name][slot] ?? 0;
    }
    this.#columns = to;
    this.#capacity = capacity;
  }
}
