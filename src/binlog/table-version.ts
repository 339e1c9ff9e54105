import { createHash } from 'node:crypto';
import { HeavisideError } from '../errors.ts';
import type { Column, TableVersion } from '../model/table.ts';
import type { LookedUpColumn, LookedUpTable } from './column-lookup.ts';
import { columnType } from './column-type.ts';
import type { TableMap } from './table-map-event.ts';
import { isCharacterType, isNumericType } from './table-metadata.ts';

/** Text of an ENUM or SET label from the bytes of its charset. */
export type DecodeLabel = (bytes: Buffer, collation: number) => string;

/** binary */
const BINARY_COLLATION = 63;
const UTF8MB4_GENERAL_CI = 45;

/** Types for which the binlog's code does not tell what the server shows. */
const NAMED_TYPES: ReadonlySet<string> = new Set(['uuid', 'inet4', 'inet6']);

/** Which binlog type codes a DATA_TYPE may stand behind. */
const CODES: Readonly<Record<string, readonly number[]>> = {
  tinyint: [columnType.TINY],
  smallint: [columnType.SHORT],
  mediumint: [columnType.INT24],
  int: [columnType.LONG],
  bigint: [columnType.LONGLONG],
  decimal: [columnType.NEWDECIMAL, columnType.DECIMAL],
  float: [columnType.FLOAT],
  double: [columnType.DOUBLE],
  bit: [columnType.BIT],
  year: [columnType.YEAR],
  date: [columnType.DATE],
  time: [columnType.TIME, columnType.TIME2],
  datetime: [columnType.DATETIME, columnType.DATETIME2],
  timestamp: [columnType.TIMESTAMP, columnType.TIMESTAMP2],
  char: [columnType.STRING],
  binary: [columnType.STRING],
  uuid: [columnType.STRING],
  inet4: [columnType.STRING],
  inet6: [columnType.STRING],
  varchar: [columnType.VARCHAR, columnType.VAR_STRING, columnType.VARCHAR_COMPRESSED],
  varbinary: [columnType.VARCHAR, columnType.VAR_STRING, columnType.VARCHAR_COMPRESSED],
  enum: [columnType.ENUM],
  set: [columnType.SET],
  json: [columnType.JSON, columnType.BLOB],
  vector: [columnType.VECTOR, columnType.VARCHAR],
};
const BLOB_TYPE = /^(?:tiny|medium|long)?(?:blob|text)$/;
const BLOB_CODES: readonly number[] = [columnType.BLOB, columnType.BLOB_COMPRESSED];
/** Whatever is not listed is geometry in one of its names. */
const OTHER_CODES: readonly number[] = [columnType.GEOMETRY];

function codesOf(dataType: string): readonly number[] {
  return CODES[dataType] ?? (BLOB_TYPE.test(dataType) ? BLOB_CODES : OTHER_CODES);
}

function fingerprint(identity: Buffer, columns: readonly Column[] | null): string {
  const hash = createHash('sha256').update(identity);
  if (columns !== null) hash.update(JSON.stringify(columns));
  return hash.digest('hex').slice(0, 32);
}

function collationOf(map: TableMap, index: number, lookedUp: LookedUpColumn | undefined): number | null {
  const type = map.columns[index]?.type ?? -1;
  const carriesText = isCharacterType(type) || type === columnType.ENUM || type === columnType.SET;
  if (!carriesText) return null;
  return map.metadata.collations[index] ?? lookedUp?.collation ?? BINARY_COLLATION;
}

/** The version of a table whose TABLE_MAP event names its columns. `lookedUp` (by name) tells MariaDB's uuid, inet4 and inet6. */
export function describedVersion(
  map: TableMap,
  identity: Buffer,
  decodeLabel: DecodeLabel,
  lookedUp: LookedUpTable | null,
): TableVersion {
  const byName = new Map(lookedUp?.columns.map((column) => [column.name, column]));
  const columns = map.columns.map((mapped, index): Column => {
    const name = map.metadata.names?.[index] ?? `@${index + 1}`;
    const collation = collationOf(map, index, undefined);
    const labels = map.metadata.labels[index];
    const dataType = byName.get(name)?.dataType ?? '';
    return {
      name,
      ...mapped,
      isUnsigned: map.metadata.isUnsigned?.[index] ?? false,
      collation,
      labels: labels?.map((label) => decodeLabel(label, collation ?? UTF8MB4_GENERAL_CI)) ?? null,
      typeName: mapped.type === columnType.STRING && NAMED_TYPES.has(dataType) ? dataType : null,
    };
  });
  const { primaryKey } = map.metadata;
  return {
    database: map.database,
    table: map.table,
    columns,
    primaryKey,
    fingerprint: fingerprint(identity, lookedUp === null ? null : columns),
  };
}

function unknown(map: TableMap, why: string): HeavisideError {
  return new HeavisideError(
    'SCHEMA_UNKNOWN',
    `the columns of \`${map.database}\`.\`${map.table}\` cannot be known for an event that does not name them: ${why}`,
  );
}

/**
 * The version of a table whose columns were looked up in INFORMATION_SCHEMA.
 * @throws HeavisideError SCHEMA_UNKNOWN where count, types, signedness or collations are not those of the event
 */
export function lookedUpVersion(map: TableMap, identity: Buffer, table: LookedUpTable): TableVersion {
  if (table.columns.length === 0) throw unknown(map, 'the table does not exist any more, or may not be read');
  if (table.columns.length !== map.columns.length) {
    throw unknown(map, `it has ${table.columns.length} columns now and had ${map.columns.length}`);
  }
  const columns = table.columns.map((column, index): Column => {
    const mapped = map.columns[index];
    if (mapped === undefined || !codesOf(column.dataType).includes(mapped.type)) {
      throw unknown(map, `column ${index + 1} has another type now (${column.dataType})`);
    }
    const isUnsigned = map.metadata.isUnsigned?.[index] ?? column.isUnsigned;
    if (isNumericType(mapped.type) && isUnsigned !== column.isUnsigned) {
      throw unknown(map, `column ${index + 1} has changed its sign`);
    }
    const collation = collationOf(map, index, column);
    if (collation !== null && column.collation !== null && collation !== column.collation) {
      throw unknown(map, `column ${index + 1} has another collation now`);
    }
    const typeName = NAMED_TYPES.has(column.dataType) ? column.dataType : null;
    return { name: column.name, ...mapped, isUnsigned, collation, labels: column.labels, typeName };
  });
  const names = columns.map((column) => column.name);
  return {
    database: map.database,
    table: map.table,
    columns,
    primaryKey: table.primaryKey.map((name) => names.indexOf(name)),
    fingerprint: fingerprint(identity, columns),
  };
}
