import { waitUntil } from '../../test/support/wait-until.ts';
import { HeavisideError } from '../../src/errors.ts';
import { KafkaNetwork } from '../../src/kafka/kafka-network.ts';

const READ_COMMITTED = 1;
const LATEST = '-1';

/** The partitions of topics, asked for how far consumers that read committed may read: one request a look. */
export class CommittedRows {
  readonly #network: KafkaNetwork;
  readonly #topics: readonly string[];
  readonly #partitions: number;

  constructor(brokers: readonly string[], topics: readonly string[], partitions: number) {
    this.#network = new KafkaNetwork({
      brokers,
      clientId: 'bench',
      ssl: null,
      sasl: null,
      connectionTimeoutMs: 5000,
      requestTimeoutMs: 15_000,
    });
    this.#topics = topics;
    this.#partitions = partitions;
  }

  /** Waits until every partition is served: a broker does so a moment after it has told of them. */
  async ready(): Promise<void> {
    await waitUntil(() => this.look().then(() => true, isUnready), {
      timeoutMs: 60_000,
      everyMs: 100,
      what: 'the topics to be served',
    });
  }

  /** The sum of the last stable offsets: committed records, and the markers of transactions between them. */
  async look(): Promise<number> {
    const partitions = Array.from({ length: this.#partitions }, (_, partition) => ({
      partition,
      timestamp: LATEST,
    }));
    const [first = ''] = this.#topics;
    const broker = await this.#network.leaderOf(first, 0); // the bench has one broker
    const { responses } = await broker.listOffsets({
      isolationLevel: READ_COMMITTED,
      topics: this.#topics.map((topic) => ({ topic, partitions })),
    });
    let sum = 0;
    for (const response of responses)
      for (const { offset } of response.partitions) sum += Math.max(0, Number(offset));
    return sum;
  }

  close(): void {
    this.#network.destroy();
  }
}

/** A broker's own word that it does not serve a partition yet, by kafkajs or by us. */
function isUnready(error: unknown): boolean {
  const isRetriable = error instanceof Error && 'retriable' in error && error.retriable === true;
  if (isRetriable || error instanceof HeavisideError) return false;
  throw error;
}
