import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { SourceFlavor } from '../../src/model/position.ts';

/** One expected record. What is null is not looked at. */
export interface GoldenRecord {
  /** The value; with `...` before it, its end. */
  readonly value: string;
  readonly key: string | null;
  readonly topic: string | null;
  readonly partition: number | null;
  /** The text whose Java hash code decides the partition. */
  readonly input: string | null;
}

/** Statements, and the records that they become. */
export interface GoldenScript {
  readonly kind: 'script';
  readonly statements: readonly string[];
  readonly records: readonly GoldenRecord[];
}

/** A column of that type with that value, and its JSON; `text` or `number`: what the server prints. */
export interface GoldenValue {
  readonly kind: 'value';
  readonly type: string;
  readonly sql: string;
  readonly json: string;
  /** Values with the same number stand in one row. */
  readonly section: number;
}

/** Options that are refused, with this in the message. */
export interface GoldenRefusal {
  readonly kind: 'refusal';
  readonly message: string;
}

export interface GoldenCase {
  readonly name: string;
  readonly servers: readonly SourceFlavor[];
  /** Keys of the configuration. */
  readonly options: Readonly<Record<string, string>>;
  /** Partitions of every topic. */
  readonly partitions: number;
  readonly body: GoldenScript | GoldenValue | GoldenRefusal;
}

export interface GoldenFile {
  readonly name: string;
  readonly cases: readonly GoldenCase[];
}

/** Many, so that a partition tells the hash. */
export const MANY_PARTITIONS = 1_000_000_007;

const flavors: readonly SourceFlavor[] = ['mysql', 'mariadb'];
const bodies = ['sql', 'expect', 'values', 'refused'] as const;
type BodyName = (typeof bodies)[number];

/** A case as it is read, line by line. */
class CaseText {
  readonly title: string;
  servers: readonly SourceFlavor[] = flavors;
  partitions = MANY_PARTITIONS;
  readonly options: Record<string, string> = {};
  readonly lines: Record<BodyName, string[]> = { sql: [], expect: [], values: [], refused: [] };
  readonly #where: string;
  #body: BodyName | null = null;

  constructor(title: string, where: string) {
    this.title = title;
    this.#where = where;
  }

  add(line: string): void {
    const body = /^--- (\w+)$/.exec(line)?.[1];
    if (body !== undefined) this.#open(body);
    else if (this.#body !== null) this.lines[this.#body].push(line);
    else if (line !== '') this.#setting(line);
  }

  #open(name: string): void {
    const body = bodies.find((each) => each === name);
    if (body === undefined) throw this.fail(`there is no part ${name}: ${bodies.join(', ')}`);
    this.#body = body;
  }

  #setting(line: string): void {
    const [, name = '', sign = '', value = ''] = /^([\w.]+)\s*([:=])\s*(.*)$/.exec(line) ?? [];
    if (sign === '=') this.options[name] = value;
    else if (name === 'on') this.servers = flavors.filter((flavor) => value.split(' ').includes(flavor));
    else if (name === 'partitions') this.partitions = Number(value);
    else throw this.fail(`not understood: ${line}`);
    if (this.servers.length === 0) throw this.fail(`no such server: ${value}`);
  }

  fail(reason: string): Error {
    return new Error(`${this.#where}, ${this.title}: ${reason}`);
  }
}

/** Statements end with a semicolon at the end of a line. */
function statementsOf(lines: readonly string[]): string[] {
  return lines
    .join('\n')
    .split(/;[ ]*(?:\n|$)/)
    .map((statement) => statement.trim())
    .filter((statement) => statement !== '');
}

function recordsOf(text: CaseText): GoldenRecord[] {
  const records: GoldenRecord[] = [];
  let about: Record<string, string> = {};
  for (const line of text.lines.expect) {
    if (line === '' || line === 'nothing') continue;
    if (line.startsWith('{') || line.startsWith('...')) {
      const { key = null, topic = null, partition, input = null } = about;
      records.push({
        value: line,
        key,
        topic,
        partition: partition === undefined ? null : Number(partition),
        input,
      });
      about = {};
      continue;
    }
    const [, name = '', value = ''] = /^(key|topic|partition|input) (.*)$/.exec(line) ?? [];
    if (name === '') throw text.fail(`not understood: ${line}`);
    about[name] = value;
  }
  if (Object.keys(about).length > 0) throw text.fail('a record has no value line; ... stands for any value');
  return records;
}

function valuesOf(text: CaseText, section: number): GoldenValue[] {
  return text.lines.values
    .filter((line) => line !== '')
    .map((line) => {
      const [type, sql, ...json] = line.split(' | ');
      if (type === undefined || sql === undefined || json.length === 0)
        throw text.fail(`not TYPE | SQL | JSON: ${line}`);
      return { kind: 'value', type: type.trim(), sql: sql.trim(), json: json.join(' | ').trim(), section };
    });
}

const shorten = (part: string): string =>
  part.length > 80 ? `${part.slice(0, 40)}...${part.slice(-37)}` : part;

function casesOf(text: CaseText, section: number): GoldenCase[] {
  const { servers, options, partitions, lines } = text;
  const about = { servers, options, partitions };
  if (lines.values.length > 0) {
    return valuesOf(text, section).map((body) => {
      const name = `${text.title}: ${shorten(body.type)} ${shorten(body.sql)}`;
      return { ...about, name, body };
    });
  }
  if (lines.refused.length > 0) {
    return [
      { ...about, name: text.title, body: { kind: 'refusal', message: lines.refused.join('\n').trim() } },
    ];
  }
  const statements = statementsOf(lines.sql);
  if (statements.length === 0 || lines.expect.length === 0) throw text.fail('it lacks sql or expect');
  return [{ ...about, name: text.title, body: { kind: 'script', statements, records: recordsOf(text) } }];
}

/** Reads the text of one file; throws with the case and the line that is not understood. */
export function parseGoldenFile(name: string, content: string): GoldenFile {
  const texts: CaseText[] = [];
  for (const line of content.split('\n')) {
    if (line.startsWith('# ') || line === '#') continue;
    const title = /^=== (.*)$/.exec(line)?.[1];
    if (title !== undefined) texts.push(new CaseText(title, name));
    else if (texts.length > 0) texts.at(-1)?.add(line.trimEnd());
    else if (line.trim() !== '') throw new Error(`${name}: text before the first case: ${line}`);
  }
  const cases = texts.flatMap(casesOf);
  const names = cases.map((each) => `${each.name} ${each.servers.join(' ')}`);
  const twice = names.find((each, index) => names.indexOf(each) !== index);
  if (twice !== undefined) throw new Error(`${name}: two cases have the name ${twice}`);
  return { name, cases };
}

/** All files of a folder, by name. */
export function readGoldenFolder(folder: string): GoldenFile[] {
  return readdirSync(folder)
    .filter((file) => file.endsWith('.golden'))
    .toSorted()
    .map((file) => parseGoldenFile(file.replace(/\.golden$/, ''), readFileSync(join(folder, file), 'utf8')));
}
