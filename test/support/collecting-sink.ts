import { ByteSink } from '../../src/model/byte-sink.ts';
import type { RecordSink } from '../../src/model/record-sink.ts';

export interface CollectedRecord {
  readonly topic: string;
  readonly partition: number;
  readonly key: string;
  readonly value: string;
  readonly messageId: string;
}

/** A sink that keeps its records as text. */
export class CollectingSink implements RecordSink {
  readonly records: CollectedRecord[] = [];
  /** The values of `records` as they were written. */
  readonly values: Buffer[] = [];
  readonly preparedTopics: string[] = [];
  /** Full as soon as that many records were written since `drain`. */
  readonly #capacity: number;
  readonly #partitions: number;
  readonly #topics = new Set<string>();
  readonly #out = new ByteSink(64);
  #sinceDrain = 0;
  #transactionId = '';
  #topic = '';
  #partition = 0;
  #keyEnd = 0;

  constructor(options: { capacity?: number; partitions?: number } = {}) {
    this.#capacity = options.capacity ?? Number.POSITIVE_INFINITY;
    this.#partitions = options.partitions ?? 1;
  }

  partitionCount(topic: string): number | undefined {
    return this.#topics.has(topic) ? this.#partitions : undefined;
  }

  prepareTopic(topic: string): Promise<void> {
    this.preparedTopics.push(topic);
    this.#topics.add(topic);
    return Promise.resolve();
  }

  beginTransaction(transactionId: string): void {
    this.#transactionId = transactionId;
  }

  beginRecord(topic: string, partition: number): ByteSink {
    this.#topic = topic;
    this.#partition = partition;
    this.#out.reset();
    return this.#out;
  }

  endKey(): void {
    this.#keyEnd = this.#out.position;
  }

  endRecord(index: number | string): void {
    const bytes = this.#out.view();
    this.#sinceDrain++;
    this.values.push(Buffer.from(bytes.subarray(this.#keyEnd)));
    this.records.push({
      topic: this.#topic,
      partition: this.#partition,
      key: bytes.toString('utf8', 0, this.#keyEnd),
      value: bytes.toString('utf8', this.#keyEnd),
      messageId: `${this.#transactionId}#${index}`,
    });
  }

  isFull(): boolean {
    return this.#sinceDrain >= this.#capacity;
  }

  /** What a flush does. */
  drain(): void {
    this.#sinceDrain = 0;
  }
}
