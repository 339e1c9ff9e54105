import { ByteSink } from '../../model/byte-sink.ts';
import { writeBigLong, writeLong } from '../avro/avro-binary.ts';
import type { AvroLogical, AvroType } from '../avro/avro-type.ts';
import type { ColumnCodec } from '../column-codec.ts';

const scratch = new ByteSink(64);
const QUOTE = 0x22;
const MAX_SECONDS = Math.floor(Number.MAX_SAFE_INTEGER / 1e6) - 1;

/** The number that ASCII digits in `source[start, end)` make. */
function digits(source: Buffer, start: number, end: number): number {
  let number = 0;
  for (let at = start; at < end; at++) number = number * 10 + (source[at] as number) - 0x30;
  return number;
}

/** Days since 1970-01-01 in the proleptic Gregorian calendar (H. Hinnant, days_from_civil); null where there is no such day. */
function daysOf(year: number, month: number, day: number): number | null {
  if (year === 0 || month === 0 || day === 0) return null;
  const isLeap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
  const monthDays =
    month === 2 ? (isLeap ? 29 : 28) : month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31;
  if (day > monthDays) return null;
  const shifted = month <= 2 ? year - 1 : year;
  const era = Math.floor(shifted / 400);
  const yearOfEra = shifted - era * 400;
  const dayOfYear = Math.floor((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) + day - 1;
  const dayOfEra = yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear;
  return era * 146_097 + dayOfEra - 719_468;
}

const typeOfCode: Readonly<Record<number, AvroLogical>> = {
  10: { type: 'int', logicalType: 'date' }, // DATE
  14: { type: 'int', logicalType: 'date' }, // NEWDATE
  12: { type: 'long', logicalType: 'local-timestamp-micros' }, // DATETIME
  18: { type: 'long', logicalType: 'local-timestamp-micros' }, // DATETIME2
  7: { type: 'long', logicalType: 'timestamp-micros' }, // TIMESTAMP
  17: { type: 'long', logicalType: 'timestamp-micros' }, // TIMESTAMP2
};

/**
 * avro_temporal_types=logical: a date, datetime or timestamp as a number with a logical type (Avro specification 1.11). Always
 * microseconds, so that another precision of the column is no other type. Dates that the calendar does not have are null.
 */
export class LogicalTemporalCodec implements ColumnCodec {
  readonly layout: number;
  readonly canRenderNull: boolean;
  readonly avroType: AvroType;
  readonly #inner: ColumnCodec;
  readonly #isDate: boolean;

  private constructor(inner: ColumnCodec, type: AvroLogical) {
    this.#inner = inner;
    this.#isDate = type.type === 'int';
    this.layout = inner.layout;
    this.canRenderNull = inner.canRenderNull;
    this.avroType = type;
  }

  /** The same codec for a column of another type. @param type the binlog's type code */
  static of(inner: ColumnCodec, type: number): ColumnCodec {
    const avroType = typeOfCode[type];
    return avroType === undefined ? inner : new LogicalTemporalCodec(inner, avroType);
  }

  skip(image: Buffer, offset: number): number {
    return this.#inner.skip(image, offset);
  }

  writeJson(image: Buffer, offset: number, out: ByteSink): number {
    return this.#inner.writeJson(image, offset, out);
  }

  readText(image: Buffer, offset: number): string | null {
    return this.#inner.readText(image, offset);
  }

  /** From the text `"2024-02-29 23:59:59.123456"`, whose fraction has as many digits as the column. */
  writeAvro(image: Buffer, offset: number, out: ByteSink): boolean {
    scratch.reset();
    this.#inner.writeJson(image, offset, scratch);
    const { buffer, position } = scratch;
    if (buffer[0] !== QUOTE) return false;
    const days = daysOf(digits(buffer, 1, 5), digits(buffer, 6, 8), digits(buffer, 9, 11));
    if (days === null) return false;
    if (this.#isDate) {
      writeLong(out, days);
      return true;
    }
    const time = digits(buffer, 12, 14) * 3600 + digits(buffer, 15, 17) * 60 + digits(buffer, 18, 20);
    const fractionEnd = position - 1;
    const micros = fractionEnd > 21 ? digits(buffer, 21, fractionEnd) * 10 ** (6 - (fractionEnd - 21)) : 0;
    const seconds = days * 86_400 + time;
    if (Math.abs(seconds) < MAX_SECONDS) writeLong(out, seconds * 1_000_000 + micros);
    else writeBigLong(out, BigInt(seconds) * 1_000_000n + BigInt(micros));
    return true;
  }
}
