import type { ByteSink } from '../../model/byte-sink.ts';
import { writeInteger } from '../digits.ts';
import { ValueCodec } from './value-codec.ts';

/** YEAR: one byte, years since 1900; 0 is the year 0000 (Maxwell writes 1900 for it, which is no YEAR). */
export class YearCodec extends ValueCodec {
  constructor(column: string) {
    super(column, 1);
  }

  override writeJson(image: Buffer, offset: number, out: ByteSink): number {
    const end = this.fixedEnd(image, offset);
    const stored = image[offset] as number;
    writeInteger(out, stored === 0 ? 0 : 1900 + stored);
    return end;
  }
}
