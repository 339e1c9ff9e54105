import { setTimeout as sleep } from 'node:timers/promises';
import { HeavisideError } from '../errors.ts';
import { fetchPartition, partitionOffsets, type FetchedPartition } from '../kafka/fetch-request.ts';
import { toKafkaError } from '../kafka/kafka-errors.ts';
import type { KafkaNetwork } from '../kafka/kafka-network.ts';
import type { ReadRecord } from '../kafka/record-batch-reader.ts';
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
      'KAFKA_TOPIC_INVALID',
      `positions topic ${topic} has ${count} partitions and must have 1`,
    );
  }
  const policy = await readConfig(network, topic, 'cleanup.policy');
  if (policy !== null && policy !== 'compact') {
    throw new HeavisideError(
      'KAFKA_TOPIC_INVALID',
      `positions topic ${topic} has cleanup.policy=${policy}, which would delete the position; set it to compact`,
    );
  }
}

async function readConfig(network: KafkaNetwork, topic: string, name: string): Promise<string | null> {
  const broker = await network.anyBroker();
  try {
    const { resources } = await broker.describeConfigs({
      resources: [{ type: 2, name: topic, configNames: [name] }],
    });
    return resources[0]?.configEntries.find((entry) => entry.configName === name)?.configValue ?? null;
  } catch (error) {
    const mapped = toKafkaError(error, 'DescribeConfigs');
    if (mapped.code === 'KAFKA_ACCESS_DENIED') return null; // not everybody may describe: the topic was created by us
    throw mapped;
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
  const { first, end } = await stableOffsets(network, topic, deadline);
  let windowEnd = end;
  for (let size = 16n; windowEnd > first; size *= 8n) {
    const windowStart = windowEnd - size > first ? windowEnd - size : first;
    const found = await lastRecordIn({ network, topic, start: windowStart, end: windowEnd, deadline });
    if (found) return { record: parseOrRefuse(found), offset: found.offset };
    windowEnd = windowStart;
  }
  if (end > 0n) {
    throw new HeavisideError(
      'POSITION_LOST',
      `positions topic ${topic} was written before, but holds no position now`,
    );
  }
  return { record: null, offset: -1n };
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

async function lastRecordIn(window: {
  network: KafkaNetwork;
  topic: string;
  start: bigint;
  end: bigint;
  deadline: number;
}): Promise<ReadRecord | null> {
  let last: ReadRecord | null = null;
  let offset = window.start;
  while (offset < window.end) {
    if (performance.now() > window.deadline) {
      throw new HeavisideError('KAFKA_TIMEOUT', `reading ${window.topic} took too long`);
    }
    const fetched = await fetchPartition(window.network, window.topic, partition, offset);
    last = lastCommitted(fetched, window.start) ?? last;
    const next = fetched.batches.at(-1)?.nextOffset;
    if (next !== undefined && next > offset) offset = next;
  }
  return last;
}

/** The last record with our key that belongs to no aborted transaction. */
function lastCommitted(fetched: FetchedPartition, start: bigint): ReadRecord | null {
  const pending = [...fetched.aborted].sort((a, b) => (a.firstOffset < b.firstOffset ? -1 : 1));
  const abortedNow = new Set<bigint>();
  let last: ReadRecord | null = null;
  for (const batch of fetched.batches) {
    while (pending[0] && pending[0].firstOffset < batch.nextOffset)
      abortedNow.add((pending.shift() as { producerId: bigint }).producerId);
    if (batch.isControl) {
      abortedNow.delete(batch.producerId);
      continue;
    }
    if (abortedNow.has(batch.producerId)) continue;
    for (const record of batch.records) {
      if (record.offset >= start && record.key?.toString('utf8') === positionKey) last = record;
    }
  }
  return last;
}
