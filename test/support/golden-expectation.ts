import { createHash } from 'node:crypto';
import type { BinlogListing } from './golden-binlog.ts';
import type { GoldenRecord } from './golden-file.ts';

/** What the server says about a play, for the placeholders. */
export interface GoldenFacts {
  readonly listing: BinlogListing | null;
  readonly threadId: string;
  readonly serverId: string;
}

const uuid = '[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}';
const patterns: Readonly<Record<string, string>> = {
  uuid,
  push_ts: String.raw`[12]\d{9}\.\d{6}`,
};

function factOf(name: string, index: number, facts: GoldenFacts): string {
  const transaction = facts.listing?.transactions[index];
  switch (name) {
    case 'xid':
      return transaction?.xid ?? 'no xid';
    case 'gtid':
      return transaction?.gtid ?? 'no gtid';
    case 'position':
      return facts.listing?.positions[index] ?? 'no position';
    case 'thread_id':
      return facts.threadId;
    case 'server_id':
      return facts.serverId;
    default:
      throw new Error(`no such placeholder: ${name}`);
  }
}

/** `<repeat:ab:1000>`: so many times the text; its own colons are written `\\:`. */
export function fillRepeats(text: string): string {
  return text.replace(/<repeat:((?:\\:|[^:>])+):(\d+)>/g, (_, part: string, count: string) =>
    part.replaceAll('\\:', ':').repeat(Number(count)),
  );
}

/** The placeholders of an expected text: `<xid>`, `<xid.2>` (of the second transaction). */
function fill(text: string, facts: GoldenFacts): string {
  return fillRepeats(text).replace(
    /<(\w+)(?:\.(\d+))?>/g,
    (whole, name: string, index: string | undefined) =>
      patterns[name] === undefined ? factOf(name, Number(index ?? 1) - 1, facts) : whole,
  );
}

/** What an expected text and the text in its place look like side by side: what is random is made alike in both. */
function sideBySide(
  expected: string,
  actual: string,
  facts: GoldenFacts,
): { expected: string; actual: string } {
  const filled = fill(expected, facts);
  if (filled === actual) return { expected: shorten(filled), actual: shorten(filled) };
  if (!/<\w+>/.test(filled)) return { expected: shorten(filled), actual: shorten(actual) };
  const source = filled.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&').replace(/<(\w+)>/g, (whole, name: string) => {
    const pattern = patterns[name];
    return pattern === undefined ? whole : `(?:${pattern})`;
  });
  return new RegExp(`^${source}$`, 's').test(actual)
    ? { expected: shorten(filled), actual: shorten(filled) }
    : { expected: shorten(filled), actual: shorten(actual) };
}

/** A text that a difference can be read from: a long one by its ends and its hash. */
function shorten(text: string): string {
  if (text.length < 4000) return text;
  const hash = createHash('sha1').update(text).digest('hex');
  return `${text.slice(0, 1000)}…${text.length} characters, ${hash}…${text.slice(-1000)}`;
}

/** Java's String.hashCode, computed another way than by the product: the sum of unit[i] * 31^(n-1-i). */
function javaHashCode(text: string): number {
  let sum = 0n;
  for (let at = 0; at < text.length; at++)
    sum += BigInt(text.charCodeAt(at)) * 31n ** BigInt(text.length - 1 - at);
  return Number(BigInt.asIntN(32, sum));
}

export interface ActualRecord {
  readonly topic: string;
  readonly partition: number;
  readonly key: string;
  readonly value: string;
}

/** Lists of lines that are equal where the records are what the case says. */
export function compareRecords(
  expected: readonly GoldenRecord[],
  actual: readonly ActualRecord[],
  about: { readonly facts: GoldenFacts; readonly partitions: number },
): { expected: string[]; actual: string[] } {
  const lines = { expected: [] as string[], actual: [] as string[] };
  const add = (name: string, wanted: string, is: string): void => {
    const pair = sideBySide(wanted, is, about.facts);
    lines.expected.push(`${name} ${pair.expected}`);
    lines.actual.push(`${name} ${pair.actual}`);
  };
  for (let at = 0; at < Math.max(expected.length, actual.length); at++) {
    const wanted = expected[at];
    const is = actual[at];
    if (wanted === undefined || is === undefined) {
      lines.expected.push(`value ${wanted?.value ?? 'nothing'}`);
      lines.actual.push(`value ${is?.value ?? 'nothing'}`);
      continue;
    }
    const isEnd = wanted.value.startsWith('...');
    const value = isEnd ? fill(wanted.value.slice(3), about.facts) : wanted.value;
    add('value', value, isEnd ? is.value.slice(Math.max(0, is.value.length - value.length)) : is.value);
    if (wanted.key !== null) add('key', wanted.key, is.key);
    if (wanted.topic !== null) add('topic', wanted.topic, is.topic);
    const partition =
      wanted.input === null
        ? wanted.partition
        : Math.abs(javaHashCode(fill(wanted.input, about.facts)) % about.partitions);
    if (partition !== null) add('partition', String(partition), String(is.partition));
  }
  return lines;
}

/** A text as Jackson writes it: short escapes, `\u001F` in upper case, pairs of surrogates escaped. */
export function jacksonString(text: string): string {
  const short: Readonly<Record<string, string>> = {
    '\b': '\\b',
    '\t': '\\t',
    '\n': '\\n',
    '\f': '\\f',
    '\r': '\\r',
    '"': '\\"',
    '\\': '\\\\',
  };
  const escaped = text.replace(
    /[\u0000-\u001f"\\\ud800-\udfff]/g,
    (unit) => short[unit] ?? `\\u${unit.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')}`,
  );
  return `"${escaped}"`;
}
