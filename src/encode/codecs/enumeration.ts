import { ByteSink } from '../../model/byte-sink.ts';
import { writeLong, writeText } from '../avro/avro-binary.ts';
import type { AvroType } from '../avro/avro-type.ts';
import { jsonStringBytes } from '../json-string.ts';
import { ValueCodec } from './value-codec.ts';

const nullBytes = Buffer.from('null');

function labelBytes(labels: readonly string[]): readonly Buffer[] {
  const scratch = new ByteSink(256);
  return labels.map((label) => jsonStringBytes(scratch, label));
}

/** ENUM: the label; index 0, the server's mark of an invalid value, is null as in Maxwell. */
export class EnumCodec extends ValueCodec {
  readonly #labels: readonly string[];
  readonly #forms: readonly Buffer[];

  /** @param byteCount 1, or 2 where there are more than 255 labels */
  constructor(column: string, byteCount: number, labels: readonly string[]) {
    super(column, byteCount, true);
    this.#labels = labels;
    this.#forms = labelBytes(labels);
  }

  override writeJson(image: Buffer, offset: number, out: ByteSink): number {
    const index = this.#index(image, offset);
    out.writeBytes(index === 0 ? nullBytes : (this.#forms[index - 1] as Buffer));
    return offset + this.layout;
  }

  override readText(image: Buffer, offset: number): string | null {
    const index = this.#index(image, offset);
    return index === 0 ? null : (this.#labels[index - 1] as string);
  }

  #index(image: Buffer, offset: number): number {
    const end = this.fixedEnd(image, offset);
    let index = 0;
    for (let at = end - 1; at >= offset; at--) index = (index << 8) | (image[at] as number);
    if (index > this.#labels.length) throw this.fail('its ENUM index has no label');
    return index;
  }
}

/** SET: an array of labels in definition order; `[]` where it is empty. */
export class SetCodec extends ValueCodec {
  readonly #labels: readonly string[];
  readonly #forms: readonly Buffer[];

  /** @param byteCount 1 to 8: one bit a label */
  constructor(column: string, byteCount: number, labels: readonly string[]) {
    super(column, byteCount);
    this.#labels = labels;
    this.#forms = labelBytes(labels);
  }

  override writeJson(image: Buffer, offset: number, out: ByteSink): number {
    const end = this.fixedEnd(image, offset);
    out.writeByte(0x5b);
    let isFirst = true;
    for (let index = 0; index < this.layout * 8; index++) {
      if (!this.#has(image, offset, index)) continue;
      if (!isFirst) out.writeByte(0x2c);
      isFirst = false;
      out.writeBytes(this.#forms[index] as Buffer);
    }
    out.writeByte(0x5d);
    return end;
  }

  override get avroType(): AvroType {
    return { type: 'array', items: 'string' };
  }

  override writeAvro(image: Buffer, offset: number, out: ByteSink): boolean {
    this.fixedEnd(image, offset);
    let count = 0;
    for (let index = 0; index < this.layout * 8; index++) if (this.#has(image, offset, index)) count++;
    if (count > 0) writeLong(out, count);
    for (let index = 0; index < this.layout * 8; index++) {
      if (this.#has(image, offset, index)) writeText(out, this.#labels[index] as string);
    }
    out.writeByte(0);
    return true;
  }

  /** As Java prints a list: `[a, b]`. */
  override readText(image: Buffer, offset: number): string {
    this.fixedEnd(image, offset);
    const chosen: string[] = [];
    for (let index = 0; index < this.layout * 8; index++) {
      if (this.#has(image, offset, index)) chosen.push(this.#labels[index] as string);
    }
    return `[${chosen.join(', ')}]`;
  }

  #has(image: Buffer, offset: number, index: number): boolean {
    if ((((image[offset + (index >> 3)] as number) >> (index & 7)) & 1) === 0) return false;
    if (index >= this.#labels.length) throw this.fail('a bit of its SET has no label');
    return true;
  }
}
