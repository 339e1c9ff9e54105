import type { Query, SqlRow } from './mysql-client.ts';

/** A column as INFORMATION_SCHEMA has it now, which may be later than the event that is read. */
export interface LookedUpColumn {
  readonly name: string;
  /** DATA_TYPE, lower case. */
  readonly dataType: string;
  readonly isUnsigned: boolean;
  readonly isNullable: boolean;
  /** Collation id; null for other than character columns. */
  readonly collation: number | null;
  /** Labels of an ENUM or SET. */
  readonly labels: readonly string[] | null;
  /** Digits behind the second of a temporal type; 0 for others. */
  readonly fractionDigits: number;
}

export interface LookedUpTable {
  /** In the order of the table; empty where there is no such table. */
  readonly columns: readonly LookedUpColumn[];
  /** Names of the primary key's columns in key order; of the unique key without NULL that the server takes for it where there is none. */
  readonly primaryKey: readonly string[];
}

const COLUMNS = `SELECT c.COLUMN_NAME AS name, c.DATA_TYPE AS dataType, c.COLUMN_TYPE AS columnType,
  c.IS_NULLABLE AS isNullable, c.DATETIME_PRECISION AS digits, c.COLLATION_NAME AS collation, l.ID AS collationId,
  c.COLUMN_KEY AS columnKey FROM information_schema.COLUMNS c LEFT JOIN information_schema.COLLATIONS l ON l.COLLATION_NAME = c.COLLATION_NAME
  WHERE c.TABLE_SCHEMA = ? AND c.TABLE_NAME = ? ORDER BY c.ORDINAL_POSITION`;

/** MariaDB 10.10+ names the uca1400 collations once for all charsets; their ids stand in the applicability table. */
const MARIADB_COLLATIONS = `SELECT FULL_COLLATION_NAME AS collation, ID AS collationId
  FROM information_schema.COLLATION_CHARACTER_SET_APPLICABILITY`;

const UNIQUE_KEYS = `SELECT INDEX_NAME AS keyName, COLUMN_NAME AS name FROM information_schema.STATISTICS
  WHERE TABLE_SCHEMA = ? AND TABLE_NAME = ? AND NON_UNIQUE = 0
  ORDER BY INDEX_NAME <> 'PRIMARY', INDEX_NAME, SEQ_IN_INDEX`;

const ESCAPES: Readonly<Record<string, string>> = { '0': '\0', n: '\n', r: '\r', "''": "'" };

/** The labels of `enum('a','it''s')` as INFORMATION_SCHEMA.COLUMNS.COLUMN_TYPE writes them. */
export function parseLabels(columnType: string): string[] {
  const labels: string[] = [];
  for (const [, quoted = ''] of columnType.matchAll(/'((?:[^'\\]|''|\\[^])*)'/g)) {
    labels.push(
      quoted.replaceAll(
        /''|\\([^])/g,
        (match, escaped: string | undefined) => ESCAPES[escaped ?? match] ?? escaped ?? match,
      ),
    );
  }
  return labels;
}

function toColumn(row: SqlRow, collations: ReadonlyMap<string, number>): LookedUpColumn {
  const dataType = (row['dataType'] ?? '').toLowerCase();
  const columnType = row['columnType'] ?? '';
  const collationId = row['collationId'] ?? collations.get(row['collation'] ?? '');
  return {
    name: row['name'] ?? '',
    dataType,
    // The binlog's metadata counts YEAR as unsigned too.
    isUnsigned: /\bunsigned\b/i.test(columnType) || dataType === 'year',
    isNullable: row['isNullable'] === 'YES',
    collation: collationId === undefined || collationId === null ? null : Number(collationId),
    labels: dataType === 'enum' || dataType === 'set' ? parseLabels(columnType) : null,
    fractionDigits: Number(row['digits'] ?? 0),
  };
}

/**
 * The key that the binlog's metadata would name: of the columns that the server shows as PRI. Where a table has no primary key
 * that is its first unique key without NULL (sql/table.cc of both servers).
 */
function primaryKeyOf(columns: readonly SqlRow[], uniqueKeys: readonly SqlRow[]): string[] {
  const wanted = new Set(columns.filter((row) => row['columnKey'] === 'PRI').map((row) => row['name']));
  const keys = new Map<string, string[]>();
  for (const { keyName, name } of uniqueKeys)
    keys.set(keyName ?? '', [...(keys.get(keyName ?? '') ?? []), name ?? '']);
  const isWanted = (key: readonly string[]): boolean =>
    key.length === wanted.size && key.every((name) => wanted.has(name));
  return [...keys.values()].find(isWanted) ?? [];
}

/** Asks the source for the columns of a table as they are now. Rejects with a HeavisideError of the query. */
export async function lookUpTable(query: Query, database: string, table: string): Promise<LookedUpTable> {
  const rows = await query(COLUMNS, [database, table]);
  const needsNames = rows.some((row) => row['collation'] !== null && row['collationId'] === null);
  const named = needsNames ? await query(MARIADB_COLLATIONS) : [];
  const collations = new Map(named.map((row) => [row['collation'] ?? '', Number(row['collationId'])]));
  const uniqueKeys = await query(UNIQUE_KEYS, [database, table]);
  return {
    columns: rows.map((row) => toColumn(row, collations)),
    primaryKey: primaryKeyOf(rows, uniqueKeys),
  };
}
