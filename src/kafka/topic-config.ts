import { toKafkaError } from './kafka-errors.ts';
import type { KafkaNetwork } from './kafka-network.ts';

/** Resource type of a topic in DescribeConfigs. */
const topicResource = 2;

/**
 * Settings of a topic by name, the brokers' defaults included; null where this account may not describe them.
 * @throws KAFKA_* where the broker cannot be asked
 */
export async function readTopicConfig(
  network: KafkaNetwork,
  topic: string,
  names: readonly string[],
): Promise<ReadonlyMap<string, string> | null> {
  const broker = await network.anyBroker();
  try {
    const { resources } = await broker.describeConfigs({
      resources: [{ type: topicResource, name: topic, configNames: [...names] }],
    });
    return new Map(resources[0]?.configEntries.map((entry) => [entry.configName, entry.configValue]));
  } catch (error) {
    const mapped = toKafkaError(error, 'DescribeConfigs');
    if (mapped.code === 'KAFKA_ACCESS_DENIED') return null;
    throw mapped;
  }
}
