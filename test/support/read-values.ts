import { TopicTail } from './topic-tail.ts';
import { waitUntil } from './wait-until.ts';
import { scanLog } from './log-scan.ts';
import type { TopicRecord } from './topic-record.ts';

/** All committed records of a topic by kafkajs's stock consumer, read to where the log's own bytes say that it ends. */
export async function readCommitted(brokers: readonly string[], topic: string): Promise<TopicRecord[]> {
  const { committedRecords } = await scanLog([...brokers], topic);
  const expected = [...committedRecords.values()].reduce((sum, count) => sum + count, 0);
  const tail = await TopicTail.open(brokers, [topic]);
  try {
    await waitUntil(() => tail.records.length >= expected || null, {
      timeoutMs: 30_000,
      what: `${expected} records of ${topic}`,
    });
    return tail.records;
  } finally {
    await tail.close();
  }
}
