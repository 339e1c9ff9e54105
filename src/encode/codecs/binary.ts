import type { ByteSink } from '../../model/byte-sink.ts';
import { writeLengthAndBytes } from '../avro/avro-binary.ts';
import type { AvroType } from '../avro/avro-type.ts';
import { QuotedCodec } from './value-codec.ts';

const alphabet = Buffer.from('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/');
/** From this length on the call into native code is cheaper. */
const NATIVE_BYTES = 96;

/** Writes bytes as a base64 JSON string with its quotes. */
export function writeBase64(out: ByteSink, source: Buffer, start: number, end: number): void {
  out.writeByte(0x22);
  if (end - start >= NATIVE_BYTES) {
    out.writeAscii(source.toString('base64', start, end));
  } else {
    out.reserve(Math.ceil((end - start) / 3) * 4);
    const { buffer } = out;
    let at = out.position;
    for (let i = start; i < end; i += 3) {
      const left = end - i;
      const group =
        ((source[i] as number) << 16) |
        (left > 1 ? (source[i + 1] as number) << 8 : 0) |
        (left > 2 ? (source[i + 2] as number) : 0);
      buffer[at++] = alphabet[group >> 18] as number;
      buffer[at++] = alphabet[(group >> 12) & 63] as number;
      buffer[at++] = left > 1 ? (alphabet[(group >> 6) & 63] as number) : 0x3d;
      buffer[at++] = left > 2 ? (alphabet[group & 63] as number) : 0x3d;
    }
    out.position = at;
  }
  out.writeByte(0x22);
}

/** BINARY, VARBINARY, BLOB and TEXT with charset binary, as base64. BINARY(n) stays without the trailing zeros that the server cut off, as Maxwell has it. */
export class BinaryCodec extends QuotedCodec {
  override get avroType(): AvroType {
    return 'bytes';
  }

  override writeAvro(image: Buffer, offset: number, out: ByteSink): boolean {
    const end = this.prefixedEnd(image, offset);
    writeLengthAndBytes(out, image, offset - this.layout, end);
    return true;
  }

  override writeJson(image: Buffer, offset: number, out: ByteSink): number {
    const end = this.prefixedEnd(image, offset);
    writeBase64(out, image, offset - this.layout, end);
    return end;
  }
}
