import type { SourceFinding } from '../binlog/source-checks.ts';
import type { Config } from '../config/config.ts';
import { kafkaError } from '../kafka/kafka-errors.ts';
import type { KafkaNetwork } from '../kafka/kafka-network.ts';
import type { Log } from '../observability/log.ts';
import { durabilityFindings } from './kafka-durability.ts';
import { kafkaNetworkFactory } from './kafka-settings.ts';

const addPartitionsToTxnKey = 24;

/** What a takeover needs of Kafka, looked at without changing anything. */
export async function kafkaFindings(config: Config, log: Log): Promise<SourceFinding[]> {
  const network = kafkaNetworkFactory(config, log)();
  try {
    const broker = await network.anyBroker();
    await network.transactionCoordinator(config.kafka.transaction.id, performance.now() + 5000);
    const findings: SourceFinding[] = [
      {
        code: 'KAFKA_UNREACHABLE',
        severity: 'ok',
        message: 'brokers and the transaction coordinator answer',
        fix: '',
      },
      verificationFinding(broker.versions?.[addPartitionsToTxnKey]?.maxVersion ?? 0),
    ];
    const { topic } = config.producer;
    const isFixed = !topic.includes('%{');
    if (isFixed) findings.push(await topicFinding(network, config));
    const kept = ['__transaction_state', config.position.topic, ...(isFixed ? [topic] : [])];
    findings.push(...(await durabilityFindings(network, kept)));
    return findings;
  } finally {
    network.destroy();
  }
}

/** Brokers from 3.6 on refuse late writes of a former transaction (KIP-890, part 1). */
function verificationFinding(maxVersion: number): SourceFinding {
  if (maxVersion >= 4)
    return { code: 'KAFKA_UNSUPPORTED', severity: 'ok', message: 'the brokers verify transactions', fix: '' };
  return {
    code: 'KAFKA_UNSUPPORTED',
    severity: 'warning',
    message:
      'the brokers do not verify that a write belongs to a transaction (before Kafka 3.6): a delayed request can leave one hanging',
    fix: 'Run Kafka 3.6 or newer.',
  };
}

async function topicFinding(network: KafkaNetwork, config: Config): Promise<SourceFinding> {
  const { topic } = config.producer;
  const [metadata] = await network.refreshMetadata([topic]);
  if (metadata?.errorCode === 0) {
    return {
      code: 'KAFKA_TOPIC_UNKNOWN',
      severity: 'ok',
      message: `topic ${topic} has ${metadata.leaders.length} partitions`,
      fix: '',
    };
  }
  if (metadata?.errorCode === kafkaError.unknownTopicOrPartition && config.kafka.topics.isCreated) {
    const { partitions } = config.kafka.topics;
    return {
      code: 'KAFKA_TOPIC_UNKNOWN',
      severity: 'ok',
      message: `topic ${topic} will be created with ${partitions} partitions`,
      fix: '',
    };
  }
  return {
    code: 'KAFKA_TOPIC_UNKNOWN',
    severity: 'error',
    message: `topic ${topic} cannot be used (error ${metadata?.errorCode})`,
    fix: 'Create the topic, or set kafka_topic_create=true.',
  };
}
