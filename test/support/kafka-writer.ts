import { ensurePositionsTopic, positionKey } from '../../src/checkpoint/positions-topic.ts';
import type { HeavisideError } from '../../src/errors.ts';
import { KafkaNetwork } from '../../src/kafka/kafka-network.ts';
import type { KafkaConnectionOptions } from '../../src/kafka/kafkajs-driver.ts';
import type { TransactionalSessionOptions } from '../../src/kafka/transactional-session.ts';
import type { PositionRecord } from '../../src/model/position-record.ts';
import { KafkaOutput, type FencedSession, type KafkaOutputOptions } from '../../src/produce/kafka-output.ts';
import { SendBreaker } from '../../src/produce/send-breaker.ts';
import { fence, fenceAgain, type FenceOptions } from '../../src/takeover.ts';
import { samplePositionRecord } from './sample-position-record.ts';

export function networkOptions(brokers: readonly string[], requestTimeoutMs = 3000): KafkaConnectionOptions {
  return { brokers, clientId: 'test', ssl: null, sasl: null, connectionTimeoutMs: 2000, requestTimeoutMs };
}

/** Connections to the brokers as a leadership makes them. */
export function networkFactory(brokers: readonly string[], requestTimeoutMs = 3000): () => KafkaNetwork {
  const options = networkOptions(brokers, requestTimeoutMs);
  return () => new KafkaNetwork(options);
}

export interface WriterOptions {
  readonly brokers: readonly string[];
  /** Names the cluster: its transactional id, its positions topic (`name.positions`) and its data topic (`name`). */
  readonly name: string;
  readonly epoch: number;
  readonly partitions?: number;
  readonly replicationFactor?: number;
  readonly session?: Partial<TransactionalSessionOptions>;
  readonly output?: Partial<KafkaOutputOptions>;
  readonly proveLease?: () => Promise<void>;
}

export function fenceOptions({ brokers, name, session = {}, proveLease }: WriterOptions): FenceOptions {
  return {
    createNetwork: networkFactory(brokers),
    positionsTopic: `${name}.positions`,
    session: {
      transactionalId: name,
      transactionTimeoutMs: 15_000,
      deadlineMs: 15_000,
      produceTimeoutMs: 2500,
      maxRequestBytes: 1 << 20,
      maxInFlight: 5,
      ...session,
    },
    proveLease: proveLease ?? (() => Promise.resolve()),
    readDeadlineMs: 15_000,
  };
}

/** The Kafka side of a leader without the rest of it: fenced, and writing rows whose values a test can count. */
export class KafkaWriter {
  readonly failures: HeavisideError[] = [];
  readonly fenced: FencedSession;
  readonly #options: WriterOptions;
  readonly #output: KafkaOutput;
  readonly leadership = new AbortController();
  #commit = 0;

  private constructor(fenced: FencedSession, options: WriterOptions) {
    this.fenced = fenced;
    this.#options = options;
    const { epoch, partitions = 3, replicationFactor = 1 } = options;
    const again = fenceOptions(options);
    this.#output = new KafkaOutput(fenced, {
      epoch,
      positionsTopic: again.positionsTopic,
      positionKey,
      topic: { create: true, partitions, replicationFactor },
      acceptPartitionChange: false,
      recordBatchBytes: 512 * 1024,
      maxTransactionBytes: 8 << 20,
      maxTransactionPartitions: 50,
      compressor: null,
      onRecordTooLarge: { kind: 'fail' },
      unfencedWriter: null,
      breaker: new SendBreaker({ failureThreshold: 3, resetMs: 200, onState: () => undefined }),
      createNetwork: again.createNetwork,
      signal: this.leadership.signal,
      reopen: () => fenceAgain(again, epoch),
      proveLease: async () => void (await again.proveLease()),
      backoffMs: () => 50,
      onFailure: (error) => {
        this.failures.push(error);
        return Promise.resolve();
      },
      onDropped: () => undefined,
      onCommit: () => undefined,
      ...options.output,
    });
  }

  /** Takes over: positions topic made sure of, fenced, read; and, as a leader does, restates the position. */
  static async open(options: WriterOptions): Promise<KafkaWriter> {
    const network = networkFactory(options.brokers)();
    try {
      const { replicationFactor = 1 } = options;
      await ensurePositionsTopic(network, `${options.name}.positions`, { create: true, replicationFactor });
    } finally {
      network.destroy();
    }
    const writer = new KafkaWriter(await fence(fenceOptions(options)), options);
    await writer.write([]);
    return writer;
  }

  /** One Kafka transaction with these rows, spread over the partitions by their first character; its position record. */
  async write(values: readonly (string | Buffer)[]): Promise<PositionRecord> {
    const { name, epoch, partitions = 3 } = this.#options;
    const batch = this.#output.createBatch();
    if (values.length > 0 && batch.partitionCount(name) === undefined) await batch.prepareTopic(name);
    const record = samplePositionRecord(epoch, this.#commit++, {
      partitions: this.#output.pinnedPartitions(),
    });
    batch.beginTransaction(`0-${epoch}-${record.commit}`);
    for (const [index, value] of values.entries()) {
      const first = typeof value === 'string' ? value.charCodeAt(0) : (value[0] ?? 0);
      const sink = batch.beginRecord(name, first % partitions);
      sink.writeAscii(`{"database":"d","table":"t","pk.id":${index}}`);
      batch.endKey();
      if (typeof value === 'string') sink.writeUtf8(value);
      else sink.writeBytes(value);
      batch.endRecord(index);
    }
    await this.#output.commit(batch, record);
    return record;
  }

  async close(): Promise<void> {
    await this.#output.close();
    this.fenced.network.destroy();
  }
}
