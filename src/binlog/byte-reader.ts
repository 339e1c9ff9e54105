import { HeavisideError } from '../errors.ts';

/** Reads little-endian values of one event body, never beyond its end. */
export class ByteReader {
  readonly #buffer: Buffer;
  readonly #end: number;
  position: number;

  constructor(buffer: Buffer, start = 0, end = buffer.length) {
    this.#buffer = buffer;
    this.position = start;
    this.#end = end;
  }

  get remaining(): number {
    return this.#end - this.position;
  }

  #advance(byteCount: number): number {
    const at = this.position;
    if (byteCount < 0 || at + byteCount > this.#end) {
      throw new HeavisideError('BINLOG_EVENT_UNSUPPORTED', 'a binlog event ends in the middle of a field');
    }
    this.position = at + byteCount;
    return at;
  }

  uint8(): number {
    return this.#buffer.readUInt8(this.#advance(1));
  }

  uint16(): number {
    return this.#buffer.readUInt16LE(this.#advance(2));
  }

  uint32(): number {
    return this.#buffer.readUInt32LE(this.#advance(4));
  }

  /** An integer of 1 to 6 bytes. */
  uint(byteCount: number): number {
    return this.#buffer.readUIntLE(this.#advance(byteCount), byteCount);
  }

  uint64(): bigint {
    return this.#buffer.readBigUInt64LE(this.#advance(8));
  }

  /** A length-encoded integer; beyond 2^53 - 1 it throws, since it counts bytes or columns. */
  lengthEncoded(): number {
    const first = this.uint8();
    if (first < 0xfb) return first;
    if (first === 0xfc) return this.uint16();
    if (first === 0xfd) return this.uint(3);
    const value = first === 0xfe ? Number(this.uint64()) : Number.NaN;
    if (!Number.isSafeInteger(value)) {
      throw new HeavisideError('BINLOG_EVENT_UNSUPPORTED', 'a binlog event holds an impossible length');
    }
    return value;
  }

  /** A view on the next bytes. */
  bytes(byteCount: number): Buffer {
    const at = this.#advance(byteCount);
    return this.#buffer.subarray(at, at + byteCount);
  }

  /** A view on all that remains. */
  rest(): Buffer {
    return this.bytes(this.remaining);
  }

  text(byteCount: number): string {
    const at = this.#advance(byteCount);
    return this.#buffer.toString('utf8', at, at + byteCount);
  }

  skip(byteCount: number): void {
    this.#advance(byteCount);
  }
}
