import { KafkaFetch } from './kafka-fetch.ts';

/** The header of a record batch as a broker holds it (Kafka's message format, version 2). */
export interface RawBatch {
  /** 0 none, 1 gzip, 2 snappy, 3 lz4, 4 zstd. */
  readonly compression: number;
  readonly isTransactional: boolean;
  /** -1: not idempotent. */
  readonly producerId: bigint;
  readonly recordCount: number;
}

const HEADER_BYTES = 61;

/** The data batches of a partition from its beginning, up to 4 MiB. */
export async function rawBatches(broker: string, topic: string, partition: number): Promise<RawBatch[]> {
  const [host = '', port = ''] = broker.split(':');
  const connection = await KafkaFetch.open(host, Number(port));
  try {
    const { bytes } = await connection.fetch(topic, partition, 0);
    const batches: RawBatch[] = [];
    for (let at = 0; at + HEADER_BYTES <= bytes.length; at += 12 + bytes.readInt32BE(at + 8)) {
      const attributes = bytes.readInt16BE(at + 21);
      const isControl = (attributes & 0x20) !== 0;
      if (isControl) continue;
      batches.push({
        compression: attributes & 7,
        isTransactional: (attributes & 0x10) !== 0,
        producerId: bytes.readBigInt64BE(at + 43),
        recordCount: bytes.readInt32BE(at + 57),
      });
    }
    return batches;
  } finally {
    connection.close();
  }
}
