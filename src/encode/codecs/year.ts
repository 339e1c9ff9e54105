import type { ByteSink } from '../../model/byte-sink.ts';
import { writeLong } from '../avro/avro-binary.ts';
import type { AvroType } from '../avro/avro-type.ts';
import { writeInteger } from '../digits.ts';
import { ValueCodec } from './value-codec.ts';

/** YEAR: one byte, years since 1900; 0 is the year 0000 (Maxwell writes 1900 for it, which is no YEAR). */
export class YearCodec extends ValueCodec {
  constructor(column: string) {
    super(column, 1);
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
    this.fixedEnd(image, offset);
    const stored = image[offset] as number;
    return stored === 0 ? 0 : 1900 + stored;
  }
}
