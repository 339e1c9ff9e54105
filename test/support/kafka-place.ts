import { randomBytes } from 'node:crypto';
import { Kafka, logLevel, type Admin } from 'kafkajs';
import { ensureStack } from '../../scripts/stack/ensure-stack.ts';
import { positionKey } from '../../src/checkpoint/positions-topic.ts';
import type { KafkaNetwork } from '../../src/kafka/kafka-network.ts';
import { TransactionalSession, type TransactionPart } from '../../src/kafka/transactional-session.ts';
import { singleRecordBatch } from '../../src/produce/kafka-batch.ts';
import { fenceOptions, KafkaWriter, networkFactory, type WriterOptions } from './kafka-writer.ts';
import { readCommitted } from './read-values.ts';
import { samplePositionRecord } from './sample-position-record.ts';
import { createTopics } from './create-topics.ts';

/** Rows `from` to `from + count`, for three partitions, in an order that sort() keeps recognizable. */
export function rows(from: number, count: number): string[] {
  return Array.from({ length: count }, (_, i) => `${'abc'[(from + i) % 3]}${from + i}`);
}

/** The single broker of the stack, with a cluster name of its own for each test, and all that a test opens on it. */
export class KafkaPlace {
  readonly brokers: readonly string[];
  readonly admin: Admin;
  /** Transactional id and data topic of the test at hand. */
  name = '';
  readonly #open: { close(): Promise<void> }[] = [];
  readonly #names: string[] = [];

  private constructor(brokers: readonly string[], admin: Admin) {
    this.brokers = brokers;
    this.admin = admin;
  }

  static async open(): Promise<KafkaPlace> {
    const stack = await ensureStack({ brokers: 1 });
    const brokers = stack.kafka.map(({ host, port }) => `${host}:${port}`);
    const admin = new Kafka({ brokers, logLevel: logLevel.NOTHING }).admin();
    await admin.connect();
    return new KafkaPlace(brokers, admin);
  }

  get positionsTopic(): string {
    return `${this.name}.positions`;
  }

  /** Begins a test: a cluster that never wrote. */
  fresh(): void {
    this.name = `place-${randomBytes(4).toString('hex')}`;
    this.#names.push(this.name);
  }

  /** A leader of the cluster that has just taken over. */
  async openWriter(epoch: number, options: Partial<WriterOptions> = {}): Promise<KafkaWriter> {
    const { brokers, name } = this;
    return this.keep(await KafkaWriter.open({ brokers, name, epoch, ...options }));
  }

  /** The cluster's producer alone; another transactional id makes it a stranger's. */
  async openSession(
    transactionalId = this.name,
  ): Promise<{ session: TransactionalSession; network: KafkaNetwork }> {
    const network = networkFactory(this.brokers)();
    this.keep({ close: () => Promise.resolve(network.destroy()) });
    const { session } = fenceOptions({ brokers: this.brokers, name: this.name, epoch: 0 });
    return { network, session: await TransactionalSession.open(network, { ...session, transactionalId }) };
  }

  /** What `KafkaOutput` adds to each transaction. */
  async positionPart(epoch: number, commit: number): Promise<TransactionPart> {
    const text = JSON.stringify(samplePositionRecord(epoch, commit));
    const batch = await singleRecordBatch(positionKey, text, Date.now());
    return { topic: this.positionsTopic, partition: 0, batches: [batch] };
  }

  async createTopic(topic: string, config: Record<string, string> = {}, partitions = 1): Promise<void> {
    const configEntries = Object.entries(config).map(([key, value]) => ({ name: key, value }));
    await createTopics(this.admin, [
      { topic, numPartitions: partitions, replicationFactor: 1, configEntries },
    ]);
  }

  /** Values of all committed rows, sorted. */
  async values(): Promise<string[]> {
    return (await readCommitted(this.brokers, this.name)).map(({ value }) => value ?? '').sort();
  }

  /** Has it closed when the test ends. */
  keep<T extends { close(): Promise<void> }>(opened: T): T {
    this.#open.push(opened);
    return opened;
  }

  async closeOpen(): Promise<void> {
    for (const each of this.#open.splice(0)) await each.close();
  }

  async close(): Promise<void> {
    const all = await this.admin.listTopics();
    const topics = all.filter((topic) => this.#names.some((each) => topic.startsWith(each)));
    await this.admin.deleteTopics({ topics });
    await this.admin.disconnect();
  }
}
