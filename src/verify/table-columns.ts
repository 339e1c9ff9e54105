import type { Query } from '../binlog/mysql-client.ts';
import type { SourceFlavor } from '../model/position.ts';
import type { Config } from '../config/config.ts';
import { camelCaseName } from '../encode/field-name.ts';
import { isExcludedColumn } from '../encode/table-plan.ts';
import { HeavisideError } from '../errors.ts';
import { selectExpression, type ComparedColumn } from './canonical-value.ts';
import { formOf } from './value-form.ts';

/** A column as both sides have it. */
export interface VerifiedColumn extends ComparedColumn {
  readonly name: string;
  /** The name's JSON, as it stands in a record. */
  readonly member: string;
  /** What is selected of it. */
  readonly expression: string;
}

/** What is compared of a table. */
export interface VerifiedTable {
  readonly database: string;
  readonly name: string;
  readonly columns: readonly VerifiedColumn[];
  /** Indexes into `columns` of the primary key; empty where there is none. */
  readonly key: readonly number[];
  /** The AUTO_INCREMENT column, where it is the whole primary key; null otherwise. */
  readonly counter: number | null;
  /** As the server estimates it. */
  readonly estimatedRows: number;
}

const TABLE = `SELECT TABLE_TYPE AS type, ENGINE AS engine, TABLE_ROWS AS estimate FROM information_schema.TABLES
  WHERE TABLE_SCHEMA = ? AND TABLE_NAME = ?`;
const COLUMNS = `SELECT COLUMN_NAME AS name, DATA_TYPE AS dataType, CHARACTER_SET_NAME AS charset,
  DATETIME_PRECISION AS digits, EXTRA AS extra FROM information_schema.COLUMNS
  WHERE TABLE_SCHEMA = ? AND TABLE_NAME = ? ORDER BY ORDINAL_POSITION`;
const KEY = `SELECT COLUMN_NAME AS name FROM information_schema.STATISTICS
  WHERE TABLE_SCHEMA = ? AND TABLE_NAME = ? AND INDEX_NAME = 'PRIMARY' ORDER BY SEQ_IN_INDEX`;

/** Engines whose tables a consistent snapshot freezes. */
const SNAPSHOT_ENGINES = new Set(['innodb', 'rocksdb']);

export const quoteName = (name: string): string => `\`${name.replaceAll('`', '``')}\``;

/**
 * Looks a table up.
 * @throws VERIFY_IMPOSSIBLE where there is no such table, or one that cannot be compared
 */
export async function readTableColumns(
  query: Query,
  flavor: SourceFlavor,
  { database, name, output }: { database: string; name: string; output: Config['output'] },
): Promise<VerifiedTable> {
  const words = `${database}.${name}`;
  const [table] = await query(TABLE, [database, name]);
  if (!table)
    throw new HeavisideError(
      'VERIFY_IMPOSSIBLE',
      `there is no table ${words}, or the account may not see it`,
    );
  if (table['type'] !== 'BASE TABLE')
    throw new HeavisideError(
      'VERIFY_IMPOSSIBLE',
      `${words} is no table but a ${table['type']?.toLowerCase()}`,
    );
  if (!SNAPSHOT_ENGINES.has((table['engine'] ?? '').toLowerCase()))
    throw new HeavisideError(
      'VERIFY_IMPOSSIBLE',
      `the engine of ${words}, ${table['engine']}, has no consistent snapshots`,
    );
  const rows = await query(COLUMNS, [database, name]);
  const keyNames = (await query(KEY, [database, name])).map((row) => row['name'] ?? '');
  const columns = rows.flatMap((row): VerifiedColumn[] => {
    const column = row['name'] ?? '';
    if (isExcludedColumn(column, output.excludedColumns)) return [];
    const charset = row['charset'];
    const form = formOf(row['dataType'] ?? '');
    if (form === null)
      throw new HeavisideError(
        'VERIFY_IMPOSSIBLE',
        `the type ${row['dataType']} of ${words}.${column} is not known`,
      );
    const actual = form === 'text' && charset === 'binary' ? 'bytes' : form;
    return [
      {
        name: column,
        member: JSON.stringify(output.usesCamelCase ? camelCaseName(column) : column),
        form: actual,
        precision: Number(row['digits'] ?? 0),
        expression: selectExpression(actual, quoteName(column), flavor),
      },
    ];
  });
  const key = keyNames.map((column) => columns.findIndex((each) => each.name === column));
  if (key.includes(-1))
    throw new HeavisideError(
      'VERIFY_IMPOSSIBLE',
      `exclude_columns leaves out a column of the primary key of ${words}`,
    );
  const counting = rows.find((row) => /auto_increment/i.test(row['extra'] ?? ''))?.['name'];
  const counter = key.length === 1 && columns[key[0] ?? -1]?.name === counting ? (key[0] ?? null) : null;
  return { database, name, columns, key, counter, estimatedRows: Number(table['estimate'] ?? 0) };
}
