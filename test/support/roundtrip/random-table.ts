import type { SeededRandom } from '../seeded-random.ts';
import { type ColumnType, columnType, type TypeFamily, type TypeScope } from './column-type.ts';
import { documentTypes } from './document-types.ts';
import { numberTypes, vectorTypes } from './number-types.ts';
import { temporalTypes } from './temporal-types.ts';
import { mariadbTypes, textTypes } from './text-types.ts';

export interface RandomColumn {
  readonly name: string;
  readonly type: ColumnType;
  /** What follows the type: NOT NULL, DEFAULT, INVISIBLE. */
  readonly attributes: string;
  readonly isNullable: boolean;
  /** The server computes it. */
  readonly isGenerated: boolean;
}

/** A table as it stands between two ALTERs. */
export interface RandomTable {
  readonly name: string;
  readonly columns: readonly RandomColumn[];
  /** Names of the columns that identify a row, in key order; empty: rows are only told apart by all their values. */
  readonly key: readonly string[];
}

export const quoteName = (name: string): string => `\`${name.replaceAll('`', '``')}\``;

const oddNames = [
  'Quote"d',
  "it's",
  'back`tick',
  'dot.ted',
  'per%cent',
  'ünïcödé',
  '列名',
  'UPPER',
  'with space',
  'select',
  '$1',
  'back\\slash',
  '__proto__',
  'constructor',
  '0',
  'data',
  'x'.repeat(64),
];
const columnCounts = [1, 2, 5, 7, 8, 9, 15, 16, 17, 24, 33];

function families({ flavor }: TypeScope): readonly TypeFamily[] {
  const common = [...numberTypes, ...temporalTypes, ...textTypes, ...documentTypes];
  return [...common, ...(flavor === 'mysql' ? vectorTypes : mariadbTypes)];
}

/** Names that are taken, whatever their case. */
type Names = Set<string>;

function newName(random: SeededRandom, taken: Names): string {
  for (let i = taken.size; ; i++) {
    const name = random.chance(0.25) ? random.pick(oddNames) : `c${i}`;
    if (taken.has(name.toLowerCase())) continue;
    taken.add(name.toLowerCase());
    return name;
  }
}

function plainColumn(scope: TypeScope, name: string, type: ColumnType, isKey = false): RandomColumn {
  const { random, flavor } = scope;
  const isNullable = !isKey && random.chance(0.75);
  const isTimestamp = type.sql.startsWith('TIMESTAMP');
  const parts = [isNullable ? 'NULL' : 'NOT NULL'];
  if (isTimestamp && !isKey) {
    // Without a default the first TIMESTAMP would renew itself with each update, which is fine too.
    if (isNullable) parts.push('DEFAULT NULL');
    else
      parts.push(
        random.chance(0.5)
          ? "DEFAULT '2020-01-01 00:00:00'"
          : `DEFAULT CURRENT_TIMESTAMP(${type.precision}) ON UPDATE CURRENT_TIMESTAMP(${type.precision})`,
      );
  } else if (
    ['integer', 'decimal'].includes(type.form) &&
    !isKey &&
    !type.sql.startsWith('YEAR') &&
    random.chance(0.3)
  )
    parts.push('DEFAULT 1');
  // An invisible column needs a default.
  if (random.chance(0.05) && isNullable && !isKey)
    parts.push(flavor === 'mysql' ? '/*!80023 INVISIBLE */' : 'INVISIBLE');
  return { name, type, attributes: parts.join(' '), isNullable, isGenerated: false };
}

/** A column that the server computes from another one; null where none suits. */
function generatedColumn(
  { random }: TypeScope,
  name: string,
  others: readonly RandomColumn[],
): RandomColumn | null {
  const bases = others.filter(
    ({ isGenerated, type }) =>
      !isGenerated && !['geometry', 'vector', 'json', 'float', 'double', 'bit'].includes(type.form),
  );
  if (bases.length === 0) return null;
  const base = random.pick(bases);
  const of = quoteName(base.name);
  const [type, expression] = random.pick([
    [columnType('INT', 'integer', () => 'DEFAULT'), `CHAR_LENGTH(${of})`],
    [columnType('VARCHAR(20) CHARACTER SET utf8mb4', 'text', () => 'DEFAULT'), `LEFT(HEX(${of}), 20)`],
    [columnType('BIGINT', 'integer', () => 'DEFAULT'), `IF(${of} IS NULL, -1, LENGTH(${of}) * 3000000000)`],
  ] as const);
  return {
    name,
    type,
    attributes: `GENERATED ALWAYS AS (${expression}) ${random.pick(['VIRTUAL', 'STORED'])}`,
    isNullable: true,
    isGenerated: true,
  };
}

export function newColumn(scope: TypeScope, taken: Names, others: readonly RandomColumn[]): RandomColumn {
  const name = newName(scope.random, taken);
  if (scope.random.chance(0.08)) {
    const generated = generatedColumn(scope, name, others);
    if (generated !== null) return generated;
  }
  return plainColumn(scope, name, scope.random.pick(families(scope))(scope));
}

function keyType(scope: TypeScope): ColumnType {
  for (;;) {
    const type = scope.random.pick(families(scope))(scope);
    if (type.keyLiteral !== null) return { ...type, literal: type.keyLiteral };
  }
}

const serial = (): ColumnType => {
  const any = (random: SeededRandom): string => String(random.between(-1_000_000_000, 1_000_000_000));
  return columnType('INT', 'integer', any, { keyLiteral: any });
};

/** A table of random columns with a random key, and its CREATE TABLE. */
export function randomTable(
  scope: TypeScope,
  index: number,
): { readonly table: RandomTable; readonly sql: string } {
  const { random } = scope;
  const taken: Names = new Set();
  const columns: RandomColumn[] = [];
  const keyForm = random.pick(['none', 'integer', 'one', 'one', 'several', 'unique'] as const);
  const keyLength = keyForm === 'none' ? 0 : keyForm === 'several' ? random.between(2, 3) : 1;
  // A second, wide key column: small domains like YEAR would soon be full.
  for (let i = 0; i < keyLength; i++)
    columns.push(
      plainColumn(scope, newName(random, taken), keyForm === 'integer' ? serial() : keyType(scope), true),
    );
  if (keyForm === 'one' || keyForm === 'unique')
    columns.push(plainColumn(scope, newName(random, taken), serial(), true));
  const key = columns.map(({ name }) => name);
  const prefixes = new Map(
    columns.map(({ name, type }) => [name, keyForm === 'unique' ? '' : type.keyPrefix]),
  );
  if (random.chance(0.5)) key.reverse();
  const count = random.pick(columnCounts);
  while (columns.length < count) {
    const column = newColumn(scope, taken, columns);
    if (column.isGenerated) columns.push(column);
    else columns.splice(random.between(0, columns.length), 0, column);
  }
  const name = random.chance(0.3) ? `${random.pick(oddNames).slice(0, 50)}_${index}` : `t${index}`;
  const keySql = key.map((each) => `${quoteName(each)}${prefixes.get(each) ?? ''}`).join(', ');
  const keyClause =
    keyForm === 'none' ? [] : [keyForm === 'unique' ? `UNIQUE KEY u (${keySql})` : `PRIMARY KEY (${keySql})`];
  const charset = random.pick(['utf8mb4', 'latin1']);
  const sql = `CREATE TABLE ${quoteName(name)} (${[...columns.map(columnSql), ...keyClause].join(', ')}) ENGINE=InnoDB ROW_FORMAT=DYNAMIC DEFAULT CHARSET ${charset}`;
  return { table: { name, columns, key }, sql };
}

export function columnSql({ name, type, attributes }: RandomColumn): string {
  return `${quoteName(name)} ${type.sql} ${attributes}`;
}

const wider: readonly (readonly [RegExp, string])[] = [
  [/^TINYINT(\(1\))?$/, 'INT'],
  [/^INT$/, 'BIGINT'],
  [/^SMALLINT UNSIGNED$/, 'INT UNSIGNED'],
  [/^VARCHAR\((\d|\d\d|1\d\d|2[0-5]\d)\)(?= CHARACTER)/, 'VARCHAR(300)'],
  [/^TEXT(?= CHARACTER SET (?!binary))/, 'MEDIUMTEXT'],
  [/^BLOB$/, 'LONGBLOB'],
  [/^FLOAT$/, 'DOUBLE'],
];

/** A random change of the table, and the statement that makes it; null where nothing fits. The server may refuse it. */
export function randomAlter(
  scope: TypeScope,
  table: RandomTable,
): { readonly table: RandomTable; readonly sql: string } | null {
  const { random } = scope;
  const columns = [...table.columns];
  const taken: Names = new Set(columns.map(({ name }) => name.toLowerCase()));
  const free = columns.filter(({ name }) => !table.key.includes(name));
  const alter = (
    changed: readonly RandomColumn[],
    clause: string,
    key = table.key,
  ): { table: RandomTable; sql: string } => ({
    table: { ...table, columns: changed, key },
    sql: `ALTER TABLE ${quoteName(table.name)} ${clause}`,
  });
  const kind = random.pick(['add', 'add', 'drop', 'widen', 'reorder', 'rename'] as const);
  if (kind === 'add') {
    const at = random.between(0, columns.length);
    const before = columns[at - 1];
    const added = newColumn(scope, taken, columns);
    columns.splice(at, 0, added);
    return alter(
      columns,
      `ADD COLUMN ${columnSql(added)} ${before === undefined ? 'FIRST' : `AFTER ${quoteName(before.name)}`}`,
    );
  }
  if (free.length === 0) return null;
  const chosen = random.pick(kind === 'rename' ? columns : free);
  const at = columns.indexOf(chosen);
  if (kind === 'drop') return alter(columns.toSpliced(at, 1), `DROP COLUMN ${quoteName(chosen.name)}`);
  if (kind === 'rename') {
    const renamed = { ...chosen, name: newName(random, taken) };
    const key = table.key.map((name) => (name === chosen.name ? renamed.name : name));
    return alter(
      columns.with(at, renamed),
      `CHANGE COLUMN ${quoteName(chosen.name)} ${columnSql(renamed)}`,
      key,
    );
  }
  if (kind === 'reorder') {
    const rest = columns.toSpliced(at, 1);
    const target = random.between(0, rest.length);
    const before = rest[target - 1];
    return alter(
      rest.toSpliced(target, 0, chosen),
      `MODIFY COLUMN ${columnSql(chosen)} ${before === undefined ? 'FIRST' : `AFTER ${quoteName(before.name)}`}`,
    );
  }
  const widening = wider.find(([pattern]) => pattern.test(chosen.type.sql));
  if (widening === undefined) return null;
  const sql = chosen.type.sql.replace(widening[0], widening[1]);
  const type: ColumnType = { ...chosen.type, sql, form: sql === 'DOUBLE' ? 'double' : chosen.type.form };
  return alter(columns.with(at, { ...chosen, type }), `MODIFY COLUMN ${columnSql({ ...chosen, type })}`);
}
