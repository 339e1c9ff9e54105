import { parseJsonPath, type JsonPathLeg } from './json-path.ts';
import { compareKeys, parseJsonTree, type JsonTree } from './json-tree.ts';

/** What a diff does (sql-common/json_diff.h, enum_json_diff_operation). */
const REPLACE = 0;
const INSERT = 1;
const REMOVE = 2;

const damaged = (): RangeError => new RangeError('its JSON diffs are damaged');
/** The before image does not fit the diffs: the server would stop its replicas. */
const rejected = (): RangeError => new RangeError('its JSON diffs do not fit the former value');

/** Reads fields of `bytes` in turn. */
class DiffReader {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  get hasMore(): boolean {
    return this.#at < this.#bytes.length;
  }

  byte(): number {
    const byte = this.#bytes[this.#at++];
    if (byte === undefined) throw damaged();
    return byte;
  }

  /** Bytes behind their length (net_store_length). */
  counted(): Buffer {
    const first = this.byte();
    const lengthBytes = first < 0xfb ? 0 : ({ 0xfc: 2, 0xfd: 3, 0xfe: 6 }[first] ?? -1);
    if (lengthBytes < 0 || this.#at + lengthBytes > this.#bytes.length) throw damaged();
    const length = lengthBytes === 0 ? first : this.#bytes.readUIntLE(this.#at, lengthBytes);
    // A length of eight bytes: the upper two are never used.
    const start = this.#at + (lengthBytes === 6 ? 8 : lengthBytes);
    this.#at = start + length;
    if (this.#at > this.#bytes.length) throw damaged();
    return this.#bytes.subarray(start, this.#at);
  }
}

/**
 * Applies a vector of logical diffs: operation (1 byte), path, and but for a removal the new value as binary JSON (`Json_diff::write_binary`
 * and `apply_json_diffs` of mysql-server).
 * @throws RangeError where the diffs are damaged or do not fit
 */
export function applyJsonDiffs(document: JsonTree, diffs: Buffer): JsonTree {
  const reader = new DiffReader(diffs);
  // The root is replaced where a leg wraps a scalar in an array of one.
  const root = { value: document };
  while (reader.hasMore) {
    const operation = reader.byte();
    const legs = parseJsonPath(reader.counted().toString('utf8'));
    const last = legs.pop();
    if (last === undefined) throw rejected();
    const parent = seek(root.value, legs);
    if (operation === REPLACE) replace(root, legs, last, parseJsonTree(reader.counted()));
    else if (operation === INSERT) insert(parent, last, parseJsonTree(reader.counted()));
    else if (operation === REMOVE) remove(parent, last);
    else throw damaged();
  }
  return root.value;
}

/** Position of a cell; beyond the end where there is none. */
function position({ index, isFromEnd }: JsonPathLeg & { kind: 'cell' }, length: number): number {
  return isFromEnd ? length - 1 - index : index;
}

/** The value that the legs lead to; a cell 0 of something that is no array is the thing itself. */
function seek(from: JsonTree, legs: readonly JsonPathLeg[]): JsonTree {
  let value = from;
  for (const leg of legs) value = child(value, leg);
  return value;
}

function child(value: JsonTree, leg: JsonPathLeg): JsonTree {
  if (leg.kind === 'cell') {
    if (value.kind !== 'array') {
      if (leg.index !== 0) throw rejected();
      return value;
    }
    const item = value.items[position(leg, value.items.length)];
    if (item === undefined) throw rejected();
    return item;
  }
  if (value.kind !== 'object') throw rejected();
  const member = value.members.find(({ key }) => key.equals(leg.key));
  if (member === undefined) throw rejected();
  return member.value;
}

function replace(
  root: { value: JsonTree },
  legs: readonly JsonPathLeg[],
  last: JsonPathLeg,
  next: JsonTree,
): void {
  const parent = seek(root.value, legs);
  if (last.kind === 'member') {
    if (parent.kind !== 'object') throw rejected();
    const member = parent.members.find(({ key }) => key.equals(last.key));
    if (member === undefined) throw rejected();
    member.value = next;
    return;
  }
  if (parent.kind === 'array') {
    const index = position(last, parent.items.length);
    if (index < 0 || index >= parent.items.length) throw rejected();
    parent.items[index] = next;
    return;
  }
  // Cell 0 of something that is no array is the thing itself: replaced where it stands.
  if (last.index !== 0) throw rejected();
  const own = legs.at(-1);
  if (own === undefined) root.value = next;
  else replace(root, legs.slice(0, -1), own, next);
}

function insert(parent: JsonTree, last: JsonPathLeg, value: JsonTree): void {
  if (parent.kind === 'object' && last.kind === 'member') {
    const at = parent.members.findIndex(({ key }) => compareKeys(key, last.key) >= 0);
    if (at >= 0 && parent.members[at]?.key.equals(last.key) === true) throw rejected();
    parent.members.splice(at < 0 ? parent.members.length : at, 0, { key: last.key, value });
  } else if (parent.kind === 'array' && last.kind === 'cell') {
    const index = position(last, parent.items.length);
    parent.items.splice(Math.max(0, Math.min(index, parent.items.length)), 0, value);
  } else {
    throw rejected();
  }
}

function remove(parent: JsonTree, last: JsonPathLeg): void {
  if (parent.kind === 'object' && last.kind === 'member') {
    const at = parent.members.findIndex(({ key }) => key.equals(last.key));
    if (at < 0) throw rejected();
    parent.members.splice(at, 1);
  } else if (parent.kind === 'array' && last.kind === 'cell') {
    const index = position(last, parent.items.length);
    if (index < 0 || index >= parent.items.length) throw rejected();
    parent.items.splice(index, 1);
  } else {
    throw rejected();
  }
}
