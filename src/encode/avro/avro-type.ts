/** A decimal: the unscaled value as a big-endian two's complement number (Avro specification, "Decimal"). */
export interface AvroDecimal {
  readonly type: 'bytes';
  readonly logicalType: 'decimal';
  /** Decimal digits, 1 to 65. */
  readonly precision: number;
  /** How many of them stand behind the point. */
  readonly scale: number;
}

export interface AvroArray {
  readonly type: 'array';
  readonly items: 'string' | 'float';
}

/** A date as days, or a time as microseconds, since 1970-01-01 (Avro specification, "Date", "Timestamps", "Local Timestamps"). */
export interface AvroLogical {
  readonly type: 'int' | 'long';
  readonly logicalType: 'date' | 'timestamp-micros' | 'local-timestamp-micros';
}

/** The Avro types that values of columns have; a column's field is the union of `null` and one of these. */
export type AvroType = 'long' | 'double' | 'string' | 'bytes' | AvroDecimal | AvroLogical | AvroArray;
