import { setTimeout as sleep } from 'node:timers/promises';
import { HeavisideError } from '../errors.ts';
import { isCoordinatorRetriable, kafkaError, protocolCodeOf, toKafkaError } from './kafka-errors.ts';
import { addPartitions } from './add-partitions-request.ts';
import type { KafkaNetwork } from './kafka-network.ts';
import type { KafkaBroker } from './kafkajs-driver.ts';
import { produce, type ProducedOffset, type ProduceOptions } from './produce-request.ts';
import type { BatchProducer, RecordBatch } from './record-batch.ts';

export interface TransactionPart {
  readonly topic: string;
  readonly partition: number;
  readonly batches: readonly RecordBatch[];
}

export interface TransactionalSessionOptions {
  readonly transactionalId: string;
  readonly transactionTimeoutMs: number;
  /** Milliseconds until a coordinator that is loading, moving or finishing a predecessor's markers must be ready. */
  readonly deadlineMs: number;
  readonly produceTimeoutMs: number;
  readonly maxRequestBytes: number;
  readonly maxInFlight: number;
  readonly onRequest?: ProduceOptions['onRequest'];
}

/**
 * The transaction stands open for longer than it may: it is given up here, long before the coordinator ends it. A process
 * that was paused so long may have been fenced meanwhile, so the lease is proven before another producer is made.
 */
export class TransactionExpiredError extends HeavisideError {
  constructor(openMs: number, limitMs: number) {
    super(
      'KAFKA_TIMEOUT',
      `a transaction stood open for ${Math.round(openMs)} ms and may for ${Math.round(limitMs)}: raise kafka.transaction.timeout.ms, or lower kafka_transaction_max_bytes`,
    );
  }
}

/** The part of its time-out that a transaction may stand open: the coordinator must never end one that is being committed. */
const openShare = 1 / 3;

/**
 * One producer of the cluster's transactional id, from InitProducerId to its first error.
 * Opening it fences every earlier one: their writes are refused, an open transaction is aborted, one that reached
 * prepare-commit is committed (KIP-98). After any error it must not be used again: what a commit did is then unknown.
 */
export class TransactionalSession {
  readonly #network: KafkaNetwork;
  readonly #options: TransactionalSessionOptions;
  readonly #producer: BatchProducer;
  readonly #sequences = new Map<string, number>();
  #coordinator: KafkaBroker;
  #isOpen = false;
  #isBroken = false;
  /** performance.now() of the transaction's first request. */
  #openedAt = 0;

  private constructor(
    network: KafkaNetwork,
    options: TransactionalSessionOptions,
    identity: { producer: BatchProducer; coordinator: KafkaBroker },
  ) {
    this.#network = network;
    this.#options = options;
    this.#producer = identity.producer;
    this.#coordinator = identity.coordinator;
  }

  /** Runs InitProducerId until it is granted. Rejects with KAFKA_* ; CONCURRENT_TRANSACTIONS is asked again every 5 ms. */
  static async open(
    network: KafkaNetwork,
    options: TransactionalSessionOptions,
  ): Promise<TransactionalSession> {
    const deadline = performance.now() + options.deadlineMs;
    for (;;) {
      const coordinator = await network.transactionCoordinator(options.transactionalId, deadline);
      try {
        const { producerId, producerEpoch } = await coordinator.initProducerId({
          transactionalId: options.transactionalId,
          transactionTimeout: options.transactionTimeoutMs,
        });
        const producer = { producerId: BigInt(producerId), producerEpoch, isTransactional: true };
        return new TransactionalSession(network, options, { producer, coordinator });
      } catch (error) {
        if (!isCoordinatorRetriable(error) || performance.now() > deadline)
          throw toKafkaError(error, 'InitProducerId', options);
        await sleep(5);
      }
    }
  }

  /** Begins a transaction over these partitions and writes them. The caller ends it by `commit`. */
  async write(parts: readonly TransactionPart[]): Promise<ProducedOffset[]> {
    return this.#guard(async () => {
      this.#openedAt = performance.now();
      const expiry = new AbortController();
      const expired = sleep(this.#limitMs, undefined, { signal: expiry.signal }).then(() => {
        throw this.#expired();
      });
      try {
        return await Promise.race([this.#begin(parts), expired]);
      } finally {
        expired.catch(() => undefined);
        expiry.abort();
      }
    });
  }

  get #limitMs(): number {
    return this.#options.transactionTimeoutMs * openShare;
  }

  #expired(): TransactionExpiredError {
    return new TransactionExpiredError(performance.now() - this.#openedAt, this.#limitMs);
  }

  async #begin(parts: readonly TransactionPart[]): Promise<ProducedOffset[]> {
    await this.#addPartitions(parts);
    this.#isOpen = true;
    return produce(this.#network, parts, {
      producer: this.#producer,
      transactionalId: this.#options.transactionalId,
      acks: -1,
      timeoutMs: this.#options.produceTimeoutMs,
      maxRequestBytes: this.#options.maxRequestBytes,
      maxInFlight: this.#options.maxInFlight,
      sequences: this.#sequences,
      ...(this.#options.onRequest ? { onRequest: this.#options.onRequest } : {}),
    });
  }

  async #addPartitions(parts: readonly TransactionPart[]): Promise<void> {
    const topics = new Map<string, number[]>();
    for (const { topic, partition } of parts) {
      const partitions = topics.get(topic);
      if (partitions) partitions.push(partition);
      else topics.set(topic, [partition]);
    }
    await this.#askCoordinator('AddPartitionsToTxn', (coordinator) =>
      addPartitions(coordinator, this.#options.transactionalId, this.#producer, topics),
    );
  }

  /**
   * Ends the transaction. An error means that its outcome is unknown.
   * @throws TransactionExpiredError where it stood open for more than a third of its time-out: it was aborted instead
   */
  async commit(): Promise<void> {
    await this.#guard(async () => {
      const isLate = performance.now() - this.#openedAt > this.#limitMs;
      await this.#end(!isLate);
      if (isLate) throw this.#expired();
    });
  }

  /** Tries to abort an open transaction, for at most `limitMs`; always safe, and never throws. */
  async abandon(limitMs: number): Promise<void> {
    if (!this.#isOpen) return;
    this.#isBroken = true;
    const limit = new AbortController();
    await Promise.race([
      this.#end(false).catch(() => undefined),
      sleep(limitMs, undefined, { signal: limit.signal }).catch(() => undefined),
    ]);
    limit.abort();
  }

  async #end(isCommit: boolean): Promise<void> {
    await this.#askCoordinator('EndTxn', (coordinator) =>
      coordinator.endTxn({
        transactionalId: this.#options.transactionalId,
        producerId: String(this.#producer.producerId),
        producerEpoch: this.#producer.producerEpoch,
        transactionResult: isCommit,
      }),
    );
    this.#isOpen = false;
  }

  /** A broker's own answer "not now" is asked again; a lost answer is not. */
  async #askCoordinator(what: string, ask: (coordinator: KafkaBroker) => Promise<unknown>): Promise<void> {
    const deadline = performance.now() + this.#options.deadlineMs;
    for (let wait = 1; ; wait = Math.min(wait * 2, 20)) {
      try {
        await ask(this.#coordinator);
        return;
      } catch (error) {
        if (!isCoordinatorRetriable(error) || performance.now() > deadline)
          throw toKafkaError(error, what, this.#options);
        if (protocolCodeOf(error) !== kafkaError.concurrentTransactions) {
          this.#coordinator = await this.#network.transactionCoordinator(
            this.#options.transactionalId,
            deadline,
          );
        }
        await sleep(wait);
      }
    }
  }

  async #guard<T>(work: () => Promise<T>): Promise<T> {
    if (this.#isBroken) throw new HeavisideError('INTERNAL', 'a producer was used after an error');
    try {
      return await work();
    } catch (error) {
      this.#isBroken = true;
      throw error;
    }
  }
}
