import type { ColumnDefinition, TableDefinition } from '../model/table-definition.ts';
import type { AlterAction, ColumnPlace } from './alter-action.ts';
import { bytesPerCharacter } from './charset.ts';
import { defineColumn } from './define-column.ts';
import { notUnderstood } from './sql-cursor.ts';

type Change = Extract<AlterAction, { kind: 'change' | 'rename-column' | 'drop' }>;

const same = (a: string, b: string): boolean => a.toLowerCase() === b.toLowerCase();

/** CONVERT TO CHARACTER SET may give longer types to longer characters. */
function convert(column: ColumnDefinition, charset: string): ColumnDefinition {
  if (column.charset === undefined || column.charset === 'binary' || column.charset === charset)
    return column;
  const mayGrow =
    column.type.endsWith('text') && bytesPerCharacter(charset) > bytesPerCharacter(column.charset);
  if (mayGrow || charset === 'binary') throw notUnderstood;
  return { ...column, charset };
}

function insert(columns: ColumnDefinition[], column: ColumnDefinition, place: ColumnPlace): void {
  if (columns.some((each) => same(each.name, column.name))) throw notUnderstood;
  if (place === null) return void columns.push(column);
  if (place.after === null) return void columns.unshift(column);
  const { after } = place;
  const at = columns.findIndex((each) => same(each.name, after));
  if (at < 0) throw notUnderstood;
  columns.splice(at + 1, 0, column);
}

/** Columns, as they are found in one ALTER: changes name those of before, and take place before additions. */
class ColumnList {
  readonly #before: readonly ColumnDefinition[];
  readonly #charset: string;
  readonly #columns: ColumnDefinition[] = [];
  readonly #moved: { readonly column: ColumnDefinition; readonly place: ColumnPlace }[] = [];
  primaryKey: string[];

  constructor(table: TableDefinition, charset: string) {
    this.#before = table.columns;
    this.#charset = charset;
    this.primaryKey = [...table.primaryKey];
  }

  change(actions: readonly AlterAction[]): readonly ColumnDefinition[] {
    const changes = new Map<string, Change>();
    for (const action of actions) {
      if (action.kind !== 'change' && action.kind !== 'rename-column' && action.kind !== 'drop') continue;
      const column = this.#before.find(({ name }) => same(name, action.name));
      if (column === undefined && action.ifExists) continue;
      if (column === undefined || changes.has(column.name)) throw notUnderstood;
      changes.set(column.name, action);
    }
    for (const column of this.#before) this.#place(column, changes.get(column.name));
    for (const action of actions) {
      if (action.kind === 'change') this.#move(action);
      else if (action.kind === 'add') this.#add(action);
    }
    return this.#columns;
  }

  #place(column: ColumnDefinition, change: Change | undefined): void {
    if (change === undefined) {
      this.#columns.push(column);
    } else if (change.kind === 'drop') {
      this.primaryKey = this.primaryKey.filter((name) => !same(name, column.name));
    } else if (change.kind === 'rename-column') {
      this.#rename(column.name, change.to);
      this.#columns.push({ ...column, name: change.to });
    } else {
      // MODIFY keeps the name as it was written, CHANGE gives a new one.
      const changed = defineColumn(change.column.name, change.column.type, this.#charset);
      this.#rename(column.name, changed.name);
      if (change.place === null) this.#columns.push(changed);
      else this.#moved.push({ column: changed, place: change.place });
    }
  }

  /** The old name is marked, so that two columns can swap theirs. */
  #rename(from: string, to: string): void {
    this.primaryKey = this.primaryKey.map((name) => (same(name, from) ? `\0${to}` : name));
  }

  #move(action: Extract<AlterAction, { kind: 'change' }>): void {
    const at = this.#moved.findIndex(({ column }) => column.name === action.column.name);
    const [moved] = at < 0 ? [] : this.#moved.splice(at, 1);
    if (moved) insert(this.#columns, moved.column, moved.place);
  }

  #add({ column, place, ifNotExists }: Extract<AlterAction, { kind: 'add' }>): void {
    if (ifNotExists && this.#before.some(({ name }) => same(name, column.name))) return;
    insert(this.#columns, defineColumn(column.name, column.type, this.#charset), place);
  }

  /** The key with its names as the columns have them. */
  finishKey(actions: readonly AlterAction[]): string[] {
    let key = this.primaryKey.map((name) => name.replace('\0', ''));
    if (actions.some(({ kind }) => kind === 'drop-primary-key')) key = [];
    for (const action of actions) if (action.kind === 'add-primary-key') key = [...action.columns];
    return primaryKeyOf(key, this.#columns);
  }
}

/** A key's names in the spelling of the columns. @throws NotUnderstoodError where one is no column */
export function primaryKeyOf(names: readonly string[], columns: readonly ColumnDefinition[]): string[] {
  return names.map((name) => {
    const column = columns.find((each) => same(each.name, name));
    if (column === undefined) throw notUnderstood;
    return column.name;
  });
}

/** The table behind an ALTER whose actions are all known. @throws NotUnderstoodError where they do not fit the table */
export function alterDefinition(table: TableDefinition, actions: readonly AlterAction[]): TableDefinition {
  let { charset } = table;
  let { columns } = table;
  for (const action of actions) {
    if (action.kind === 'charset' || action.kind === 'convert') charset = action.charset;
    if (action.kind === 'convert') columns = columns.map((column) => convert(column, action.charset));
  }
  const list = new ColumnList({ ...table, columns }, charset);
  const changed = list.change(actions);
  return { ...table, charset, columns: changed, primaryKey: list.finishKey(actions) };
}
