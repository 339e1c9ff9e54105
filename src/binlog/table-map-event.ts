import type { SourceFlavor } from '../model/position.ts';
import { ByteReader } from './byte-reader.ts';
import { columnType } from './column-type.ts';
import { readTableMetadata, type TableMetadata } from './table-metadata.ts';

/** One column of a TABLE_MAP event: what every server writes. */
export interface MappedColumn {
  /** Type code, ENUM and SET unpacked from STRING. */
  readonly type: number;
  /** The type's metadata; see `Column.metadata`. */
  readonly metadata: number;
  readonly isNullable: boolean;
}

export interface TableMap {
  readonly database: string;
  readonly table: string;
  readonly columns: readonly MappedColumn[];
  readonly metadata: TableMetadata;
}

/** Bytes of the table id in the post-header. */
const TABLE_ID_BYTES = 6;

/** Table id of a TABLE_MAP or rows event. */
export const readTableId = (body: Buffer): number => body.readUIntLE(0, TABLE_ID_BYTES);

/** How a type packs its metadata: bytes, and which of two comes first. */
function readColumnMetadata(type: number, reader: ByteReader): number {
  switch (type) {
    case columnType.FLOAT:
    case columnType.DOUBLE:
    case columnType.TIMESTAMP2:
    case columnType.DATETIME2:
    case columnType.TIME2:
    case columnType.TINY_BLOB:
    case columnType.MEDIUM_BLOB:
    case columnType.LONG_BLOB:
    case columnType.BLOB:
    case columnType.BLOB_COMPRESSED:
    case columnType.GEOMETRY:
    case columnType.JSON:
    case columnType.VECTOR:
      return reader.uint8();
    case columnType.BIT:
    case columnType.VARCHAR:
    case columnType.VARCHAR_COMPRESSED:
    case columnType.VAR_STRING:
      return reader.uint16();
    case columnType.STRING:
    case columnType.ENUM:
    case columnType.SET:
    case columnType.NEWDECIMAL: {
      const high = reader.uint8();
      return (high << 8) | reader.uint8();
    }
    default:
      return 0;
  }
}

/** The type behind STRING: its high metadata byte holds it, two bits of it inverted by a length of 256 and more. */
function unpackStringType(metadata: number): number {
  const packed = (metadata >> 8) | 0x30;
  return packed === columnType.ENUM || packed === columnType.SET ? packed : columnType.STRING;
}

/**
 * The body of TABLE_MAP (19) without its checksum (`Table_map_event` in mysql-server `rows_event.h`).
 * @throws HeavisideError BINLOG_EVENT_UNSUPPORTED where it is cut short
 */
export function readTableMap(body: Buffer, flavor: SourceFlavor): TableMap {
  const reader = new ByteReader(body);
  reader.skip(TABLE_ID_BYTES + 2);
  const database = reader.text(reader.uint8());
  reader.skip(1);
  const table = reader.text(reader.uint8());
  reader.skip(1);
  const columnCount = reader.lengthEncoded();
  const types = reader.bytes(columnCount);
  const metadataReader = new ByteReader(reader.bytes(reader.lengthEncoded()));
  const packed = Array.from(types, (type) => {
    const metadata = readColumnMetadata(type, metadataReader);
    return { type: type === columnType.STRING ? unpackStringType(metadata) : type, metadata };
  });
  const nullable = reader.bytes((columnCount + 7) >> 3);
  const columns = packed.map((column, index) => ({
    ...column,
    isNullable: (nullable.readUInt8(index >> 3) & (1 << (index & 7))) !== 0,
  }));
  return { database, table, columns, metadata: readTableMetadata(reader.rest(), columns, flavor) };
}
