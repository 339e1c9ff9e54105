import { skeletonRecord } from '../model/skeleton-record.ts';

/** What stands in the dead letter topic for a record that was too large. */
export interface DeadLetter {
  readonly topic: string;
  readonly value: string;
}

const reason = '"RecordTooLargeException"'; // Java's name, as Maxwell writes it

/**
 * The record's key and the reason, in Maxwell's form. Numbers of the key are copied as text, so that no digit is lost.
 * @param topicTemplate may hold %{database}, %{table} and %{type} (empty, as in Maxwell)
 */
export function deadLetterOf(key: Buffer | null, topicTemplate: string): DeadLetter {
  const { database, table, columns } = readKey(key?.toString() ?? '');
  const names: Record<string, string | null> = { database, table, type: null };
  const topic = topicTemplate.replace(/%\{(database|table|type)\}/g, (_, name: string) =>
    unquote(names[name]),
  );
  return { topic, value: skeletonRecord({ database, table, reason, columns }) };
}

function unquote(text: string | null | undefined): string {
  return text ? String(JSON.parse(text)) : '';
}

/** Texts of JSON values. */
interface KeyParts {
  readonly database: string | null;
  readonly table: string | null;
  readonly columns: readonly (readonly [name: string, value: string])[];
}

/** A key in either of Maxwell's formats (kafka_key_format=hash or array); empty parts where it is something else. */
function readKey(text: string): KeyParts {
  if (!isJson(text)) return { database: null, table: null, columns: [] };
  if (text.startsWith('[')) {
    const [database = null, table = null, columns = '[]'] = elements(text);
    return { database, table, columns: elements(columns).flatMap((each) => elements(each).map(member)) };
  }
  const members = text.startsWith('{') ? elements(text).map(member) : [];
  const valueOf = (name: string): string | null =>
    members.find((each) => each[0] === `"${name}"`)?.[1] ?? null;
  const columns = members
    .filter(([name]) => name.startsWith('"pk.'))
    .map(([name, value]) => [`"${name.slice(4)}`, value] as const);
  return { database: valueOf('database'), table: valueOf('table'), columns };
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** The texts between the outer brackets and the commas of their level; `text` is valid JSON. */
function elements(text: string): string[] {
  const found: string[] = [];
  let depth = 0;
  let start = 1;
  for (const { 0: token, index } of text.matchAll(/"(?:[^"\\]|\\.)*"|[[\]{},]/g)) {
    if (token === '[' || token === '{') depth++;
    const isEnd = (token === ']' || token === '}') && --depth === 0;
    if (!isEnd && !(token === ',' && depth === 1)) continue;
    const element = text.slice(start, index).trim();
    if (element !== '') found.push(element);
    start = index + 1;
  }
  return found;
}

/** Name and value of a member of an object. */
function member(text: string): readonly [name: string, value: string] {
  const [name = '""'] = /^"(?:[^"\\]|\\.)*"/.exec(text) ?? [];
  return [name, text.slice(name.length).replace(/^\s*:\s*/, '')];
}
