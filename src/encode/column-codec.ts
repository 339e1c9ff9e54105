import type { ByteSink } from '../model/byte-sink.ts';
import type { AvroType } from './avro/avro-type.ts';

/** A value layout that cannot be told: the column's type is not known. */
export const UNKNOWN_LAYOUT = -128;

/**
 * One column of one table version, compiled: reads the value in a row image (never called for NULL).
 * Every method throws HeavisideError ROW_UNDECODABLE where the image does not hold a whole, valid value; none reads beyond `image`.
 */
export interface ColumnCodec {
  /** Where the value ends: 0 or more = that many bytes; -1 to -4 = a little-endian length of 1 to 4 bytes, then the value; or UNKNOWN_LAYOUT. */
  readonly layout: number;
  /** True where a value that is not NULL may be written as `null` (ENUM index 0; zero dates with output_null_zerodates). */
  readonly canRenderNull: boolean;
  /** Offset behind the value that starts at `offset`. */
  skip(image: Buffer, offset: number): number;
  /** Writes the value as JSON, as Maxwell does; returns the offset behind the value. */
  writeJson(image: Buffer, offset: number, out: ByteSink): number;
  /** What `writeAvro` writes. */
  readonly avroType: AvroType;
  /** Writes the value in Avro's binary encoding; false, with nothing written, where it renders as null. */
  writeAvro(image: Buffer, offset: number, out: ByteSink): boolean;
  /** The value as Java's toString gives it for Maxwell's object: for partition strings and column filters; null where it renders as null. */
  readText(image: Buffer, offset: number): string | null;
}
