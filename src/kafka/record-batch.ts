import { crc32c } from '@node-rs/crc32';

/*
 * Record batch, magic 2 (https://kafka.apache.org/documentation/#recordbatch):
 *   0 baseOffset int64 · 8 batchLength int32 · 12 partitionLeaderEpoch int32 · 16 magic int8 · 17 crc uint32 (CRC-32C of
 *   everything from 21) · 21 attributes int16 · 23 lastOffsetDelta int32 · 27 baseTimestamp int64 · 35 maxTimestamp int64
 *   43 producerId int64 · 51 producerEpoch int16 · 53 baseSequence int32 · 57 recordCount int32 · 61 records
 */
export const batchHeaderBytes = 61;

export const batchOffset = {
  length: 8,
  magic: 16,
  crc: 17,
  attributes: 21,
  lastOffsetDelta: 23,
  baseTimestamp: 27,
  maxTimestamp: 35,
  producerId: 43,
  producerEpoch: 51,
  baseSequence: 53,
  recordCount: 57,
} as const;

const attributeTransactional = 0x10;
export const attributeControl = 0x20;

/** A whole record batch of one partition; only its producer's identity and the checksum are still open. */
export interface RecordBatch {
  readonly bytes: Buffer;
  /** The same before compression (`bytes` itself where there is none): what the batch can be cut up from. */
  readonly plain: Buffer;
  readonly recordCount: number;
}

/** Who writes a batch; producerId -1 and baseSequence -1 for a producer that is not idempotent. */
export interface BatchProducer {
  readonly producerId: bigint;
  readonly producerEpoch: number;
  readonly isTransactional: boolean;
}

/** Writes the header in front of records that start at `batchHeaderBytes` of `bytes`. */
export function writeBatchHeader(
  bytes: Buffer,
  header: { recordCount: number; timestampMs: number; compression: number },
): void {
  const timestamp = BigInt(header.timestampMs);
  bytes.writeBigInt64BE(0n, 0);
  bytes.writeInt32BE(bytes.length - 12, batchOffset.length);
  bytes.writeInt32BE(-1, 12);
  bytes.writeInt8(2, batchOffset.magic);
  bytes.writeInt16BE(header.compression, batchOffset.attributes);
  bytes.writeInt32BE(header.recordCount - 1, batchOffset.lastOffsetDelta);
  bytes.writeBigInt64BE(timestamp, batchOffset.baseTimestamp);
  bytes.writeBigInt64BE(timestamp, batchOffset.maxTimestamp);
  bytes.writeInt32BE(header.recordCount, batchOffset.recordCount);
}

/** Puts the producer's identity and the checksum into a batch. May be done again for a replay under a new producer. */
export function stampBatch(batch: RecordBatch, producer: BatchProducer, baseSequence: number): void {
  const { bytes } = batch;
  const compression = bytes.readInt16BE(batchOffset.attributes) & 0x07;
  bytes.writeInt16BE(
    compression | (producer.isTransactional ? attributeTransactional : 0),
    batchOffset.attributes,
  );
  bytes.writeBigInt64BE(producer.producerId, batchOffset.producerId);
  bytes.writeInt16BE(producer.producerEpoch, batchOffset.producerEpoch);
  bytes.writeInt32BE(baseSequence, batchOffset.baseSequence);
  bytes.writeUInt32BE(crc32c(bytes.subarray(batchOffset.attributes)), batchOffset.crc);
}

/** The sequence behind `count` records, wrapping as the brokers expect it (DefaultRecordBatch.incrementSequence: modulo 2^31). */
export function advanceSequence(sequence: number, count: number): number {
  return (sequence + count) % 2 ** 31;
}
