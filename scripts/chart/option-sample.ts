import { optionOf, type OptionName } from '../../src/config/options.ts';

/** A value that an option may have and that is not its default, where it has another. */
export interface OptionSample {
  /** As a number, boolean or list of the values file. */
  readonly value: unknown;
  /** As a text of the configuration. */
  readonly text: string;
}

/** Texts of many kinds: the first that an option takes is its sample. Blanks and backslashes have to be escaped. */
const texts = [
  ' a b\\d+#c',
  'sample.%{table}',
  'sample',
  'http://sample.example:8081',
  'redis://a:6379,redis://b:6379,redis://c:6379',
  'a:9092,b:9092',
  'binlog.000007:4',
  '',
];

const takes = (name: OptionName, text: string): boolean => {
  try {
    return optionOf(name).type.parse(text) !== optionOf(name).fallback;
  } catch {
    return false;
  }
};

/** Above a million where it may be: helm holds numbers as floats and prints those with an exponent. */
function number([minimum, maximum]: readonly [number, number], fallback: unknown): number {
  const wanted = Math.min(Math.max(minimum, 33_554_433), maximum);
  return wanted === fallback ? minimum : wanted;
}

/** @throws Error where no text here suits the option */
export function optionSample(name: OptionName): OptionSample {
  const { type, fallback } = optionOf(name);
  // Below the pod's own time to end; above the number that would do for others.
  if (name === 'shutdown_timeout_ms') return { value: 12_345, text: '12345' };
  if (type.kind !== 'csv' && type.range !== undefined) {
    const value = number(type.range, fallback);
    return { value, text: String(value) };
  }
  if (type.choices !== undefined) {
    const [first = ''] = type.choices; // one that has but one value is given it
    const text = type.choices.find((word) => String(fallback) !== word && takes(name, word)) ?? first;
    return { value: type.kind === 'boolean' ? text === 'true' : text, text };
  }
  const [low = 1] = type.range ?? [];
  const text = [...texts, `${low},${low + 1}`].find((each) => takes(name, each));
  if (text === undefined) throw new Error(`no sample suits ${name}`);
  return { value: type.kind === 'csv' ? text.split(',') : text, text };
}
