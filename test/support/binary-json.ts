/** MySQL's binary JSON (sql-common/json_binary.cc), written by the rules of the server for tests of the reader. */
type Value = null | boolean | number | bigint | string | readonly Value[] | { readonly [key: string]: Value };

interface Encoded {
  readonly type: number;
  readonly bytes: Buffer;
  /** Fits into a value entry of a container with that offset width. */
  readonly inline: 2 | 4 | null;
}

function variableLength(length: number): Buffer {
  const bytes: number[] = [];
  let rest = length;
  do {
    bytes.push((rest & 0x7f) | (rest > 0x7f ? 0x80 : 0));
    rest >>>= 7;
  } while (rest > 0);
  return Buffer.from(bytes);
}

function fixed(size: number, write: (bytes: Buffer) => void): Buffer {
  const bytes = Buffer.alloc(size);
  write(bytes);
  return bytes;
}

function encodeNumber(value: number): Encoded {
  if (!Number.isInteger(value) || Object.is(value, -0) || Math.abs(value) > 0xffffffff) {
    return { type: 11, bytes: fixed(8, (bytes) => bytes.writeDoubleLE(value)), inline: null };
  }
  if (value >= -0x8000 && value <= 0x7fff)
    return { type: 5, bytes: fixed(2, (bytes) => bytes.writeInt16LE(value)), inline: 2 };
  if (value >= 0 && value <= 0xffff)
    return { type: 6, bytes: fixed(2, (bytes) => bytes.writeUInt16LE(value)), inline: 2 };
  if (value >= -0x80000000 && value <= 0x7fffffff)
    return { type: 7, bytes: fixed(4, (bytes) => bytes.writeInt32LE(value)), inline: 4 };
  if (value < 0)
    return { type: 9, bytes: fixed(8, (bytes) => bytes.writeBigInt64LE(BigInt(value))), inline: null };
  return { type: 8, bytes: fixed(4, (bytes) => bytes.writeUInt32LE(value)), inline: 4 };
}

function encodeContainer(
  value: readonly Value[] | { readonly [key: string]: Value },
  isLarge: boolean,
): Encoded {
  const isArray = Array.isArray(value);
  const keys = isArray ? [] : Object.keys(value).map((key) => Buffer.from(key));
  const members = Object.values(value as Record<string, Value>).map((member) => encode(member, isLarge));
  const width = isLarge ? 4 : 2;
  const header = 2 * width + keys.length * (width + 2) + members.length * (1 + width);
  const parts: Buffer[] = [];
  let offset = header;
  const number = (n: number, size: number): Buffer => fixed(size, (bytes) => bytes.writeUIntLE(n, 0, size));
  const keyEntries = keys.map((key) => {
    const entry = Buffer.concat([number(offset, width), number(key.length, 2)]);
    parts.push(key);
    offset += key.length;
    return entry;
  });
  const valueEntries = members.map((member) => {
    if (member.inline !== null && member.inline <= width) {
      return Buffer.concat([
        Buffer.from([member.type]),
        member.bytes,
        Buffer.alloc(width - member.bytes.length),
      ]);
    }
    const entry = Buffer.concat([Buffer.from([member.type]), number(offset, width)]);
    parts.push(member.bytes);
    offset += member.bytes.length;
    return entry;
  });
  const head = [number(members.length, width), number(offset, width)];
  return {
    type: (isArray ? 2 : 0) + (isLarge ? 1 : 0),
    bytes: Buffer.concat([...head, ...keyEntries, ...valueEntries, ...parts]),
    inline: null,
  };
}

function encode(value: Value, isLarge: boolean): Encoded {
  if (value === null || typeof value === 'boolean') {
    const literal = value === null ? 0 : value ? 1 : 2;
    return { type: 4, bytes: Buffer.from([literal]), inline: 2 };
  }
  if (typeof value === 'number') return encodeNumber(value);
  if (typeof value === 'bigint') {
    const isSigned = value < 2n ** 63n;
    return {
      type: isSigned ? 9 : 10,
      bytes: fixed(8, (bytes) => bytes.writeBigUInt64LE(BigInt.asUintN(64, value))),
      inline: null,
    };
  }
  if (typeof value === 'string') {
    const text = Buffer.from(value);
    return { type: 12, bytes: Buffer.concat([variableLength(text.length), text]), inline: null };
  }
  return encodeContainer(value, isLarge);
}

/** A document as MySQL stores it; `isLarge` takes the form with 32-bit offsets. */
export function binaryJson(value: Value, options: { isLarge?: boolean } = {}): Buffer {
  const { type, bytes } = encode(value, options.isLarge ?? false);
  return Buffer.concat([Buffer.from([type]), bytes]);
}

/** A document that is one value of an SQL type. */
export function binaryOpaque(type: number, value: Buffer): Buffer {
  return Buffer.concat([Buffer.from([15, type]), variableLength(value.length), value]);
}
