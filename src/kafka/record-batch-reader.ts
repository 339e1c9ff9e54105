import { HeavisideError } from '../errors.ts';
import { attributeControl, batchHeaderBytes, batchOffset, type RecordBatch } from './record-batch.ts';

export interface ReadRecord {
  readonly offset: bigint;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
}

export interface ReadBatch {
  readonly baseOffset: bigint;
  /** Offset behind the last record that the batch ever had; compaction may have left fewer, or none. */
  readonly nextOffset: bigint;
  readonly producerId: bigint;
  readonly isControl: boolean;
  /** A control batch that ends a transaction by commit (type 1 in the key of its record). */
  readonly isCommit: boolean;
  /** None of a control batch. */
  readonly records: readonly ReadRecord[];
}

/** Reads the whole batches at the start of a fetched record set; an incomplete last one is left out, as brokers may cut it. */
export function readBatches(recordSet: Buffer): ReadBatch[] {
  const batches: ReadBatch[] = [];
  let at = 0;
  while (at + batchHeaderBytes <= recordSet.length) {
    const end = at + 12 + recordSet.readInt32BE(at + batchOffset.length);
    if (end > recordSet.length) break;
    batches.push(readBatch(recordSet.subarray(at, end)));
    at = end;
  }
  return batches;
}

function readBatch(bytes: Buffer): ReadBatch {
  if (bytes.readInt8(batchOffset.magic) !== 2) {
    throw new HeavisideError('KAFKA_UNSUPPORTED', 'a record batch older than Kafka 0.11 is in the topic');
  }
  const attributes = bytes.readInt16BE(batchOffset.attributes);
  const baseOffset = bytes.readBigInt64BE(0);
  const isControl = (attributes & attributeControl) !== 0;
  if ((attributes & 0x07) !== 0 && !isControl) {
    throw new HeavisideError(
      'KAFKA_UNSUPPORTED',
      'the positions topic holds a compressed batch, which Heaviside never writes',
    );
  }
  const records = readRecords(bytes, baseOffset);
  return {
    baseOffset,
    nextOffset: baseOffset + BigInt(bytes.readInt32BE(batchOffset.lastOffsetDelta)) + 1n,
    producerId: bytes.readBigInt64BE(batchOffset.producerId),
    isControl,
    // Control record key: version int16, type int16 (0 abort, 1 commit).
    isCommit:
      isControl && records.some(({ key }) => key !== null && key.length >= 4 && key.readInt16BE(2) === 1),
    records: isControl ? [] : records,
  };
}

function readRecords(bytes: Buffer, baseOffset: bigint): ReadRecord[] {
  const records: ReadRecord[] = [];
  const count = bytes.readInt32BE(batchOffset.recordCount);
  const cursor = { bytes, at: batchHeaderBytes };
  for (let i = 0; i < count; i++) {
    const end = readVarint(cursor) + cursor.at;
    cursor.at += 1; // attributes
    readVarint(cursor); // timestamp delta
    const offset = baseOffset + BigInt(readVarint(cursor));
    records.push({ offset, key: readBytes(cursor), value: readBytes(cursor) });
    cursor.at = end;
  }
  return records;
}

/** A record as it stands in a batch that was not sent yet. */
export interface PendingRecord {
  /** Everything from the key's length on, which does not depend on its place: RecordBatchWriter.appendRecord takes it. */
  readonly body: Buffer;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers: ReadonlyMap<string, string>;
}

/** Cuts a batch of ours up into its records. */
export function pendingRecords(batch: RecordBatch): PendingRecord[] {
  const records: PendingRecord[] = [];
  const cursor = { bytes: batch.plain, at: batchHeaderBytes };
  for (let i = 0; i < batch.recordCount; i++) {
    const end = readVarint(cursor) + cursor.at;
    cursor.at += 1; // attributes
    readVarint(cursor); // timestamp delta
    readVarint(cursor); // offset delta
    const body = batch.plain.subarray(cursor.at, end);
    const key = readBytes(cursor);
    const value = readBytes(cursor);
    const headers = new Map<string, string>();
    for (let left = readVarint(cursor); left > 0; left--) {
      const name = readBytes(cursor)?.toString() ?? '';
      headers.set(name, readBytes(cursor)?.toString() ?? '');
    }
    records.push({ body, key, value, headers });
  }
  return records;
}

export interface Cursor {
  readonly bytes: Buffer;
  at: number;
}

/** A zigzag varint; values beyond 2^53 lose precision (only timestamp deltas could, and those are dropped). */
export function readVarint(cursor: Cursor): number {
  let value = 0;
  let scale = 1;
  for (;;) {
    const byte = cursor.bytes[cursor.at++];
    if (byte === undefined) throw new HeavisideError('INTERNAL', 'a record batch ends inside a record');
    value += (byte & 0x7f) * scale;
    if (byte < 0x80) break;
    scale *= 128;
  }
  return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
}

export function readBytes(cursor: Cursor): Buffer | null {
  const length = readVarint(cursor);
  if (length < 0) return null;
  const value = cursor.bytes.subarray(cursor.at, cursor.at + length);
  cursor.at += length;
  return value;
}
