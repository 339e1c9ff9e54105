import { columnType } from '../binlog/column-type.ts';
import type { LookedUpColumn } from '../binlog/column-lookup.ts';
import type { SourceFlavor } from '../model/position.ts';
import type { Column } from '../model/table.ts';
import { addressImage } from './address-image.ts';
import { decimalImage } from './decimal-image.ts';
import {
  bigintImage,
  binaryImage,
  doubleImage,
  floatImage,
  type ImageWriter,
  integerImage,
  labelImage,
  plainImage,
  prefixedImage,
  yearImage,
} from './image-writer.ts';
import { jsonExpression, jsonImage } from './json-image.ts';
import { type KeyColumn, type KeyKind, quoteName } from './key-literal.ts';
import { dateImage, dateTimeImage, timeImage, timestampImage } from './temporal-image.ts';

/** What INFORMATION_SCHEMA tells of a column beyond `LookedUpColumn`. */
export interface ColumnSizes {
  /** COLUMN_TYPE, as the server writes it. */
  readonly columnType: string;
  /** CHARACTER_OCTET_LENGTH; 0 for other than character columns. */
  readonly octetLength: number;
  readonly precision: number;
  readonly scale: number;
}

/** A column as a snapshot reads it. */
export interface SnapshotColumn {
  /** As a TABLE_MAP event of the table would describe it. */
  readonly column: Column;
  /** What is selected for it. */
  readonly expression: string;
  readonly write: ImageWriter;
  readonly key: KeyColumn;
}

interface Form {
  readonly type: number;
  readonly metadata: number;
  readonly write: ImageWriter;
  readonly kind: KeyKind;
  /** What to select in place of the column itself. */
  readonly select?: 'real' | 'label' | 'json' | 'bytes';
}

const BINARY_COLLATION = 63;
const BLOB_PREFIX: Readonly<Record<string, number>> = { tiny: 1, '': 2, medium: 3, long: 4 };
const ADDRESS_BYTES: Readonly<Record<string, number>> = { uuid: 16, inet6: 16, inet4: 4 };

const prefixOf = (octetLength: number): number => (octetLength > 255 ? 2 : 1);

/** CHAR's length of up to 1023 bytes, packed into the type byte (sql/field.cc, Field_string::do_save_field_metadata). */
const stringMetadata = (octetLength: number): number =>
  ((columnType.STRING ^ ((octetLength & 0x300) >> 4)) << 8) | (octetLength & 0xff);

/** Bytes of a SET (sql/field.h, get_set_pack_length). */
function setBytes(labelCount: number): number {
  const bytes = (labelCount + 7) >> 3;
  return bytes > 4 ? 8 : bytes;
}

function integerForm(type: number, byteCount: 1 | 2 | 3 | 4): Form {
  return { type, metadata: 0, write: integerImage(byteCount), kind: 'number' };
}

function labelForm(type: number, byteCount: number): Form {
  return {
    type,
    metadata: (type << 8) | byteCount,
    write: labelImage(byteCount),
    kind: 'label',
    select: 'label',
  };
}

function bitForm(length: number): Form {
  const metadata = ((length >> 3) << 8) | (length & 7);
  return { type: columnType.BIT, metadata, write: plainImage((length + 7) >> 3), kind: 'bit' };
}

function blobForm(type: number, prefixBytes: number, kind: KeyKind): Form {
  return { type, metadata: prefixBytes, write: prefixedImage(prefixBytes), kind };
}

/** The form of a column in a row image; null where the type is not known. */
function formOf(
  { dataType, labels, fractionDigits: digits }: LookedUpColumn,
  { columnType: text, octetLength, precision, scale }: ColumnSizes,
  flavor: SourceFlavor,
): Form | null {
  const addressBytes = ADDRESS_BYTES[dataType];
  if (addressBytes !== undefined) {
    const metadata = stringMetadata(addressBytes);
    return { type: columnType.STRING, metadata, write: addressImage(dataType), kind: 'address' };
  }
  switch (dataType) {
    case 'tinyint':
      return integerForm(columnType.TINY, 1);
    case 'smallint':
      return integerForm(columnType.SHORT, 2);
    case 'mediumint':
      return integerForm(columnType.INT24, 3);
    case 'int':
      return integerForm(columnType.LONG, 4);
    case 'bigint':
      return { type: columnType.LONGLONG, metadata: 0, write: bigintImage, kind: 'number' };
    case 'decimal': {
      const metadata = (precision << 8) | scale;
      return { type: columnType.NEWDECIMAL, metadata, write: decimalImage(precision, scale), kind: 'number' };
    }
    case 'float':
      return { type: columnType.FLOAT, metadata: 4, write: floatImage, kind: 'real', select: 'real' };
    case 'double':
      return { type: columnType.DOUBLE, metadata: 8, write: doubleImage, kind: 'real', select: 'real' };
    case 'bit':
      return bitForm(Number(/\d+/.exec(text)?.[0] ?? 1));
    case 'year':
      return { type: columnType.YEAR, metadata: 0, write: yearImage, kind: 'number' };
    case 'date':
      return { type: columnType.DATE, metadata: 0, write: dateImage, kind: 'temporal' };
    case 'time':
      return { type: columnType.TIME2, metadata: digits, write: timeImage(digits), kind: 'temporal' };
    case 'datetime':
      return { type: columnType.DATETIME2, metadata: digits, write: dateTimeImage(digits), kind: 'temporal' };
    case 'timestamp':
      return {
        type: columnType.TIMESTAMP2,
        metadata: digits,
        write: timestampImage(digits),
        kind: 'temporal',
      };
    case 'enum':
      return labelForm(columnType.ENUM, (labels?.length ?? 0) > 255 ? 2 : 1);
    case 'set':
      return labelForm(columnType.SET, setBytes(labels?.length ?? 0));
    case 'char':
    case 'binary': {
      const write = dataType === 'char' ? prefixedImage : binaryImage;
      const kind = dataType === 'char' ? 'text' : 'binary';
      const metadata = stringMetadata(octetLength);
      return { type: columnType.STRING, metadata, write: write(prefixOf(octetLength)), kind };
    }
    case 'varchar':
    case 'varbinary': {
      const kind = dataType === 'varchar' ? 'text' : 'binary';
      const write = prefixedImage(prefixOf(octetLength));
      return { type: columnType.VARCHAR, metadata: octetLength, write, kind };
    }
    case 'json':
      return { type: columnType.JSON, metadata: 4, write: jsonImage, kind: 'binary', select: 'json' };
    case 'vector': {
      if (flavor === 'mysql') return blobForm(columnType.VECTOR, 4, 'binary');
      const bytes = Number(/\d+/.exec(text)?.[0] ?? 0) * 4;
      return {
        type: columnType.VARCHAR,
        metadata: bytes,
        write: prefixedImage(prefixOf(bytes)),
        kind: 'binary',
      };
    }
  }
  const blob = /^(tiny|medium|long|)(blob|text)$/.exec(dataType);
  if (blob !== null) {
    const kind = blob[2] === 'blob' ? 'binary' : 'text';
    return blobForm(columnType.BLOB, BLOB_PREFIX[blob[1] ?? ''] ?? 2, kind);
  }
  const isGeometry = /^(?:geometry|point|linestring|polygon|multi\w+|geom(?:etry)?collection)$/.test(
    dataType,
  );
  return isGeometry ? blobForm(columnType.GEOMETRY, 4, 'binary') : null;
}

const NAMED_TYPES: ReadonlySet<string> = new Set(Object.keys(ADDRESS_BYTES));
const CARRIES_TEXT: ReadonlySet<number> = new Set([
  columnType.VARCHAR,
  columnType.STRING,
  columnType.BLOB,
  columnType.ENUM,
  columnType.SET,
]);

function expressionOf(name: string, select: Form['select']): string {
  const quoted = quoteName(name);
  if (select === 'real') return `${quoted} * 1e0`; // all digits: as a float it is sent with six
  if (select === 'json') return jsonExpression(quoted);
  if (select === 'bytes') return `CAST(${quoted} AS BINARY)`; // in its own character set, whatever the driver knows
  return select === 'label' ? `CAST(${quoted} AS UNSIGNED)` : quoted;
}

/** How a snapshot reads a column; null where its type is not known. */
export function snapshotColumn(
  lookedUp: LookedUpColumn,
  sizes: ColumnSizes,
  flavor: SourceFlavor,
): SnapshotColumn | null {
  const form = formOf(lookedUp, sizes, flavor);
  if (form === null) return null;
  const { name, isUnsigned, isNullable, labels, dataType } = lookedUp;
  const { type, metadata, write, kind } = form;
  const select = form.select ?? (kind === 'text' ? 'bytes' : undefined);
  const collation = CARRIES_TEXT.has(type) ? (lookedUp.collation ?? BINARY_COLLATION) : null;
  const typeName = NAMED_TYPES.has(dataType) ? dataType : null;
  return {
    column: { name, type, metadata, isUnsigned, isNullable, collation, labels, typeName },
    expression: expressionOf(name, select),
    write,
    key: { name, kind, collation },
  };
}
