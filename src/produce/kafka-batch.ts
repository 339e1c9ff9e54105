import type { Compressor } from '../kafka/compression.ts';
import type { RecordBatch } from '../kafka/record-batch.ts';
import { RecordBatchWriter } from '../kafka/record-batch-writer.ts';
import { RecordHeaders } from './record-headers.ts';
import type { ByteSink } from '../model/byte-sink.ts';
import type { ByteSinkPool } from '../model/byte-sink-pool.ts';
import type { RecordSink } from '../model/record-sink.ts';

/** The finished batches of one partition, in order. */
export interface PartitionBatches {
  readonly topic: string;
  readonly partition: number;
  readonly batches: readonly RecordBatch[];
}

export interface KafkaBatchOptions {
  readonly epoch: number;
  /** Bytes after which a record batch of the topic is closed and another begun (kafka.batch.size, or what the topic takes). */
  readonly recordBatchBytes: (topic: string) => number;
  /** Bytes of the whole after which the batch is full (kafka_transaction_max_bytes). */
  readonly maxBytes: number;
  /** Partitions after which the batch is full (kafka_transaction_max_partitions). */
  readonly maxPartitions: number;
  readonly partitionCount: (topic: string) => number | undefined;
  readonly prepareTopic: (topic: string) => Promise<void>;
  /** Where the buffers of its batches come from, and go to by `release`. */
  readonly buffers: ByteSinkPool;
}

interface Slot {
  readonly topic: string;
  readonly partition: number;
  readonly batchBytes: number;
  readonly full: RecordBatchWriter[];
  writer: RecordBatchWriter;
  /** The source transaction that touched the slot last, and how the slot was before it. */
  touchedBy: number;
  before: { fullCount: number; position: number; recordCount: number };
}

/** One Kafka transaction's worth of records, encoded in place by partition. */
export class KafkaBatch implements RecordSink {
  readonly #options: KafkaBatchOptions;
  readonly #slots = new Map<string, (Slot | undefined)[]>();
  readonly #all: Slot[] = [];
  readonly #headers: RecordHeaders;
  /** The topic of the last record, and its partitions. */
  #topic: string | null = null;
  #partitions: (Slot | undefined)[] = [];
  #current: Slot | null = null;
  #transaction = 0;
  #bytes = 0;
  #bytesBefore = 0;
  /** performance.now() when the first record was begun; null before it. */
  openedAt: number | null = null;
  recordCount = 0;
  #recordCountBefore = 0;

  constructor(options: KafkaBatchOptions) {
    this.#options = options;
    this.#headers = new RecordHeaders(options.epoch);
  }

  get byteLength(): number {
    return this.#bytes;
  }

  partitionCount(topic: string): number | undefined {
    return this.#options.partitionCount(topic);
  }

  prepareTopic(topic: string): Promise<void> {
    return this.#options.prepareTopic(topic);
  }

  isFull(): boolean {
    return this.#bytes >= this.#options.maxBytes || this.#all.length >= this.#options.maxPartitions;
  }

  beginTransaction(transactionId: string): void {
    this.#headers.beginTransaction(transactionId);
    this.#transaction++;
    this.#bytesBefore = this.#bytes;
    this.#recordCountBefore = this.recordCount;
  }

  /** Takes back every record of the source transaction that was begun last. */
  rollbackTransaction(): void {
    for (const slot of this.#all) {
      if (slot.touchedBy !== this.#transaction) continue;
      const { before } = slot;
      if (slot.full.length > before.fullCount) {
        slot.writer = slot.full[before.fullCount] as RecordBatchWriter;
        slot.full.length = before.fullCount;
      }
      slot.writer.rollback(before);
    }
    this.#bytes = this.#bytesBefore;
    this.recordCount = this.#recordCountBefore;
  }

  beginRecord(topic: string, partition: number): ByteSink {
    if (topic !== this.#topic) this.#select(topic);
    const partitions = this.#partitions;
    const slot = partitions[partition] ?? this.#openSlot(partitions, topic, partition);
    if (slot.touchedBy !== this.#transaction) {
      slot.touchedBy = this.#transaction;
      slot.before = { fullCount: slot.full.length, ...slot.writer.savepoint() };
    }
    if (slot.writer.byteLength >= slot.batchBytes) {
      slot.full.push(slot.writer);
      slot.writer = this.#openWriter();
    }
    this.#current = slot;
    this.#bytes -= slot.writer.byteLength;
    return slot.writer.beginRecord();
  }

  #select(topic: string): void {
    let partitions = this.#slots.get(topic);
    if (!partitions) this.#slots.set(topic, (partitions = []));
    this.#topic = topic;
    this.#partitions = partitions;
  }

  #openWriter(): RecordBatchWriter {
    return new RecordBatchWriter(this.#options.buffers.take());
  }

  #openSlot(partitions: (Slot | undefined)[], topic: string, partition: number): Slot {
    this.openedAt ??= performance.now();
    const writer = this.#openWriter();
    const before = { fullCount: 0, ...writer.savepoint() };
    const batchBytes = this.#options.recordBatchBytes(topic);
    const slot: Slot = { topic, partition, batchBytes, full: [], writer, touchedBy: -1, before };
    partitions[partition] = slot;
    this.#all.push(slot);
    return slot;
  }

  endKey(): void {
    this.#slot().writer.endKey();
  }

  endRecord(index: number | string): void {
    const slot = this.#slot();
    const { writer } = slot;
    writer.endRecord(this.#headers.of(index));
    this.#bytes += writer.byteLength;
    this.recordCount++;
    if (writer.byteLength > slot.batchBytes && writer.recordCount > 1) this.#splitOff(slot);
  }

  /** Gives the last record a batch of its own: a batch above the limit is refused whole, and only a record may be too large. */
  #splitOff(slot: Slot): void {
    const body = slot.writer.takeLastRecord();
    slot.full.push(slot.writer);
    slot.writer = this.#openWriter();
    slot.writer.appendRecord(body);
  }

  #slot(): Slot {
    if (!this.#current) throw new Error('no record was begun');
    return this.#current;
  }

  /** Closes every partition's batches. @param timestampMs the records' CreateTime */
  async finish(timestampMs: number, compressor: Compressor | null): Promise<PartitionBatches[]> {
    const partitions: PartitionBatches[] = [];
    for (const { topic, partition, full, writer } of this.#all) {
      const writers = [...full, writer].filter((each) => each.recordCount > 0);
      const batches = await Promise.all(writers.map((each) => each.finish(timestampMs, compressor)));
      if (batches.length > 0) partitions.push({ topic, partition, batches });
    }
    return partitions;
  }

  /** Gives the buffers back; what `finish` has made of them must not be used after it. */
  release(): void {
    for (const { full, writer } of this.#all) {
      for (const each of full) this.#options.buffers.give(each.sink);
      this.#options.buffers.give(writer.sink);
    }
    this.#all.length = 0;
    this.#slots.clear();
    this.#topic = null;
  }
}

/** One record with a key and a value and no headers, as a batch of its own: the position record. */
export async function singleRecordBatch(
  key: string,
  value: string,
  timestampMs: number,
): Promise<RecordBatch> {
  const writer = new RecordBatchWriter();
  const sink = writer.beginRecord();
  sink.writeUtf8(key);
  writer.endKey();
  sink.writeUtf8(value);
  writer.endRecord(Buffer.from([0]));
  return writer.finish(timestampMs, null);
}
