import type { StreamRecord } from './checker/evidence-input.ts';
import type { LedgerChange, Row, TableBefore } from './writer/ledger.ts';
import { writerTables } from './writer/writer-table.ts';

const SNAPSHOT = '6f0c2a7e-0000-4000-8000-000000000001';
const PARTITIONS = 3;
const CHUNK_ROWS = 24;
/** Transactions from a SELECT to the place where its rows are written. */
const WINDOW = 4;

const textOf = (key: readonly string[], row: Row): string => key.map((column) => row[column]).join();

/** The key of a record, and the partition that it decides. */
export function placeOf(table: string, key: readonly string[], row: Row): { key: string; partition: number } {
  const text = JSON.stringify([table, ...key.map((column) => row[column])]);
  return { key: text, partition: Buffer.from(text).reduce((sum, byte) => sum + byte, 0) % PARTITIONS };
}

/** The tables of a source, without the source. */
class GoodSource {
  readonly #tables = new Map<string, { readonly key: readonly string[]; readonly rows: Map<string, Row> }>();

  change({ table, key, before, after }: LedgerChange): void {
    const of = this.#tables.get(table) ?? { key, rows: new Map<string, Row>() };
    this.#tables.set(table, of);
    if (before !== null) of.rows.delete(textOf(key, before));
    if (after !== null) of.rows.set(textOf(key, after), after);
  }

  all(): TableBefore[] {
    return [...this.#tables].map(([table, { key, rows }]) => ({ table, key, rows: [...rows.values()] }));
  }

  /** The next rows in the order of the key. */
  behind(table: string, last: Row | null): Row[] {
    const of = this.#tables.get(table);
    if (of === undefined) return [];
    const compare = (one: Row, other: Row): number =>
      of.key.reduce((sum, column) => sum || Number(one[column]) - Number(other[column]), 0);
    return [...of.rows.values()]
      .filter((row) => last === null || compare(row, last) > 0)
      .sort(compare)
      .slice(0, CHUNK_ROWS);
  }
}

/** What a perfect snapshot writes beside the stream: chunk by chunk, without the rows that were changed in a chunk's window. */
export class GoodSnapshot {
  readonly source = new GoodSource();
  readonly overtaken: StreamRecord[] = [];
  readonly completeAfter = new Map<string, number>();
  readonly #tables = writerTables.filter(({ isHidden }) => !isHidden);
  readonly #touched = new Set<string>();
  #table = 0;
  #chunk = 0;
  #last: Row | null = null;
  #selected: readonly Row[] | null = null;
  #turns = 0;

  /** The stream brings a change. */
  change(change: LedgerChange): void {
    this.source.change(change);
    for (const row of [change.before, change.after])
      if (row !== null) this.#touched.add(`${change.table} ${textOf(change.key, row)}`);
  }

  /** Behind a transaction: the records that stand there. */
  turn(number: number, epoch: number): StreamRecord[] {
    const table = this.#tables[this.#table];
    if (table === undefined) return [];
    if (this.#selected === null) {
      this.#turns = 0;
      this.#selected = this.source.behind(table.name, this.#last);
      this.#touched.clear();
      return [];
    }
    this.#turns += 1;
    if (this.#turns < WINDOW) return [];
    const { name, key } = table;
    const rows = this.#selected;
    const isLast = rows.length < CHUNK_ROWS;
    const record = (type: string, row: number, data: Row): StreamRecord => ({
      ...(type === 'bootstrap-insert' ? placeOf(name, key, data) : { key: null, partition: 0 }),
      offset: 0,
      value: JSON.stringify({ database: 'here', table: name, type, data }),
      messageId: `${SNAPSHOT}:here.${name}:${this.#chunk}#${row}`,
      epoch,
    });
    const isTouched = (row: Row): boolean => this.#touched.has(`${name} ${textOf(key, row)}`);
    const written: StreamRecord[] = [];
    if (this.#chunk === 0) written.push(record('bootstrap-start', 0, {}));
    for (const row of rows)
      if (!isTouched(row)) written.push(record('bootstrap-insert', written.length, row));
      else if (!isLast) this.overtaken.push(record('bootstrap-insert', CHUNK_ROWS + 1, row));
    if (isLast) written.push(record('bootstrap-complete', written.length, {}));
    this.#selected = null;
    this.#last = isLast ? null : (rows.at(-1) ?? null);
    this.#chunk = isLast ? 0 : this.#chunk + 1;
    if (isLast) {
      this.completeAfter.set(name, number);
      this.#table += 1;
    }
    return written;
  }
}
