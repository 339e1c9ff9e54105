import { connect, type Socket } from 'node:net';

/** What a broker holds of a partition from an offset on. */
export interface FetchedLog {
  readonly highWatermark: number;
  readonly lastStableOffset: number;
  /** Record batches as stored; the last one may be cut off. */
  readonly bytes: Buffer;
}

const API_FETCH = 1;
const VERSION = 4; // the oldest that Kafka 4 takes (KIP-896), and without tagged fields
const MAX_BYTES = 4 << 20;
const TIMEOUT_MS = 10_000;

function request(topic: string, partition: number, offset: number): Buffer {
  const name = Buffer.from(topic);
  const client = Buffer.from('audit');
  const bytes = Buffer.alloc(200 + name.length);
  let at = 4;
  at = bytes.writeInt16BE(API_FETCH, at);
  at = bytes.writeInt16BE(VERSION, at);
  at = bytes.writeInt32BE(1, at); // correlation id
  at = bytes.writeInt16BE(client.length, at);
  at += client.copy(bytes, at);
  at = bytes.writeInt32BE(-1, at); // replica id: a consumer
  at = bytes.writeInt32BE(0, at); // max wait
  at = bytes.writeInt32BE(0, at); // min bytes
  at = bytes.writeInt32BE(MAX_BYTES, at);
  at = bytes.writeInt8(0, at); // read_uncommitted
  at = bytes.writeInt32BE(1, at); // topics
  at = bytes.writeInt16BE(name.length, at);
  at += name.copy(bytes, at);
  at = bytes.writeInt32BE(1, at); // partitions
  at = bytes.writeInt32BE(partition, at);
  at = bytes.writeBigInt64BE(BigInt(offset), at);
  at = bytes.writeInt32BE(MAX_BYTES, at);
  bytes.writeInt32BE(at - 4, 0);
  return bytes.subarray(0, at);
}

function response(bytes: Buffer): FetchedLog {
  let at = 4 + 4 + 4 + 4; // length, correlation id, throttle time, number of topics
  at += 2 + bytes.readInt16BE(at) + 4 + 4; // topic, number of partitions, partition
  const error = bytes.readInt16BE(at);
  if (error !== 0) throw new Error(`Fetch was answered with error ${error}`);
  const highWatermark = Number(bytes.readBigInt64BE(at + 2));
  const lastStableOffset = Number(bytes.readBigInt64BE(at + 10));
  const aborted = bytes.readInt32BE(at + 18);
  at += 22 + Math.max(0, aborted) * 16;
  const length = Math.max(0, bytes.readInt32BE(at));
  return { highWatermark, lastStableOffset, bytes: bytes.subarray(at + 4, at + 4 + length) };
}

/**
 * One connection to a broker that fetches stored record batches raw and read_uncommitted, control batches included
 * (protocol: Fetch v4). One request at a time.
 */
export class KafkaFetch {
  readonly #socket: Socket;

  private constructor(socket: Socket) {
    this.#socket = socket;
  }

  /** Connects to a broker. Rejects with the socket's error. */
  static async open(host: string, port: number): Promise<KafkaFetch> {
    const socket = connect({ host, port, timeout: TIMEOUT_MS });
    await new Promise<void>((resolve, reject) => {
      socket.once('connect', resolve).once('error', reject);
    });
    return new KafkaFetch(socket.removeAllListeners('error'));
  }

  /** Fetches from `offset` on; at most 4 MiB. The broker must lead the partition. */
  async fetch(topic: string, partition: number, offset: number): Promise<FetchedLog> {
    const socket = this.#socket;
    const bytes = await new Promise<Buffer>((resolve, reject) => {
      let chunks: Buffer[] = [];
      let received = 0;
      const settle = (end: () => void): void => {
        socket.removeAllListeners();
        end();
      };
      socket.on('error', (error) => settle(() => reject(error)));
      socket.on('close', () => settle(() => reject(new Error('the broker closed the connection'))));
      socket.on('timeout', () => settle(() => reject(new Error('the broker does not answer'))));
      socket.on('data', (chunk) => {
        chunks.push(chunk);
        received += chunk.length;
        const head = chunks[0];
        if (head === undefined || received < 4) return;
        if (head.length < 4) chunks = [Buffer.concat(chunks)];
        const whole = 4 + (chunks[0]?.readInt32BE(0) ?? 0);
        if (received >= whole) settle(() => resolve(Buffer.concat(chunks)));
      });
      socket.write(request(topic, partition, offset));
    });
    return response(bytes);
  }

  close(): void {
    this.#socket.destroy();
  }
}
