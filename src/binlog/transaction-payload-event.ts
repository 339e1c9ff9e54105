import { Decompress, decompress } from 'fzstd';
import { HeavisideError } from '../errors.ts';
import { ByteReader } from './byte-reader.ts';
import { EVENT_HEADER_BYTES } from './event-header.ts';

/** The body of TRANSACTION_PAYLOAD (40): a whole transaction's events in one compressed block. */
export interface TransactionPayload {
  readonly isCompressed: boolean;
  /** Bytes of the events once inflated. */
  readonly inflatedBytes: number;
  readonly payload: Buffer;
}

const FIELD_END = 0;
const FIELD_COMPRESSION = 2;
const FIELD_INFLATED_BYTES = 3;
const COMPRESSION_ZSTD = 0;
const COMPRESSION_NONE = 255;
/** Compressed bytes inflated at a time: bounds what a large transaction holds. */
const SLICE_BYTES = 64 * 1024;

/** Fields of {type, length, value}, ended by type 0; then the payload (`Transaction_payload_event` in mysql-server). */
export function readTransactionPayload(body: Buffer): TransactionPayload {
  const reader = new ByteReader(body);
  let compression = COMPRESSION_ZSTD;
  let inflatedBytes = 0;
  for (let type = reader.lengthEncoded(); type !== FIELD_END; type = reader.lengthEncoded()) {
    const value = new ByteReader(reader.bytes(reader.lengthEncoded()));
    if (type === FIELD_COMPRESSION) compression = value.lengthEncoded();
    else if (type === FIELD_INFLATED_BYTES) inflatedBytes = value.lengthEncoded();
  }
  if (compression !== COMPRESSION_ZSTD && compression !== COMPRESSION_NONE) {
    throw new HeavisideError(
      'BINLOG_EVENT_UNSUPPORTED',
      `a transaction is compressed by method ${compression}, which is not known: SET GLOBAL binlog_transaction_compression=OFF`,
    );
  }
  return { isCompressed: compression === COMPRESSION_ZSTD, inflatedBytes, payload: reader.rest() };
}

const asBuffer = (bytes: Uint8Array): Buffer => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);

/** The events of a small payload as one buffer. */
export function inflatePayload({ isCompressed, inflatedBytes, payload }: TransactionPayload): Buffer {
  if (!isCompressed) return payload;
  const inflated = decompress(payload, new Uint8Array(inflatedBytes));
  if (inflated.length !== inflatedBytes) throw damaged();
  return asBuffer(inflated);
}

/** The events of a large payload in pieces that end anywhere. */
export function* inflatePayloadSlices({ isCompressed, payload }: TransactionPayload): Generator<Buffer> {
  if (!isCompressed) {
    yield payload;
    return;
  }
  let pieces: Buffer[] = [];
  const inflater = new Decompress((bytes) => {
    if (bytes.length > 0) pieces.push(asBuffer(bytes));
  });
  for (let at = 0; at < payload.length; at += SLICE_BYTES) {
    inflater.push(payload.subarray(at, at + SLICE_BYTES), at + SLICE_BYTES >= payload.length);
    yield* pieces;
    pieces = [];
  }
}

const damaged = (): HeavisideError =>
  new HeavisideError('BINLOG_EVENT_UNSUPPORTED', 'a compressed transaction does not inflate to whole events');

/** Cuts a run of bytes that arrives in pieces into events. */
export class EventCutter {
  #rest: Buffer = Buffer.alloc(0);

  /** The events that are complete with this piece; views on it, valid until the next call. */
  *push(piece: Buffer): Generator<Buffer> {
    const buffer = this.#rest.length === 0 ? piece : Buffer.concat([this.#rest, piece]);
    let at = 0;
    while (buffer.length - at >= EVENT_HEADER_BYTES) {
      const length = buffer.readUInt32LE(at + 9);
      if (length < EVENT_HEADER_BYTES) throw damaged();
      if (buffer.length - at < length) break;
      yield buffer.subarray(at, at + length);
      at += length;
    }
    this.#rest = buffer.subarray(at);
  }

  /** @throws HeavisideError where bytes are left over */
  end(): void {
    if (this.#rest.length > 0) throw damaged();
  }
}
