import { escape } from 'mysql2';
import { normaliseJson } from '../../src/verify/exact-json.ts';
import type { SeededRandom } from './seeded-random.ts';

/** The two kinds of source; JSON on MariaDB is text with a check, and Maxwell renders it as a string there. */
export type Flavor = 'mysql' | 'mariadb';

/** What a column holds; each kind is rendered in one certain way (Maxwell's value table). */
export type ColumnKind =
  | 'id'
  | 'region'
  | 'ver'
  | 'int'
  | 'decimal'
  | 'text'
  | 'json'
  | 'datetime'
  | 'timestamp'
  | 'enum'
  | 'set'
  | 'double'
  | 'blob';

/** One column of a load table. */
export interface LoadColumn {
  readonly name: string;
  readonly kind: ColumnKind;
}

/** One table that the load writes to. The first columns are the primary key, then comes `ver`. */
export interface LoadTable {
  readonly name: string;
  readonly columns: readonly LoadColumn[];
  /** How many of the first columns form the primary key. */
  readonly keyColumns: number;
  /** Added to the row number to give the id: beyond 2^53 where digits must survive. */
  readonly idBase: bigint;
  /** True: it stands in the database that the filter excludes; its rows count for message_id and are never output. */
  readonly isHidden: boolean;
}

/** A value as it is written in SQL and as the stream must render it. */
export interface LoadValue {
  readonly sql: string;
  /** JSON text in the form of normaliseJson. */
  readonly json: string;
}

const column = (text: string): LoadColumn => {
  const [name = '', kind = name] = text.split(':');
  return { name, kind: kind as ColumnKind };
};
const table = (
  name: string,
  keyColumns: number,
  columns: string,
  rest: { idBase?: bigint; isHidden?: boolean },
): LoadTable => ({
  name,
  keyColumns,
  columns: columns.split(' ').map(column),
  idBase: rest.idBase ?? 0n,
  isHidden: rest.isHidden ?? false,
});

/** The tables of the load: every kind of column, a single and a composite key, and one table outside the filter. */
export const loadTables: readonly LoadTable[] = [
  table(
    'orders',
    1,
    'id ver quantity:int price:decimal customer:text doc:json created:datetime seen:timestamp state:enum flags:set ratio:double payload:blob',
    { idBase: 9_007_199_254_740_993n },
  ),
  table('items', 2, 'region id ver stock:int label:text price:decimal changed:timestamp state:enum', {}),
  table('notes', 1, 'id ver body:text written:datetime weight:double', { idBase: -1_000_000_000n }),
  table('noise', 1, 'id ver label:text', { isHidden: true }),
];

const ENUM = ['new', 'open', 'on hold', 'closed'];
const SET = ['gift', 'fragile', 'express', 'über'];
const quoted = (labels: readonly string[]): string => labels.map((label) => escape(label)).join(',');
const sqlTypes: Record<ColumnKind, string> = {
  id: 'BIGINT NOT NULL',
  region: 'INT NOT NULL',
  ver: 'INT NOT NULL',
  int: 'INT',
  decimal: 'DECIMAL(14,3)',
  text: 'VARCHAR(200) CHARACTER SET utf8mb4',
  json: 'JSON',
  datetime: 'DATETIME(6)',
  timestamp: 'TIMESTAMP(3) NULL DEFAULT NULL',
  enum: `ENUM(${quoted(ENUM)}) CHARACTER SET utf8mb4`,
  set: `SET(${quoted(SET)}) CHARACTER SET utf8mb4`,
  double: 'DOUBLE',
  blob: 'BLOB',
};

/** The CREATE TABLE statement. */
export function createTableSql(database: string, { name, columns, keyColumns }: LoadTable): string {
  const definitions = columns.map((each) => `${each.name} ${sqlTypes[each.kind]}`);
  const key = columns.slice(0, keyColumns).map((each) => each.name);
  return `CREATE TABLE ${database}.${name} (${definitions.join(', ')}, PRIMARY KEY (${key.join(', ')})) ENGINE=InnoDB`;
}

const TEXTS = [
  'plain',
  'münchen ß',
  '東京 大阪',
  '😁🚀 mixed 🇫🇷',
  'quote " and \\ back',
  "it's",
  'line\nbreak\ttab',
  '\u0001\u001f',
  '',
  ' blank ',
];
// [SQL literal, Java's Double.toString]
const DOUBLES: readonly (readonly [string, string])[] = [
  ['1e10', '1.0E10'],
  ['-0.0009765625', '-9.765625E-4'],
  ['0', '0.0'],
  ['1.5e300', '1.5E300'],
];
const pad = (value: number, digits: number): string => String(value).padStart(digits, '0');
const day = (random: SeededRandom, years: readonly [number, number]): string =>
  `${pad(random.between(...years), 4)}-${pad(random.between(1, 12), 2)}-${pad(random.between(1, 28), 2)} ` +
  `${pad(random.between(0, 23), 2)}:${pad(random.between(0, 59), 2)}:${pad(random.between(0, 59), 2)}`;
const stringValue = (text: string): LoadValue => ({ sql: escape(text), json: JSON.stringify(text) });
const numberValue = (text: string): LoadValue => ({ sql: text, json: text });

function jsonValue(random: SeededRandom, flavor: Flavor): LoadValue {
  // Members in MySQL's stored order: by the length of the name, then by bytes.
  const text = JSON.stringify({
    a: random.between(-5, 70_000),
    b: [true, null, random.pick(TEXTS)],
    id: random.between(0, 4_000_000_000),
    half: random.between(0, 999) + 0.5,
    nested: { k: random.pick(TEXTS), n: {} },
  });
  return { sql: escape(text), json: flavor === 'mysql' ? text : JSON.stringify(text) };
}

function doubleValue(random: SeededRandom): LoadValue {
  if (random.chance(0.05)) {
    const [sql, json] = random.pick(DOUBLES);
    return { sql, json };
  }
  // Eighths below 10^7 have one short decimal form.
  const eighths = random.between(8, 8_000_000) * (random.chance(0.3) ? -1 : 1);
  return { sql: String(eighths / 8), json: `${eighths / 8}${eighths % 8 === 0 ? '.0' : ''}` };
}

function filledValue(kind: ColumnKind, random: SeededRandom, flavor: Flavor): LoadValue {
  switch (kind) {
    case 'decimal': {
      const sign = random.chance(0.3) ? '-' : '';
      return numberValue(`${sign}${random.between(1, 99_999_999)}.${pad(random.between(0, 999), 3)}`);
    }
    case 'text':
      return stringValue(`${random.pick(TEXTS)}${random.between(0, 999_999)}${random.pick(TEXTS)}`);
    case 'json':
      return jsonValue(random, flavor);
    case 'datetime':
      return stringValue(`${day(random, [1000, 9999])}.${pad(random.between(0, 999_999), 6)}`);
    case 'timestamp':
      return stringValue(`${day(random, [1971, 2036])}.${pad(random.between(0, 999), 3)}`);
    case 'enum':
      return stringValue(random.pick(ENUM));
    case 'set': {
      const members = SET.filter(() => random.chance(0.4));
      return { sql: escape(members.join(',')), json: JSON.stringify(members) };
    }
    case 'double':
      return doubleValue(random);
    case 'blob': {
      const bytes = Buffer.from(Array.from({ length: random.between(0, 60) }, () => random.between(0, 255)));
      return { sql: `X'${bytes.toString('hex')}'`, json: JSON.stringify(bytes.toString('base64')) };
    }
    default:
      return numberValue(String(random.between(-2_147_483_648, 2_147_483_647)));
  }
}

/** A value of the kind, NULL once in ten; never for the columns of the key and `ver`. */
export function randomValue(kind: ColumnKind, random: SeededRandom, flavor: Flavor): LoadValue {
  return random.chance(0.1) ? { sql: 'NULL', json: 'null' } : filledValue(kind, random, flavor);
}

/** The values of the primary key of row number `n`. */
export function keyValues({ columns, keyColumns, idBase }: LoadTable, n: number): string[] {
  return columns
    .slice(0, keyColumns)
    .map(({ kind }) => (kind === 'region' ? String(n % 7) : String(idBase + BigInt(n))));
}

/** What to select of a column so that `renderSelected` gives its JSON. */
export function selectSql({ name, kind }: LoadColumn): string {
  return kind === 'blob' ? `HEX(${name}) AS ${name}` : `CAST(${name} AS CHAR) AS ${name}`;
}

/** The JSON of what selectSql gave: the second way to the same text, from the server's own SELECT. */
export function renderSelected({ kind }: LoadColumn, text: string | null, flavor: Flavor): string {
  if (text === null) return 'null';
  if (kind === 'blob') return JSON.stringify(Buffer.from(text, 'hex').toString('base64'));
  if (kind === 'set') return JSON.stringify(text === '' ? [] : text.split(','));
  if (kind === 'json') return flavor === 'mysql' ? normaliseJson(text) : JSON.stringify(text);
  if (kind === 'double') return javaDouble(Number(text));
  return ['text', 'datetime', 'timestamp', 'enum'].includes(kind) ? JSON.stringify(text) : text;
}

function javaDouble(value: number): string {
  const size = Math.abs(value);
  if (size === 0 || (size >= 1e-3 && size < 1e7))
    return Number.isInteger(value) ? `${value}.0` : String(value);
  const [digits = '', exponent = ''] = value.toExponential().split('e');
  return `${digits}${digits.includes('.') ? '' : '.0'}E${Number(exponent)}`;
}
