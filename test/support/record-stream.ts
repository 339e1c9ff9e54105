import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { Kafka, logLevel } from 'kafkajs';
import { waitUntil } from './wait-until.ts';

/** A record as it passes by. */
export interface PassingRecord {
  readonly messageId: string;
  readonly value: string;
}

export interface RecordStreamOptions {
  readonly brokers: readonly string[];
  readonly topic: string;
  /** How many records to wait for. */
  readonly count: number;
  readonly timeoutMs: number;
}

/** How long to wait for records too many. */
const QUIET_MS = 1000;

/** Reads a topic from its beginning, read_committed, and keeps nothing: for topics that do not fit into memory. */
export async function streamRecords(
  { brokers, topic, count, timeoutMs }: RecordStreamOptions,
  onRecord: (record: PassingRecord) => void,
): Promise<void> {
  const kafka = new Kafka({ brokers: [...brokers], clientId: 'audit', logLevel: logLevel.NOTHING });
  const consumer = kafka.consumer({
    groupId: `audit-${randomUUID()}`,
    readUncommitted: false,
    allowAutoTopicCreation: false,
    sessionTimeout: 60_000,
    maxBytesPerPartition: 8 << 20,
  });
  let seen = 0;
  let failure: unknown = null;
  await consumer.connect();
  try {
    await consumer.subscribe({ topics: [topic], fromBeginning: true });
    await consumer.run({
      autoCommit: false,
      eachBatch: ({ batch }) => {
        try {
          for (const { headers, value } of batch.messages) {
            const id = headers?.['message_id'];
            onRecord({
              messageId: Array.isArray(id) ? '' : String(id ?? ''),
              value: value?.toString() ?? '',
            });
            seen++;
          }
        } catch (error) {
          failure ??= error; // a consumer that throws is started anew
        }
        return Promise.resolve();
      },
    });
    await waitUntil(() => seen >= count || failure !== null, {
      timeoutMs,
      what: `${count} records in ${topic}`,
      everyMs: 50,
    });
    await sleep(QUIET_MS);
  } finally {
    await consumer.disconnect();
  }
  if (failure !== null) throw failure instanceof Error ? failure : new Error('a record could not be taken');
}
