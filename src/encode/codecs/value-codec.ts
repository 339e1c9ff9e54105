import type { ByteSink } from '../../model/byte-sink.ts';
import { ByteSink as Scratch } from '../../model/byte-sink.ts';
import { writeLengthAndBytes, writeText } from '../avro/avro-binary.ts';
import type { AvroType } from '../avro/avro-type.ts';
import type { ColumnCodec } from '../column-codec.ts';
import { undecodable } from '../undecodable.ts';
import { readLength, skipValue } from '../value-layout.ts';

const QUOTE = 0x22;
const scratch = new Scratch(256);

/** What all codecs share: where a value ends, by its layout. */
export abstract class ValueCodec implements ColumnCodec {
  readonly column: string;
  readonly layout: number;
  readonly canRenderNull: boolean;

  constructor(column: string, layout: number, canRenderNull = false) {
    this.column = column;
    this.layout = layout;
    this.canRenderNull = canRenderNull;
  }

  skip(image: Buffer, offset: number): number {
    return skipValue(this.column, this.layout, image, offset);
  }

  abstract writeJson(image: Buffer, offset: number, out: ByteSink): number;

  get avroType(): AvroType {
    return 'string';
  }

  /** As a string, of the text. */
  writeAvro(image: Buffer, offset: number, out: ByteSink): boolean {
    const text = this.readText(image, offset);
    if (text === null) return false;
    writeText(out, text);
    return true;
  }

  /** The JSON text: right as it is for numbers. */
  readText(image: Buffer, offset: number): string | null {
    scratch.reset();
    this.writeJson(image, offset, scratch);
    return scratch.buffer.toString('latin1', 0, scratch.position);
  }

  protected fail(reason: string, cause?: unknown): Error {
    return undecodable(this.column, reason, cause);
  }

  /** Offset behind a value of fixed size; throws where the image ends before it. */
  protected fixedEnd(image: Buffer, offset: number): number {
    const end = offset + this.layout;
    if (end > image.length) throw this.fail('the row image ends inside its value');
    return end;
  }

  /** Offset behind a length-prefixed value; throws where the image ends before it. */
  protected prefixedEnd(image: Buffer, offset: number): number {
    const start = offset - this.layout;
    const end = start > image.length ? start : start + readLength(image, offset, -this.layout);
    if (end > image.length) throw this.fail('the row image ends inside its value');
    return end;
  }
}

/** A codec whose JSON is an ASCII string without escapes: its text is what stands between the quotes. */
export abstract class QuotedCodec extends ValueCodec {
  override writeAvro(image: Buffer, offset: number, out: ByteSink): boolean {
    scratch.reset();
    this.writeJson(image, offset, scratch);
    if (scratch.buffer[0] !== QUOTE) return false;
    writeLengthAndBytes(out, scratch.buffer, 1, scratch.position - 1);
    return true;
  }

  override readText(image: Buffer, offset: number): string | null {
    const json = super.readText(image, offset);
    return json === null || json === 'null' ? null : json.slice(1, -1);
  }
}
