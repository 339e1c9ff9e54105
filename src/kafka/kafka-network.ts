import { setTimeout as sleep } from 'node:timers/promises';
import { HeavisideError } from '../errors.ts';
import { isCoordinatorRetriable, kafkaError, kafkaProtocolError, toKafkaError } from './kafka-errors.ts';
import {
  assertKafkaJsVersion,
  createBroker,
  destroyBroker,
  type KafkaBroker,
  type KafkaConnectionOptions,
} from './kafkajs-driver.ts';
import { KnownBrokers } from './known-brokers.ts';
import { sendRaw, type RawRequest } from './raw-request.ts';
import { WireReader, WireWriter } from './wire.ts';

export interface TopicMetadata {
  readonly topic: string;
  /** 0, or the protocol's error code for this topic. */
  readonly errorCode: number;
  /** Node id of the leader by partition; -1 while there is none. */
  readonly leaders: readonly number[];
  /** The fewest replicas that a partition has; 0 without partitions. */
  readonly replicationFactor: number;
}

/**
 * The brokers of one cluster, as one leadership sees them: connections, metadata, the transaction coordinator.
 * Nothing is retried behind the caller's back; a failed connection is opened anew by the next call.
 */
export class KafkaNetwork {
  readonly #options: KafkaConnectionOptions;
  readonly #brokers = new Map<number, KafkaBroker>();
  readonly #connecting = new Map<number, Promise<KafkaBroker>>();
  readonly #topics = new Map<string, TopicMetadata>();
  #seed: KafkaBroker | null = null;
  readonly #known: KnownBrokers;
  #isDestroyed = false;

  /** @param known shared by the networks of one process; by default a network learns for itself */
  constructor(options: KafkaConnectionOptions, known = new KnownBrokers(options.brokers)) {
    assertKafkaJsVersion();
    this.#options = options;
    this.#known = known;
  }

  /** A connected broker, whichever it is. Rejects with KAFKA_UNREACHABLE when none of them answers. */
  async anyBroker(): Promise<KafkaBroker> {
    const opened = [...this.#brokers.values(), ...(this.#seed ? [this.#seed] : [])];
    const connected = opened.find((broker) => broker.isConnected());
    if (connected) return connected;
    let failure: unknown = null;
    const candidates = this.#known.candidates();
    for (const address of candidates) {
      const colon = address.lastIndexOf(':');
      if (this.#seed) destroyBroker(this.#seed);
      this.#seed = createBroker(this.#options, address.slice(0, colon), Number(address.slice(colon + 1)));
      try {
        await this.#connect(this.#seed);
        this.#known.note(address, true);
        return this.#seed;
      } catch (error) {
        this.#known.note(address, false);
        failure = error;
        if (error instanceof HeavisideError && error.code === 'KAFKA_AUTHENTICATION') throw error;
      }
    }
    throw toKafkaError(failure, `connecting to ${candidates.join(', ')}`);
  }

  async #connect(broker: KafkaBroker): Promise<void> {
    if (this.#isDestroyed) throw new HeavisideError('KAFKA_UNREACHABLE', 'the connections were closed');
    try {
      await broker.connect();
    } catch (error) {
      destroyBroker(broker);
      const { host, port } = broker.connectionPool;
      const mapped = toKafkaError(error, `connecting to ${host}:${port}`);
      if (mapped.code === 'KAFKA_AUTHENTICATION') this.#options.onAuthenticationFailed?.();
      throw mapped;
    }
    if (this.#isDestroyed) destroyBroker(broker);
  }

  /** The broker of a node id, connected. Rejects with KAFKA_RETRIABLE where the metadata does not know it. */
  async broker(nodeId: number): Promise<KafkaBroker> {
    const known = this.#brokers.get(nodeId);
    if (!known) throw new HeavisideError('KAFKA_RETRIABLE', `broker ${nodeId} is not in the metadata`);
    if (known.isConnected()) return known;
    const connecting = this.#connecting.get(nodeId) ?? this.#reconnect(nodeId, known);
    this.#connecting.set(nodeId, connecting);
    return connecting.finally(() => {
      if (this.#connecting.get(nodeId) === connecting) this.#connecting.delete(nodeId);
    });
  }

  /** By a broker object of its own: one that failed to connect, or lost its connection, is not used again. */
  async #reconnect(nodeId: number, known: KafkaBroker): Promise<KafkaBroker> {
    destroyBroker(known);
    const { host, port } = known.connectionPool;
    const fresh = createBroker(this.#options, host, port, nodeId);
    this.#brokers.set(nodeId, fresh);
    await this.#connect(fresh);
    return fresh;
  }

  /** Asks for topics anew (an empty list: brokers only). One bad topic does not hide the others. */
  async refreshMetadata(topics: readonly string[]): Promise<readonly TopicMetadata[]> {
    const broker = await this.anyBroker();
    const body = new WireWriter().int32(topics.length);
    for (const topic of topics) body.string(topic);
    const raw = await this.#exchange(broker, {
      apiKey: 3,
      apiVersion: 6,
      apiName: 'Metadata',
      body: [body.int8(0).take()],
    });
    const reader = new WireReader(raw);
    reader.int32(); // throttle_time_ms
    const nodes = reader.array(readNode);
    for (const node of nodes) this.#adopt(node);
    this.#known.learn(nodes.map(({ host, port }) => `${host}:${port}`));
    reader.nullableString(); // cluster_id
    reader.int32(); // controller_id
    const metadata = reader.array(readTopic);
    for (const topic of metadata) this.#topics.set(topic.topic, topic);
    return metadata;
  }

  #adopt(node: { nodeId: number; host: string; port: number }): void {
    const known = this.#brokers.get(node.nodeId);
    if (known && known.connectionPool.host === node.host && known.connectionPool.port === node.port) return;
    if (known) destroyBroker(known);
    this.#brokers.set(node.nodeId, createBroker(this.#options, node.host, node.port, node.nodeId));
  }

  /** What was last learned about a topic; null if it was never asked for. */
  topic(name: string): TopicMetadata | null {
    return this.#topics.get(name) ?? null;
  }

  /** The leader of a partition, connected; looks the topic up if it is unknown. */
  async leaderOf(topic: string, partition: number): Promise<KafkaBroker> {
    let metadata = this.#topics.get(topic);
    if (metadata === undefined || metadata.errorCode !== 0 || (metadata.leaders[partition] ?? -1) < 0) {
      metadata = (await this.refreshMetadata([topic]))[0];
    }
    if (metadata === undefined || metadata.errorCode !== 0) {
      const code = metadata?.errorCode ?? kafkaError.unknownTopicOrPartition;
      throw kafkaProtocolError(code, `topic ${topic}`, { topic: `Describe on Topic ${topic}` });
    }
    const leader = metadata.leaders[partition] ?? -1;
    if (leader < 0) throw new HeavisideError('KAFKA_RETRIABLE', `${topic}-${partition} has no leader now`);
    return this.broker(leader);
  }

  /** Forgets a topic, so that its next use asks anew. */
  forgetTopic(topic: string): void {
    this.#topics.delete(topic);
  }

  /** The transaction coordinator of a transactional id, connected. Retries while it is being elected, until `deadline` (performance.now). */
  async transactionCoordinator(transactionalId: string, deadline: number): Promise<KafkaBroker> {
    for (;;) {
      try {
        const broker = await this.anyBroker();
        const { coordinator } = await broker.findGroupCoordinator({
          groupId: transactionalId,
          coordinatorType: 1,
        });
        this.#adopt(coordinator);
        return await this.broker(coordinator.nodeId);
      } catch (error) {
        if (!isCoordinatorRetriable(error) || performance.now() > deadline) {
          throw toKafkaError(error, 'finding the transaction coordinator', { transactionalId });
        }
        await sleep(20);
      }
    }
  }

  async #exchange(broker: KafkaBroker, request: RawRequest): Promise<Buffer> {
    try {
      return await sendRaw(broker, request);
    } catch (error) {
      throw toKafkaError(error, request.apiName);
    }
  }

  /** Ends every connection at once; what is in flight is rejected. */
  destroy(): void {
    this.#isDestroyed = true;
    for (const broker of this.#brokers.values()) destroyBroker(broker);
    if (this.#seed) destroyBroker(this.#seed);
    this.#brokers.clear();
    this.#seed = null;
  }
}

function readNode(reader: WireReader): { nodeId: number; host: string; port: number } {
  const node = { nodeId: reader.int32(), host: reader.string(), port: reader.int32() };
  reader.nullableString(); // rack
  return node;
}

function readTopic(reader: WireReader): TopicMetadata {
  const errorCode = reader.int16();
  const topic = reader.string();
  reader.int8(); // is_internal
  const leaders: number[] = [];
  let replicationFactor = Infinity;
  const readNodes = (): number[] => reader.array((r) => r.int32());
  reader.array(() => {
    reader.int16(); // error_code: a leaderless partition shows as leader -1
    const partition = reader.int32();
    leaders[partition] = reader.int32();
    replicationFactor = Math.min(replicationFactor, readNodes().length);
    readNodes(); // in sync
    readNodes(); // offline
  });
  return { topic, errorCode, leaders, replicationFactor: leaders.length === 0 ? 0 : replicationFactor };
}
