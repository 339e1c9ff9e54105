import type { SchemaSnapshot, SourceSchema } from '../model/schema-snapshot.ts';
import type { ColumnDefinition, TableDefinition } from '../model/table-definition.ts';
import { parseLabels } from './column-lookup.ts';
import type { Query, SqlRow } from './mysql-client.ts';
import { readBinlogStatus, readVariables, type SourceIdentity } from './source-identity.ts';

/** Whether a table's definition is wanted. */
type IsWanted = (database: string, table: string) => boolean;

const SYSTEM = "('information_schema', 'performance_schema', 'sys', 'mysql')";
const TABLES = `SELECT TABLE_SCHEMA AS db, TABLE_NAME AS name, TABLE_TYPE AS type, ENGINE AS engine, TABLE_COLLATION AS collation
  FROM information_schema.TABLES WHERE TABLE_SCHEMA NOT IN ${SYSTEM}`;
const COLUMNS = `SELECT TABLE_NAME AS tableName, COLUMN_NAME AS name, DATA_TYPE AS dataType, COLUMN_TYPE AS columnType,
  CHARACTER_SET_NAME AS charset, DATETIME_PRECISION AS digits
  FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = ? ORDER BY TABLE_NAME, ORDINAL_POSITION`;
const KEYS = `SELECT TABLE_NAME AS tableName, COLUMN_NAME AS name FROM information_schema.STATISTICS
  WHERE TABLE_SCHEMA = ? AND INDEX_NAME = 'PRIMARY' ORDER BY TABLE_NAME, SEQ_IN_INDEX`;
const GLOBAL_SELECT = `SELECT COUNT(*) AS count FROM information_schema.USER_PRIVILEGES WHERE PRIVILEGE_TYPE = 'SELECT'`;

const INTEGER = /^(?:tiny|small|medium|big)?int$/;
const TEXT = /^(?:varchar|char|(?:tiny|medium|long)?text)$/;
const BINARY = /^(?:varbinary|binary|(?:tiny|medium|long)?blob)$/;
const FRACTION = /^(?:datetime|timestamp|time)$/;

const canonical = (charset: string): string => (charset === 'utf8' ? 'utf8mb3' : charset);
const charsetOf = (collation: string): string => canonical(collation.split('_')[0] ?? collation);

function toColumn(row: SqlRow): ColumnDefinition {
  const type = (row['dataType'] ?? '').toLowerCase();
  const columnType = row['columnType'] ?? '';
  const name = row['name'] ?? '';
  if (INTEGER.test(type)) return { type, name, signed: !/\bunsigned\b/i.test(columnType) };
  if (TEXT.test(type)) return { type, name, charset: canonical(row['charset'] ?? 'binary') };
  if (BINARY.test(type)) return { type, name, charset: 'binary' };
  if (type === 'enum' || type === 'set') return { type, name, enumValues: parseLabels(columnType) };
  if (FRACTION.test(type)) return { type, name, columnLength: Number(row['digits'] ?? 0) };
  return { type, name };
}

/** Rows by the table that they are of. */
function byTable(rows: readonly SqlRow[]): Map<string, SqlRow[]> {
  const tables = new Map<string, SqlRow[]>();
  for (const row of rows) {
    const name = row['tableName'] ?? '';
    const found = tables.get(name);
    if (found === undefined) tables.set(name, [row]);
    else found.push(row);
  }
  return tables;
}

async function readTables(
  query: Query,
  database: string,
  rows: readonly SqlRow[],
): Promise<TableDefinition[]> {
  const columns = byTable(await query(COLUMNS, [database]));
  const keys = byTable(await query(KEYS, [database]));
  return rows.map((row) => {
    const table = row['name'] ?? '';
    return {
      database,
      charset: charsetOf(row['collation'] ?? ''),
      table,
      columns: (columns.get(table) ?? []).map(toColumn),
      primaryKey: (keys.get(table) ?? []).map((key) => key['name'] ?? ''),
    };
  });
}

/**
 * MySQL commits a schema change of InnoDB in one with its dictionary, after it is in the binlog and before its GTID is
 * among the executed ones; other engines do not, nor do they hold up who reads. MariaDB reads a definition under the lock
 * that a schema change holds until it is logged.
 */
const isSure = (row: SqlRow, { flavor }: SourceIdentity): boolean =>
  row['type'] === 'BASE TABLE' &&
  row['collation'] !== null &&
  (flavor === 'mariadb' || row['engine'] === 'InnoDB');

/** Labels come out of INFORMATION_SCHEMA in utf8mb3: a character beyond it is a question mark there, as a question mark is. */
const hasLostLabels = ({ enumValues }: ColumnDefinition): boolean =>
  enumValues?.some((label) => label.includes('?')) === true;

/** GTIDs that the server has executed, as text. */
async function executed(query: Query, { flavor }: SourceIdentity): Promise<string> {
  const variable = flavor === 'mysql' ? '@@GLOBAL.gtid_executed' : '@@GLOBAL.gtid_binlog_pos';
  const [row] = await query(`SELECT ${variable} AS gtids`);
  return (row?.['gtids'] ?? '').replaceAll(/\s/g, '');
}

const HIDES_KEYS = 'show_gipk_in_create_table_and_information_schema';

/** Invisible primary keys that the server has made may be hidden from INFORMATION_SCHEMA, and are columns in the binlog. */
export async function showGeneratedKeys(query: Query): Promise<void> {
  const variables = await readVariables(query, [HIDES_KEYS]);
  if (variables.has(HIDES_KEYS)) await query(`SET SESSION ${HIDES_KEYS} = ON`);
}

/** Reads every definition that is wanted; `includes` before the first, `end` after the last. */
async function readSnapshot(
  query: Query,
  identity: SourceIdentity,
  isWanted: IsWanted,
): Promise<SchemaSnapshot | null> {
  await showGeneratedKeys(query);
  const includes = await executed(query, identity);
  const [privilege] = await query(GLOBAL_SELECT);
  const schemas = await query(
    `SELECT SCHEMA_NAME AS name, DEFAULT_CHARACTER_SET_NAME AS charset FROM information_schema.SCHEMATA`,
  );
  const rows = await query(TABLES);
  const tables: TableDefinition[] = [];
  const others: { readonly database: string; readonly table: string }[] = [];
  const wanted = new Map<string, SqlRow[]>();
  for (const row of rows) {
    const database = row['db'] ?? '';
    const table = row['name'] ?? '';
    if (!isWanted(database, table)) continue;
    if (!isSure(row, identity)) others.push({ database, table });
    else if (wanted.get(database)?.push(row) === undefined) wanted.set(database, [row]);
  }
  for (const [database, found] of wanted) {
    for (const table of await readTables(query, database, found)) {
      if (table.columns.some(hasLostLabels)) others.push(table);
      else tables.push(table);
    }
  }
  const { coordinates: end } = await readBinlogStatus(query, identity);
  if (end === null) return null;
  return {
    includes,
    end,
    databases: new Map(schemas.map((row) => [row['name'] ?? '', canonical(row['charset'] ?? '')])),
    tables,
    others,
    isComplete: Number(privilege?.['count'] ?? 0) > 0,
  };
}

/** Asks a source for what DDL records show. Rejects with a HeavisideError of the query. */
export async function readSourceSchema(
  query: Query,
  identity: SourceIdentity,
  options: { readonly usesGtid: boolean; readonly isWanted: IsWanted },
): Promise<SourceSchema> {
  const variables = await readVariables(query, ['lower_case_table_names']);
  const facts = {
    flavor: identity.flavor,
    lowerCaseTableNames: Number(variables.get('lower_case_table_names') ?? 0),
  };
  return { facts, snapshot: options.usesGtid ? await readSnapshot(query, identity, options.isWanted) : null };
}
