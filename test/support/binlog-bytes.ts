import { crc32, deflateSync } from 'node:zlib';
import { eventType } from '../../src/binlog/event-type.ts';

export const u8 = (...values: number[]): Buffer => Buffer.from(values);
export const u16 = (value: number): Buffer => Buffer.from([value & 0xff, value >> 8]);
export function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}
export function u64(value: bigint): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(value);
  return bytes;
}
export const text = (value: string): Buffer =>
  Buffer.concat([u8(Buffer.byteLength(value)), Buffer.from(value)]);

interface HeaderFields {
  readonly serverId?: number;
  readonly timestamp?: number;
  readonly flags?: number;
  /** End offset in the file; 0 where the server leaves it out. */
  readonly next?: number;
}

/** A whole event: header, body, and its CRC32 if wanted. */
export function event(type: number, body: Buffer, fields: HeaderFields = {}, withChecksum = true): Buffer {
  const length = 19 + body.length + (withChecksum ? 4 : 0);
  const header = [
    u32(fields.timestamp ?? 1_700_000_000),
    u8(type),
    u32(fields.serverId ?? 1),
    u32(length),
    u32(fields.next ?? 0),
    u16(fields.flags ?? 0),
  ];
  const bytes = Buffer.concat([...header, body]);
  return withChecksum ? Buffer.concat([bytes, u32(crc32(bytes))]) : bytes;
}

/** The artificial ROTATE in front of a dump. */
export const rotateTo = (file: string, offset: number, withChecksum = true): Buffer =>
  event(
    eventType.ROTATE,
    Buffer.concat([u64(BigInt(offset)), Buffer.from(file)]),
    { flags: 0x20, timestamp: 0 },
    withChecksum,
  );

export function formatDescription(withChecksums: boolean): Buffer {
  const version = Buffer.alloc(50);
  version.write('9.7.4');
  const body = Buffer.concat([u16(4), version, u32(0), u8(19), Buffer.alloc(42), u8(withChecksums ? 1 : 0)]);
  return event(eventType.FORMAT_DESCRIPTION, body, { timestamp: 1_600_000_000 });
}

export const UUID = '3f334cca-e6db-11f1-b9c7-02fc00000001';
const uuidBytes = (): Buffer => Buffer.from(UUID.replaceAll('-', ''), 'hex');

function timestamp7(value: bigint): Buffer {
  return u64(value).subarray(0, 7);
}

/** A GTID body of MySQL 8; with another original commit time than the immediate one where `originalUs` is given. */
export function mysqlGtidBody(number: number, immediateUs = 5_000_000n, originalUs?: bigint): Buffer {
  const timestamps =
    originalUs === undefined
      ? timestamp7(immediateUs)
      : Buffer.concat([timestamp7(immediateUs | (1n << 55n)), timestamp7(originalUs)]);
  return Buffer.concat([u8(1), uuidBytes(), u64(BigInt(number)), u8(2), Buffer.alloc(16), timestamps, u8(0)]);
}

export const mariadbGtidBody = (sequence: number, flags = 0): Buffer =>
  Buffer.concat([u64(BigInt(sequence)), u32(0), u8(flags), Buffer.alloc(6)]);

export function queryBody(sql: string, { database = 'shop', threadId = 7 } = {}): Buffer {
  const status = u8(0, 0, 0, 0, 0);
  const head = [u32(threadId), u32(0), u8(Buffer.byteLength(database)), u16(0), u16(status.length), status];
  return Buffer.concat([...head, Buffer.from(`${database}\0${sql}`)]);
}

interface TableMapFields {
  readonly types: readonly number[];
  readonly metadata: Buffer;
  readonly optional?: Buffer;
  readonly table?: string;
  readonly tableId?: number;
}

export function tableMapBody({
  types,
  metadata,
  optional = Buffer.alloc(0),
  table = 't',
  tableId = 9,
}: TableMapFields): Buffer {
  const id = u64(BigInt(tableId)).subarray(0, 6);
  const names = Buffer.concat([text('shop'), u8(0), text(table), u8(0)]);
  const nullable = Buffer.alloc((types.length + 7) >> 3, 0xff);
  return Buffer.concat([
    id,
    u16(1),
    names,
    u8(types.length, ...types),
    u8(metadata.length),
    metadata,
    nullable,
    optional,
  ]);
}

/** A field of the optional metadata. */
export const field = (type: number, ...value: Buffer[]): Buffer => {
  const bytes = Buffer.concat(value);
  return Buffer.concat([u8(type, bytes.length), bytes]);
};

interface RowsFields {
  readonly columnCount: number;
  readonly bitmaps: Buffer;
  readonly rows: Buffer;
  readonly tableId?: number;
  /** Extra data of version 2; null for version 1. */
  readonly extra?: Buffer | null;
  readonly isCompressed?: boolean;
}

export function rowsBody({
  columnCount,
  bitmaps,
  rows,
  tableId = 9,
  extra = Buffer.alloc(0),
  isCompressed = false,
}: RowsFields): Buffer {
  const extraData = extra === null ? Buffer.alloc(0) : Buffer.concat([u16(extra.length + 2), extra]);
  const images = isCompressed
    ? Buffer.concat([u8(0x82, rows.length >> 8, rows.length & 0xff), deflateSync(rows)])
    : rows;
  return Buffer.concat([
    u64(BigInt(tableId)).subarray(0, 6),
    u16(1),
    extraData,
    u8(columnCount),
    bitmaps,
    images,
  ]);
}
