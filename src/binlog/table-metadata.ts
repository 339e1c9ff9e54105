import { HeavisideError } from '../errors.ts';
import type { SourceFlavor } from '../model/position.ts';
import { ByteReader } from './byte-reader.ts';
import { columnType } from './column-type.ts';

/** The optional metadata of a TABLE_MAP event. Arrays have an entry per column of the table. */
export interface TableMetadata {
  /** binlog_row_metadata=FULL only. */
  readonly names: readonly string[] | null;
  /** Absent before MySQL 8.0.1 and with MariaDB's NO_LOG. */
  readonly isUnsigned: readonly boolean[] | null;
  /** Collation id of character, ENUM and SET columns; undefined for others and where it was not written. */
  readonly collations: readonly (number | undefined)[];
  /** Whether any collation was written. */
  readonly hasCollations: boolean;
  /** ENUM and SET labels in the bytes of their charset; FULL only. */
  readonly labels: readonly (readonly Buffer[] | undefined)[];
  /** Indexes of the primary key's columns in key order; FULL only. */
  readonly primaryKey: readonly number[];
}

const field = {
  SIGNEDNESS: 1,
  DEFAULT_CHARSET: 2,
  COLUMN_CHARSET: 3,
  COLUMN_NAME: 4,
  SET_STR_VALUE: 5,
  ENUM_STR_VALUE: 6,
  SIMPLE_PRIMARY_KEY: 8,
  PRIMARY_KEY_WITH_PREFIX: 9,
  ENUM_AND_SET_DEFAULT_CHARSET: 10,
  ENUM_AND_SET_COLUMN_CHARSET: 11,
} as const;

/** The types that the server's is_numeric_type counts, and YEAR, which it counts too by its parent class. */
const NUMERIC: ReadonlySet<number> = new Set([
  columnType.DECIMAL,
  columnType.TINY,
  columnType.SHORT,
  columnType.INT24,
  columnType.LONG,
  columnType.LONGLONG,
  columnType.NEWDECIMAL,
  columnType.FLOAT,
  columnType.DOUBLE,
  columnType.YEAR,
]);

const CHARACTER: ReadonlySet<number> = new Set([
  columnType.VARCHAR,
  columnType.VAR_STRING,
  columnType.STRING,
  columnType.TINY_BLOB,
  columnType.MEDIUM_BLOB,
  columnType.LONG_BLOB,
  columnType.BLOB,
  columnType.BLOB_COMPRESSED,
  columnType.VARCHAR_COMPRESSED,
]);

/** Types without a collation that the charset lists count all the same, with `binary`: seen on MySQL 9.7 and MariaDB 10.11. */
const COUNTED_AS_CHARACTER: Readonly<Record<SourceFlavor, number>> = {
  mysql: columnType.VECTOR,
  mariadb: columnType.GEOMETRY,
};

export const isNumericType = (type: number): boolean => NUMERIC.has(type);
export const isCharacterType = (type: number): boolean => CHARACTER.has(type);

interface Indexes {
  readonly numeric: readonly number[];
  readonly character: readonly number[];
  readonly enumOrSet: readonly number[];
  readonly enums: readonly number[];
  readonly sets: readonly number[];
}

function indexColumns(columns: readonly { readonly type: number }[], flavor: SourceFlavor): Indexes {
  const select = (test: (type: number) => boolean): number[] =>
    columns.flatMap((column, index) => (test(column.type) ? [index] : []));
  return {
    numeric: select(isNumericType),
    character: select((type) => isCharacterType(type) || type === COUNTED_AS_CHARACTER[flavor]),
    enumOrSet: select((type) => type === columnType.ENUM || type === columnType.SET),
    enums: select((type) => type === columnType.ENUM),
    sets: select((type) => type === columnType.SET),
  };
}

/** A bit per entry of `indexes`, the highest of each byte first. */
function readSignedness(value: Buffer, indexes: readonly number[], columnCount: number): boolean[] {
  const flags = new Array<boolean>(columnCount).fill(false);
  indexes.forEach((column, i) => {
    flags[column] = ((value[i >> 3] ?? 0) & (0x80 >> (i & 7))) !== 0;
  });
  return flags;
}

/** One collation for all of `indexes`, then pairs of (place among them, collation) that differ. */
function readDefaultCharset(
  reader: ByteReader,
  indexes: readonly number[],
  collations: (number | undefined)[],
): void {
  const common = reader.lengthEncoded();
  for (const column of indexes) collations[column] = common;
  while (reader.remaining > 0) {
    const column = indexes[reader.lengthEncoded()];
    const collation = reader.lengthEncoded();
    if (column === undefined) throw misfit();
    collations[column] = collation;
  }
}

function readColumnCharsets(
  reader: ByteReader,
  indexes: readonly number[],
  collations: (number | undefined)[],
): void {
  for (const column of indexes) collations[column] = reader.lengthEncoded();
  if (reader.remaining > 0) throw misfit();
}

function readLabels(
  reader: ByteReader,
  indexes: readonly number[],
  labels: (readonly Buffer[] | undefined)[],
): void {
  for (const column of indexes) {
    const count = reader.lengthEncoded();
    const values: Buffer[] = [];
    // A copy: the packet's memory is used again for the next one.
    for (let i = 0; i < count; i++) values.push(Buffer.from(reader.bytes(reader.lengthEncoded())));
    labels[column] = values;
  }
}

function readNames(reader: ByteReader): string[] {
  const names: string[] = [];
  while (reader.remaining > 0) names.push(reader.text(reader.lengthEncoded()));
  return names;
}

function readKey(reader: ByteReader, hasPrefixes: boolean): number[] {
  const columns: number[] = [];
  while (reader.remaining > 0) {
    columns.push(reader.lengthEncoded());
    if (hasPrefixes) reader.lengthEncoded();
  }
  return columns;
}

const misfit = (): HeavisideError =>
  new HeavisideError(
    'BINLOG_EVENT_UNSUPPORTED',
    'the metadata of a table map event does not fit its columns',
  );

/**
 * The optional metadata behind the null bits: fields of {type, length, value}. Types that are not needed (geometry,
 * visibility, vector dimensions, those of the future) are passed over.
 * @throws HeavisideError BINLOG_EVENT_UNSUPPORTED
 */
export function readTableMetadata(
  bytes: Buffer,
  columns: readonly { readonly type: number }[],
  flavor: SourceFlavor,
): TableMetadata {
  const indexes = indexColumns(columns, flavor);
  const collations = new Array<number | undefined>(columns.length).fill(undefined);
  const labels = new Array<readonly Buffer[] | undefined>(columns.length).fill(undefined);
  let names: string[] | null = null;
  let isUnsigned: boolean[] | null = null;
  let primaryKey: number[] = [];
  const reader = new ByteReader(bytes);
  while (reader.remaining > 0) {
    const type = reader.uint8();
    const value = reader.bytes(reader.lengthEncoded());
    const inner = new ByteReader(value);
    if (type === field.SIGNEDNESS) isUnsigned = readSignedness(value, indexes.numeric, columns.length);
    else if (type === field.DEFAULT_CHARSET) readDefaultCharset(inner, indexes.character, collations);
    else if (type === field.COLUMN_CHARSET) readColumnCharsets(inner, indexes.character, collations);
    else if (type === field.COLUMN_NAME) names = readNames(inner);
    else if (type === field.SET_STR_VALUE) readLabels(inner, indexes.sets, labels);
    else if (type === field.ENUM_STR_VALUE) readLabels(inner, indexes.enums, labels);
    else if (type === field.SIMPLE_PRIMARY_KEY) primaryKey = readKey(inner, false);
    else if (type === field.PRIMARY_KEY_WITH_PREFIX) primaryKey = readKey(inner, true);
    else if (type === field.ENUM_AND_SET_DEFAULT_CHARSET)
      readDefaultCharset(inner, indexes.enumOrSet, collations);
    else if (type === field.ENUM_AND_SET_COLUMN_CHARSET)
      readColumnCharsets(inner, indexes.enumOrSet, collations);
  }
  if (
    (names !== null && names.length !== columns.length) ||
    primaryKey.some((column) => column >= columns.length)
  ) {
    throw misfit();
  }
  const hasCollations = collations.some((collation) => collation !== undefined);
  return { names, isUnsigned, collations, hasCollations, labels, primaryKey };
}
