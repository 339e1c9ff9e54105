import { createHash } from 'node:crypto';
import { lookUpTable } from '../binlog/column-lookup.ts';
import type { Query } from '../binlog/mysql-client.ts';
import { HeavisideError } from '../errors.ts';
import type { SourceFlavor } from '../model/position.ts';
import { tableLabel, type SnapshotTableName } from '../model/snapshot-progress.ts';
import type { TableVersion } from '../model/table.ts';
import { behindKey, quoteName } from './key-literal.ts';
import { snapshotColumn, type SnapshotColumn } from './snapshot-column.ts';

const SIZES = `SELECT COLUMN_NAME AS name, COLUMN_TYPE AS columnType, CHARACTER_OCTET_LENGTH AS octetLength,
  NUMERIC_PRECISION AS digits, NUMERIC_SCALE AS scale FROM information_schema.COLUMNS
  WHERE TABLE_SCHEMA = ? AND TABLE_NAME = ?`;
const TABLE = `SELECT TABLE_TYPE AS type, TABLE_ROWS AS estimate FROM information_schema.TABLES
  WHERE TABLE_SCHEMA = ? AND TABLE_NAME = ?`;
const KEYS = `SELECT INDEX_NAME AS keyName, COLUMN_NAME AS name, SUB_PART AS prefix FROM information_schema.STATISTICS
  WHERE TABLE_SCHEMA = ? AND TABLE_NAME = ? AND NON_UNIQUE = 0
  ORDER BY INDEX_NAME <> 'PRIMARY', INDEX_NAME, SEQ_IN_INDEX`;

/** A table as it is read in chunks. */
export interface SnapshotTable {
  readonly version: TableVersion;
  readonly columns: readonly SnapshotColumn[];
  /** Indexes of the key's columns, in key order; empty: it has no key whose order could be followed. */
  readonly key: readonly number[];
  readonly keyNames: readonly string[];
  /** Rows, as the server estimates them. */
  readonly estimatedRows: number;
  /** The SELECT of the rows behind `last` in key order (null: from the first), at most `limit`; without a key all of them. */
  select(last: readonly string[] | null, limit: number, isLocking: boolean): string;
}

/** The index whose columns are those of the key, whole and in that order; null: none, so that no order can be followed. */
async function keyIndex(
  query: Query,
  { database, table }: SnapshotTableName,
  names: readonly string[],
): Promise<string | null> {
  if (names.length === 0) return null;
  const indexes = new Map<string, { names: string[]; isWhole: boolean }>();
  for (const { keyName, name, prefix } of await query(KEYS, [database, table])) {
    const index = indexes.get(keyName ?? '') ?? { names: [], isWhole: true };
    index.names.push(name ?? '');
    if (prefix !== null) index.isWhole = false;
    indexes.set(keyName ?? '', index);
  }
  const isKey = (index: { names: readonly string[]; isWhole: boolean }): boolean =>
    index.isWhole && index.names.length === names.length && index.names.every((name, i) => name === names[i]);
  return [...indexes].find(([, index]) => isKey(index))?.[0] ?? null;
}

/**
 * How a table is read, as INFORMATION_SCHEMA describes it now; null where there is no such table.
 * @throws SNAPSHOT_UNFIT where a column's type is not known
 */
export async function describeTable(
  query: Query,
  name: SnapshotTableName,
  { flavor, where }: { readonly flavor: SourceFlavor; readonly where: string | null },
): Promise<SnapshotTable | null> {
  const { database, table } = name;
  const [row] = await query(TABLE, [database, table]);
  if (row === undefined || row['type'] === 'VIEW') return null;
  const found = await lookUpTable(query, database, table);
  const sizes = new Map((await query(SIZES, [database, table])).map((size) => [size['name'], size]));
  const columns = found.columns.map((column) => {
    const size = sizes.get(column.name);
    const made = snapshotColumn(
      column,
      {
        columnType: size?.['columnType'] ?? '',
        octetLength: Number(size?.['octetLength'] ?? 0),
        precision: Number(size?.['digits'] ?? 0),
        scale: Number(size?.['scale'] ?? 0),
      },
      flavor,
    );
    if (made !== null) return made;
    const text = `column ${column.name} of ${tableLabel(name)} has a type that is not known: ${column.dataType}`;
    throw new HeavisideError('SNAPSHOT_UNFIT', text);
  });
  if (columns.length === 0) return null;
  const index = await keyIndex(query, name, found.primaryKey);
  const keyNames = index === null ? [] : found.primaryKey;
  const names = columns.map(({ column }) => column.name);
  const positionOf = (column: string): number => names.indexOf(column);
  const versionColumns = columns.map(({ column }) => column);
  const hash = createHash('sha256').update(JSON.stringify([versionColumns, found.primaryKey]));
  const key = keyNames.map(positionOf);
  // A name of their own, for the driver refuses some names of columns.
  const list = columns.map(({ expression }, at) => `${expression} AS c${at}`).join(', ');
  const from = `FROM ${quoteName(database)}.${quoteName(table)}`;
  const force = index === null ? '' : ` FORCE INDEX (${quoteName(index)})`;
  // With the table's name, or else a column would be taken for the one that is selected under its name.
  const order = keyNames.map((name) => `${quoteName(table)}.${quoteName(name)}`).join(', ');
  const keyColumns = key.flatMap((at) => columns[at]?.key ?? []);
  return {
    version: {
      database,
      table,
      columns: versionColumns,
      primaryKey: found.primaryKey.map(positionOf),
      fingerprint: `snapshot ${hash.digest('hex').slice(0, 32)}`,
    },
    columns,
    key,
    keyNames,
    estimatedRows: Number(row['estimate'] ?? 0),
    select: (last, limit, isLocking) => {
      const conditions = [
        ...(where === null ? [] : [`(${where})`]),
        ...(last === null ? [] : [`(${behindKey(keyColumns, last)})`]),
      ];
      const condition = conditions.length === 0 ? '' : ` WHERE ${conditions.join(' AND ')}`;
      const tail = key.length === 0 ? '' : ` ORDER BY ${order} LIMIT ${limit}`;
      return `SELECT ${list} ${from}${force}${condition}${tail}${isLocking ? ' LOCK IN SHARE MODE' : ''}`;
    },
  };
}
