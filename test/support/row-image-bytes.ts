import type { Column, TableVersion } from '../../src/model/table.ts';
import type { RowOperation, RowsEvent, SourceTransaction } from '../../src/model/transaction.ts';

/** A column with what its type needs; everything else as it mostly is. */
export function column(name: string, type: number, more: Partial<Column> = {}): Column {
  return {
    name,
    type,
    metadata: 0,
    isUnsigned: false,
    isNullable: true,
    collation: null,
    labels: null,
    typeName: null,
    ...more,
  };
}

let versions = 0;

export function table(columns: readonly Column[], more: Partial<TableVersion> = {}): TableVersion {
  return {
    database: 'shop',
    table: 'item',
    columns,
    primaryKey: [0],
    fingerprint: `v${versions++}`,
    ...more,
  };
}

export function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32LE(value);
  return bytes;
}

export function int64(value: bigint): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(BigInt.asUintN(64, value));
  return bytes;
}

/** A value behind a little-endian length of `byteCount` bytes. */
export function prefixed(byteCount: number, value: string | Uint8Array): Buffer {
  const bytes = Buffer.from(value as string);
  const length = Buffer.alloc(byteCount);
  length.writeUIntLE(bytes.length, 0, byteCount);
  return Buffer.concat([length, bytes]);
}

/** A bitmap, least significant bit first. */
export function bitmap(bits: readonly boolean[]): Buffer {
  const bytes = Buffer.alloc((bits.length + 7) >> 3);
  bits.forEach((bit, index) => {
    if (bit) bytes[index >> 3] = (bytes[index >> 3] ?? 0) | (1 << (index & 7));
  });
  return bytes;
}

/** One row image over the values of the present columns; null: SQL NULL. */
export function image(...values: readonly (Buffer | null)[]): Buffer {
  const present = values.filter((value) => value !== null);
  return Buffer.concat([bitmap(values.map((value) => value === null)), ...present]);
}

export interface EventParts extends Partial<RowsEvent> {
  readonly table: TableVersion;
  readonly rows: Buffer;
}

/** A rows event whose images hold all columns, unless said otherwise. */
export function rowsEvent(operation: RowOperation, parts: EventParts): RowsEvent {
  const all = bitmap(parts.table.columns.map(() => true));
  return {
    operation,
    timestampSeconds: 1_700_000_000,
    startOffset: 1234,
    file: 'binlog.000007',
    columnsBefore: all,
    columnsAfter: all,
    query: null,
    ...parts,
  };
}

/** A transaction of those events, in groups. */
export function transaction(
  groups: readonly (readonly RowsEvent[])[],
  more: Partial<SourceTransaction> = {},
): SourceTransaction {
  return {
    id: '3e11fa47-71ca-11e1-9e33-c80aa9429562:23',
    gtid: '3e11fa47-71ca-11e1-9e33-c80aa9429562:23',
    xid: 812n,
    serverId: 1,
    threadId: 42,
    commitTimestampUs: 1_700_000_000_000_000,
    fingerprint: 'f',
    start: { file: 'binlog.000007', offset: 1000 },
    end: { file: 'binlog.000007', offset: 2000 },
    hasRows: true,
    schemaChange: null,
    memoryBytes: 0,
    async *rowsEvents() {
      for (const group of groups) {
        await Promise.resolve();
        yield group;
      }
    },
    dispose: () => {},
    ...more,
  };
}
