import type { KafkaNetwork } from '../../src/kafka/kafka-network.ts';
import type { KafkaBroker } from '../../src/kafka/kafkajs-driver.ts';
import { WireReader, WireWriter } from '../../src/kafka/wire.ts';
import { readBatches, type ReadBatch } from '../../src/kafka/record-batch-reader.ts';

export interface SeenPart {
  readonly topic: string;
  readonly partition: number;
  readonly bytes: Buffer;
  readonly batches: readonly ReadBatch[];
  readonly baseSequence: number;
}

/** A Produce v7 request as a broker gets it. */
export interface SeenProduce {
  readonly broker: number;
  readonly transactionalId: string | null;
  readonly acks: number;
  readonly bytes: number;
  readonly parts: readonly SeenPart[];
}

export interface PartAnswer {
  readonly topic: string;
  readonly partition: number;
  readonly code: number;
  readonly baseOffset: bigint;
}

function readProduce(broker: number, body: Buffer): SeenProduce {
  const reader = new WireReader(body);
  const transactionalId = reader.nullableString();
  const acks = reader.int16();
  reader.int32(); // timeout
  const parts = reader.array(() => {
    const topic = reader.string();
    return reader.array((): SeenPart => {
      const partition = reader.int32();
      const bytes = reader.bytes();
      return { topic, partition, bytes, batches: readBatches(bytes), baseSequence: bytes.readInt32BE(53) };
    });
  });
  return { broker, transactionalId, acks, bytes: body.length, parts: parts.flat() };
}

function encodeAnswer(answers: readonly PartAnswer[]): Buffer {
  const writer = new WireWriter().int32(answers.length);
  for (const { topic, partition, code, baseOffset } of answers) {
    writer.string(topic).int32(1).int32(partition).int16(code).int64(baseOffset).int64(-1n).int64(0n);
  }
  return writer.int32(0).take();
}

/** Brokers that answer Produce as a test says: for answers that a healthy broker never gives. */
export class ScriptedNetwork {
  readonly seen: SeenProduce[] = [];
  inFlight = 0;
  maxInFlight = 0;
  readonly #leader: (topic: string, partition: number) => number;
  readonly #answer: (request: SeenProduce) => Promise<readonly PartAnswer[]> | readonly PartAnswer[];

  constructor(
    answer: (request: SeenProduce) => Promise<readonly PartAnswer[]> | readonly PartAnswer[],
    leader: (topic: string, partition: number) => number = () => 0,
  ) {
    this.#answer = answer;
    this.#leader = leader;
  }

  /** What every partition is answered where nothing is wrong. */
  static accept({ parts }: SeenProduce): PartAnswer[] {
    return parts.map(({ topic, partition }, index) => ({
      topic,
      partition,
      code: 0,
      baseOffset: BigInt(index),
    }));
  }

  get network(): KafkaNetwork {
    const brokers = new Map<number, KafkaBroker>();
    const broker = (nodeId: number): KafkaBroker => {
      const take = async (pieces: readonly Buffer[]): Promise<Buffer> => {
        const body = Buffer.concat(pieces.slice(1)); // the first is the request's head
        const seen = readProduce(nodeId, body);
        this.seen.push(seen);
        this.maxInFlight = Math.max(this.maxInFlight, ++this.inFlight);
        try {
          return encodeAnswer(await this.#answer(seen));
        } finally {
          this.inFlight--;
        }
      };
      const made = brokers.get(nodeId) ?? scriptedBroker(take);
      brokers.set(nodeId, made);
      return made;
    };
    const leaderOf = (topic: string, partition: number): Promise<KafkaBroker> =>
      Promise.resolve(broker(this.#leader(topic, partition)));
    return { leaderOf, destroy: () => undefined } as unknown as KafkaNetwork;
  }
}

/** A broker of kafkajs whose one connection hands over what is written, and answers with what `take` resolves to. */
function scriptedBroker(take: (pieces: readonly Buffer[]) => Promise<Buffer>): KafkaBroker {
  const pieces: Buffer[] = [];
  const connection = {
    clientId: 'scripted',
    isAuthenticated: () => true,
    failIfNotConnected: () => undefined,
    nextCorrelationId: () => 1,
    socket: {
      cork: () => undefined,
      uncork: () => undefined,
      write: (piece: Buffer, onWritten?: () => void) => {
        pieces.push(piece);
        onWritten?.();
      },
    },
    requestQueue: {
      push: ({ entry, expectResponse, sendRequest }: ScriptedRequest) => {
        sendRequest();
        const answer = take(pieces.splice(0));
        if (expectResponse) answer.then((payload) => entry.resolve({ payload }), entry.reject);
        else answer.catch(() => undefined);
      },
    },
  };
  const connectionPool = { getConnectionByRequest: () => Promise.resolve(connection) };
  return { versions: null, connectionPool } as unknown as KafkaBroker;
}

interface ScriptedRequest {
  readonly entry: { resolve: (answer: { payload: Buffer }) => void; reject: (error: Error) => void };
  readonly expectResponse: boolean;
  readonly sendRequest: () => void;
}
