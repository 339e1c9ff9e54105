import { HeavisideError } from '../errors.ts';
import type { GtidSet } from './gtid-set.ts';

/** Closed intervals as [start, end, start, end, …], ascending, neither touching nor overlapping. Never changed in place. */
type Intervals = readonly number[];

interface ParsedGtid {
  /** `uuid` or `uuid:tag`, lower case: sorts untagged before tagged of the same uuid. */
  readonly source: string;
  readonly number: number;
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const TAG = /^[a-z_][a-z0-9_]{0,31}$/;
const INTERVAL = /^(\d{1,19})(?:-(\d{1,19}))?$/;

const invalid = (text: string, why: string): HeavisideError =>
  new HeavisideError('CONFIG_INVALID', `"${text.slice(0, 120)}" is not a MySQL GTID set: ${why}`);

/** A transaction number as an exact integer: 1 to 2^53 - 1 (the server stops at 2^63 - 2, far beyond any counted-up number). */
function parseNumber(digits: string, text: string): number {
  const value = Number(digits);
  if (value < 1) throw invalid(text, 'numbers start at 1');
  if (!Number.isSafeInteger(value))
    throw invalid(text, `${digits} is beyond 2^53 - 1, the largest that is supported`);
  return value;
}

/** The union of both, linear in their sizes. */
function unite(left: Intervals, right: Intervals): Intervals {
  const merged: number[] = [];
  let l = 0;
  let r = 0;
  while (l < left.length || r < right.length) {
    const takeLeft = r >= right.length || (l < left.length && (left[l] as number) <= (right[r] as number));
    const from = takeLeft ? left : right;
    const at = takeLeft ? l : r;
    const start = from[at] as number;
    const end = from[at + 1] as number;
    if (takeLeft) l += 2;
    else r += 2;
    const last = merged.at(-1);
    if (last !== undefined && start <= last + 1) merged[merged.length - 1] = Math.max(last, end);
    else merged.push(start, end);
  }
  return merged;
}

/** Index of the last interval that starts at or before `value`, or -2. */
function findInterval(intervals: Intervals, value: number): number {
  let low = 0;
  let high = intervals.length / 2;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((intervals[middle * 2] as number) <= value) low = middle + 1;
    else high = middle;
  }
  return (low - 1) * 2;
}

function includes(intervals: Intervals, start: number, end: number): boolean {
  const at = findInterval(intervals, start);
  return at >= 0 && end <= (intervals[at + 1] as number);
}

function parseGtid(gtid: string): ParsedGtid {
  const colon = gtid.lastIndexOf(':');
  const source = gtid.slice(0, colon).toLowerCase();
  const [uuid = '', tag, ...rest] = source.split(':');
  const digits = gtid.slice(colon + 1);
  if (colon < 0 || !UUID.test(uuid) || (tag !== undefined && !TAG.test(tag)) || rest.length > 0) {
    throw invalid(gtid, 'a GTID is uuid:number or uuid:tag:number');
  }
  if (!/^\d{1,19}$/.test(digits)) throw invalid(gtid, `"${digits}" is no number`);
  return { source, number: parseNumber(digits, gtid) };
}

/** A set of MySQL GTIDs, tags (MySQL 8.3+) and holes kept. Immutable; `add` shares what it does not change. */
export class MysqlGtidSet implements GtidSet {
  readonly flavor = 'mysql';
  readonly #sources: ReadonlyMap<string, Intervals>;

  private constructor(sources: ReadonlyMap<string, Intervals>) {
    this.#sources = sources;
  }

  /**
   * Parses the text of `@@gtid_executed` and the like: `uuid:1-5:7:tag:1-3,uuid:…`; white space and letter case do not matter.
   * @throws HeavisideError CONFIG_INVALID
   */
  static parse(text: string): MysqlGtidSet {
    const sources = new Map<string, Intervals>();
    for (const entry of text.toLowerCase().replaceAll(/\s/g, '').split(',')) {
      if (entry === '') continue;
      const [uuid = '', ...parts] = entry.split(':');
      if (!UUID.test(uuid)) throw invalid(text, `"${uuid.slice(0, 40)}" is no UUID`);
      if (parts.length === 0) throw invalid(text, `no interval behind ${uuid}`);
      let source = uuid;
      let afterTag = false;
      for (const part of parts) {
        const interval = INTERVAL.exec(part);
        if (interval === null) {
          if (!TAG.test(part) || afterTag) throw invalid(text, `"${part.slice(0, 40)}" is no interval`);
          source = `${uuid}:${part}`;
          afterTag = true;
          continue;
        }
        afterTag = false;
        const start = parseNumber(interval[1] as string, text);
        const end = interval[2] === undefined ? start : parseNumber(interval[2], text);
        if (end < start) throw invalid(text, `${part} ends before it starts`);
        sources.set(source, unite(sources.get(source) ?? [], [start, end]));
      }
      if (afterTag) throw invalid(text, 'a tag without an interval');
    }
    return new MysqlGtidSet(sources);
  }

  add(gtid: string): MysqlGtidSet {
    const { source, number } = parseGtid(gtid);
    const known = this.#sources.get(source) ?? [];
    if (includes(known, number, number)) return this;
    const sources = new Map(this.#sources);
    sources.set(source, unite(known, [number, number]));
    return new MysqlGtidSet(sources);
  }

  /** The set without one GTID; the set itself where it does not hold it. */
  remove(gtid: string): MysqlGtidSet {
    const { source, number } = parseGtid(gtid);
    const known = this.#sources.get(source) ?? [];
    if (!includes(known, number, number)) return this;
    const at = findInterval(known, number);
    const start = known[at] as number;
    const end = known[at + 1] as number;
    const left = start < number ? [start, number - 1] : [];
    const right = number < end ? [number + 1, end] : [];
    const remaining = [...known.slice(0, at), ...left, ...right, ...known.slice(at + 2)];
    const sources = new Map(this.#sources);
    if (remaining.length > 0) sources.set(source, remaining);
    else sources.delete(source);
    return new MysqlGtidSet(sources);
  }

  has(gtid: string): boolean {
    const { source, number } = parseGtid(gtid);
    return includes(this.#sources.get(source) ?? [], number, number);
  }

  contains(other: GtidSet): boolean {
    if (!(other instanceof MysqlGtidSet)) return other.isEmpty();
    for (const [source, intervals] of other.#sources) {
      const known = this.#sources.get(source) ?? [];
      for (let i = 0; i < intervals.length; i += 2) {
        if (!includes(known, intervals[i] as number, intervals[i + 1] as number)) return false;
      }
    }
    return true;
  }

  isEmpty(): boolean {
    return this.#sources.size === 0;
  }

  toString(): string {
    const entries: string[] = [];
    for (const source of [...this.#sources.keys()].sort()) {
      const intervals = this.#sources.get(source) ?? [];
      let text = source;
      for (let i = 0; i < intervals.length; i += 2) {
        const start = intervals[i] as number;
        const end = intervals[i + 1] as number;
        text += start === end ? `:${start}` : `:${start}-${end}`;
      }
      entries.push(text);
    }
    return entries.join(',');
  }
}
