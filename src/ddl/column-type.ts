import { canonicalCharset, charsetOfCollationName } from './charset.ts';
import { notUnderstood, type SqlCursor } from './sql-cursor.ts';

/** Kinds of types by what a definition says of them. */
type TypeKind = 'integer' | 'text' | 'binary' | 'labels' | 'fraction' | 'plain';

/** A type as a statement names it, before the table's character set is known. */
export interface ColumnType {
  readonly kind: TypeKind;
  readonly type: string;
  /** Length as it was given, characters or bytes; null where none was. */
  readonly length: number | null;
  readonly isSigned: boolean;
  readonly labels: readonly string[];
  /** Given with the type; null: that of the table. */
  readonly charset: string | null;
}

export type SqlFlavor = 'mysql' | 'mariadb';

const INTEGERS: Readonly<Record<string, string>> = {
  tinyint: 'tinyint',
  int1: 'tinyint',
  smallint: 'smallint',
  int2: 'smallint',
  mediumint: 'mediumint',
  int3: 'mediumint',
  middleint: 'mediumint',
  int: 'int',
  integer: 'int',
  int4: 'int',
  bigint: 'bigint',
  int8: 'bigint',
};
const NUMBERS: Readonly<Record<string, string>> = {
  decimal: 'decimal',
  dec: 'decimal',
  numeric: 'decimal',
  fixed: 'decimal',
  float4: 'float',
  double: 'double',
  float8: 'double',
};
const TEXTS: Readonly<Record<string, string>> = {
  char: 'char',
  character: 'char',
  nchar: 'char',
  varchar: 'varchar',
  varcharacter: 'varchar',
  nvarchar: 'varchar',
  tinytext: 'tinytext',
  text: 'text',
  mediumtext: 'mediumtext',
  longtext: 'longtext',
};
const BINARIES: ReadonlySet<string> = new Set([
  'binary',
  'varbinary',
  'tinyblob',
  'blob',
  'mediumblob',
  'longblob',
]);
const FRACTIONS: ReadonlySet<string> = new Set(['datetime', 'timestamp', 'time']);
const GEOMETRIES: ReadonlySet<string> = new Set([
  'geometry',
  'point',
  'linestring',
  'polygon',
  'multipoint',
  'multilinestring',
  'multipolygon',
]);
const COLLECTIONS: ReadonlySet<string> = new Set(['geometrycollection', 'geomcollection']);
const PLAIN: ReadonlySet<string> = new Set(['bit', 'year', 'date', 'vector']);
const MARIADB_PLAIN: ReadonlySet<string> = new Set(['uuid', 'inet4', 'inet6', 'xmltype']);
/** What a text type becomes with the character set `binary`. */
export const binaryTypes: Readonly<Record<string, string>> = {
  char: 'binary',
  varchar: 'varbinary',
  tinytext: 'tinyblob',
  text: 'blob',
  mediumtext: 'mediumblob',
  longtext: 'longblob',
};

const type = (kind: TypeKind, name: string, more: Partial<ColumnType> = {}): ColumnType => ({
  kind,
  type: name,
  length: null,
  isSigned: true,
  labels: [],
  charset: null,
  ...more,
});

/** `(n)`, or null. */
function length(cursor: SqlCursor): number | null {
  if (!cursor.accept('(')) return null;
  const value = cursor.integer();
  cursor.expect(')');
  return value;
}

/** `(p)`, `(p,s)` or nothing; the scale, where one is given, is a second number. */
function precision(cursor: SqlCursor): readonly number[] {
  if (!cursor.accept('(')) return [];
  const values = [cursor.integer()];
  while (cursor.accept(',')) values.push(cursor.integer());
  cursor.expect(')');
  return values;
}

/** UNSIGNED, SIGNED and ZEROFILL, in any order; whether the number is signed. */
function signedness(cursor: SqlCursor): boolean {
  let isSigned = true;
  for (;;) {
    if (cursor.accept('unsigned') || cursor.accept('zerofill')) isSigned = false;
    else if (!cursor.accept('signed')) return isSigned;
  }
}

function labels(cursor: SqlCursor): string[] {
  cursor.expect('(');
  const found: string[] = [];
  do {
    const token = cursor.next();
    if (token.kind !== 'string') throw notUnderstood;
    found.push(token.text.replace(/ +$/, '')); // the server strips trailing blanks
  } while (cursor.accept(','));
  cursor.expect(')');
  return found;
}

/** The character set behind a type, in any of its forms; null where none is given. `binary` as an attribute is a collation only. */
function charset(cursor: SqlCursor): string | null {
  let found: string | null = null;
  for (;;) {
    if (cursor.accept('character', 'set') || cursor.accept('char', 'set') || cursor.accept('charset'))
      found = canonicalCharset(cursor.charsetName());
    else if (cursor.accept('ascii')) found = 'latin1';
    else if (cursor.accept('unicode')) found = 'ucs2';
    else if (cursor.accept('byte')) found = 'binary';
    else if (cursor.accept('collate')) {
      const set = charsetOfCollationName(cursor.charsetName());
      found ??= set;
    } else if (cursor.accept('compressed')) {
      if (cursor.accept('=')) cursor.next();
    } else if (!cursor.accept('binary')) return found;
  }
}

function textType(cursor: SqlCursor, name: string, more: Partial<ColumnType> = {}): ColumnType {
  const given = length(cursor);
  const set = charset(cursor) ?? more.charset ?? null;
  if (set === 'binary') return type('binary', binaryTypes[name] ?? name, { length: given });
  return type('text', name, { length: given, charset: set });
}

/** CHAR, CHARACTER, NCHAR and their VARYING; the words before were read. */
function characterType(cursor: SqlCursor, name: string, more: Partial<ColumnType> = {}): ColumnType {
  const isVarying = name === 'char' && cursor.accept('varying');
  return textType(cursor, isVarying ? 'varchar' : name, more);
}

/** LONG, LONG VARCHAR, LONG CHAR VARYING, LONG VARBINARY. */
function longType(cursor: SqlCursor): ColumnType {
  if (cursor.accept('varbinary')) return type('binary', 'mediumblob');
  if (cursor.accept('char') || cursor.accept('character')) cursor.expect('varying');
  else if (!cursor.accept('varchar')) cursor.accept('varcharacter');
  return textType(cursor, 'mediumtext');
}

function floatType(cursor: SqlCursor): ColumnType {
  const digits = precision(cursor);
  signedness(cursor);
  // FLOAT(p) with more than 24 bits is a double; FLOAT(m,d) is not.
  return type('plain', digits.length === 1 && (digits[0] ?? 0) > 24 ? 'double' : 'float');
}

function numberType(cursor: SqlCursor, name: string): ColumnType {
  if (name === 'double') cursor.accept('precision');
  precision(cursor);
  signedness(cursor);
  return type('plain', name);
}

/** How a flavor and a session read type names. */
export interface TypeSyntax {
  readonly flavor: SqlFlavor;
  /** sql_mode REAL_AS_FLOAT. */
  readonly isRealFloat: boolean;
}

function wordType(word: string, cursor: SqlCursor, { flavor, isRealFloat }: TypeSyntax): ColumnType {
  const integer = INTEGERS[word];
  if (integer !== undefined) {
    precision(cursor);
    return type('integer', integer, { isSigned: signedness(cursor) });
  }
  const number = NUMBERS[word];
  if (number !== undefined) return numberType(cursor, number);
  const text = TEXTS[word];
  if (text !== undefined) {
    const isNational = word === 'nchar' || word === 'nvarchar';
    if (word === 'nchar' && (cursor.accept('varchar') || cursor.accept('varcharacter')))
      return textType(cursor, 'varchar', { charset: 'utf8mb3' });
    return characterType(cursor, text, isNational ? { charset: 'utf8mb3' } : {});
  }
  if (BINARIES.has(word)) return type('binary', word, { length: length(cursor) });
  if (FRACTIONS.has(word)) return type('fraction', word, { length: length(cursor) ?? 0 });
  if (PLAIN.has(word)) {
    precision(cursor);
    signedness(cursor);
    return type('plain', word);
  }
  if (GEOMETRIES.has(word)) {
    precision(cursor);
    return type('plain', word);
  }
  if (COLLECTIONS.has(word))
    return type('plain', flavor === 'mysql' ? 'geomcollection' : 'geometrycollection');
  if (flavor === 'mariadb' && MARIADB_PLAIN.has(word)) return type('plain', word);
  switch (word) {
    case 'bool':
    case 'boolean':
      return type('integer', 'tinyint');
    case 'serial':
      return type('integer', 'bigint', { isSigned: false });
    case 'float':
      return floatType(cursor);
    case 'real':
      return numberType(cursor, isRealFloat ? 'float' : 'double');
    case 'enum':
    case 'set': {
      const values = labels(cursor);
      charset(cursor);
      return type('labels', word, { labels: values });
    }
    case 'json':
      return flavor === 'mysql' ? type('plain', 'json') : type('text', 'longtext', { charset: 'utf8mb4' });
    case 'long':
      return longType(cursor);
    case 'national': {
      const national = TEXTS[cursor.next().keyword];
      if (national !== 'char' && national !== 'varchar') throw notUnderstood;
      return characterType(cursor, national, { charset: 'utf8mb3' });
    }
    default:
      throw notUnderstood;
  }
}

/** Reads a type, its length, sign and character set. @throws NotUnderstoodError */
export function readColumnType(cursor: SqlCursor, syntax: TypeSyntax): ColumnType {
  return wordType(cursor.next().keyword, cursor, syntax);
}
