import type { ByteSink } from '../../model/byte-sink.ts';
import { writeLengthAndBytes } from '../avro/avro-binary.ts';
import { ByteSink as Scratch } from '../../model/byte-sink.ts';
import { JsonDocument } from '../json-document.ts';
import { ValueCodec } from './value-codec.ts';

const scratch = new Scratch(1024);
const nullBytes = Buffer.from('null');

/** JSON of MySQL: the binary document as compact text, in the stored order of its keys. Empty bytes are null. */
export class JsonCodec extends ValueCodec {
  readonly #document: JsonDocument;

  constructor(column: string, layout: number) {
    super(column, layout);
    this.#document = new JsonDocument(column);
  }

  override writeJson(image: Buffer, offset: number, out: ByteSink): number {
    const end = this.prefixedEnd(image, offset);
    const start = offset - this.layout;
    if (start === end) out.writeBytes(nullBytes);
    else this.#document.write(image, start, end, out);
    return end;
  }

  /** The document's text: Avro has no type for any JSON. */
  override writeAvro(image: Buffer, offset: number, out: ByteSink): boolean {
    scratch.reset();
    this.writeJson(image, offset, scratch);
    writeLengthAndBytes(out, scratch.buffer, 0, scratch.position);
    return true;
  }

  override readText(image: Buffer, offset: number): string {
    scratch.reset();
    this.writeJson(image, offset, scratch);
    return scratch.buffer.toString('utf8', 0, scratch.position);
  }
}
