import { escape } from 'mysql2';
import type { SeededRandom } from '../seeded-random.ts';
import { columnType, digits, type TypeFamily } from './column-type.ts';

const words = [
  '',
  'a',
  'key',
  'ü',
  '😁',
  'quote"',
  'back\\slash',
  'line\nbreak',
  '__proto__',
  '0',
  '10',
  '\u0001',
  'x'.repeat(130),
];
const numbers = [
  '0',
  '-1',
  '32767',
  '32768',
  '-32769',
  '65535',
  '65536',
  '2147483647',
  '2147483648',
  '4294967295',
  '4294967296',
  '-2147483649',
  '9223372036854775807',
  '18446744073709551615',
  '-9223372036854775808',
  '1.5',
  '-0.0',
  '1e-7',
  '1e20',
  '1.7976931348623157e308',
  '5e-324',
  '0.1',
];

/** JSON text of any shape. */
export function randomJson(random: SeededRandom, depth = 0): string {
  const kind = random.between(0, depth > 3 ? 3 : 5);
  if (kind === 0) return random.pick(['null', 'true', 'false']);
  if (kind === 1) return random.pick(numbers);
  if (kind === 2) return JSON.stringify(random.pick(words) + random.pick(words));
  if (kind === 3)
    return random.pick([
      `-${random.between(1, 9)}${digits(random, random.between(0, 12))}`,
      String(random.between(0, 1e9) / 1024),
    ]);
  const size = random.chance(0.02) ? 300 : random.between(0, 5);
  const parts = Array.from({ length: size }, () => randomJson(random, depth + 1));
  if (kind === 4) return `[${parts.join(',')}]`;
  const names = new Set(parts.map(() => JSON.stringify(random.pick(words) + String(random.between(0, 99)))));
  return `{${[...names].map((name, index) => `${name}:${parts[index] ?? 'null'}`).join(',')}}`;
}

const json: TypeFamily = ({ flavor }) =>
  columnType('JSON', flavor === 'mysql' ? 'json' : 'text', (random) => {
    if (flavor === 'mysql' && random.chance(0.15)) {
      return random.pick([
        "JSON_ARRAY(CAST('12.50' AS DECIMAL(10,2)), CAST('-0.001' AS DECIMAL(30,20)))",
        "JSON_OBJECT('d', CAST('2015-01-15' AS DATE), 't', CAST('-12:13:14.5' AS TIME(1)))",
        "JSON_ARRAY(CAST('2015-01-15 23:24:25.12' AS DATETIME(6)), CAST('23:24:25' AS TIME))",
        "JSON_OBJECT('blob', CAST(X'010203' AS BINARY), 'bit', b'101')",
        "CAST('null' AS JSON)",
        "JSON_ARRAY(1, REPEAT('long ', 14000))",
        "JSON_OBJECT('k', REPEAT('x', 70000), 'n', JSON_ARRAY(-1, 40000, 3000000000))",
      ]);
    }
    return escape(randomJson(random));
  });

function point(random: SeededRandom): string {
  const ordinate = (): string =>
    random.pick([
      String(random.between(-80, 80)),
      String(random.between(-80_000, 80_000) / 1000),
      '0',
      '-0.5',
      '1e-9',
    ]);
  return `${ordinate()} ${ordinate()}`;
}

function points(random: SeededRandom, least: number): string {
  return Array.from({ length: random.between(least, least + 4) }, () => point(random)).join(',');
}

function ring(random: SeededRandom): string {
  const x = random.between(-40, 30);
  const y = random.between(-40, 30);
  const size = random.between(1, 40);
  return `(${x} ${y},${x + size} ${y},${x + size} ${y + size},${x} ${y})`;
}

const shapes: Readonly<Record<string, (random: SeededRandom) => string>> = {
  POINT: (random) => `POINT(${point(random)})`,
  LINESTRING: (random) => `LINESTRING(${points(random, 2)})`,
  POLYGON: (random) => `POLYGON(${ring(random)})`,
  MULTIPOINT: (random) => `MULTIPOINT(${points(random, 1)})`,
  MULTILINESTRING: (random) => `MULTILINESTRING((${points(random, 2)}),(${points(random, 2)}))`,
  MULTIPOLYGON: (random) => `MULTIPOLYGON((${ring(random)}),(${ring(random)}))`,
};
const collection = (random: SeededRandom): string =>
  `GEOMETRYCOLLECTION(${Array.from({ length: random.between(1, 3) }, () => anyShape(random)).join(',')})`;
function anyShape(random: SeededRandom): string {
  return (shapes[random.pick(Object.keys(shapes))] ?? collection)(random);
}

const geometry: TypeFamily = ({ random }) => {
  const name = random.pick([...Object.keys(shapes), 'GEOMETRY', 'GEOMETRYCOLLECTION']);
  return columnType(name, 'geometry', (from) => {
    const text =
      name === 'GEOMETRY'
        ? (from.chance(0.2) ? collection : anyShape)(from)
        : (shapes[name] ?? collection)(from);
    return from.chance(0.2) ? `ST_GeomFromText('${text}', 4326)` : `ST_GeomFromText('${text}')`;
  });
};

export const documentTypes: readonly TypeFamily[] = [json, geometry];
