import { Kafka, logLevel } from 'kafkajs';
import { KafkaFetch } from './kafka-fetch.ts';

/** What stands in the logs of a topic's partitions, aborted attempts and markers included. */
export interface LogScan {
  /** ABORT markers. One that ends a transaction without records in this partition has no effect and is counted too. */
  abortMarkers: number;
  commitMarkers: number;
  /** Records of transactions that were aborted: written, never visible to read_committed. */
  abortedRecords: number;
  /** Records that read_committed readers see: partition → count. */
  readonly committedRecords: Map<number, number>;
  /** Transactions without a marker yet. */
  openTransactions: number;
  /** True where the high watermark is the last stable offset in every partition. */
  isStable: boolean;
}

// Offsets of the record batch header (message format v2, KIP-98).
const LENGTH = 8;
const ATTRIBUTES = 21;
const LAST_OFFSET_DELTA = 23;
const PRODUCER_ID = 43;
const COUNT = 57;
const RECORDS = 61;
const IS_TRANSACTIONAL = 0x10;
const IS_CONTROL = 0x20;
const CONTROL_COMMIT = 1;

/** The type of the marker: 0 abort, 1 commit. Before the key come varints: length, (attributes,) deltas, key length. */
function controlType(batch: Buffer): number {
  let at = RECORDS;
  const skipVarint = (): void => {
    while (((batch[at] ?? 0) & 0x80) !== 0) at += 1;
    at += 1;
  };
  skipVarint(); // length
  at += 1; // attributes
  skipVarint(); // timestamp delta
  skipVarint(); // offset delta
  skipVarint(); // key length
  return batch.readInt16BE(at + 2); // version, type
}

class PartitionScan {
  readonly #scan: LogScan;
  readonly #partition: number;
  readonly #open = new Map<bigint, number>();

  constructor(scan: LogScan, partition: number) {
    this.#scan = scan;
    this.#partition = partition;
  }

  take(batch: Buffer): void {
    const attributes = batch.readInt16BE(ATTRIBUTES);
    const producer = batch.readBigInt64BE(PRODUCER_ID);
    const count = batch.readInt32BE(COUNT);
    if ((attributes & IS_TRANSACTIONAL) === 0) return this.#commit(count);
    const held = this.#open.get(producer) ?? 0;
    if ((attributes & IS_CONTROL) === 0) {
      this.#open.set(producer, held + count);
      return;
    }
    this.#open.delete(producer);
    if (controlType(batch) === CONTROL_COMMIT) {
      this.#scan.commitMarkers += 1;
      return this.#commit(held);
    }
    this.#scan.abortMarkers += 1;
    this.#scan.abortedRecords += held;
  }

  end(): void {
    this.#scan.openTransactions += this.#open.size;
  }

  #commit(records: number): void {
    const { committedRecords } = this.#scan;
    committedRecords.set(this.#partition, (committedRecords.get(this.#partition) ?? 0) + records);
  }
}

/** Reads the whole log of a topic raw, markers and aborted attempts included. */
export async function scanLog(brokers: readonly string[], topic: string): Promise<LogScan> {
  const scan: LogScan = {
    abortMarkers: 0,
    commitMarkers: 0,
    abortedRecords: 0,
    committedRecords: new Map(),
    openTransactions: 0,
    isStable: true,
  };
  const admin = new Kafka({ brokers: [...brokers], clientId: 'audit', logLevel: logLevel.NOTHING }).admin();
  await admin.connect();
  try {
    const [metadata] = (await admin.fetchTopicMetadata({ topics: [topic] })).topics;
    const { brokers: nodes } = await admin.describeCluster();
    for (const { partitionId, leader } of metadata?.partitions ?? []) {
      const node = nodes.find(({ nodeId }) => nodeId === leader);
      if (node === undefined) throw new Error(`partition ${partitionId} of ${topic} has no leader`);
      const fetcher = await KafkaFetch.open(node.host, node.port);
      try {
        await scanPartition(fetcher, { scan, topic, partition: partitionId });
      } finally {
        fetcher.close();
      }
    }
  } finally {
    await admin.disconnect();
  }
  return scan;
}

async function scanPartition(
  fetcher: KafkaFetch,
  { scan, topic, partition }: { scan: LogScan; topic: string; partition: number },
): Promise<void> {
  const reader = new PartitionScan(scan, partition);
  let next = 0;
  for (;;) {
    const { bytes, highWatermark, lastStableOffset } = await fetcher.fetch(topic, partition, next);
    const before = next;
    let at = 0;
    while (at + RECORDS <= bytes.length) {
      const end = at + 12 + bytes.readInt32BE(at + LENGTH);
      if (end > bytes.length) break;
      const batch = bytes.subarray(at, end);
      at = end;
      const baseOffset = Number(batch.readBigInt64BE(0));
      const following = baseOffset + batch.readInt32BE(LAST_OFFSET_DELTA) + 1;
      if (following <= next || baseOffset >= highWatermark) continue;
      next = following;
      reader.take(batch);
    }
    if (next < highWatermark && next > before) continue;
    if (next < highWatermark) throw new Error(`${topic}-${partition} cannot be read past offset ${next}`);
    scan.isStable &&= lastStableOffset === highWatermark;
    reader.end();
    return;
  }
}
