import type { ByteSink } from '../../model/byte-sink.ts';
import { writeBigUnscaled, writeLong, writeLong64, writeUnscaled } from '../avro/avro-binary.ts';
import type { AvroType } from '../avro/avro-type.ts';
import { writeInteger, writeSigned64, writeUnsigned64 } from '../digits.ts';
import { ValueCodec } from './value-codec.ts';

/** TINYINT, SMALLINT, MEDIUMINT and INT: little-endian, 1 to 4 bytes. */
export class IntegerCodec extends ValueCodec {
  readonly #isUnsigned: boolean;
  readonly #signShift: number;

  constructor(column: string, byteCount: 1 | 2 | 3 | 4, isUnsigned: boolean) {
    super(column, byteCount);
    this.#isUnsigned = isUnsigned;
    this.#signShift = 32 - byteCount * 8;
  }

  override writeJson(image: Buffer, offset: number, out: ByteSink): number {
    writeInteger(out, this.#read(image, offset));
    return offset + this.layout;
  }

  override get avroType(): AvroType {
    return 'long';
  }

  override writeAvro(image: Buffer, offset: number, out: ByteSink): boolean {
    writeLong(out, this.#read(image, offset));
    return true;
  }

  #read(image: Buffer, offset: number): number {
    const end = this.fixedEnd(image, offset);
    let bits = 0;
    for (let at = end - 1; at >= offset; at--) bits = (bits << 8) | (image[at] as number);
    return this.#isUnsigned ? bits >>> 0 : (bits << this.#signShift) >> this.#signShift;
  }
}

/** Unsigned 32 bits, little-endian. */
export function readUint32(image: Buffer, offset: number): number {
  const low =
    (image[offset] as number) | ((image[offset + 1] as number) << 8) | ((image[offset + 2] as number) << 16);
  return low + (image[offset + 3] as number) * 0x1000000;
}

/** BIGINT: eight bytes, little-endian; exact over its whole range. */
export class BigIntegerCodec extends ValueCodec {
  readonly #isUnsigned: boolean;

  constructor(column: string, isUnsigned: boolean) {
    super(column, 8);
    this.#isUnsigned = isUnsigned;
  }

  override writeJson(image: Buffer, offset: number, out: ByteSink): number {
    const end = this.fixedEnd(image, offset);
    const low = readUint32(image, offset);
    const high = readUint32(image, offset + 4);
    if (this.#isUnsigned) writeUnsigned64(out, high, low);
    else writeSigned64(out, high, low);
    return end;
  }

  /** Half of the unsigned range is beyond a long. */
  override get avroType(): AvroType {
    return this.#isUnsigned ? { type: 'bytes', logicalType: 'decimal', precision: 20, scale: 0 } : 'long';
  }

  override writeAvro(image: Buffer, offset: number, out: ByteSink): boolean {
    this.fixedEnd(image, offset);
    const low = readUint32(image, offset);
    const high = readUint32(image, offset + 4);
    if (!this.#isUnsigned) writeLong64(out, high, low);
    else if (high < 0x200000) writeUnscaled(out, high * 0x100000000 + low);
    else writeBigUnscaled(out, (BigInt(high) << 32n) | BigInt(low));
    return true;
  }
}
