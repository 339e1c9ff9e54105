import type { SeededRandom } from '../../test/support/seeded-random.ts';

/** What the rows of a load look like: `id BIGINT PRIMARY KEY`, then columns of the seven kinds below in turn. */
export interface TableShape {
  /** Columns, the key included: at least 2. 8 is the base case: one of each kind. */
  readonly columns: number;
  /** Bytes of one more column of text; 0: there is none. */
  readonly textBytes: number;
  /** Only the kinds that take a few bytes each: a page of InnoDB holds a thousand of those. */
  readonly isCompact?: boolean;
}

const words =
  'order parcel customer delivery before noon please ring the bell twice neighbour paid by card invoice refund'.split(
    ' ',
  );
const two = (value: number): string => String(value).padStart(2, '0');

const moment = (random: SeededRandom): string =>
  `'2024-${two(random.between(1, 12))}-${two(random.between(1, 28))} ${two(random.between(0, 23))}:${two(random.between(0, 59))}:07'`;

/** The kinds of columns beside the key, and a value of each as SQL. */
const kinds: readonly { readonly type: string; readonly value: (random: SeededRandom) => string }[] = [
  { type: 'INT', value: (random) => String(random.between(0, 1_000_000)) },
  { type: "ENUM('new','paid','sent','returned')", value: (random) => String(random.between(1, 4)) },
  {
    type: 'DECIMAL(12,2)',
    value: (random) => `${random.between(0, 99_999)}.${two(random.between(0, 99))}`,
  },
  {
    type: 'VARCHAR(100)',
    value: (random) => `'${Array.from({ length: 5 }, () => random.pick(words)).join(' ')}'`,
  },
  {
    type: 'JSON',
    value: (random) => `'{"a": ${random.between(0, 9999)}, "colour": "${random.pick(words)}"}'`,
  },
  { type: 'DATETIME', value: moment },
  { type: 'TIMESTAMP NULL', value: moment },
];

/** Of a few bytes each. */
const compactKinds = kinds.filter(({ type }) => type !== 'JSON' && !type.startsWith('VARCHAR'));

function kindOf({ isCompact = false }: TableShape, column: number): (typeof kinds)[number] {
  const among = isCompact ? compactKinds : kinds;
  return among[(column - 1) % among.length] as (typeof kinds)[number];
}

/** Names of the columns beside the key. */
export function columnNames({ columns, textBytes }: TableShape): string[] {
  const names = Array.from({ length: columns - 1 }, (_, index) => `c${index + 1}`);
  return textBytes > 0 ? [...names, 'text_value'] : names;
}

/** The columns as CREATE TABLE takes them. */
export function columnDefinitions(shape: TableShape): string {
  const { columns, textBytes } = shape;
  const definitions = ['id BIGINT PRIMARY KEY'];
  for (let column = 1; column < columns; column++)
    definitions.push(`c${column} ${kindOf(shape, column).type}`);
  if (textBytes > 0) definitions.push('text_value MEDIUMTEXT');
  return definitions.join(', ');
}

/** The values of one row as SQL, without parentheses. */
export function rowSql(shape: TableShape, id: number, random: SeededRandom): string {
  const { columns, textBytes } = shape;
  const values = [String(id)];
  for (let column = 1; column < columns; column++) values.push(kindOf(shape, column).value(random));
  if (textBytes > 0) values.push(`'${textOf(textBytes, random)}'`);
  return values.join(',');
}

function textOf(bytes: number, random: SeededRandom): string {
  const start = random.between(0, 9);
  return `${start}${'lorem ipsum dolor sit amet consectetur '.repeat(Math.ceil(bytes / 39))}`.slice(0, bytes);
}
