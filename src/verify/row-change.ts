import { fromRecord } from './canonical-value.ts';
import { visitMembers } from './record-scan.ts';
import type { VerifiedTable } from './table-columns.ts';

/** Values in canonical form by column; undefined where the record does not hold the column. */
export type CanonicalRow = readonly (string | null | undefined)[];

/** What a record says of a row of the table. */
export interface RowChange {
  readonly operation: 'insert' | 'update' | 'delete';
  readonly row: CanonicalRow;
  /** The row before an update: `row` with the values under `old`; `row` itself otherwise. */
  readonly former: CanonicalRow;
  /** Seconds since 1970: when it was committed. */
  readonly timestampSeconds: number;
}

const operations: Readonly<Record<string, RowChange['operation']>> = {
  '"insert"': 'insert',
  '"bootstrap-insert"': 'insert',
  '"update"': 'update',
  '"delete"': 'delete',
};

/** What stands in place of a value that is of another kind than its column: equal to nothing that a source has. */
const STRANGE = '\u0000strange:';

/** Reads the records of one table. */
export class RowChangeReader {
  readonly #table: VerifiedTable;
  readonly #database: string;
  readonly #name: string;
  readonly #index: ReadonlyMap<string, number>;
  readonly #hasNulls: boolean;

  /** @param hasNulls output_nulls: false where a column that is NULL is left out */
  constructor(table: VerifiedTable, hasNulls: boolean) {
    this.#table = table;
    this.#database = JSON.stringify(table.database);
    this.#name = JSON.stringify(table.name);
    this.#index = new Map(table.columns.map(({ member }, index) => [member, index]));
    this.#hasNulls = hasNulls;
  }

  /** Null where the record is of another table, or no row. @throws SyntaxError */
  read(text: string): RowChange | null {
    let operation: RowChange['operation'] | undefined;
    let timestampSeconds = 0;
    let data = -1;
    let old = -1;
    const end = visitMembers(text, 0, (name, start, valueEnd) => {
      switch (name) {
        case '"database"':
          return text.slice(start, valueEnd) === this.#database;
        case '"table"':
          return text.slice(start, valueEnd) === this.#name;
        case '"type"':
          operation = operations[text.slice(start, valueEnd)];
          return operation !== undefined;
        case '"ts"':
          timestampSeconds = Number(text.slice(start, valueEnd));
          return true;
        case '"data"':
          data = start;
          return true;
        case '"old"':
          old = start;
          return true;
        default:
          return true;
      }
    });
    if (end < 0 || operation === undefined || data < 0) return null;
    const row = this.#values(text, data, this.#hasNulls ? undefined : null);
    if (operation !== 'update' || old < 0) return { operation, row, former: row, timestampSeconds };
    const changed = this.#values(text, old, undefined);
    return {
      operation,
      row,
      former: row.map((value, index) => (changed[index] === undefined ? value : changed[index])),
      timestampSeconds,
    };
  }

  #values(text: string, at: number, absent: null | undefined): (string | null | undefined)[] {
    const { columns } = this.#table;
    const values = new Array<string | null | undefined>(columns.length).fill(absent);
    visitMembers(text, at, (name, start, end) => {
      const index = this.#index.get(name) ?? this.#index.get(JSON.stringify(JSON.parse(name)));
      const column = index === undefined ? undefined : columns[index];
      if (index === undefined || column === undefined) return true;
      const json = text.slice(start, end);
      try {
        values[index] = fromRecord(column, json);
      } catch {
        values[index] = STRANGE + json;
      }
      return true;
    });
    return values;
  }
}
