import { setTimeout as sleep } from 'node:timers/promises';
import { HeavisideError } from '../errors.ts';
import { partitionEnd } from './fetch-request.ts';
import { kafkaError, kafkaProtocolError, protocolCodeOf, toKafkaError } from './kafka-errors.ts';
import type { KafkaNetwork } from './kafka-network.ts';

export interface TopicOptions {
  /** Whether a missing topic is created. */
  readonly create: boolean;
  readonly partitions: number;
  /** -1: the brokers' default. */
  readonly replicationFactor: number;
  readonly configEntries?: readonly { readonly name: string; readonly value: string }[];
}

const topicNamePattern = /^[A-Za-z0-9._-]{1,249}$/;

/** Milliseconds to wait until every partition of a new topic has a leader. */
const creationDeadlineMs = 15_000;

/** A changed or deleted topic stops the cluster, so it is looked at this often, this many milliseconds apart, first. */
const confirmations = 3;
const confirmationWaitMs = 300;

/** Creates a topic; one that another replica created meanwhile is fine. */
async function createTopic(network: KafkaNetwork, topic: string, options: TopicOptions): Promise<void> {
  const broker = await network.anyBroker();
  try {
    await broker.createTopics({
      topics: [
        {
          topic,
          numPartitions: options.partitions,
          replicationFactor: options.replicationFactor,
          configEntries: [...(options.configEntries ?? [])],
        },
      ],
      timeout: 5000,
    });
  } catch (error) {
    const code = protocolCodeOf(error) ?? aggregateCode(error);
    if (code === kafkaError.topicAlreadyExists) return;
    if (code === kafkaError.topicAuthorizationFailed || code === kafkaError.clusterAuthorizationFailed) {
      throw new HeavisideError(
        'KAFKA_ACCESS_DENIED',
        `creating topic ${topic}: the account lacks the ACL Create on Topic ${topic} (error ${code}); or create it beforehand, with kafka_topic_create=false`,
      );
    }
    if (code === kafkaError.invalidReplicationFactor) {
      throw new HeavisideError(
        'KAFKA_TOPIC_UNKNOWN',
        `topic ${topic} does not exist and cannot be created: too few brokers for replication factor ${options.replicationFactor}`,
      );
    }
    if (code === kafkaError.invalidTopic) {
      throw new HeavisideError(
        'KAFKA_TOPIC_INVALID',
        `topic ${topic} cannot be created: another topic's name differs from it in . and _ only, which is one name for Kafka`,
      );
    }
    const what = `creating topic ${topic}`;
    throw code === null ? toKafkaError(error, what) : kafkaProtocolError(code, what);
  }
}

/** kafkajs throws an aggregate of one error a topic. */
function aggregateCode(error: unknown): number | null {
  if (typeof error !== 'object' || error === null || !('errors' in error)) return null;
  const [first] = (error as { errors: unknown[] }).errors;
  return protocolCodeOf(first);
}

/** Whether the leaders know of their new partitions, which is a moment after the metadata names them. */
async function isServed(network: KafkaNetwork, topic: string, partitions: number): Promise<boolean> {
  try {
    await Promise.all(Array.from({ length: partitions }, (_, each) => partitionEnd(network, topic, each)));
    return true;
  } catch (error) {
    if (error instanceof HeavisideError && error.code === 'KAFKA_RETRIABLE') return false;
    throw error;
  }
}

/** Partition count of an existing or newly created topic. */
export async function ensureTopic(
  network: KafkaNetwork,
  topic: string,
  options: TopicOptions,
): Promise<number> {
  if (!topicNamePattern.test(topic) || topic === '.' || topic === '..') {
    throw new HeavisideError('KAFKA_TOPIC_INVALID', `"${topic}" is no name for a Kafka topic`);
  }
  const deadline = performance.now() + creationDeadlineMs;
  let isCreated = false;
  for (;;) {
    const [metadata] = await network.refreshMetadata([topic]);
    const code = metadata?.errorCode ?? kafkaError.unknownTopicOrPartition;
    const leaders = metadata?.leaders ?? [];
    // Of a topic that stood before, a partition without a leader stops only the rows that go there.
    const isReady = leaders.length > 0 && (!isCreated || leaders.every((leader) => leader >= 0));
    if (code === 0 && isReady && (!isCreated || (await isServed(network, topic, leaders.length)))) {
      return leaders.length;
    }
    if (code === kafkaError.unknownTopicOrPartition && !isCreated) {
      if (!options.create) throw new HeavisideError('KAFKA_TOPIC_UNKNOWN', `topic ${topic} does not exist`);
      await createTopic(network, topic, options);
      isCreated = true;
    } else if (
      code !== 0 &&
      code !== kafkaError.unknownTopicOrPartition &&
      code !== kafkaError.leaderNotAvailable
    ) {
      throw kafkaProtocolError(code, `topic ${topic}`, { topic: `Describe on Topic ${topic}` });
    }
    if (performance.now() > deadline) {
      throw new HeavisideError('KAFKA_RETRIABLE', `topic ${topic} has partitions without a leader`);
    }
    await sleep(20);
  }
}

/**
 * Partition counts of the topics that are written, pinned: a count that differs from the pinned one would move keys.
 * It has connections of its own, so that a topic in trouble does not break the producer's.
 */
export class TopicDirectory {
  readonly #createNetwork: () => KafkaNetwork;
  readonly #options: TopicOptions;
  readonly #pinned: Map<string, number>;
  readonly #acceptChange: boolean;
  readonly #known = new Map<string, number>();
  #network: KafkaNetwork | null = null;
  #verifiedAt = performance.now();

  /** @param options.pinned partition counts of the position record */
  constructor(options: {
    createNetwork: () => KafkaNetwork;
    topic: TopicOptions;
    pinned: Readonly<Record<string, number>>;
    acceptChange: boolean;
  }) {
    this.#createNetwork = options.createNetwork;
    this.#options = options.topic;
    this.#pinned = new Map(Object.entries(options.pinned));
    this.#acceptChange = options.acceptChange;
  }

  partitionCount(topic: string): number | undefined {
    return this.#known.get(topic);
  }

  /** Looks the topic up, or creates it. Rejects with KAFKA_TOPIC_UNKNOWN, KAFKA_PARTITIONS_CHANGED or what the network says. */
  async prepare(topic: string): Promise<void> {
    const pinned = this.#pinned.get(topic);
    // A topic that was written before must not be made anew behind the consumers' back.
    const create = this.#options.create && (pinned === undefined || this.#acceptChange);
    await this.#confirmed(async (network) => {
      try {
        this.#adopt(topic, await ensureTopic(network, topic, { ...this.#options, create }));
      } catch (error) {
        const isUnknown = error instanceof HeavisideError && error.code === 'KAFKA_TOPIC_UNKNOWN';
        if (!isUnknown || pinned === undefined) throw error;
        throw new HeavisideError(
          'KAFKA_PARTITIONS_CHANGED',
          `topic ${topic} with ${pinned} partitions was deleted`,
        );
      }
    });
  }

  /** A broker that has just started may answer from old metadata: a change counts only when it is seen again. */
  async #confirmed(look: (network: KafkaNetwork) => Promise<void>): Promise<void> {
    for (let looks = 1; ; looks++) {
      try {
        return await this.#ask(look);
      } catch (error) {
        const isChange = error instanceof HeavisideError && error.code === 'KAFKA_PARTITIONS_CHANGED';
        if (!isChange || looks === confirmations) throw error;
        await sleep(confirmationWaitMs);
      }
    }
  }

  async #ask<T>(question: (network: KafkaNetwork) => Promise<T>): Promise<T> {
    const network = (this.#network ??= this.#createNetwork());
    try {
      return await question(network);
    } catch (error) {
      this.close();
      throw error;
    }
  }

  #adopt(topic: string, count: number): void {
    const pinned = this.#pinned.get(topic);
    if (pinned !== undefined && pinned !== count && !(this.#acceptChange && count > pinned)) {
      throw new HeavisideError(
        'KAFKA_PARTITIONS_CHANGED',
        `topic ${topic} had ${pinned} partitions and has ${count} now`,
      );
    }
    this.#pinned.set(topic, count);
    this.#known.set(topic, count);
  }

  /** Looks at every topic again if the last look is older than `maxAgeMs`. */
  async verify(maxAgeMs: number): Promise<void> {
    if (this.#known.size === 0 || performance.now() - this.#verifiedAt < maxAgeMs) return;
    await this.#confirmed(async (network) => {
      for (const topic of await network.refreshMetadata([...this.#known.keys()])) {
        if (topic.errorCode === kafkaError.unknownTopicOrPartition) {
          throw new HeavisideError('KAFKA_PARTITIONS_CHANGED', `topic ${topic.topic} was deleted`);
        }
        if (topic.errorCode === 0) this.#adopt(topic.topic, topic.leaders.length);
      }
    });
    this.#verifiedAt = performance.now();
  }

  /** The counts to be committed with the position. */
  pinnedCounts(): Record<string, number> {
    return Object.fromEntries(this.#pinned);
  }

  close(): void {
    this.#network?.destroy();
    this.#network = null;
  }
}
