import { randomUUID } from 'node:crypto';
import { Kafka, logLevel, type Consumer } from 'kafkajs';
import { waitUntil } from './wait-until.ts';

export interface TopicValue {
  readonly key: string | null;
  readonly value: Buffer;
}

/** A live read_committed reader of a topic from its beginning, for values that are no text. */
export class TopicValues {
  readonly values: TopicValue[] = [];
  readonly #consumer: Consumer;

  private constructor(consumer: Consumer) {
    this.#consumer = consumer;
  }

  static async open(brokers: readonly string[], topic: string): Promise<TopicValues> {
    const kafka = new Kafka({ brokers: [...brokers], clientId: 'values', logLevel: logLevel.NOTHING });
    const consumer = kafka.consumer({
      groupId: `values-${randomUUID()}`,
      readUncommitted: false,
      maxWaitTimeInMs: 100,
    });
    const reader = new TopicValues(consumer);
    await consumer.connect();
    await consumer.subscribe({ topics: [topic], fromBeginning: true });
    await consumer.run({
      autoCommit: false,
      eachMessage: ({ message: { key, value } }) => {
        reader.values.push({ key: key?.toString() ?? null, value: value ?? Buffer.alloc(0) });
        return Promise.resolve();
      },
    });
    return reader;
  }

  /** Resolves when that many records were read. */
  async waitFor(count: number, timeoutMs = 30_000): Promise<readonly TopicValue[]> {
    await waitUntil(() => this.values.length >= count, {
      timeoutMs,
      what: `${count} records (${this.values.length} read)`,
    });
    return this.values;
  }

  async close(): Promise<void> {
    await this.#consumer.disconnect();
  }
}
