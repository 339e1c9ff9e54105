import { inflateRawSync, inflateSync } from 'node:zlib';
import type { ByteSink } from '../../model/byte-sink.ts';
import { writeLengthAndBytes } from '../avro/avro-binary.ts';
import type { AvroType } from '../avro/avro-type.ts';
import type { CharsetDecoder } from '../charset-decoder.ts';
import { writeBase64 } from './binary.ts';
import { ValueCodec } from './value-codec.ts';

/**
 * MariaDB's COMPRESSED columns (sql/field_comp.cc): a header byte, the big-endian original length, then the data.
 * Bits 4-7 of the header: method, 0 = stored, 8 = zlib; bit 3: without zlib's wrapper; bits 0-2: bytes of the length. An empty value has no header.
 */
export class CompressedCodec extends ValueCodec {
  readonly #decoder: CharsetDecoder | null;

  /** @param decoder null: a binary column */
  constructor(column: string, layout: number, decoder: CharsetDecoder | null) {
    super(column, layout);
    this.#decoder = decoder;
  }

  override writeJson(image: Buffer, offset: number, out: ByteSink): number {
    const end = this.prefixedEnd(image, offset);
    const value = this.#expand(image.subarray(offset - this.layout, end));
    if (this.#decoder === null) writeBase64(out, value, 0, value.length);
    else this.#decoder.writeJson(out, value, 0, value.length);
    return end;
  }

  override get avroType(): AvroType {
    return this.#decoder === null ? 'bytes' : 'string';
  }

  override writeAvro(image: Buffer, offset: number, out: ByteSink): boolean {
    if (this.#decoder !== null) return super.writeAvro(image, offset, out);
    writeLengthAndBytes(
      out,
      this.#expand(image.subarray(offset - this.layout, this.prefixedEnd(image, offset))),
    );
    return true;
  }

  override readText(image: Buffer, offset: number): string {
    const value = this.#expand(image.subarray(offset - this.layout, this.prefixedEnd(image, offset)));
    return this.#decoder === null ? value.toString('base64') : this.#decoder.read(value, 0, value.length);
  }

  #expand(stored: Buffer): Buffer {
    const header = stored[0];
    if (header === undefined) return stored;
    const method = header >> 4;
    if (method === 0) return stored.subarray(1);
    const lengthBytes = header & 7;
    if (method !== 8 || lengthBytes === 0 || lengthBytes > 4 || stored.length < 1 + lengthBytes) {
      throw this.fail('its compression header is not known');
    }
    const length = stored.readUIntBE(1, lengthBytes);
    const data = stored.subarray(1 + lengthBytes);
    let value: Buffer;
    try {
      // One byte more than declared is enough to see that there is more.
      const options = { maxOutputLength: length + 1 };
      value = (header & 8) === 0 ? inflateSync(data, options) : inflateRawSync(data, options);
    } catch (error) {
      throw this.fail('its compressed data is damaged', error);
    }
    if (value.length !== length) throw this.fail('its compressed data does not have the length it declares');
    return value;
  }
}
