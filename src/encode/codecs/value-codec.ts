import type { ByteSink } from '../../model/byte-sink.ts';
import { ByteSink as Scratch } from '../../model/byte-sink.ts';
import type { ColumnCodec } from '../column-codec.ts';
import { undecodable } from '../undecodable.ts';
import { readLength, skipValue } from '../value-layout.ts';

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
  override readText(image: Buffer, offset: number): string | null {
    const json = super.readText(image, offset);
    return json === null || json === 'null' ? null : json.slice(1, -1);
  }
}
