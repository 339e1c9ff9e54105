import { setTimeout as sleep } from 'node:timers/promises';
import { HeavisideError } from '../errors.ts';
import { markAborted, type ProducedBatch } from './aborted-batches.ts';
import { decompress } from './decompression.ts';
import { fetchRecordSet, type FetchedRecordSet } from './fetch-request.ts';
import type { KafkaNetwork } from './kafka-network.ts';
import { attributeControl, batchHeaderBytes, batchOffset } from './record-batch.ts';
import { readBytes, readVarint } from './record-batch-reader.ts';

/** A record as a consumer with isolation.level=read_committed gets it. */
export interface CommittedRecord {
  readonly offset: number;
  readonly timestampMs: number;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  /** The header message_id; null without one. */
  readonly messageId: string | null;
}

/** A batch as it is stored, its records unread. */
interface StoredBatch extends ProducedBatch {
  readonly bytes: Buffer;
}

export interface ReadRange {
  readonly network: KafkaNetwork;
  readonly topic: string;
  readonly partition: number;
  /** Offset of the first record. */
  readonly from: bigint;
  /** Offset behind the last; an open transaction before it is waited for. */
  readonly to: bigint;
  /** Milliseconds without any progress until KAFKA_TIMEOUT. */
  readonly patienceMs: number;
  /** How much is asked for at a time; 4 MiB where nothing is said. */
  readonly maxBytes?: number;
}

const idleWaitMs = 50;

/** Reads a part of a partition, a batch of the broker's at a time; empty where nothing of it counts. */
export async function* committedRecords(range: ReadRange): AsyncGenerator<readonly CommittedRecord[]> {
  let offset = range.from;
  let movedAt = performance.now();
  // The next part is on its way while this one is read.
  let next: Promise<FetchedRecordSet> | null = null;
  while (offset < range.to) {
    const { recordSet, aborted } = await (next ?? fetchPatiently(range, offset, movedAt));
    const batches = storedBatches(recordSet);
    const last = batches.at(-1)?.nextOffset ?? offset;
    if (last <= offset) {
      next = null;
      if (performance.now() - movedAt > range.patienceMs)
        throw new HeavisideError(
          'KAFKA_TIMEOUT',
          `${range.topic}-${range.partition} does not come beyond offset ${offset}: a transaction is open there`,
        );
      await sleep(idleWaitMs);
      continue;
    }
    movedAt = performance.now();
    const start = offset;
    offset = last;
    next = offset < range.to ? fetchPatiently(range, offset, movedAt) : null;
    next?.catch(() => undefined); // it is awaited later, or not at all
    for (const { batch, isAborted } of markAborted(batches, aborted)) {
      if (batch.isControl || isAborted) continue;
      const records = await readBatch(batch);
      yield records.filter((each) => each.offset >= start && each.offset < range.to);
    }
  }
}

/** Partitions move: what may be tried again is. */
async function fetchPatiently(
  { network, topic, partition, patienceMs, maxBytes }: ReadRange,
  offset: bigint,
  since: number,
): Promise<FetchedRecordSet> {
  for (;;) {
    try {
      return await fetchRecordSet(network, { topic, partition, offset }, maxBytes);
    } catch (error) {
      const mayRetry = error instanceof HeavisideError && error.reaction === 'rebuild';
      if (!mayRetry || performance.now() - since > patienceMs) throw error;
      network.forgetTopic(topic);
      await sleep(idleWaitMs);
    }
  }
}

function storedBatches(recordSet: Buffer): StoredBatch[] {
  const batches: StoredBatch[] = [];
  for (let at = 0; at + batchHeaderBytes <= recordSet.length;) {
    const end = at + 12 + recordSet.readInt32BE(at + batchOffset.length);
    if (end > recordSet.length) break;
    const bytes = recordSet.subarray(at, end);
    if (bytes.readInt8(batchOffset.magic) !== 2)
      throw new HeavisideError('KAFKA_UNSUPPORTED', 'a record batch older than Kafka 0.11 is in the topic');
    batches.push({
      bytes,
      producerId: bytes.readBigInt64BE(batchOffset.producerId),
      nextOffset: bytes.readBigInt64BE(0) + BigInt(bytes.readInt32BE(batchOffset.lastOffsetDelta)) + 1n,
      isControl: (bytes.readInt16BE(batchOffset.attributes) & attributeControl) !== 0,
    });
    at = end;
  }
  return batches;
}

async function readBatch({ bytes }: StoredBatch): Promise<CommittedRecord[]> {
  const baseOffset = Number(bytes.readBigInt64BE(0));
  const baseTimestamp = Number(bytes.readBigInt64BE(batchOffset.baseTimestamp));
  const compression = bytes.readInt16BE(batchOffset.attributes) & 7;
  const cursor = { bytes: await decompress(compression, bytes.subarray(batchHeaderBytes)), at: 0 };
  const records: CommittedRecord[] = [];
  for (let left = bytes.readInt32BE(batchOffset.recordCount); left > 0; left--) {
    const end = readVarint(cursor) + cursor.at;
    cursor.at += 1; // attributes
    const timestampMs = baseTimestamp + readVarint(cursor);
    const offset = baseOffset + readVarint(cursor);
    const key = readBytes(cursor);
    const value = readBytes(cursor);
    let messageId: string | null = null;
    for (let headers = readVarint(cursor); headers > 0; headers--) {
      const name = readBytes(cursor)?.toString('latin1');
      const content = readBytes(cursor);
      if (name === 'message_id') messageId = content?.toString('latin1') ?? null;
    }
    records.push({ offset, timestampMs, key, value, messageId });
    cursor.at = end;
  }
  return records;
}
