import type { Column } from '../model/table.ts';
import { charsetDecoder } from './charset-decoder.ts';
import { charsetOfCollation } from './collation-charset.ts';
import { BinaryCodec } from './codecs/binary.ts';
import { BitCodec } from './codecs/bit.ts';
import { CompressedCodec } from './codecs/compressed.ts';
import { DecimalCodec } from './codecs/decimal.ts';
import { EnumCodec, SetCodec } from './codecs/enumeration.ts';
import { DoubleCodec, FloatCodec, VectorCodec } from './codecs/floating-point.ts';
import { GeometryCodec } from './codecs/geometry.ts';
import { BigIntegerCodec, IntegerCodec } from './codecs/integer.ts';
import { JsonCodec } from './codecs/json.ts';
import { LogicalTemporalCodec } from './codecs/logical-temporal.ts';
import { NetworkAddressCodec } from './codecs/network-address.ts';
import {
  DateCodec,
  DateTimeCodec,
  OldDateTimeCodec,
  OldTimeCodec,
  TimeCodec,
  TimestampCodec,
} from './codecs/temporal.ts';
import { TextCodec, UnreadableCodec } from './codecs/text.ts';
import { YearCodec } from './codecs/year.ts';
import { type ColumnCodec, UNKNOWN_LAYOUT } from './column-codec.ts';

const BINARY_COLLATION = 63;

export interface CodecOptions {
  /** output_null_zerodates: dates with a zero part become null. */
  readonly nullZeroDates: boolean;
  /** avro_temporal_types */
  readonly avroTemporalTypes: 'string' | 'logical';
}

/** Bytes of a length prefix by the longest value: the server uses one up to 255 bytes. */
function prefixOf(maxBytes: number): number {
  return maxBytes > 255 ? -2 : -1;
}

/** CHAR packs its length of up to 1023 into the type byte (sql/field.cc, Field_string::do_save_field_metadata). */
function charMaxBytes(metadata: number): number {
  return (((metadata >> 4) & 0x300) ^ 0x300) + (metadata & 0xff);
}

/** Text or bytes with a length before them. */
function characterCodec(column: Column, layout: number, isCompressed = false): ColumnCodec {
  const { name, collation } = column;
  const address = NetworkAddressCodec.of(column.typeName, name, layout);
  if (address !== null) return address;
  if (column.typeName?.startsWith('vector') === true) return new VectorCodec(name, layout);
  const isBlob = column.type !== 15 && column.type !== 141 && column.type < 253;
  if (collation === BINARY_COLLATION || (collation === null && isBlob)) {
    return isCompressed ? new CompressedCodec(name, layout, null) : new BinaryCodec(name, layout);
  }
  if (collation === null) return new UnreadableCodec(name, layout, 'its character set is not known');
  const charset = charsetOfCollation(collation);
  const decoder = charset === null ? null : charsetDecoder(charset);
  if (decoder === null) {
    return new UnreadableCodec(name, layout, `its character set (collation ${collation}) is not supported`);
  }
  return isCompressed ? new CompressedCodec(name, layout, decoder) : new TextCodec(name, layout, decoder);
}

/** A length prefix of `metadata` bytes; `fallback` where the event does not say. */
function blobLayout(metadata: number, fallback: number): number {
  return -(metadata >= 1 && metadata <= 4 ? metadata : fallback);
}

function decimalCodec({ name, metadata }: Column): ColumnCodec {
  const precision = metadata >> 8;
  const scale = metadata & 0xff;
  if (precision < 1 || precision > 65 || scale > 38 || scale > precision) {
    return new UnreadableCodec(name, UNKNOWN_LAYOUT, 'its precision is out of range');
  }
  return new DecimalCodec(name, precision, scale);
}

function labelledCodec({ name, type, metadata, labels }: Column): ColumnCodec {
  const byteCount = metadata & 0xff;
  const isEnum = type === 247;
  if (byteCount < 1 || byteCount > (isEnum ? 2 : 8)) {
    return new UnreadableCodec(name, UNKNOWN_LAYOUT, 'its size is out of range');
  }
  if (labels === null) return new UnreadableCodec(name, byteCount, 'its labels are not known');
  return isEnum ? new EnumCodec(name, byteCount, labels) : new SetCodec(name, byteCount, labels);
}

/** Fractional digits, at most six. */
function precisionOf({ metadata }: Column): number {
  return Math.min(metadata, 6);
}

/**
 * The codec of a column. Never throws: a column that cannot be read gets a codec that says why when a value of it is read,
 * and that still passes over the value where its size is known, so that a filtered table never stops the stream.
 * Type codes: enum_field_types of the server (include/field_types.h; MariaDB's sql/field.h for 140 and 141).
 */
export function compileCodec(column: Column, options: Partial<CodecOptions> = {}): ColumnCodec {
  const codec = plainCodec(column, options.nullZeroDates ?? false);
  return options.avroTemporalTypes === 'logical' ? LogicalTemporalCodec.of(codec, column.type) : codec;
}

function plainCodec(column: Column, nullZeroDates: boolean): ColumnCodec {
  const { name, type, metadata, isUnsigned } = column;
  switch (type) {
    case 1: // TINY
      return new IntegerCodec(name, 1, isUnsigned);
    case 2: // SHORT
      return new IntegerCodec(name, 2, isUnsigned);
    case 9: // INT24
      return new IntegerCodec(name, 3, isUnsigned);
    case 3: // LONG
      return new IntegerCodec(name, 4, isUnsigned);
    case 8: // LONGLONG
      return new BigIntegerCodec(name, isUnsigned);
    case 4: // FLOAT
      return new FloatCodec(name);
    case 5: // DOUBLE
      return new DoubleCodec(name);
    case 246: // NEWDECIMAL
      return decimalCodec(column);
    case 16: // BIT: bits over whole bytes, then bytes
      return new BitCodec(name, (metadata >> 8) * 8 + (metadata & 0xff));
    case 13: // YEAR
      return new YearCodec(name);
    case 10: // DATE
    case 14: // NEWDATE
      return new DateCodec(name, nullZeroDates);
    case 18: // DATETIME2
      return new DateTimeCodec(name, precisionOf(column), nullZeroDates);
    case 17: // TIMESTAMP2
      return new TimestampCodec(name, precisionOf(column), nullZeroDates, true);
    case 19: // TIME2
      return new TimeCodec(name, precisionOf(column));
    case 7: // TIMESTAMP
      return new TimestampCodec(name, 0, nullZeroDates, false);
    case 11: // TIME
      return new OldTimeCodec(name);
    case 12: // DATETIME
      return new OldDateTimeCodec(name, nullZeroDates);
    case 247: // ENUM
    case 248: // SET
      return labelledCodec(column);
    case 15: // VARCHAR
      return characterCodec(column, prefixOf(metadata));
    case 141: // VARCHAR_COMPRESSED
      return characterCodec(column, prefixOf(metadata), true);
    case 253: // VAR_STRING
    case 254: // STRING
      return characterCodec(column, prefixOf(charMaxBytes(metadata)));
    case 249: // TINY_BLOB
      return characterCodec(column, blobLayout(metadata, 1));
    case 250: // MEDIUM_BLOB
      return characterCodec(column, blobLayout(metadata, 3));
    case 251: // LONG_BLOB
      return characterCodec(column, blobLayout(metadata, 4));
    case 252: // BLOB
      return characterCodec(column, blobLayout(metadata, 2));
    case 140: // BLOB_COMPRESSED
      return characterCodec(column, blobLayout(metadata, 2), true);
    case 245: // JSON
      return new JsonCodec(name, blobLayout(metadata, 4));
    case 255: // GEOMETRY
      return new GeometryCodec(name, blobLayout(metadata, 4));
    case 242: // VECTOR
      return new VectorCodec(name, blobLayout(metadata, 4));
    default:
      return new UnreadableCodec(name, UNKNOWN_LAYOUT, `its type (${type}) is not supported`);
  }
}
