import { ByteSink } from '../model/byte-sink.ts';
import type { Compressor } from './compression.ts';
import { batchHeaderBytes, writeBatchHeader, type RecordBatch } from './record-batch.ts';
import { varintSize, writeVarint } from './varint.ts';

/** First capacity of a batch's buffer, bytes. */
export const firstBatchBytes = 16 * 1024;

/**
 * Builds one record batch in place. Keys and values are written by the caller straight into `sink`.
 *
 * A record starts with its length and holds the lengths of key and value, none of which is known before: room is left
 * for as many bytes as the record before needed, and what was written is moved where the guess was wrong.
 */
export class RecordBatchWriter {
  readonly sink: ByteSink;
  recordCount = 0;
  #recordStart = 0;
  #lengthGuess = 2;
  #keyGuess = 1;
  #valueGuess = 2;
  #keyLengthAt = 0;
  #valueLengthAt = 0;

  /** @param sink an empty one, for this writer alone until the batch is no longer needed */
  constructor(sink = new ByteSink(firstBatchBytes)) {
    this.sink = sink;
    sink.position = batchHeaderBytes;
  }

  get byteLength(): number {
    return this.sink.position;
  }

  beginRecord(): ByteSink {
    const { sink } = this;
    this.#recordStart = sink.position;
    sink.reserve(32);
    sink.position += this.#lengthGuess;
    sink.buffer[sink.position++] = 0; // attributes
    sink.buffer[sink.position++] = 0; // timestamp delta: all records of a batch share its timestamp
    sink.position = writeVarint(sink.buffer, sink.position, this.recordCount);
    this.#keyLengthAt = sink.position;
    sink.position += this.#keyGuess;
    return sink;
  }

  endKey(): void {
    this.#keyGuess = this.#fillLength(this.#keyLengthAt, this.#keyGuess);
    const { sink } = this;
    sink.reserve(8);
    this.#valueLengthAt = sink.position;
    sink.position += this.#valueGuess;
  }

  /** @param headers the header section as bytes: count, then each header */
  endRecord(headers: Uint8Array): void {
    this.#valueGuess = this.#fillLength(this.#valueLengthAt, this.#valueGuess);
    this.sink.writeBytes(headers);
    this.#closeRecord();
  }

  /** Writes the length of what follows the room left at `at`; nothing there means null. Returns the bytes that the length took. */
  #fillLength(at: number, room: number): number {
    const { sink } = this;
    const length = sink.position - at - room;
    const encoded = length === 0 ? -1 : length; // a null key or value; a record is never empty
    const size = encoded < 0 ? 1 : varintSize(length);
    if (size !== room) {
      sink.reserve(8);
      sink.buffer.copyWithin(at + size, at + room, sink.position);
      sink.position += size - room;
    }
    writeVarint(sink.buffer, at, encoded);
    return size;
  }

  /** Removes the record that was just ended (only that one); gives what does not depend on its place in the batch: everything from the key's length on. */
  takeLastRecord(): Buffer {
    const { sink } = this;
    const body = Buffer.from(sink.buffer.subarray(this.#keyLengthAt, sink.position));
    sink.position = this.#recordStart;
    this.recordCount--;
    return body;
  }

  /** Appends what `takeLastRecord` gave. */
  appendRecord(body: Buffer): void {
    this.beginRecord();
    this.sink.position = this.#keyLengthAt;
    this.sink.writeBytes(body);
    this.#closeRecord();
  }

  #closeRecord(): void {
    const room = this.#lengthGuess;
    this.#lengthGuess = this.#fillLength(this.#recordStart, room);
    this.#keyLengthAt += this.#lengthGuess - room; // all of the record was moved
    this.recordCount++;
  }

  /** What can be given to `rollback` between records. */
  savepoint(): { position: number; recordCount: number } {
    return { position: this.sink.position, recordCount: this.recordCount };
  }

  rollback(savepoint: { position: number; recordCount: number }): void {
    this.sink.position = savepoint.position;
    this.recordCount = savepoint.recordCount;
  }

  /** The finished batch; the writer must not be used after it. */
  async finish(timestampMs: number, compressor: Compressor | null): Promise<RecordBatch> {
    const { sink, recordCount } = this;
    const plain = sink.buffer.subarray(0, sink.position);
    let bytes = plain;
    if (compressor) {
      const compressed = await compressor.compress(bytes.subarray(batchHeaderBytes));
      bytes = Buffer.allocUnsafeSlow(batchHeaderBytes + compressed.length);
      bytes.set(compressed, batchHeaderBytes);
    }
    writeBatchHeader(bytes, { recordCount, timestampMs, compression: compressor?.code ?? 0 });
    return { bytes, plain, recordCount };
  }
}
