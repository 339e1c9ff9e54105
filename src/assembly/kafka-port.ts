import { setTimeout as sleep } from 'node:timers/promises';
import { parsePositionRecord, type PositionRecord } from '../model/position-record.ts';
import type { RedisCheckpointStore } from '../checkpoint/redis-checkpoint-store.ts';
import { ensurePositionsTopic, peekLastPosition, positionKey } from '../checkpoint/positions-topic.ts';
import type { Config } from '../config/config.ts';
import type { Lease } from '../election/lease.ts';
import { HeavisideError } from '../errors.ts';
import { createCompressor, type Compressor } from '../kafka/compression.ts';
import { partitionOffsets } from '../kafka/fetch-request.ts';
import { kafkaError, kafkaProtocolError } from '../kafka/kafka-errors.ts';
import type { KafkaNetwork } from '../kafka/kafka-network.ts';
import type { ProduceOptions } from '../kafka/produce-request.ts';
import type { Evidence, OutputPort } from '../ports.ts';
import { KafkaOutput, type FencedSession } from '../produce/kafka-output.ts';
import type { Output } from '../produce/output.ts';
import type { OversizePolicy } from '../produce/oversize-records.ts';
import { SendBreaker } from '../produce/send-breaker.ts';
import { UnfencedWriter } from '../produce/unfenced-writer.ts';
import type { ReplicaState } from '../replica-state.ts';
import { fence, fenceAgain, type FenceOptions } from '../takeover.ts';
import { DeliveryWatch } from './delivery-watch.ts';
import { kafkaNetworkFactory, sessionOptions } from './kafka-settings.ts';
import { outputLimits, outputPatience } from './output-limits.ts';
import { retryWaits } from './retry-waits.ts';
import type { Log } from '../observability/log.ts';
import type { Metrics } from '../observability/metrics.ts';

/** Milliseconds that a successor gets from its fence to its first commit, while the lease cannot be asked for. */
const successorMs = 2000;
const successorPollMs = 50;

export interface KafkaPortOptions {
  readonly config: Config;
  readonly state: ReplicaState;
  readonly metrics: Metrics;
  readonly log: Log;
  /** Null without HA. */
  readonly checkpoints: RedisCheckpointStore | null;
  /** Asked while the breaker is open for long: has another replica proven within so many milliseconds that it reaches Kafka? */
  readonly canOtherReachKafka: (withinMs: number) => Promise<boolean>;
}

/** Fences, reads and opens Kafka for one leadership after another. */
export class KafkaPort implements OutputPort {
  readonly #options: KafkaPortOptions;
  readonly #createNetwork: () => KafkaNetwork;
  #fenced: FencedSession | null = null;
  #compressor: Promise<Compressor | null> | null = null;

  constructor(options: KafkaPortOptions) {
    this.#options = options;
    const { counters } = options.state;
    this.#createNetwork = kafkaNetworkFactory(
      options.config,
      options.log,
      () => counters.failedAuthentications++,
    );
  }

  /**
   * Proves that Kafka can be reached (metadata, the transaction coordinator) and that the topics are there.
   * Resolves with the last position record as it is seen without a fence; null where there is none.
   */
  async prove(): Promise<PositionRecord | null> {
    const network = this.#createNetwork();
    try {
      await this.#proveTopics(network);
      const { kafka, position } = this.#options.config;
      await network.transactionCoordinator(kafka.transaction.id, performance.now() + 5000);
      const last = await peekLastPosition(network, position.topic, 5000);
      this.#options.state.isKafkaReachable = true;
      return last;
    } catch (error) {
      this.#options.state.isKafkaReachable = false;
      throw error;
    } finally {
      network.destroy();
    }
  }

  /** Where topics are not created, a missing one is refused before anything is fenced. A template names them by its rows only. */
  async #proveTopics(network: KafkaNetwork): Promise<void> {
    const { kafka, position, producer, output } = this.#options.config;
    const topics = [position.topic, producer.topic, ...(output.hasDdl ? [producer.ddlTopic] : [])];
    const fixed = topics.filter((topic) => !topic.includes('%{'));
    const metadata = await network.refreshMetadata(kafka.topics.isCreated ? [] : fixed);
    const hidden = metadata.find(({ errorCode }) => errorCode === kafkaError.topicAuthorizationFailed);
    if (hidden !== undefined) {
      const acl = { topic: `Describe on Topic ${hidden.topic}` };
      throw kafkaProtocolError(hidden.errorCode, `topic ${hidden.topic}`, acl);
    }
    const missing = metadata.filter(({ errorCode }) => errorCode === kafkaError.unknownTopicOrPartition);
    if (missing.length > 0) {
      throw new HeavisideError(
        'KAFKA_TOPIC_UNKNOWN',
        `missing: ${missing.map(({ topic }) => topic).join(', ')}`,
      );
    }
  }

  async fence(lease: Lease): Promise<Evidence> {
    const { config, checkpoints } = this.#options;
    await this.#withNetwork((network) =>
      ensurePositionsTopic(network, config.position.topic, {
        create: config.kafka.topics.isCreated,
        replicationFactor: config.kafka.topics.replicationFactor,
      }),
    );
    this.#fenced = await fence(this.#fenceOptions(lease));
    const { record, offset } = this.#fenced.last;
    const checkpoint = (await checkpoints?.load()) ?? null;
    return {
      record,
      recordOffset: offset,
      checkpoint: checkpoint && {
        epoch: checkpoint.epoch,
        positionsOffset: BigInt(checkpoint.positionsOffset),
        record: parsePositionRecord(checkpoint.record),
      },
    };
  }

  /**
   * Fenced, and Redis cannot say by whom: a successor shows itself in the positions topic. To fence it in turn without
   * looking would have the two fence one another, and hold up both. @throws LEASE_LOST where there is one
   */
  async #lookForSuccessor(epoch: number): Promise<void> {
    const deadline = performance.now() + successorMs;
    while (performance.now() < deadline) {
      const last = await this.#withNetwork((network) =>
        peekLastPosition(network, this.#options.config.position.topic, successorMs),
      ).catch(() => null);
      if (last && last.epoch > epoch)
        throw new HeavisideError(
          'LEASE_LOST',
          `the position record is of epoch ${last.epoch}, ours is ${epoch}`,
        );
      await sleep(successorPollMs);
    }
  }

  #fenceOptions(lease: Lease): FenceOptions {
    const { config } = this.#options;
    return {
      createNetwork: this.#createNetwork,
      positionsTopic: config.position.topic,
      session: sessionOptions(config, this.#onRequest),
      proveLease: () => lease.prove(),
      readDeadlineMs: config.kafka.transaction.timeoutMs,
    };
  }

  readonly #onRequest: ProduceOptions['onRequest'] = (bytes, milliseconds) => {
    const { counters } = this.#options.state;
    counters.requests++;
    counters.requestBytes += bytes;
    counters.requestSeconds += milliseconds / 1000;
  };

  /** A templated topic is known only by its rows: then the positions and the checkpoint are the witnesses. */
  async hasData(): Promise<boolean> {
    const { topic } = this.#options.config.producer;
    if (topic.includes('%{')) return false;
    return this.#withNetwork(async (network) => {
      const [metadata] = await network.refreshMetadata([topic]);
      if (!metadata || metadata.errorCode !== 0) return false;
      for (const partition of metadata.leaders.keys()) {
        if ((await partitionOffsets(network, topic, partition)).highWatermark > 0n) return true;
      }
      return false;
    });
  }

  async #withNetwork<T>(work: (network: KafkaNetwork) => Promise<T>): Promise<T> {
    const network = this.#createNetwork();
    try {
      return await work(network);
    } finally {
      network.destroy();
    }
  }

  async open(lease: Lease): Promise<Output> {
    const { config, state, metrics, log } = this.#options;
    const { kafka, producer } = config;
    const patience = outputPatience(config);
    if (!this.#fenced) throw new HeavisideError('INTERNAL', 'open before fence');
    const fenced = this.#fenced;
    this.#fenced = null;
    const compressor = await (this.#compressor ??= createCompressor(kafka.compression));
    const { epoch } = lease;
    const sendBreaker = new SendBreaker({
      failureThreshold: patience.failureThreshold,
      resetMs: patience.resetMs,
      onState: (breakerState) => {
        state.breaker = breakerState;
        log.info({ breaker: breakerState }, `circuit breaker ${breakerState}`);
      },
    });
    const delivery = new DeliveryWatch(patience.deliveryMs, (seconds) => {
      metrics.countError('KAFKA_TIMEOUT');
      log.error(
        { code: 'KAFKA_TIMEOUT', seconds },
        'a batch is not delivered within kafka.delivery.timeout.ms; it is kept',
      );
    });
    return new KafkaOutput(fenced, {
      epoch,
      positionsTopic: config.position.topic,
      positionKey,
      ...outputLimits(config),
      acceptPartitionChange: producer.onPartitionChange === 'accept',
      compressor,
      onRecordTooLarge: oversizePolicy(producer),
      onDropped: (record) => log.error({ ...record }, 'a record too large for its topic was left out'),
      unfencedWriter: producer.delivery === 'at_least_once' ? this.#unfencedWriter() : null,
      breaker: sendBreaker,
      createNetwork: this.#createNetwork,
      signal: lease.signal,
      reopen: () => fenceAgain(this.#fenceOptions(lease), epoch),
      proveLease: async () => {
        if ((await lease.prove()) === 'unreachable') await this.#lookForSuccessor(epoch);
      },
      backoffMs: retryWaits(config),
      onFailure: async (error, records, transaction) => {
        delivery.failed();
        metrics.countError(error.code);
        if (transaction !== 'none') metrics.countKafkaTransaction(transaction);
        state.counters.failedRecords += records;
        state.counters.retriedRecords += records;
        state.isKafkaReachable = error.code !== 'KAFKA_UNREACHABLE' && error.code !== 'KAFKA_TIMEOUT';
        log.warn({ code: error.code, error: error.message, records }, 'writing to Kafka failed');
        const openForMs = sendBreaker.openForMs();
        if (openForMs > patience.stepDownMs && (await this.#options.canOtherReachKafka(openForMs))) {
          throw new HeavisideError(
            error.code,
            'Kafka cannot be reached from here, but from another replica: leaving it to that one',
            {
              cause: error,
            },
          );
        }
      },
      onCommit: ({ records, bytes, batches, batchBytes, queueMilliseconds, milliseconds }) => {
        delivery.succeeded();
        state.isKafkaReachable = true;
        state.kafkaTransactions++;
        state.counters.records += records;
        state.counters.recordBytes += bytes;
        state.counters.recordQueueSeconds += (queueMilliseconds / 1000) * records;
        state.counters.batches += batches;
        state.counters.batchBytes += batchBytes;
        metrics.observeCommit(milliseconds / 1000);
      },
    });
  }

  #unfencedWriter(): UnfencedWriter {
    const { kafka } = this.#options.config;
    const { produceTimeoutMs, maxRequestBytes, maxInFlight } = sessionOptions(this.#options.config);
    return new UnfencedWriter({
      acks: kafka.acks,
      isIdempotent: kafka.acks === -1 && kafka.isIdempotent,
      produceTimeoutMs,
      maxRequestBytes,
      maxInFlight,
      onRequest: this.#onRequest,
    });
  }

  abandon(): void {
    this.#fenced?.network.destroy();
    this.#fenced = null;
  }
}

function oversizePolicy({ onRecordTooLarge, deadLetterTopic }: Config['producer']): OversizePolicy {
  if (onRecordTooLarge === 'dead_letter' && deadLetterTopic !== null) {
    return { kind: 'dead_letter', topic: deadLetterTopic };
  }
  return { kind: onRecordTooLarge === 'skip' ? 'skip' : 'fail' };
}
