import type { ByteSink } from '../../model/byte-sink.ts';
import { writeLengthAndBytes, writeLong64 } from '../avro/avro-binary.ts';
import type { AvroType } from '../avro/avro-type.ts';
import { writeUnsigned64 } from '../digits.ts';
import { ValueCodec } from './value-codec.ts';

/** BIT(1) to BIT(64): big-endian; right for all 64 bits (Maxwell shifts in 32 bits, zendesk/maxwell#2269). */
export class BitCodec extends ValueCodec {
  readonly #bitCount: number;
  /** Halves of the value that was read last. */
  #high = 0;
  #low = 0;

  constructor(column: string, bitCount: number) {
    super(column, (bitCount + 7) >> 3);
    this.#bitCount = bitCount;
  }

  override writeJson(image: Buffer, offset: number, out: ByteSink): number {
    const end = this.#read(image, offset);
    writeUnsigned64(out, this.#high, this.#low);
    return end;
  }

  /** A long has 63 bits above zero: a BIT(64) stays the eight bytes that it is. */
  override get avroType(): AvroType {
    return this.#bitCount > 63 ? 'bytes' : 'long';
  }

  override writeAvro(image: Buffer, offset: number, out: ByteSink): boolean {
    const end = this.#read(image, offset);
    if (this.#bitCount > 63) writeLengthAndBytes(out, image, offset, end);
    else writeLong64(out, this.#high, this.#low);
    return true;
  }

  #read(image: Buffer, offset: number): number {
    const end = this.fixedEnd(image, offset);
    let high = 0;
    let low = 0;
    for (let at = offset; at < end; at++) {
      high = ((high << 8) | (low >>> 24)) >>> 0;
      low = ((low << 8) | (image[at] as number)) >>> 0;
    }
    this.#high = high;
    this.#low = low;
    return end;
  }
}
