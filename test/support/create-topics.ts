import type { Admin, ITopicConfig, KafkaJSError } from 'kafkajs';
import { waitUntil } from './wait-until.ts';

const WAIT_MS = 60_000;

/**
 * Creates topics and waits until each partition has a leader. kafkajs's own wait (`waitForLeaders`) rejects where a broker has
 * not heard of the topic yet. Rejects with what the broker refuses the creation with; a topic that is there already is fine.
 */
export async function createTopics(admin: Admin, topics: readonly ITopicConfig[]): Promise<void> {
  await admin.createTopics({ topics: [...topics], waitForLeaders: false });
  const names = topics.map(({ topic }) => topic);
  const haveLeaders = async (): Promise<boolean> => {
    try {
      const found = await admin.fetchTopicMetadata({ topics: names });
      return found.topics.every(
        ({ partitions }) => partitions.length > 0 && partitions.every(({ leader }) => leader >= 0),
      );
    } catch (error) {
      if ((error as Partial<KafkaJSError>).retriable === true) return false;
      throw error;
    }
  };
  await waitUntil(haveLeaders, { timeoutMs: WAIT_MS, what: `leaders of ${names.join(', ')}` });
}
