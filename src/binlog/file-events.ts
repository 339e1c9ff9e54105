import { ByteReader } from './byte-reader.ts';

/** CRC32 behind each event (binlog_checksum=CRC32), bytes. */
export const CHECKSUM_BYTES = 4;

export interface FormatDescription {
  readonly serverVersion: string;
  /** Whether the events of the file end in a CRC32. */
  readonly hasChecksums: boolean;
}

/**
 * The body of FORMAT_DESCRIPTION, its own checksum included: the byte before the last four names the algorithm (0 none, 1 CRC32).
 * Both servers write that byte since MySQL 5.6.1 and MariaDB 5.3; 8.0 and 10.6 are the oldest supported.
 */
export function readFormatDescription(body: Buffer): FormatDescription {
  const reader = new ByteReader(body);
  reader.skip(2);
  const serverVersion = reader.text(50).replace(/\0[^]*$/, '');
  reader.position = body.length - CHECKSUM_BYTES - 1;
  return { serverVersion, hasChecksums: reader.uint8() === 1 };
}

export interface Rotation {
  readonly file: string;
  readonly offset: number;
}

/** The body of ROTATE without its checksum: the file that follows. */
export function readRotate(body: Buffer): Rotation {
  const reader = new ByteReader(body);
  const offset = Number(reader.uint64());
  return { file: reader.text(reader.remaining), offset };
}

/** The body of HEARTBEAT (27): the name of the file that is read; MariaDB puts an 8-byte offset before it beyond 4 GiB. */
export function readHeartbeat(body: Buffer, nextOffset: number): Rotation {
  const reader = new ByteReader(body);
  const hasOffset = nextOffset === 0 && body.length > 8;
  const offset = hasOffset ? Number(reader.uint64()) : nextOffset;
  return { file: reader.text(reader.remaining), offset };
}

/** The body of HEARTBEAT_V2 (41): fields of {type, length, value}: 1 = file name, 2 = offset as a length-encoded integer. */
export function readHeartbeatV2(body: Buffer): Rotation {
  const reader = new ByteReader(body);
  let file = '';
  let offset = 0;
  while (reader.remaining > 0) {
    const type = reader.uint8();
    if (type === 0) break;
    const value = reader.bytes(reader.lengthEncoded());
    if (type === 1) file = value.toString('utf8');
    else if (type === 2) offset = new ByteReader(value).lengthEncoded();
  }
  return { file, offset };
}
