import { HeavisideError } from '../errors.ts';
import { ByteReader } from './byte-reader.ts';

/** What opens a transaction, of either flavor. */
export interface GtidEvent {
  /** The GTID; null for an anonymous one. */
  readonly gtid: string | null;
  /** Commit time at the original server, microseconds since 1970; null where the event does not tell. */
  readonly originalCommitUs: number | null;
  /** MariaDB: the group holds one statement and has no end event. */
  readonly isStandalone: boolean;
  /** MariaDB: the event takes the place of BEGIN. */
  readonly opensTransaction: boolean;
  /** MariaDB: the first half of an ALTER that is logged in two, or its undoing: no schema change yet. */
  readonly isPartialAlter: boolean;
  /** MariaDB 11.5+ logs the session id here; null elsewhere. */
  readonly threadId: number | null;
}

const TIMESTAMP_BYTES = 7;
const TIMESTAMP_MASK = (1n << 55n) - 1n;

function uuidText(bytes: Buffer): string {
  const hex = bytes.toString('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

function readTimestamp(reader: ByteReader): bigint {
  const low = BigInt(reader.uint32());
  return low | (BigInt(reader.uint(TIMESTAMP_BYTES - 4)) << 32n);
}

const mysqlEvent = (gtid: string | null, originalCommitUs: number | null): GtidEvent => ({
  gtid,
  originalCommitUs,
  isStandalone: false,
  opensTransaction: false,
  isPartialAlter: false,
  threadId: null,
});

/**
 * The body of GTID (33) and ANONYMOUS_GTID (34): flags, uuid, number, logical clock, and since 8.0.1 the commit
 * timestamps of 7 bytes; the top bit of the first says that the original's follows (mysql-server `control_events.cpp`).
 */
export function readMysqlGtid(body: Buffer, isAnonymous: boolean): GtidEvent {
  const reader = new ByteReader(body);
  reader.skip(1);
  const uuid = uuidText(reader.bytes(16));
  const number = reader.uint64();
  let originalCommitUs: number | null = null;
  if (reader.remaining >= 1 + 16 + TIMESTAMP_BYTES && reader.uint8() === 2) {
    reader.skip(16);
    const immediate = readTimestamp(reader);
    const hasOriginal = immediate >> 55n !== 0n;
    const original = hasOriginal ? readTimestamp(reader) : immediate;
    originalCommitUs = Number(original & TIMESTAMP_MASK);
  }
  return mysqlEvent(isAnonymous ? null : `${uuid}:${number}`, originalCommitUs);
}

/** An integer of `mysql::serialization`: the count of low one bits of the first byte is the count of bytes that follow. */
function readVarint(reader: ByteReader): bigint {
  const first = reader.uint8();
  let extra = 0;
  while (extra < 8 && ((first >> extra) & 1) === 1) extra++;
  if (extra === 8) return reader.uint64();
  let rest = 0n;
  for (let i = 0; i < extra; i++) rest |= BigInt(reader.uint8()) << BigInt(8 * i);
  return (BigInt(first) >> BigInt(extra + 1)) | (rest << BigInt(7 - extra));
}

/** Signed: the lowest bit says negative. */
function readSignedVarint(reader: ByteReader): bigint {
  const value = readVarint(reader);
  return (value & 1n) === 1n ? -(value >> 1n) - 1n : value >> 1n;
}

/**
 * The body of GTID_TAGGED (42, MySQL 8.3+): a `mysql::serialization` message, fields in ascending order, those with their
 * default left out: 0 flags, 1 uuid, 2 number, 3 tag, 4 and 5 logical clock, 6 immediate and 7 original commit timestamp.
 */
export function readTaggedGtid(body: Buffer): GtidEvent {
  const reader = new ByteReader(body);
  if (readVarint(reader) !== 1n) {
    throw new HeavisideError(
      'BINLOG_EVENT_UNSUPPORTED',
      'a tagged GTID event is written in a format newer than is known',
    );
  }
  const messageEnd = Number(readVarint(reader));
  readVarint(reader); // the last field that must not be ignored: all that matter here are known
  let uuid = '';
  let tag = '';
  let number = 0n;
  let immediate: bigint | null = null;
  let original: bigint | null = null;
  while (reader.position < Math.min(messageEnd, body.length)) {
    const field = readVarint(reader);
    if (field === 1n) {
      uuid = uuidText(Buffer.from(Array.from({ length: 16 }, () => Number(readVarint(reader)))));
    } else if (field === 2n) number = readSignedVarint(reader);
    else if (field === 3n) tag = reader.text(Number(readVarint(reader)));
    else if (field === 6n) immediate = readVarint(reader);
    else if (field === 7n) original = readVarint(reader);
    else if (field === 0n) readVarint(reader);
    else if (field === 4n || field === 5n) readSignedVarint(reader);
    else break;
  }
  if (uuid === '' || number < 1n)
    throw new HeavisideError('BINLOG_EVENT_UNSUPPORTED', 'a tagged GTID event without a GTID');
  const committed = original ?? immediate;
  return mysqlEvent(
    tag === '' ? `${uuid}:${number}` : `${uuid}:${tag}:${number}`,
    committed === null ? null : Number(committed),
  );
}

const MARIADB_STANDALONE = 0x01;
const MARIADB_GROUP_COMMIT = 0x02;
const MARIADB_XA = 0x40 | 0x80;
const EXTRA_MULTI_ENGINE = 0x01;
const EXTRA_START_ALTER = 0x02;
const EXTRA_COMMIT_ALTER = 0x04;
const EXTRA_ROLLBACK_ALTER = 0x08;
const EXTRA_THREAD_ID = 0x10;

/** The body of MariaDB's GTID (162): sequence, domain, flags, and what the flags say (`sql/log_event.cc`, Gtid_log_event). */
export function readMariadbGtid(body: Buffer, serverId: number): GtidEvent {
  const reader = new ByteReader(body);
  const sequence = reader.uint64();
  const domainId = reader.uint32();
  const flags = reader.uint8();
  if ((flags & MARIADB_GROUP_COMMIT) !== 0) reader.skip(8);
  if ((flags & MARIADB_XA) !== 0) {
    reader.skip(4);
    const lengths = reader.bytes(2);
    reader.skip(lengths.readUInt8(0) + lengths.readUInt8(1));
  }
  const extra = reader.remaining > 0 ? reader.uint8() : 0;
  if ((extra & EXTRA_MULTI_ENGINE) !== 0) reader.skip(1);
  if ((extra & (EXTRA_COMMIT_ALTER | EXTRA_ROLLBACK_ALTER)) !== 0) reader.skip(8);
  const threadId = (extra & EXTRA_THREAD_ID) !== 0 && reader.remaining >= 4 ? reader.uint32() : null;
  const isStandalone = (flags & MARIADB_STANDALONE) !== 0;
  return {
    gtid: `${domainId}-${serverId}-${sequence}`,
    originalCommitUs: null,
    isStandalone,
    opensTransaction: !isStandalone,
    isPartialAlter: (extra & (EXTRA_START_ALTER | EXTRA_ROLLBACK_ALTER)) !== 0,
    threadId,
  };
}
