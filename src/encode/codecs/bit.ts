import type { ByteSink } from '../../model/byte-sink.ts';
import { writeUnsigned64 } from '../digits.ts';
import { ValueCodec } from './value-codec.ts';

/** BIT(1) to BIT(64): big-endian; right for all 64 bits (Maxwell shifts in 32 bits, zendesk/maxwell#2269). */
export class BitCodec extends ValueCodec {
  constructor(column: string, bitCount: number) {
    super(column, (bitCount + 7) >> 3);
  }

  override writeJson(image: Buffer, offset: number, out: ByteSink): number {
    const end = this.fixedEnd(image, offset);
    let high = 0;
    let low = 0;
    for (let at = offset; at < end; at++) {
      high = ((high << 8) | (low >>> 24)) >>> 0;
      low = ((low << 8) | (image[at] as number)) >>> 0;
    }
    writeUnsigned64(out, high, low);
    return end;
  }
}
