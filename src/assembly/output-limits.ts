import type { Config } from '../config/config.ts';
import type { KafkaOutputOptions } from '../produce/kafka-output.ts';

/** The topics that are created and the bounds of batches and Kafka transactions, in bytes, as the configuration says. */
export function outputLimits({
  kafka,
}: Config): Pick<
  KafkaOutputOptions,
  'topic' | 'recordBatchBytes' | 'maxTransactionBytes' | 'maxTransactionPartitions'
> {
  return {
    topic: {
      create: kafka.topics.isCreated,
      partitions: kafka.topics.partitions,
      replicationFactor: kafka.topics.replicationFactor,
    },
    recordBatchBytes: Math.min(kafka.batchBytes, kafka.maxRequestBytes),
    maxTransactionBytes: Math.min(
      kafka.transaction.maxBytes,
      Math.max(64 * 1024, Math.floor(kafka.bufferBytes / 4)),
    ),
    maxTransactionPartitions: kafka.transaction.maxPartitions,
  };
}

/** When writing counts as failed, and what follows: attempts, and milliseconds. */
export function outputPatience({ breaker, kafka }: Config): {
  readonly failureThreshold: number;
  readonly resetMs: number;
  readonly stepDownMs: number;
  readonly deliveryMs: number;
} {
  return { ...breaker, deliveryMs: kafka.deliveryTimeoutMs };
}
