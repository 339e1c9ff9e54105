import { setTimeout as sleep } from 'node:timers/promises';
import { HeavisideError } from '../errors.ts';
import { markAborted, type MarkedBatch } from '../kafka/aborted-batches.ts';
import { fetchPartition, partitionOffsets } from '../kafka/fetch-request.ts';
import type { KafkaNetwork } from '../kafka/kafka-network.ts';
import type { ReadBatch, ReadRecord } from '../kafka/record-batch-reader.ts';
import { readTopicConfig } from '../kafka/topic-config.ts';
import { ensureTopic } from '../kafka/topic-directory.ts';
import { parsePositionRecord, type PositionRecord } from '../model/position-record.ts';

/** Key of the one record that the compacted positions topic keeps. */
export const positionKey = 'position';

const partition = 0;

const positionsTopicConfig = [
  { name: 'cleanup.policy', value: 'compact' },
  { name: 'segment.bytes', value: String(16 * 1024 * 1024) },
  { name: 'segment.ms', value: String(3_600_000) },
  { name: 'min.cleanable.dirty.ratio', value: '0.1' },
  { name: 'max.compaction.lag.ms', value: String(3_600_000) },
] as const;

export interface LastPosition {
  /** Null: the topic was never written. */
  readonly record: PositionRecord | null;
  /** Offset of the record; -1 without one. */
  readonly offset: bigint;
  /** Where the topic ended when it was read: the next record that stands there is written by whoever has just fenced. */
  readonly end: bigint;
}

/** Creates the positions topic where it is missing and refuses one that would forget positions. */
export async function ensurePositionsTopic(
  network: KafkaNetwork,
  topic: string,
  options: { create: boolean; replicationFactor: number },
): Promise<void> {
  const count = await ensureTopic(network, topic, {
    create: options.create,
    partitions: 1,
    replicationFactor: options.replicationFactor,
    configEntries: positionsTopicConfig,
  });
  if (count !== 1) {
    throw new HeavisideError(
      'POSITIONS_TOPIC_UNFIT',
      `positions topic ${topic} has ${count} partitions and must have 1`,
    );
  }
  // Not everybody may describe: then the topic was created by us, or by somebody who was told how.
  const policy = (await readTopicConfig(network, topic, ['cleanup.policy']))?.get('cleanup.policy');
  if (policy !== undefined && policy !== 'compact') {
    throw new HeavisideError(
      'POSITIONS_TOPIC_UNFIT',
      `positions topic ${topic} has cleanup.policy=${policy}, which would delete the position`,
    );
  }
}

/**
 * The last committed position record, read to the end of the topic after our own InitProducerId.
 *
 * Waits until the last stable offset is the high watermark (a predecessor's transaction is being ended), then looks
 * backwards in growing windows; it moves by batch headers, because compaction leaves batches without records.
 * @param deadlineMs milliseconds until FOREIGN_OPEN_TRANSACTION or KAFKA_TIMEOUT
 */
export async function readLastPosition(
  network: KafkaNetwork,
  topic: string,
  deadlineMs: number,
): Promise<LastPosition> {
  const deadline = performance.now() + deadlineMs;
  for (;;) {
    try {
      return await readOnce(network, topic, deadline);
    } catch (error) {
      // The partition's leader is moving: nothing was decided yet, so the look is repeated rather than the fence.
      if (
        !(error instanceof HeavisideError) ||
        error.code !== 'KAFKA_RETRIABLE' ||
        performance.now() > deadline
      )
        throw error;
      network.forgetTopic(topic);
      await sleep(20);
    }
  }
}

async function readOnce(network: KafkaNetwork, topic: string, deadline: number): Promise<LastPosition> {
  const { first, end } = await stableOffsets(network, topic, deadline);
  // Nothing to read yet: a missing ACL is to show now, not at the first takeover.
  if (first === end) await fetchPartition(network, topic, partition, end);
  const range = { network, topic, start: first, end, deadline };
  const found = await lastRecordBefore(range);
  if (found) return { record: parseOrRefuse(found), offset: found.offset, end };
  if (!(await wasNeverCommitted(range))) {
    throw new HeavisideError(
      'POSITION_LOST',
      `positions topic ${topic} was written before, but holds no position now`,
    );
  }
  return { record: null, offset: -1n, end };
}

/**
 * Whether nothing but aborted transactions was ever in the topic: a first leader that died before its first commit.
 * Every offset from 0 on must be accounted for; a hole could have been a position.
 */
async function wasNeverCommitted(range: Range): Promise<boolean> {
  if (range.start !== 0n) return false;
  let offset = 0n;
  while (offset < range.end) {
    for (const { batch, isAborted } of await fetchMarked(range, offset)) {
      const isEmpty = !batch.isControl && batch.records.length === 0;
      if (batch.baseOffset !== offset || isEmpty || batch.isCommit || !(batch.isControl || isAborted))
        return false;
      offset = batch.nextOffset;
    }
  }
  return true;
}

/**
 * The last position record as a candidate sees it: without a fence, and up to the first transaction that is still open.
 * Null where the topic is missing or holds none. It may be overtaken at any moment: good for a refusal, never for a start.
 * @param deadlineMs milliseconds until KAFKA_TIMEOUT
 */
export async function peekLastPosition(
  network: KafkaNetwork,
  topic: string,
  deadlineMs: number,
): Promise<PositionRecord | null> {
  const deadline = performance.now() + deadlineMs;
  const [metadata] = await network.refreshMetadata([topic]);
  if (metadata?.errorCode !== 0) return null;
  const { first, lastStable } = await partitionOffsets(network, topic, partition);
  const found = await lastRecordBefore({ network, topic, start: first, end: lastStable, deadline });
  return found ? parseOrRefuse(found) : null;
}

/** Looks backwards from the end in growing windows. */
async function lastRecordBefore(range: Range): Promise<ReadRecord | null> {
  let windowEnd = range.end;
  for (let size = 16n; windowEnd > range.start; size *= 8n) {
    const windowStart = windowEnd - size > range.start ? windowEnd - size : range.start;
    const found = await lastRecordIn({ ...range, start: windowStart, end: windowEnd });
    if (found) return found;
    windowEnd = windowStart;
  }
  return null;
}

function parseOrRefuse(found: ReadRecord): PositionRecord {
  const record = found.value ? parsePositionRecord(found.value.toString('utf8')) : null;
  if (!record)
    throw new HeavisideError(
      'POSITION_UNREADABLE',
      `the position record at offset ${found.offset} has an unknown form`,
    );
  return record;
}

async function stableOffsets(
  network: KafkaNetwork,
  topic: string,
  deadline: number,
): Promise<{ first: bigint; end: bigint }> {
  for (;;) {
    const { first, lastStable, highWatermark } = await partitionOffsets(network, topic, partition);
    if (lastStable >= highWatermark) return { first, end: lastStable };
    if (performance.now() > deadline) {
      throw new HeavisideError(
        'FOREIGN_OPEN_TRANSACTION',
        `a transaction is open on ${topic} from offset ${lastStable} although our own was ended`,
      );
    }
    await sleep(20);
  }
}

interface Range {
  readonly network: KafkaNetwork;
  readonly topic: string;
  readonly start: bigint;
  readonly end: bigint;
  /** performance.now() of KAFKA_TIMEOUT. */
  readonly deadline: number;
}

/** The last record with our key that belongs to no aborted transaction. */
async function lastRecordIn(range: Range): Promise<ReadRecord | null> {
  let last: ReadRecord | null = null;
  let offset = range.start;
  while (offset < range.end) {
    for (const { batch, isAborted } of await fetchMarked(range, offset)) {
      if (batch.nextOffset > offset) offset = batch.nextOffset;
      if (batch.isControl || isAborted) continue;
      for (const record of batch.records) {
        if (record.offset >= range.start && record.key?.toString('utf8') === positionKey) last = record;
      }
    }
  }
  return last;
}

async function fetchMarked(range: Range, offset: bigint): Promise<MarkedBatch<ReadBatch>[]> {
  if (performance.now() > range.deadline) {
    throw new HeavisideError('KAFKA_TIMEOUT', `reading ${range.topic} took too long`);
  }
  const { batches, aborted } = await fetchPartition(range.network, range.topic, partition, offset);
  return markAborted(batches, aborted);
}
