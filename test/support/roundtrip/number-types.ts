import { columnType, digits, edgeOr, type TypeFamily } from './column-type.ts';

const intBits: Readonly<Record<string, number>> = {
  TINYINT: 8,
  SMALLINT: 16,
  MEDIUMINT: 24,
  INT: 32,
  BIGINT: 64,
};

const integer: TypeFamily = ({ random }) => {
  const name = random.pick(Object.keys(intBits));
  const bits = BigInt(intBits[name] ?? 8);
  const isUnsigned = random.chance(0.4);
  const low = isUnsigned ? 0n : -(1n << (bits - 1n));
  const high = isUnsigned ? (1n << bits) - 1n : (1n << (bits - 1n)) - 1n;
  const suffix = isUnsigned ? random.pick([' UNSIGNED', ' UNSIGNED', ' UNSIGNED ZEROFILL']) : '';
  const width = name === 'TINYINT' && !isUnsigned ? '(1)' : '';
  const edges = [low, high, 0n, 1n, high - 1n, low + 1n].map(String);
  const any = (from: { between(low: number, high: number): number }): string => {
    const spread = BigInt(from.between(0, 2 ** 32 - 1)) * 2n ** 32n + BigInt(from.between(0, 2 ** 32 - 1));
    return String(low + (spread % (high - low + 1n)));
  };
  return columnType(
    `${name}${random.chance(0.3) ? width : ''}${suffix}`,
    'integer',
    (from) => edgeOr(from, edges, () => any(from)),
    {
      keyLiteral: any,
    },
  );
};

const decimal: TypeFamily = ({ random, flavor }) => {
  const precision = random.pick([1, 2, 5, 9, 10, 18, 19, 27, 30, 38, 64, 65, random.between(1, 65)]);
  const most = Math.min(precision, flavor === 'mysql' ? 30 : 38);
  const scale = random.pick([0, most, random.between(0, most)]);
  const sign = random.chance(0.2) ? ' UNSIGNED' : '';
  const value = (from: typeof random, integral: number, fraction: number): string =>
    `${sign === '' && from.chance(0.5) ? '-' : ''}${integral === 0 ? '0' : digits(from, integral)}${fraction === 0 ? '' : `.${digits(from, fraction)}`}`;
  const max = `${'9'.repeat(precision - scale) || '0'}${scale === 0 ? '' : `.${'9'.repeat(scale)}`}`;
  const least = scale === 0 ? '1' : `0.${'0'.repeat(scale - 1)}1`;
  const edges = ['0', '-0', max, `-${max}`, least, `-${least}`];
  return columnType(
    `DECIMAL(${precision},${scale})${sign}`,
    'decimal',
    (from) =>
      edgeOr(from, edges, () => value(from, from.between(0, precision - scale), from.between(0, scale))),
    { keyLiteral: (from) => value(from, precision - scale, scale) },
  );
};

const view = new DataView(new ArrayBuffer(8));

function anyFloat(random: { between(low: number, high: number): number }): number {
  for (;;) {
    view.setUint32(0, random.between(0, 2 ** 32 - 1));
    const value = view.getFloat32(0);
    if (Number.isFinite(value)) return value;
  }
}

function anyDouble(random: { between(low: number, high: number): number }): number {
  for (;;) {
    view.setUint32(0, random.between(0, 2 ** 32 - 1));
    view.setUint32(4, random.between(0, 2 ** 32 - 1));
    const value = view.getFloat64(0);
    if (Number.isFinite(value)) return value;
  }
}

const plainNumbers = [
  '0',
  '-0e0',
  '1',
  '-1',
  '1.1',
  '0.001',
  '0.00099999',
  '9999999',
  '10000000',
  '16777217',
  '1e10',
  '123456.789',
];

const floating: TypeFamily = ({ random }) => {
  const isFloat = random.chance(0.5);
  const edges = [
    ...plainNumbers,
    ...(isFloat
      ? ['3.4028234e38', '-3.4028234e38', '1.17549435e-38', '1.4e-45', '8.4e-45', '3.3554432e7']
      : [
          '1.7976931348623157e308',
          '-1.7976931348623157e308',
          '2.2250738585072014e-308',
          '5e-324',
          '9007199254740993',
          '2e23',
        ]),
  ];
  const limited = isFloat ? 'FLOAT(9,3)' : 'DOUBLE(20,6)';
  const sql = random.chance(0.15)
    ? limited
    : isFloat
      ? random.pick(['FLOAT', 'FLOAT', 'FLOAT UNSIGNED', 'FLOAT(20)'])
      : random.pick(['DOUBLE', 'DOUBLE', 'DOUBLE UNSIGNED', 'FLOAT(53)', 'REAL']);
  const any = (from: typeof random): string => (isFloat ? anyFloat(from) : anyDouble(from)).toExponential();
  const literal = (from: typeof random): string =>
    edgeOr(from, edges, () => (from.chance(0.5) ? any(from) : String(from.between(-1e6, 1e6) / 1000)));
  return columnType(
    sql,
    /^FLOAT(\(9|\(20| |$)/.test(sql) ? 'float' : 'double',
    literal,
    isFloat ? {} : { keyLiteral: literal },
  );
};

const bit: TypeFamily = ({ random }) => {
  const size = random.pick([1, 7, 8, 9, 31, 32, 33, 63, 64, random.between(1, 64)]);
  const any = (from: typeof random): string =>
    `b'${Array.from({ length: size }, () => from.between(0, 1)).join('')}'`;
  const edges = [`b'0'`, `b'1'`, `b'${'1'.repeat(size)}'`, `b'1${'0'.repeat(size - 1)}'`];
  return columnType(`BIT(${size})`, 'bit', (from) => edgeOr(from, edges, () => any(from)), {
    keyLiteral: any,
  });
};

const year: TypeFamily = () => {
  const any = (from: { between(low: number, high: number): number }): string =>
    String(from.between(1901, 2155));
  return columnType(
    'YEAR',
    'integer',
    (from) => edgeOr(from, ["'0000'", '1901', '2155', '0'], () => any(from)),
    {
      keyLiteral: any,
    },
  );
};

const vector: TypeFamily = ({ random }) => {
  const size = random.pick([1, 2, 16, 500]);
  return columnType(`VECTOR(${size})`, 'vector', (from) => {
    const values = Array.from({ length: size }, () =>
      from.chance(0.5) ? from.between(-1000, 1000) / 8 : anyFloat(from),
    );
    return `STRING_TO_VECTOR('[${values.map((value) => Math.fround(value).toExponential()).join(',')}]')`;
  });
};

export const numberTypes: readonly TypeFamily[] = [
  integer,
  integer,
  integer,
  decimal,
  decimal,
  floating,
  floating,
  bit,
  year,
];
/** MySQL 9 only. */
export const vectorTypes: readonly TypeFamily[] = [vector];
