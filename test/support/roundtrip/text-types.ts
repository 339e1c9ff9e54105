import type { SeededRandom } from '../seeded-random.ts';
import { columnType, edgeOr, hexLiteral, randomBytes, type TypeFamily } from './column-type.ts';

const scripts = [
  'plain text',
  'münchen ß ÿ €',
  'Ελληνικά',
  'Кириллица Ё',
  'עברית',
  'العربية',
  'ภาษาไทย',
  'Հայերեն',
  'ქართული',
  '東京 大阪 ー～―∥－',
  'ひらがなカタカナ',
  '中文 你好 龍',
  '한국어 뷁',
  '😁🚀🇫🇷',
  'quote " and \\ back / slash',
  "it's ` $ % { }",
  'line\nbreak\ttab\r\b\f',
  '\u0000\u0001\u001f\u007f\u0080\u009f\u00a0',
  '\u2028\u2029\ufeff',
  'trailing   ',
  '   leading',
  'ŁódźŠŽčě',
  'ƒ…†‡ˆ‰Œ',
];

const singleByte = new Set(
  'armscii8 cp1250 cp1251 cp1256 cp1257 cp850 cp852 cp866 dec8 geostd8 greek hebrew hp8 keybcs2 koi8r koi8u latin1 latin2 latin5 latin7 macce macroman tis620'.split(
    ' ',
  ),
);

function randomText(random: SeededRandom, longest: number): string {
  let text = '';
  const parts = random.between(0, longest > 300 ? 12 : 3);
  for (let i = 0; i < parts; i++) text += random.pick(scripts);
  return Array.from(text).slice(0, longest).join('');
}

/** The text in UTF-8, to be converted by the server. */
const utf8Literal = (text: string): string => `_utf8mb4 ${hexLiteral(Buffer.from(text))}`;

function textLiteral(charset: string, longest: number): (random: SeededRandom) => string {
  return (random) => {
    if (singleByte.has(charset) && random.chance(0.3)) {
      // Any bytes: the server takes them as they are.
      return `_${charset} ${hexLiteral(randomBytes(random, random.between(0, Math.min(longest, 40))))}`;
    }
    return edgeOr(random, ["''", "'a'", "' '"], () => utf8Literal(randomText(random, longest)));
  };
}

const keyText = (random: SeededRandom): string =>
  `'${Array.from({ length: random.between(3, 9) }, () => random.between(0, 35).toString(36)).join('')}'`;

const character: TypeFamily = ({ random, charsets }) => {
  const charset = random.pick(charsets);
  const length = random.pick([1, 10, 63, 64, 85, 86, 127, 128, 200, 255]);
  const [sql, longest] = random.pick<readonly [string, number]>([
    [`CHAR(${length})`, length],
    [`VARCHAR(${length})`, length],
    [`VARCHAR(${length})`, length],
    ['VARCHAR(256)', 256],
    ['VARCHAR(1000)', 1000],
    ['TINYTEXT', 60],
    ['TEXT', 2000],
    ['MEDIUMTEXT', 3000],
    ['LONGTEXT', 3000],
  ]);
  const isKey = /CHAR/.test(sql) && length >= 10 && longest <= 255;
  return columnType(`${sql} CHARACTER SET ${charset}`, 'text', textLiteral(charset, longest), {
    keyLiteral: isKey ? keyText : null,
    keyPrefix: isKey && sql.startsWith('VARCHAR') && random.chance(0.3) ? '(9)' : '',
  });
};

const utf8: TypeFamily = (scope) =>
  character({ ...scope, charsets: ['utf8mb4', 'utf8mb4', 'latin1', 'utf8mb3'] });

const bytes: TypeFamily = ({ random }) => {
  const [sql, longest] = random.pick<readonly [string, number]>([
    ['BINARY(1)', 1],
    ['BINARY(16)', 16],
    ['BINARY(255)', 255],
    ['VARBINARY(20)', 20],
    ['VARBINARY(255)', 255],
    ['VARBINARY(256)', 256],
    ['TINYBLOB', 200],
    ['BLOB', 3000],
    ['MEDIUMBLOB', 3000],
    ['LONGBLOB', 3000],
    ['LONG VARBINARY', 300],
    ['TEXT CHARACTER SET binary', 300],
  ]);
  const isFixed = sql.startsWith('BINARY');
  const any = (from: SeededRandom): string => hexLiteral(randomBytes(from, from.between(0, longest)));
  const edges = [
    "''",
    "X'00'",
    "X'0000'",
    "X'ff00'",
    "X'00ff'",
    hexLiteral(Buffer.alloc(Math.min(longest, 300), 0xff)),
  ];
  const isKey = /BINARY\((16|20)\)/.test(sql);
  return columnType(sql, isFixed ? 'padded-bytes' : 'bytes', (from) => edgeOr(from, edges, () => any(from)), {
    keyLiteral: isKey ? (from) => hexLiteral(randomBytes(from, 12)) : null,
  });
};

function labels(random: SeededRandom, count: number): string[] {
  const words = ['a', "it''s", 'x y', 'ü', 'ß', 'Q"q', '%', '\\\\'];
  return Array.from({ length: count }, (_, index) =>
    index < words.length && random.chance(0.7) ? (words[index] ?? '') : `label ${index}`,
  );
}

const enumeration: TypeFamily = ({ random }) => {
  const names = labels(random, random.pick([1, 2, 8, 60, 255, 256, 300]));
  const charset = random.pick(['utf8mb4', 'latin1', 'utf8mb4', 'ucs2']);
  const sql = `ENUM(${names.map((name) => `'${name}'`).join(',')}) CHARACTER SET ${charset}`;
  const any = (from: SeededRandom): string => String(from.between(1, names.length));
  return columnType(sql, 'enum', (from) => edgeOr(from, ['0', '1', String(names.length)], () => any(from)), {
    keyLiteral: any,
  });
};

const set: TypeFamily = ({ random }) => {
  const count = random.pick([1, 7, 8, 9, 16, 17, 24, 31, 32, 33, 63, 64]);
  const sql = `SET(${labels(random, count)
    .map((name) => `'${name}'`)
    .join(',')}) CHARACTER SET ${random.pick(['utf8mb4', 'latin1'])}`;
  const any = (from: SeededRandom): string =>
    `b'${Array.from({ length: count }, () => from.between(0, 1)).join('')}'`;
  return columnType(
    sql,
    'set',
    (from) => edgeOr(from, ['0', '1', `b'${'1'.repeat(count)}'`], () => any(from)),
    {
      keyLiteral: any,
    },
  );
};

const compressed: TypeFamily = ({ random }) => {
  const isText = random.chance(0.5);
  const name = random.pick(
    isText ? ['TEXT', 'VARCHAR(500)', 'MEDIUMTEXT', 'TINYTEXT'] : ['BLOB', 'VARBINARY(600)', 'LONGBLOB'],
  );
  const charset = isText ? ` CHARACTER SET ${random.pick(['utf8mb4', 'latin1'])}` : '';
  return columnType(`${name} COMPRESSED${charset}`, isText ? 'text' : 'bytes', (from) =>
    edgeOr(from, ["''", "'a'", "REPEAT('abc', 60)"], () =>
      isText ? utf8Literal(randomText(from, 60)) : hexLiteral(randomBytes(from, from.between(0, 200))),
    ),
  );
};

const address: TypeFamily = ({ random }) => {
  const name = random.pick(['UUID', 'INET6', 'INET4']);
  const size = name === 'INET4' ? 4 : 16;
  const any = (from: SeededRandom): string => hexLiteral(randomBytes(from, size));
  const zeros = '0'.repeat(size * 2);
  const edges = [
    `X'${zeros}'`,
    `X'${'f'.repeat(size * 2)}'`,
    `X'${'0a000000'.padEnd(size * 2, '0')}'`,
    `X'${'01'.padStart(size * 2, '0')}'`,
    ...(name === 'INET6'
      ? [
          "'::ffff:1.2.3.4'",
          "'::1.2.3.4'",
          "'2001:db8::1:0:0:1'",
          "'1:0:0:2::'",
          "'1:0:2:3:4:5:6:7'",
          "'0:1:0:2:0:3:0:4'",
          "'1:2:3:4:5:6:7:0'",
        ]
      : []),
  ];
  return columnType(name, 'address', (from) => edgeOr(from, edges, () => any(from)), { keyLiteral: any });
};

export const textTypes: readonly TypeFamily[] = [
  character,
  character,
  character,
  utf8,
  utf8,
  bytes,
  bytes,
  enumeration,
  set,
];
/** MariaDB only. */
export const mariadbTypes: readonly TypeFamily[] = [compressed, address];
