import { javaDouble, javaFloat } from '../../../src/encode/codecs/floating-point.ts';
import { compileCodec } from '../../../src/encode/compile-codec.ts';
import { packedDecimal } from '../packed-decimal.ts';
import { column } from '../row-image-bytes.ts';
import { SeededRandom } from '../seeded-random.ts';
import { askJava } from './java-oracle.ts';

/** A question to Java and our answer to it. */
interface Pair {
  readonly question: string;
  readonly ours: string;
}

export interface NumberCounts {
  readonly javaVersion: number;
  readonly doubles: number;
  readonly floats: number;
  readonly decimals: number;
  /** Doubles and floats for which this Java's own toString says the same; all of them from Java 19 on. */
  readonly sameInThisJava: number;
}

const view = new DataView(new ArrayBuffer(8));

function doubleBits(random: SeededRandom): string {
  const kind = random.between(0, 4);
  if (kind === 0) view.setFloat64(0, random.between(-1e9, 1e9) / 10 ** random.between(0, 12));
  else if (kind === 1) view.setFloat64(0, 2 ** random.between(-1074, 1023));
  else if (kind === 2) view.setFloat64(0, Number(`${random.between(1, 99)}e${random.between(-323, 307)}`));
  else {
    view.setUint32(0, random.between(0, 2 ** 32 - 1));
    view.setUint32(4, kind === 3 ? random.between(0, 2 ** 32 - 1) : random.between(0, 3));
  }
  return view.getBigUint64(0).toString(16);
}

function floatBits(random: SeededRandom): string {
  const kind = random.between(0, 4);
  if (kind === 0) view.setFloat32(0, random.between(-1e7, 1e7) / 10 ** random.between(0, 9));
  else if (kind === 1) view.setFloat32(0, 2 ** random.between(-149, 127));
  else if (kind === 2) view.setFloat32(0, Number(`${random.between(1, 99)}e${random.between(-45, 37)}`));
  else view.setUint32(0, kind === 3 ? random.between(0, 2 ** 32 - 1) : random.between(0, 300));
  return view.getUint32(0).toString(16);
}

function doublePair(random: SeededRandom): Pair {
  for (;;) {
    const bits = doubleBits(random);
    const value = view.getFloat64(0);
    if (Number.isFinite(value)) return { question: `double ${bits}`, ours: javaDouble(value) };
  }
}

function floatPair(random: SeededRandom): Pair {
  for (;;) {
    const bits = floatBits(random);
    const value = view.getFloat32(0);
    if (Number.isFinite(value)) return { question: `float ${bits}`, ours: javaFloat(value) };
  }
}

/** A value of DECIMAL(precision, scale) in plain digits, often with many zeros. */
export function decimalText(random: SeededRandom, precision: number, scale: number): string {
  const zeros = random.between(0, precision);
  const digits = Array.from({ length: precision }, (_, index) =>
    index < zeros ? 0 : random.chance(0.3) ? 0 : random.between(0, 9),
  ).join('');
  const sign = /[1-9]/.test(digits) && random.chance(0.5) ? '-' : '';
  const whole = digits.slice(0, precision - scale);
  return `${sign}${whole}${scale === 0 ? '' : `.${digits.slice(precision - scale)}`}`;
}

function decimalPair(random: SeededRandom): Pair {
  const precision = random.between(1, 65);
  const scale = random.between(0, Math.min(38, precision));
  const text = decimalText(random, precision, scale);
  const codec = compileCodec(column('n', 246, { metadata: (precision << 8) | scale }));
  // Java wants a digit before the point.
  const question = `decimal ${text.replace(/^(-?)\./, '$10.')}`;
  return { question, ours: codec.readText(packedDecimal(text), 0) ?? '' };
}

/**
 * Compares `count` texts of random doubles, floats and decimals each with Java's; throws at the first that differs. The
 * digits of doubles and floats are those that Java specifies since 19: before, its own toString had digits too many at times.
 */
export async function compareNumberTexts(seed: number, count: number): Promise<NumberCounts> {
  const random = new SeededRandom(seed);
  const pairs = [doublePair, floatPair, decimalPair].flatMap((make) =>
    Array.from({ length: count }, () => make(random)),
  );
  const [version = '', ...answers] = await askJava(['version', ...pairs.map(({ question }) => question)]);
  const javaVersion = Number(version);
  let sameInThisJava = 0;
  for (const [index, { question, ours }] of pairs.entries()) {
    const [own = '', specified = own] = (answers[index] ?? '').split(' ');
    if (ours !== specified)
      throw new Error(`${question}: Java has ${specified}, here is ${ours}; seed ${seed}`);
    if (question.startsWith('decimal')) continue;
    if (own === ours) sameInThisJava++;
    else if (javaVersion >= 19 || own.length < ours.length)
      throw new Error(`${question}: this Java has ${own}, here is ${ours}; seed ${seed}`);
  }
  return { javaVersion, doubles: count, floats: count, decimals: count, sameInThisJava };
}
