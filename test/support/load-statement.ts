import { keyValues, randomValue, type Flavor, type LoadTable, type LoadValue } from './load-table.ts';
import type { RowChange } from './load-log.ts';
import type { LoadTableState } from './load-table-state.ts';
import type { SeededRandom } from './seeded-random.ts';

/** One statement and the row changes that it makes, in the order in which the binlog shows them. */
export interface LoadStatement {
  readonly sql: string;
  readonly changes: readonly RowChange[];
}

/** What statements are made for: one connection's part of one table. */
export interface StatementPlace {
  readonly table: LoadTable;
  readonly tableIndex: number;
  /** `database.table`. */
  readonly name: string;
  readonly state: LoadTableState;
  readonly random: SeededRandom;
  readonly flavor: Flavor;
}

const MAX_ROWS_PER_STATEMENT = 60;

/** The index of `ver`: right after the key. */
export function verColumn(table: LoadTable): number {
  return table.keyColumns;
}

/**
 * Makes a statement of up to `maxRows` rows and carries it out on the state. The row order is certain: VALUES order
 * for INSERT, and ORDER BY primary key for UPDATE and DELETE.
 */
export function makeStatement(place: StatementPlace, maxRows: number): LoadStatement {
  const { state, random } = place;
  const count = Math.min(maxRows, random.between(1, random.chance(0.3) ? MAX_ROWS_PER_STATEMENT : 8));
  const dice = random.next();
  if (state.size < 20 || dice < 0.4) return insertStatement(place, count);
  if (dice < 0.8) return updateStatement(place, count);
  if (dice < 0.86) return moveStatement(place);
  return deleteStatement(place, count);
}

function insertStatement(
  { table, tableIndex, name, state, random, flavor }: StatementPlace,
  count: number,
): LoadStatement {
  const rows: string[] = [];
  const changes: RowChange[] = [];
  for (let index = 0; index < count; index += 1) {
    const { n, ver } = state.freeNumber(random, true);
    const key = [...keyValues(table, n), String(ver)];
    const rest = table.columns.slice(key.length).map(({ kind }) => randomValue(kind, random, flavor));
    const after = [...key, ...rest.map(({ json }) => json)];
    rows.push(`(${[...key, ...rest.map(({ sql }) => sql)].join(',')})`);
    changes.push({ op: 'insert', table: tableIndex, before: null, after });
    state.set(n, after);
  }
  return { sql: `INSERT INTO ${name} VALUES ${rows.join(',')}`, changes };
}

/** New values for some columns: column index → value, the same for all rows of the statement. */
function newValues({ table, random, flavor }: StatementPlace): Map<number, LoadValue> {
  const first = verColumn(table) + 1;
  const values = new Map<number, LoadValue>();
  for (let index = first; index < table.columns.length; index += 1) {
    const kind = table.columns[index]?.kind;
    if (kind !== undefined && random.chance(0.35)) values.set(index, randomValue(kind, random, flavor));
  }
  return values;
}

function assignments(table: LoadTable, values: ReadonlyMap<number, LoadValue>): string {
  const others = [...values].map(([index, { sql }]) => `,${table.columns[index]?.name ?? ''}=${sql}`);
  return `ver=ver+1${others.join('')}`;
}

function changed(
  table: LoadTable,
  before: readonly string[],
  values: ReadonlyMap<number, LoadValue>,
): string[] {
  const ver = verColumn(table);
  return before.map((text, index) =>
    index === ver ? String(Number(text) + 1) : (values.get(index)?.json ?? text),
  );
}

function keyNames(table: LoadTable): string {
  return table.columns
    .slice(0, table.keyColumns)
    .map(({ name }) => name)
    .join(',');
}

function where(table: LoadTable, numbers: readonly number[]): string {
  const isComposite = table.keyColumns > 1;
  const keys = numbers.map((n) =>
    isComposite ? `(${keyValues(table, n).join(',')})` : keyValues(table, n).join(),
  );
  return `WHERE ${isComposite ? `(${keyNames(table)})` : keyNames(table)} IN (${keys.join(',')}) ORDER BY ${keyNames(table)}`;
}

/** Row numbers in the order of the primary key (a composite key does not sort like the number). */
function byKey(table: LoadTable, numbers: readonly number[]): number[] {
  const keys = new Map(numbers.map((n) => [n, keyValues(table, n).map(BigInt)]));
  return [...numbers].sort((a, b) => {
    const other = keys.get(b) ?? [];
    for (const [index, part] of (keys.get(a) ?? []).entries()) {
      const difference = part - (other[index] ?? 0n);
      if (difference !== 0n) return difference < 0n ? -1 : 1;
    }
    return 0;
  });
}

function updateStatement(place: StatementPlace, count: number): LoadStatement {
  const { table, tableIndex, name, state, random } = place;
  const numbers = byKey(table, state.pick(count, random));
  const values = newValues(place);
  const changes = numbers.map((n): RowChange => {
    const before = state.row(n);
    const after = changed(table, before, values);
    state.set(n, after);
    return { op: 'update', table: tableIndex, before, after };
  });
  return { sql: `UPDATE ${name} SET ${assignments(table, values)} ${where(table, numbers)}`, changes };
}

/** Changes the primary key of one row to a number that was never used. */
function moveStatement(place: StatementPlace): LoadStatement {
  const { table, tableIndex, name, state, random } = place;
  const [n = 0] = state.pick(1, random);
  const target = state.freeNumber(random, false).n;
  const values = newValues(place);
  const key = keyValues(table, target);
  const before = state.row(n);
  const after = [...key, ...changed(table, before, values).slice(table.keyColumns)];
  state.set(n, undefined);
  state.set(target, after);
  const moved = key.map((text, index) => `${table.columns[index]?.name ?? ''}=${text},`).join('');
  return {
    sql: `UPDATE ${name} SET ${moved}${assignments(table, values)} ${where(table, [n])}`,
    changes: [{ op: 'update', table: tableIndex, before, after }],
  };
}

function deleteStatement(
  { table, tableIndex, name, state, random }: StatementPlace,
  count: number,
): LoadStatement {
  const numbers = byKey(table, state.pick(count, random));
  const changes = numbers.map((n): RowChange => {
    const before = state.row(n);
    state.set(n, undefined);
    return { op: 'delete', table: tableIndex, before, after: null };
  });
  return { sql: `DELETE FROM ${name} ${where(table, numbers)}`, changes };
}
