import { randomUUID } from 'node:crypto';
import { Kafka, logLevel, type Consumer, type IHeaders } from 'kafkajs';
import { monotonicEpochMs } from './monotonic-epoch.ts';
import type { TopicRecord } from './topic-record.ts';

/** The records of one epoch and when the first and the last of them arrived (milliseconds since 1970). */
export interface EpochSeen {
  readonly epoch: number;
  records: number;
  readonly firstArrivedAt: number;
  lastArrivedAt: number;
}

function header(headers: IHeaders | undefined, name: string): string {
  const value = headers?.[name];
  return value === undefined || Array.isArray(value) ? '' : value.toString();
}

/**
 * A live reader of topics from their beginning: kafkajs's stock consumer, read_committed, a group of its own. Its
 * arrival clock tells how long the stream stood still between two epochs.
 */
export class TopicTail {
  readonly records: TopicRecord[] = [];
  readonly #consumer: Consumer;
  #closed: Promise<void> | null = null;
  readonly #epochs = new Map<number, EpochSeen>();
  readonly #counts = new Map<string, number>();

  private constructor(consumer: Consumer) {
    this.#consumer = consumer;
  }

  /** Starts to read; the topics must exist. Resolves when the consumer runs. */
  static async open(brokers: readonly string[], topics: readonly string[]): Promise<TopicTail> {
    const kafka = new Kafka({ brokers: [...brokers], clientId: 'audit', logLevel: logLevel.NOTHING });
    const consumer = kafka.consumer({
      groupId: `audit-${randomUUID()}`,
      readUncommitted: false,
      maxWaitTimeInMs: 100,
      sessionTimeout: 60_000,
      allowAutoTopicCreation: false,
    });
    const tail = new TopicTail(consumer);
    await consumer.connect();
    await consumer.subscribe({ topics: [...topics], fromBeginning: true });
    await consumer.run({
      autoCommit: false,
      eachBatchAutoResolve: true,
      eachBatch: ({ batch }) => {
        const arrivedAt = monotonicEpochMs();
        for (const { offset, key, value, headers } of batch.messages)
          tail.#take({
            topic: batch.topic,
            partition: batch.partition,
            offset: Number(offset),
            key: key?.toString() ?? null,
            value: value?.toString() ?? null,
            messageId: header(headers, 'message_id'),
            epoch: Number(header(headers, 'epoch') || NaN),
            arrivedAt,
          });
        return Promise.resolve();
      },
    });
    return tail;
  }

  /** The epochs in order of their first record. */
  get epochs(): readonly EpochSeen[] {
    return [...this.#epochs.values()];
  }

  /** How many records of the partition were read. */
  count(topic: string, partition: number): number {
    return this.#counts.get(`${topic} ${partition}`) ?? 0;
  }

  /** Leaves the group and closes the connections; a second call waits for the first. */
  close(): Promise<void> {
    return (this.#closed ??= this.#consumer.disconnect());
  }

  #take(record: TopicRecord): void {
    this.records.push(record);
    const place = `${record.topic} ${record.partition}`;
    this.#counts.set(place, (this.#counts.get(place) ?? 0) + 1);
    const { epoch, arrivedAt } = record;
    const seen = this.#epochs.get(epoch);
    if (seen === undefined)
      this.#epochs.set(epoch, { epoch, records: 1, firstArrivedAt: arrivedAt, lastArrivedAt: arrivedAt });
    else {
      seen.records += 1;
      seen.lastArrivedAt = arrivedAt;
    }
  }
}

/** Seconds from the last record of `from` to the first record of the epoch after it; null where either is missing. */
export function gapSeconds(epochs: readonly EpochSeen[], from: number): number | null {
  const old = epochs.find(({ epoch }) => epoch === from);
  const next = epochs.filter(({ epoch }) => epoch > from).sort((a, b) => a.epoch - b.epoch)[0];
  return old === undefined || next === undefined ? null : (next.firstArrivedAt - old.lastArrivedAt) / 1000;
}
