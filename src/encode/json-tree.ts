import type { ByteSink } from '../model/byte-sink.ts';
import {
  DOUBLE,
  INT16,
  INT32,
  INT64,
  isInlined,
  LARGE_ARRAY,
  LARGE_OBJECT,
  LITERAL,
  MAX_DEPTH,
  OPAQUE,
  SMALL_ARRAY,
  SMALL_OBJECT,
  STRING,
  UINT16,
  UINT32,
  UINT64,
} from './json-value-type.ts';

/** A scalar of MySQL's binary JSON, its value as the server wrote it. */
interface JsonScalar {
  readonly kind: 'scalar';
  readonly type: number;
  readonly bytes: Buffer;
}

export interface JsonArray {
  readonly kind: 'array';
  readonly items: JsonTree[];
}

export interface JsonMember {
  readonly key: Buffer;
  value: JsonTree;
}

/** Members in the server's order: shorter keys first, then by their bytes. */
export interface JsonObject {
  readonly kind: 'object';
  readonly members: JsonMember[];
}

export type JsonTree = JsonScalar | JsonArray | JsonObject;

const FIXED_SIZES: Readonly<Record<number, number>> = {
  [LITERAL]: 1,
  [INT16]: 2,
  [UINT16]: 2,
  [INT32]: 4,
  [UINT32]: 4,
  [INT64]: 8,
  [UINT64]: 8,
  [DOUBLE]: 8,
};

const damaged = (): RangeError => new RangeError('its binary JSON is damaged');

/** The order of keys in an object. */
export const compareKeys = (a: Buffer, b: Buffer): number => a.length - b.length || a.compare(b);

/** Parses a binary JSON document; no bytes at all are null. @throws RangeError where it is damaged */
export function parseJsonTree(document: Buffer): JsonTree {
  if (document.length === 0) return { kind: 'scalar', type: LITERAL, bytes: Buffer.from([0]) };
  // A document holds at most one value a byte: entries that point at each other end here.
  return readValue(document, document.readUInt8(0), 1, { depth: 0, valuesLeft: { count: document.length } });
}

interface Limits {
  readonly depth: number;
  readonly valuesLeft: { count: number };
}

function readValue(source: Buffer, type: number, offset: number, limits: Limits): JsonTree {
  if (--limits.valuesLeft.count < 0) throw damaged();
  if (type <= LARGE_ARRAY) return readContainer(source, type, offset, limits);
  const end = offset + sizeOf(source, type, offset);
  if (end > source.length) throw damaged();
  return { kind: 'scalar', type, bytes: source.subarray(offset, end) };
}

/** Bytes of a scalar. */
function sizeOf(source: Buffer, type: number, offset: number): number {
  const fixed = FIXED_SIZES[type];
  if (fixed !== undefined) return fixed;
  if (type !== STRING && type !== OPAQUE) throw damaged();
  // A length of 7 bits a byte; an opaque value has its SQL type in front.
  let at = type === OPAQUE ? offset + 1 : offset;
  let length = 0;
  for (let i = 0; i < 5; i++) {
    const byte = source.readUInt8(at++);
    length += (byte & 0x7f) * 2 ** (7 * i);
    if (byte < 0x80) return at - offset + length;
  }
  throw damaged();
}

function readContainer(source: Buffer, type: number, start: number, limits: Limits): JsonArray | JsonObject {
  const { depth, valuesLeft } = limits;
  if (depth >= MAX_DEPTH) throw damaged();
  const isObject = type === SMALL_OBJECT || type === LARGE_OBJECT;
  const width = type === SMALL_OBJECT || type === SMALL_ARRAY ? 2 : 4;
  const unsigned = (at: number): number => (width === 2 ? source.readUInt16LE(at) : source.readUInt32LE(at));
  const count = unsigned(start);
  const keyEntries = start + 2 * width;
  const valueEntries = keyEntries + (isObject ? count * (width + 2) : 0);
  const inside: Limits = { depth: depth + 1, valuesLeft };
  const valueAt = (index: number): JsonTree => {
    const entry = valueEntries + index * (1 + width);
    const valueType = source.readUInt8(entry);
    const offset = isInlined(valueType, width) ? entry + 1 : start + unsigned(entry + 1);
    return readValue(source, valueType, offset, inside);
  };
  if (count > source.length) throw damaged();
  if (!isObject) return { kind: 'array', items: Array.from({ length: count }, (_, index) => valueAt(index)) };
  const members = Array.from({ length: count }, (_, index): JsonMember => {
    const entry = keyEntries + index * (width + 2);
    const key = start + unsigned(entry);
    const end = key + source.readUInt16LE(entry + width);
    if (end > source.length) throw damaged();
    return { key: source.subarray(key, end), value: valueAt(index) };
  });
  return { kind: 'object', members };
}

/** Writes the tree as a binary JSON document, containers in the large format: the server would choose the small one where it fits. */
export function writeJsonTree(tree: JsonTree, out: ByteSink): void {
  out.writeByte(typeOf(tree));
  writeValue(tree, out);
}

function typeOf(tree: JsonTree): number {
  if (tree.kind === 'scalar') return tree.type;
  return tree.kind === 'object' ? LARGE_OBJECT : LARGE_ARRAY;
}

function writeValue(tree: JsonTree, out: ByteSink): void {
  if (tree.kind === 'scalar') out.writeBytes(tree.bytes);
  else writeContainer(tree, out);
}

function writeContainer(tree: JsonArray | JsonObject, out: ByteSink): void {
  const start = out.position;
  const members = tree.kind === 'object' ? tree.members : [];
  const values = tree.kind === 'object' ? members.map(({ value }) => value) : tree.items;
  const keyEntries = start + 8;
  const valueEntries = keyEntries + members.length * 6;
  const headerBytes = valueEntries + values.length * 5 - start;
  out.reserve(headerBytes);
  out.buffer.fill(0, start, start + headerBytes);
  out.buffer.writeUInt32LE(values.length, start);
  out.position += headerBytes;
  members.forEach(({ key }, index) => {
    const entry = keyEntries + index * 6;
    out.buffer.writeUInt32LE(out.position - start, entry);
    out.buffer.writeUInt16LE(key.length, entry + 4);
    out.writeBytes(key);
  });
  values.forEach((value, index) => {
    const entry = valueEntries + index * 5;
    out.buffer.writeUInt8(typeOf(value), entry);
    if (value.kind === 'scalar' && isInlined(value.type, 4)) {
      value.bytes.copy(out.buffer, entry + 1);
    } else {
      out.buffer.writeUInt32LE(out.position - start, entry + 1);
      writeValue(value, out);
    }
  });
  out.buffer.writeUInt32LE(out.position - start, start + 4);
}
