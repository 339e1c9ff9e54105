/** A row: column → its value in canonical form; a column that is not known is not there. */
export type FoldRow = ReadonlyMap<string, string | null>;

/** What a record says of a row, in canonical form. */
export interface RowChange {
  readonly operation: 'insert' | 'update' | 'delete';
  readonly data: FoldRow;
  /** Former values of what an update changed; empty otherwise. */
  readonly old: FoldRow;
}

/** What does not add up: `column` where one is to blame. */
export class FoldError extends Error {
  readonly column: string | null;

  constructor(message: string, column: string | null = null) {
    super(message);
    this.name = 'FoldError';
    this.column = column;
  }
}

function differingColumn(row: FoldRow, other: FoldRow): string | null {
  for (const [name, value] of row) if (other.has(name) && other.get(name) !== value) return name;
  return null;
}

const shown = (row: FoldRow): string => JSON.stringify([...row]).slice(0, 2000);

/** The rows of one table, changed record by record, forwards or backwards. */
export class RowFold {
  readonly #key: readonly string[];
  readonly #isWhole: boolean;
  readonly #rows = new Map<string, FoldRow[]>();

  /**
   * @param key the columns that identify a row; none: all of them
   * @param isWhole images hold all columns: what an update does not call old stood there before
   */
  constructor(key: readonly string[], rows: Iterable<FoldRow>, isWhole = true) {
    this.#key = key;
    this.#isWhole = isWhole;
    for (const row of rows) this.#add(row);
  }

  get size(): number {
    return [...this.#rows.values()].reduce((sum, rows) => sum + rows.length, 0);
  }

  /** Applies a change. Throws FoldError where its former row is not there as the change says it was. */
  apply({ operation, data, old }: RowChange): void {
    if (operation === 'insert') {
      this.#add(data);
      return;
    }
    const former = new Map([...data, ...old]);
    const kept = this.#take(former, this.#isWhole || operation === 'delete' ? former : old);
    if (operation === 'update') this.#add(new Map([...kept, ...data]));
  }

  /** Takes a change back: only with FULL row images. */
  revert({ operation, data, old }: RowChange): void {
    if (operation !== 'delete') this.#take(data, data);
    if (operation !== 'insert') this.#add(new Map([...data, ...old]));
  }

  /** Throws FoldError at the first difference to the other rows; a column that is not known differs from none. */
  expectSame(rows: readonly FoldRow[]): void {
    const other = new RowFold(this.#key, rows);
    for (const [identity, expected] of other.#rows) {
      const seen = this.#rows.get(identity) ?? [];
      if (seen.length !== expected.length) {
        throw new FoldError(
          `the source has ${expected.length} of a row, the stream ${seen.length}: ${shown(expected[0] ?? new Map())}${this.#nearest(expected[0])}`,
        );
      }
      for (const [index, row] of expected.entries()) {
        const mine = seen[index] ?? new Map<string, string | null>();
        const column = differingColumn(row, mine);
        if (column !== null) {
          throw new FoldError(
            `column ${JSON.stringify(column)}: the source has ${JSON.stringify(row.get(column))}, the stream ${JSON.stringify(mine.get(column))}`,
            column,
          );
        }
      }
    }
    for (const [identity, seen] of this.#rows) {
      if (!other.#rows.has(identity))
        throw new FoldError(`the stream has a row that the source has not: ${shown(seen[0] ?? new Map())}`);
    }
  }

  /** The columns that some row does not know. */
  unknownColumns(names: readonly string[]): Set<string> {
    const unknown = new Set<string>();
    for (const rows of this.#rows.values())
      for (const row of rows) for (const name of names) if (!row.has(name)) unknown.add(name);
    return unknown;
  }

  #identity(row: FoldRow): string {
    const names = this.#key.length > 0 ? this.#key : [...row.keys()].sort();
    return JSON.stringify(names.map((name) => row.get(name)));
  }

  #add(row: FoldRow): void {
    const identity = this.#identity(row);
    const same = this.#rows.get(identity);
    if (same === undefined) this.#rows.set(identity, [row]);
    else if (this.#key.length > 0) throw new FoldError(`a second row with the key ${identity}`);
    else same.push(row);
  }

  /** Takes the row away that has this identity; what is known of it must be as `expected`. */
  #take(row: FoldRow, expected: FoldRow): FoldRow {
    const identity = this.#identity(row);
    const same = this.#rows.get(identity);
    const found = same?.pop();
    if (found === undefined) throw new FoldError(`no row ${identity.slice(0, 500)}${this.#nearest(row)}`);
    if (same?.length === 0) this.#rows.delete(identity);
    const column = differingColumn(expected, found);
    if (column !== null) {
      throw new FoldError(
        `column ${JSON.stringify(column)}: the row had ${JSON.stringify(found.get(column))}, the record says ${JSON.stringify(expected.get(column))}`,
        column,
      );
    }
    return found;
  }

  /** The row that differs in the fewest columns, in words; empty where none is near. */
  #nearest(row: FoldRow | undefined): string {
    if (row === undefined) return '';
    let best: string[] = [...row.keys()];
    let nearest: FoldRow | null = null;
    for (const rows of this.#rows.values()) {
      for (const each of rows) {
        const differing = [...row.keys()].filter((name) => each.get(name) !== row.get(name));
        if (differing.length < best.length) [best, nearest] = [differing, each];
      }
    }
    if (nearest === null) return '';
    const there = nearest;
    return `; the nearest differs in ${best.map((name) => `${JSON.stringify(name)} (${JSON.stringify(row.get(name))} here, ${JSON.stringify(there.get(name))} there)`).join(', ')}`;
  }
}
