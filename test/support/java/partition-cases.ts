import type { Column } from '../../../src/model/table.ts';
import { packedDecimal } from '../packed-decimal.ts';
import { column, int32, int64, prefixed } from '../row-image-bytes.ts';
import type { SeededRandom } from '../seeded-random.ts';
import { decimalText } from './number-texts.ts';

/** A value as a row image holds it, and as Oracle.java takes it: the object that Maxwell has for it. */
export interface JavaValue {
  readonly image: Buffer;
  readonly java: string;
}

/** A column with values of it. */
export interface PartitionColumn {
  readonly column: Column;
  readonly value: (random: SeededRandom) => JavaValue;
}

const LABELS = ['a', "it's", 'über', '😁'];
const TEXTS = ['', 'a', 'shard_1', 'münchen', '😁🚀', '東京', 'None', '\u0000x', 'long text '.repeat(20)];

const asText = (text: string): string => `s:${Buffer.from(text).toString('hex')}`;

function integer(type: number, byteCount: number, isUnsigned = false): PartitionColumn {
  return {
    column: column(`i${type}`, type, { isUnsigned }),
    value: (random) => {
      const bits = byteCount * 8;
      const raw = BigInt(random.between(0, 2 ** 32 - 1)) * 2n ** 32n + BigInt(random.between(0, 2 ** 32 - 1));
      const value = isUnsigned ? BigInt.asUintN(bits, raw) : BigInt.asIntN(bits, raw);
      return { image: int64(value).subarray(0, byteCount), java: `${isUnsigned ? 'u' : 'l'}:${value}` };
    },
  };
}

function decimal(precision: number, scale: number): PartitionColumn {
  return {
    column: column('n', 246, { metadata: (precision << 8) | scale }),
    value: (random) => {
      const text = decimalText(random, precision, scale);
      return { image: packedDecimal(text), java: `n:${text.replace(/^(-?)\./, '$10.')}` };
    },
  };
}

const double: PartitionColumn = {
  column: column('d', 5),
  value: (random) => {
    const image = Buffer.alloc(8);
    // Short numbers: their digits are the same in every Java.
    image.writeDoubleLE(random.between(-1_000_000, 1_000_000) / 2 ** random.between(0, 8));
    return { image, java: `d:${image.readBigUInt64LE().toString(16)}` };
  },
};

const float: PartitionColumn = {
  column: column('f', 4),
  value: (random) => {
    const image = Buffer.alloc(4);
    image.writeFloatLE(random.between(-4096, 4096) / 2 ** random.between(0, 4));
    return { image, java: `f:${image.readUInt32LE().toString(16)}` };
  },
};

function characters(charset: 'utf8' | 'latin1'): PartitionColumn {
  const texts = charset === 'utf8' ? TEXTS : ['', 'a', 'münchen', 'ÿ'];
  return {
    column: column('t', 15, { metadata: 1000, collation: charset === 'utf8' ? 255 : 8 }),
    value: (random) => {
      const text = random.pick(texts) + random.pick(texts);
      return { image: prefixed(2, Buffer.from(text, charset)), java: asText(text) };
    },
  };
}

const blob: PartitionColumn = {
  column: column('b', 252, { metadata: 1, collation: 63 }),
  value: (random) => {
    const bytes = Buffer.from(Array.from({ length: random.between(0, 30) }, () => random.between(0, 255)));
    return { image: prefixed(1, bytes), java: asText(bytes.toString('base64')) };
  },
};

const enumeration: PartitionColumn = {
  column: column('e', 247, { metadata: 0xf701, labels: LABELS }),
  value: (random) => {
    const index = random.between(1, LABELS.length);
    return { image: Buffer.from([index]), java: asText(LABELS[index - 1] ?? '') };
  },
};

const set: PartitionColumn = {
  column: column('s', 248, { metadata: 0xf801, labels: LABELS }),
  value: (random) => {
    const bits = random.between(0, 15);
    const chosen = LABELS.filter((_, index) => ((bits >> index) & 1) === 1);
    return {
      image: Buffer.from([bits]),
      java: `a:${chosen.map((label) => Buffer.from(label).toString('hex')).join(',')}`,
    };
  },
};

const bit: PartitionColumn = {
  column: column('bit', 16, { metadata: (3 << 8) | 4 }),
  value: (random) => {
    const image = Buffer.from([
      random.between(0, 7),
      ...Array.from({ length: 3 }, () => random.between(0, 255)),
    ]);
    return { image, java: `l:${image.readUInt32BE()}` };
  },
};

const year: PartitionColumn = {
  column: column('y', 13),
  value: (random) => {
    const offset = random.between(1, 255);
    return { image: Buffer.from([offset]), java: `l:${1900 + offset}` };
  },
};

/** Any moment of 1970 to 2037, as ISO text without its zone. */
function moment(random: SeededRandom): { readonly seconds: number; readonly iso: string } {
  const seconds = random.between(1, 2 ** 31 - 1);
  return { seconds, iso: new Date(seconds * 1000).toISOString() };
}

const date: PartitionColumn = {
  column: column('day', 10),
  value: (random) => {
    const text = moment(random).iso.slice(0, 10);
    const [years = 0, month = 0, day = 0] = text.split('-').map(Number);
    return { image: int32((years << 9) | (month << 5) | day).subarray(0, 3), java: asText(text) };
  },
};

const datetime: PartitionColumn = {
  column: column('at', 18, { metadata: 3 }),
  value: (random) => {
    const { iso } = moment(random);
    const [years = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = iso.split(/[-T:.]/).map(Number);
    const milliseconds = random.between(0, 999);
    const image = Buffer.alloc(7);
    const dayBits = ((years * 13 + month) << 5) | day;
    image.writeUIntBE(0x80_0000_0000 + dayBits * 2 ** 17 + ((hour << 12) | (minute << 6) | second), 0, 5);
    image.writeUInt16BE(milliseconds * 10, 5);
    const text = `${iso.slice(0, 19).replace('T', ' ')}.${String(milliseconds).padStart(3, '0')}`;
    return { image, java: asText(text) };
  },
};

const timestamp: PartitionColumn = {
  column: column('seen', 17),
  value: (random) => {
    const { seconds, iso } = moment(random);
    const image = Buffer.alloc(4);
    image.writeUInt32BE(seconds);
    return { image, java: asText(iso.slice(0, 19).replace('T', ' ')) };
  },
};

/** Of a day: beyond, Maxwell's own text is wrong. */
const time: PartitionColumn = {
  column: column('clock', 19),
  value: (random) => {
    const text = moment(random).iso.slice(11, 19);
    const [hour = 0, minute = 0, second = 0] = text.split(':').map(Number);
    const image = Buffer.alloc(3);
    image.writeUIntBE(0x80_0000 + ((hour << 12) | (minute << 6) | second), 0, 3);
    return { image, java: asText(text) };
  },
};

/** A column of every type that can be partitioned by. */
export const partitionColumns: readonly PartitionColumn[] = [
  integer(1, 1),
  integer(2, 2, true),
  integer(9, 3),
  integer(3, 4, true),
  integer(8, 8),
  integer(8, 8, true),
  decimal(10, 2),
  decimal(30, 30),
  decimal(20, 8),
  decimal(65, 0),
  double,
  float,
  characters('utf8'),
  characters('latin1'),
  blob,
  enumeration,
  set,
  bit,
  year,
  date,
  datetime,
  timestamp,
  time,
];
