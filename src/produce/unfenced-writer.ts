import { toKafkaError } from '../kafka/kafka-errors.ts';
import type { KafkaNetwork } from '../kafka/kafka-network.ts';
import { produce, type ProduceOptions } from '../kafka/produce-request.ts';
import type { BatchProducer } from '../kafka/record-batch.ts';
import type { TransactionPart } from '../kafka/transactional-session.ts';

export interface UnfencedWriterOptions {
  readonly acks: -1 | 0 | 1;
  /** Sequence numbers against duplicates within one producer; needs acks = all. */
  readonly isIdempotent: boolean;
  readonly produceTimeoutMs: number;
  readonly maxRequestBytes: number;
  readonly maxInFlight: number;
  readonly onRequest?: ProduceOptions['onRequest'];
}

const noProducer: BatchProducer = { producerId: -1n, producerEpoch: -1, isTransactional: false };

/** Writes rows without a transaction, for delivery=at_least_once. Nothing fences it: only its leader's deadline ends it. */
export class UnfencedWriter {
  readonly #options: UnfencedWriterOptions;
  readonly #sequences = new Map<string, number>();
  #producer: BatchProducer | null = null;

  constructor(options: UnfencedWriterOptions) {
    this.#options = options;
  }

  async write(network: KafkaNetwork, parts: readonly TransactionPart[]): Promise<void> {
    const { isIdempotent, acks, produceTimeoutMs, maxRequestBytes, maxInFlight, onRequest } = this.#options;
    this.#producer ??= isIdempotent ? await this.#initProducer(network) : noProducer;
    await produce(network, parts, {
      producer: this.#producer,
      transactionalId: null,
      acks,
      timeoutMs: produceTimeoutMs,
      maxRequestBytes,
      maxInFlight,
      sequences: isIdempotent ? this.#sequences : null,
      ...(onRequest ? { onRequest } : {}),
    });
  }

  async #initProducer(network: KafkaNetwork): Promise<BatchProducer> {
    const broker = await network.anyBroker();
    try {
      const { producerId, producerEpoch } = await broker.initProducerId({
        transactionalId: null,
        transactionTimeout: 0,
      });
      return { producerId: BigInt(producerId), producerEpoch, isTransactional: false };
    } catch (error) {
      throw toKafkaError(error, 'InitProducerId');
    }
  }

  /** After an error: the next write is by a new producer, whose sequences begin at 0. */
  reset(): void {
    this.#producer = null;
    this.#sequences.clear();
  }
}
