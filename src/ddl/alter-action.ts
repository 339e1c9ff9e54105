import { type ColumnClause, readColumnClause } from './column-clause.ts';
import type { TypeSyntax } from './column-type.ts';
import { readKeyClause } from './key-clause.ts';
import { notUnderstood, type SqlCursor, type TableName } from './sql-cursor.ts';
import { readElements } from './table-body.ts';
import { readCharsetOption } from './table-options.ts';

/** Where a column goes: first, behind another, or (null) where it is, at the end for a new one. */
export type ColumnPlace = { readonly after: string | null } | null;

/** What an ALTER TABLE does to what a definition shows. */
export type AlterAction =
  | {
      readonly kind: 'add';
      readonly column: ColumnClause;
      readonly place: ColumnPlace;
      readonly ifNotExists: boolean;
    }
  | {
      readonly kind: 'change';
      readonly name: string;
      readonly column: ColumnClause;
      readonly place: ColumnPlace;
      readonly ifExists: boolean;
    }
  | { readonly kind: 'rename-column'; readonly name: string; readonly to: string; readonly ifExists: boolean }
  | { readonly kind: 'drop'; readonly name: string; readonly ifExists: boolean }
  | { readonly kind: 'add-primary-key'; readonly columns: readonly string[] }
  | { readonly kind: 'drop-primary-key' }
  | { readonly kind: 'charset'; readonly charset: string }
  | { readonly kind: 'convert'; readonly charset: string }
  | { readonly kind: 'rename-table'; readonly to: TableName };

/** First words of clauses that change nothing that a definition shows. */
const WITHOUT_EFFECT: ReadonlySet<string> = new Set([
  'alter',
  'disable',
  'enable',
  'force',
  'algorithm',
  'lock',
  'with',
  'without',
]);
/** The same for clauses that nothing but their own lists can follow. */
const LAST: ReadonlySet<string> = new Set([
  'order',
  'discard',
  'import',
  'partition',
  'remove',
  'coalesce',
  'reorganize',
  'exchange',
  'truncate',
  'analyze',
  'check',
  'optimize',
  'rebuild',
  'repair',
  'upgrade',
  'secondary_load',
  'secondary_unload',
]);
/** Options of a table. */
const OPTIONS: ReadonlySet<string> = new Set([
  'autoextend_size',
  'auto_increment',
  'avg_row_length',
  'checksum',
  'comment',
  'compression',
  'connection',
  'data',
  'delay_key_write',
  'encrypted',
  'encryption',
  'encryption_key_id',
  'engine',
  'type',
  'engine_attribute',
  'ietf_quotes',
  'index',
  'insert_method',
  'key_block_size',
  'max_rows',
  'min_rows',
  'pack_keys',
  'page_checksum',
  'page_compressed',
  'page_compression_level',
  'password',
  'row_format',
  'secondary_engine',
  'secondary_engine_attribute',
  'start',
  'stats_auto_recalc',
  'stats_persistent',
  'stats_sample_pages',
  'tablespace',
  'transactional',
  'union',
]);

function skipRest(cursor: SqlCursor): [] {
  while (!cursor.isAtEnd) cursor.next();
  return [];
}

function place(cursor: SqlCursor): ColumnPlace {
  if (cursor.accept('first')) return { after: null };
  return cursor.accept('after') ? { after: cursor.name() } : null;
}

function addActions(cursor: SqlCursor, syntax: TypeSyntax): AlterAction[] {
  if (cursor.is('system') || cursor.is('period', 'for')) throw notUnderstood;
  if (cursor.is('partition')) return skipRest(cursor);
  const key = readKeyClause(cursor);
  if (key !== null) return key.kind === 'primary' ? [{ kind: 'add-primary-key', columns: key.columns }] : [];
  cursor.accept('column');
  const ifNotExists = cursor.accept('if', 'not', 'exists');
  if (cursor.accept('(')) {
    const { columns, primaryKey } = readElements(cursor, syntax);
    const added = columns.map((column): AlterAction => ({ kind: 'add', column, place: null, ifNotExists }));
    return primaryKey === null ? added : [...added, { kind: 'add-primary-key', columns: primaryKey }];
  }
  const column = readColumnClause(cursor, syntax);
  const action: AlterAction = { kind: 'add', column, place: place(cursor), ifNotExists };
  return column.isPrimaryKey ? [action, { kind: 'add-primary-key', columns: [column.name] }] : [action];
}

function changeAction(cursor: SqlCursor, syntax: TypeSyntax, isModify: boolean): AlterAction[] {
  cursor.accept('column');
  const ifExists = cursor.accept('if', 'exists');
  const name = isModify ? cursor.peek().text : cursor.name();
  const column = readColumnClause(cursor, syntax);
  const action: AlterAction = { kind: 'change', name, column, place: place(cursor), ifExists };
  return column.isPrimaryKey ? [action, { kind: 'add-primary-key', columns: [column.name] }] : [action];
}

function dropActions(cursor: SqlCursor): AlterAction[] {
  if (cursor.accept('primary', 'key')) return [{ kind: 'drop-primary-key' }];
  if (cursor.is('system') || cursor.is('period', 'for')) throw notUnderstood;
  if (cursor.is('partition')) return skipRest(cursor);
  if (cursor.accept('check') || cursor.accept('constraint') || cursor.accept('foreign')) {
    cursor.skipElement();
    return [];
  }
  if (cursor.accept('index') || cursor.accept('key')) {
    cursor.accept('if', 'exists');
    return cursor.name().toLowerCase() === 'primary' ? [{ kind: 'drop-primary-key' }] : [];
  }
  cursor.accept('column');
  const ifExists = cursor.accept('if', 'exists');
  const name = cursor.name();
  if (!cursor.accept('restrict')) cursor.accept('cascade');
  return [{ kind: 'drop', name, ifExists }];
}

function renameActions(cursor: SqlCursor): AlterAction[] {
  if (cursor.accept('column')) {
    const ifExists = cursor.accept('if', 'exists');
    const name = cursor.name();
    cursor.expect('to');
    return [{ kind: 'rename-column', name, to: cursor.name(), ifExists }];
  }
  if (cursor.accept('index') || cursor.accept('key')) {
    cursor.skipElement();
    return [];
  }
  if (!cursor.accept('to') && !cursor.accept('as')) cursor.accept('=');
  return [{ kind: 'rename-table', to: cursor.tableName() }];
}

function convertAction(cursor: SqlCursor): AlterAction[] {
  cursor.expect('to');
  const charset = readCharsetOption(cursor);
  if (typeof charset !== 'string') throw notUnderstood;
  if (cursor.is('collate')) readCharsetOption(cursor);
  return [{ kind: 'convert', charset }];
}

/** Options may follow one another without commas. */
function optionActions(cursor: SqlCursor): AlterAction[] {
  const actions: AlterAction[] = [];
  while (!cursor.isAtEnd && !cursor.is(',')) {
    const charset = readCharsetOption(cursor);
    if (charset === undefined) {
      const { keyword } = cursor.peek();
      if (LAST.has(keyword)) skipRest(cursor);
      else if (WITHOUT_EFFECT.has(keyword)) cursor.skipElement();
      else {
        if (!OPTIONS.has(keyword)) throw notUnderstood;
        cursor.next();
        if (keyword === 'data' || keyword === 'index') cursor.expect('directory');
        cursor.accept('=');
        if (cursor.is('(')) cursor.parentheses();
        else cursor.next();
      }
    } else if (charset !== null) actions.push({ kind: 'charset', charset });
  }
  return actions;
}

/** One clause of an ALTER TABLE. @throws NotUnderstoodError */
export function readAlterClause(cursor: SqlCursor, syntax: TypeSyntax): AlterAction[] {
  let actions: AlterAction[];
  if (cursor.accept('add')) actions = addActions(cursor, syntax);
  else if (cursor.accept('change')) actions = changeAction(cursor, syntax, false);
  else if (cursor.accept('modify')) actions = changeAction(cursor, syntax, true);
  else if (cursor.accept('drop')) actions = dropActions(cursor);
  else if (cursor.accept('rename')) actions = renameActions(cursor);
  else if (cursor.accept('convert')) actions = convertAction(cursor);
  else actions = optionActions(cursor);
  // Partitioning may follow the last clause without a comma.
  if (cursor.is('partition', 'by') || cursor.is('remove', 'partitioning')) skipRest(cursor);
  if (!cursor.isAtEnd && !cursor.is(',')) throw notUnderstood;
  return actions;
}
