import type { ByteSink } from '../../model/byte-sink.ts';
import { writeLengthAndBytes, writeText } from '../avro/avro-binary.ts';
import { type CharsetDecoder, charsetDecoder } from '../charset-decoder.ts';
import { ValueCodec } from './value-codec.ts';

function isAscii(source: Buffer, start: number, end: number): boolean {
  for (let at = start; at < end; at++) if ((source[at] as number) > 0x7f) return false;
  return true;
}

/** CHAR, VARCHAR and TEXT in the column's character set; CHAR is not padded. */
export class TextCodec extends ValueCodec {
  readonly #decoder: CharsetDecoder;
  readonly #isUtf8: boolean;

  /** @param layout -1 to -4: bytes of the length */
  constructor(column: string, layout: number, decoder: CharsetDecoder) {
    super(column, layout);
    this.#decoder = decoder;
    this.#isUtf8 = decoder === charsetDecoder('utf8mb4');
  }

  override writeJson(image: Buffer, offset: number, out: ByteSink): number {
    const end = this.prefixedEnd(image, offset);
    this.#decoder.writeJson(out, image, offset - this.layout, end);
    return end;
  }

  override writeAvro(image: Buffer, offset: number, out: ByteSink): boolean {
    const start = offset - this.layout;
    const end = this.prefixedEnd(image, offset);
    if (this.#isUtf8 && isAscii(image, start, end)) writeLengthAndBytes(out, image, start, end);
    else writeText(out, this.#decoder.read(image, start, end));
    return true;
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
