import avro, { type Schema, type Type } from 'avsc';

/** A decimal as plain digits with exactly its scale, as a consumer that knows the logical type has it. */
class DecimalType extends avro.types.LogicalType {
  readonly scale: number;

  constructor(schema: Schema, options: unknown) {
    super(schema, options);
    this.scale = (schema as unknown as { scale?: number }).scale ?? 0;
  }

  protected override _fromValue(bytes: Buffer): string {
    let unscaled = 0n;
    for (const byte of bytes) unscaled = (unscaled << 8n) | BigInt(byte);
    unscaled = BigInt.asIntN(bytes.length * 8, unscaled);
    const digits = String(unscaled < 0n ? -unscaled : unscaled).padStart(this.scale + 1, '0');
    const point = digits.length - this.scale;
    const sign = unscaled < 0n ? '-' : '';
    return this.scale === 0 ? sign + digits : `${sign}${digits.slice(0, point)}.${digits.slice(point)}`;
  }

  protected override _toValue(): undefined {
    return undefined;
  }

  /** The unscaled value means the same only under the same scale. */
  protected override _resolve(type: Type): ((value: Buffer) => string) | undefined {
    return type instanceof DecimalType && type.scale === this.scale
      ? (value) => this._fromValue(value)
      : undefined;
  }
}

/** A long as a bigint: avsc's own refuses what is beyond 2^53. */
const longType = avro.types.LongType.__with({
  fromBuffer: (bytes: Buffer) => bytes.readBigInt64LE(),
  toBuffer: (n: bigint) => {
    const bytes = Buffer.alloc(8);
    bytes.writeBigInt64LE(n);
    return bytes;
  },
  fromJSON: (n: number) => BigInt(n),
  toJSON: (n: bigint) => Number(n),
  isValid: (n: unknown) => typeof n === 'bigint',
  compare: (a: bigint, b: bigint) => (a === b ? 0 : a < b ? -1 : 1),
});

/** A reader of records with a schema, by avsc, which shares nothing with the product: longs are bigints, decimals plain digits. */
export function avroType(schema: string): Type {
  return avro.Type.forSchema(JSON.parse(schema) as Schema, {
    wrapUnions: 'never',
    logicalTypes: { decimal: DecimalType },
    typeHook: (part) =>
      part === 'long' || (part as { type?: unknown }).type === 'long' ? longType : undefined,
  });
}

/** Splits a value of Confluent's wire format: zero, the schema's id, the record. */
export function splitConfluent(value: Buffer): { id: number; body: Buffer } {
  if (value.length < 5 || value[0] !== 0)
    throw new Error('the value is not in the wire format of a schema registry');
  return { id: value.readInt32BE(1), body: value.subarray(5) };
}

/** A record of Maxwell's envelope, as far as tests look into it. */
export interface AvroRecord {
  readonly [member: string]: unknown;
  readonly database: string;
  readonly table: string;
  readonly type: string;
  readonly ts: bigint;
  readonly data: Readonly<Record<string, unknown>>;
  readonly old: Readonly<Record<string, unknown>> | null;
  readonly old_columns: readonly string[];
  readonly absent_columns: readonly string[];
}

/** Plain objects instead of avsc's record instances, so that they compare by value. */
export function plain(value: unknown): unknown {
  if (Buffer.isBuffer(value) || typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(plain);
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, plain(each)]));
}

/** Reads one whole value; fails where bytes are left over. */
export function readAvro(type: Type, body: Buffer): AvroRecord {
  return plain(type.fromBuffer(body)) as AvroRecord;
}
