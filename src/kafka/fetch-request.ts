import { HeavisideError } from '../errors.ts';
import { kafkaProtocolError, toKafkaError } from './kafka-errors.ts';
import type { KafkaNetwork } from './kafka-network.ts';
import type { KafkaBroker } from './kafkajs-driver.ts';
import { sendRaw } from './raw-request.ts';
import { readBatches, type ReadBatch } from './record-batch-reader.ts';
import { WireReader, WireWriter } from './wire.ts';

export interface FetchedPartition {
  readonly batches: readonly ReadBatch[];
  /** Producers whose transaction was aborted, and the offset of its first record (KIP-98). */
  readonly aborted: readonly { readonly producerId: bigint; readonly firstOffset: bigint }[];
}

/** What a broker answers: the batches as they are stored, the last one perhaps cut off. */
export interface FetchedRecordSet {
  readonly recordSet: Buffer;
  readonly aborted: FetchedPartition['aborted'];
}

/** Reads from one partition with read_committed. The batches of aborted transactions are still among the answer. */
export async function fetchPartition(
  network: KafkaNetwork,
  topic: string,
  partition: number,
  offset: bigint,
): Promise<FetchedPartition> {
  const { recordSet, aborted } = await fetchRecordSet(network, { topic, partition, offset });
  return { batches: readBatches(recordSet), aborted };
}

/** As fetchPartition, with the batches unread. @param maxBytes more only where the first batch alone is larger */
export async function fetchRecordSet(
  network: KafkaNetwork,
  { topic, partition, offset }: { topic: string; partition: number; offset: bigint },
  maxBytes = 4 * 1024 * 1024,
): Promise<FetchedRecordSet> {
  const broker = await network.leaderOf(topic, partition);
  // Fetch v4: replica_id max_wait min_bytes max_bytes isolation_level [topic [partition offset max_bytes]]
  const body = new WireWriter()
    .int32(-1)
    .int32(100)
    .int32(1)
    .int32(maxBytes)
    .int8(1)
    .int32(1)
    .string(topic)
    .int32(1)
    .int32(partition)
    .int64(offset)
    .int32(maxBytes)
    .take();
  let raw: Buffer;
  try {
    raw = await sendRaw(broker, { apiKey: 1, apiVersion: 4, apiName: 'Fetch', body: [body] });
  } catch (error) {
    throw toKafkaError(error, 'Fetch');
  }
  return readResponse(raw, topic, partition);
}

function readResponse(raw: Buffer, topic: string, partition: number): FetchedRecordSet {
  const reader = new WireReader(raw);
  reader.int32(); // throttle_time_ms
  let found: FetchedRecordSet = { recordSet: Buffer.alloc(0), aborted: [] };
  reader.array(() => {
    reader.string(); // topic
    reader.array(() => {
      reader.int32(); // partition
      const code = reader.int16();
      const acl = { topic: `Read on Topic ${topic}` };
      if (code !== 0) throw kafkaProtocolError(code, `reading ${topic}-${partition}`, acl);
      reader.int64(); // high_watermark
      reader.int64(); // last_stable_offset
      const aborted = reader.array((r) => ({ producerId: r.int64(), firstOffset: r.int64() }));
      found = { recordSet: reader.bytes(), aborted };
    });
  });
  return found;
}

/** Offsets of a partition: the first one, the last stable one (end for read_committed), the high watermark. */
export async function partitionOffsets(
  network: KafkaNetwork,
  topic: string,
  partition: number,
): Promise<{ first: bigint; lastStable: bigint; highWatermark: bigint }> {
  const broker = await network.leaderOf(topic, partition);
  const ask = (timestamp: string, isolationLevel: number): Promise<bigint> =>
    askOffset(broker, { topic, partition, timestamp, isolationLevel });
  return {
    first: await ask('-2', 0),
    lastStable: await ask('-1', 1),
    highWatermark: await ask('-1', 0),
  };
}

/** The first offset whose record is as old as `timestampMs` or younger; the high watermark where there is none. */
export async function offsetAt(
  network: KafkaNetwork,
  topic: string,
  partition: number,
  timestampMs: number,
): Promise<bigint> {
  const broker = await network.leaderOf(topic, partition);
  const found = await askOffset(broker, {
    topic,
    partition,
    timestamp: String(timestampMs),
    isolationLevel: 0,
  });
  return found >= 0n ? found : partitionEnd(network, topic, partition);
}

/** The high watermark alone. */
export async function partitionEnd(network: KafkaNetwork, topic: string, partition: number): Promise<bigint> {
  const broker = await network.leaderOf(topic, partition);
  return askOffset(broker, { topic, partition, timestamp: '-1', isolationLevel: 0 });
}

async function askOffset(
  broker: KafkaBroker,
  question: { topic: string; partition: number; timestamp: string; isolationLevel: number },
): Promise<bigint> {
  const { topic, partition, timestamp, isolationLevel } = question;
  try {
    const { responses } = await broker.listOffsets({
      isolationLevel,
      topics: [{ topic, partitions: [{ partition, timestamp }] }],
    });
    const offset = responses[0]?.partitions[0]?.offset;
    if (offset === undefined)
      throw new HeavisideError('KAFKA_RETRIABLE', `no offset of ${topic}-${partition}`);
    return BigInt(offset);
  } catch (error) {
    throw toKafkaError(error, 'ListOffsets', { topic: `Describe on Topic ${topic}` });
  }
}
