import { Kafka, logLevel, type Admin } from 'kafkajs';

async function withAdmin<T>(brokers: readonly string[], work: (admin: Admin) => Promise<T>): Promise<T> {
  const admin = new Kafka({ brokers: [...brokers], clientId: 'bench', logLevel: logLevel.NOTHING }).admin();
  await admin.connect();
  try {
    return await work(admin);
  } finally {
    await admin.disconnect();
  }
}

/** Topics asked for at once: the broker answers within a request's time even when its disk is slow. */
const AT_ONCE = 200;

/** Creates topics with so many partitions each. */
export async function createTopics(
  brokers: readonly string[],
  topics: readonly string[],
  partitions: number,
): Promise<void> {
  await withAdmin(brokers, async (admin) => {
    for (let first = 0; first < topics.length; first += AT_ONCE)
      await admin.createTopics({
        topics: topics
          .slice(first, first + AT_ONCE)
          .map((topic) => ({ topic, numPartitions: partitions, replicationFactor: 1 })),
        waitForLeaders: topics.length === 1, // of many the first look waits
        timeout: 30_000,
      });
  });
}

/** Deletes those of the topics that exist. */
export async function deleteTopics(brokers: readonly string[], topics: readonly string[]): Promise<void> {
  await withAdmin(brokers, async (admin) => {
    const existing = new Set(await admin.listTopics());
    const found = topics.filter((topic) => existing.has(topic));
    for (let first = 0; first < found.length; first += AT_ONCE)
      await admin.deleteTopics({ topics: found.slice(first, first + AT_ONCE), timeout: 30_000 });
  });
}
