import type { ByteSink } from '../../model/byte-sink.ts';
import type { CharsetDecoder } from '../charset-decoder.ts';
import { ValueCodec } from './value-codec.ts';

/** CHAR, VARCHAR and TEXT in the column's character set; CHAR is not padded. */
export class TextCodec extends ValueCodec {
  readonly #decoder: CharsetDecoder;

  /** @param layout -1 to -4: bytes of the length */
  constructor(column: string, layout: number, decoder: CharsetDecoder) {
    super(column, layout);
    this.#decoder = decoder;
  }

  override writeJson(image: Buffer, offset: number, out: ByteSink): number {
    const end = this.prefixedEnd(image, offset);
    this.#decoder.writeJson(out, image, offset - this.layout, end);
    return end;
  }

  override readText(image: Buffer, offset: number): string {
    return this.#decoder.read(image, offset - this.layout, this.prefixedEnd(image, offset));
  }
}

/** A column that can be passed over but not read: its type, character set or labels are not known. */
export class UnreadableCodec extends ValueCodec {
  readonly #reason: string;

  constructor(column: string, layout: number, reason: string) {
    super(column, layout);
    this.#reason = reason;
  }

  override writeJson(): number {
    throw this.fail(this.#reason);
  }
}
