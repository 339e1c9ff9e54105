import type { SeededRandom } from '../seeded-random.ts';
import { columnType, edgeOr, padded, type TypeFamily } from './column-type.ts';

const fractions = [0, 0, 1, 2, 3, 4, 5, 6];

function clock(random: SeededRandom, hours: number): string {
  return `${padded(random.between(0, hours), 2)}:${padded(random.between(0, 59), 2)}:${padded(random.between(0, 59), 2)}`;
}

function day(random: SeededRandom, first: number, last: number): string {
  return `${padded(random.between(first, last), 4)}-${padded(random.between(1, 12), 2)}-${padded(random.between(1, 28), 2)}`;
}

/** `.` and that many digits. */
function fraction(random: SeededRandom, precision: number): string {
  return precision === 0 ? '' : `.${padded(random.between(0, 10 ** precision - 1), precision)}`;
}

const typed = (name: string, precision: number): string => (precision === 0 ? name : `${name}(${precision})`);
const quoted = (text: string): string => `'${text}'`;

const date: TypeFamily = () => {
  const any = (from: SeededRandom): string => quoted(day(from, 1, 9999));
  const edges = [
    '0000-00-00',
    '2010-00-05',
    '2010-02-00',
    '0000-05-05',
    '1000-01-01',
    '0001-01-01',
    '9999-12-31',
    '2024-02-29',
    '1969-12-31',
  ];
  return columnType('DATE', 'date', (from) => edgeOr(from, edges.map(quoted), () => any(from)), {
    keyLiteral: any,
  });
};

const datetime: TypeFamily = ({ random }) => {
  const precision = random.pick(fractions);
  const any = (from: SeededRandom): string =>
    quoted(`${day(from, 1, 9999)} ${clock(from, 23)}${fraction(from, precision)}`);
  const edges = [
    '0000-00-00 00:00:00',
    '2010-00-05 10:11:12.5',
    '0000-01-01 00:00:00',
    '0001-01-01 00:00:00.000001',
    '9999-12-31 23:59:59.999999',
    '2024-02-29 23:59:59.9',
    '1970-01-01 00:00:00',
  ];
  return columnType(
    typed('DATETIME', precision),
    'datetime',
    (from) => edgeOr(from, edges.map(quoted), () => any(from)),
    {
      precision,
      keyLiteral: any,
    },
  );
};

const timestamp: TypeFamily = ({ random }) => {
  const precision = random.pick(fractions);
  const any = (from: SeededRandom): string =>
    quoted(`${day(from, 1971, 2036)} ${clock(from, 23)}${fraction(from, precision)}`);
  const edges = [
    '0000-00-00 00:00:00',
    '1970-01-01 00:00:01',
    '1970-01-01 00:00:00.5',
    '1970-01-01 00:00:01.999999',
    '2038-01-19 03:14:07',
    '2038-01-19 03:14:07.499999',
    '2000-02-29 00:00:00',
    '2024-02-29 23:59:59.999999',
  ];
  return columnType(
    `${typed('TIMESTAMP', precision)}`,
    'datetime',
    (from) => edgeOr(from, edges.map(quoted), () => any(from)),
    {
      precision,
      keyLiteral: any,
    },
  );
};

const time: TypeFamily = ({ random }) => {
  const precision = random.pick(fractions);
  const any = (from: SeededRandom): string =>
    quoted(
      `${from.chance(0.5) ? '-' : ''}${from.between(0, 838)}:${clock(from, 0).slice(3)}${fraction(from, precision)}`,
    );
  const edges = [
    '00:00:00',
    '-838:59:59',
    '838:59:59',
    '838:59:58.999999',
    '-838:59:58.999999',
    '-00:00:01',
    '-00:00:00.1',
    '-00:00:00.000001',
    '-00:01:00',
    '-01:00:00.000001',
    '24:00:00',
    '-255:59:59.99',
  ];
  return columnType(
    typed('TIME', precision),
    'time',
    (from) => edgeOr(from, edges.map(quoted), () => any(from)),
    {
      precision,
      keyLiteral: any,
    },
  );
};

export const temporalTypes: readonly TypeFamily[] = [
  date,
  datetime,
  datetime,
  timestamp,
  timestamp,
  time,
  time,
];
