import { Secret } from './secret.ts';

/** Why a text is not a value of its option; the message never repeats a secret. */
export class OptionValueError extends Error {}

/** How the text of an option becomes its value. */
export interface OptionType<T> {
  readonly kind: string;
  /** What stands after the option's name in help: `INTEGER`, `true|false`, `LIST`… */
  readonly argument: string;
  /** True where a bare `--option` means true. */
  readonly isFlag: boolean;
  readonly isSecret: boolean;
  /** True for texts, where ` # …` is part of the value as in Java's grammar. */
  readonly keepsComments: boolean;
  /** Smallest and largest value, where there is a range. */
  readonly range?: readonly [number, number];
  /** The values of a choice. */
  readonly choices?: readonly string[];
  /**
   * @param reread where the text came from a file: reads it anew, for values that follow a rotation
   * @throws OptionValueError
   */
  parse(text: string, reread?: () => string): T;
}

const plain = { isFlag: false, isSecret: false, keepsComments: false } as const;

/** The liberty with Java's grammar: a trailing ` # comment` is no part of a number, choice or boolean. */
const stripComment = (text: string): string => text.replace(/\s+#.*$/su, '').trim();

const rangeText = ([min, max]: readonly [number, number], unit: string): string =>
  max >= Number.MAX_SAFE_INTEGER ? `${min}${unit} or more` : `${min} to ${max}${unit}`;

function inRange(
  value: number,
  text: string,
  { range, unit }: { range: readonly [number, number]; unit: string },
): number {
  if (!Number.isFinite(value) || value < range[0] || value > range[1]) {
    throw new OptionValueError(`"${text}" is not ${rangeText(range, unit)}`);
  }
  return value;
}

/** Any text, as it stands. `check` returns what is wrong with it, or undefined. */
export const text = (
  argument = 'TEXT',
  check?: (value: string) => string | undefined,
): OptionType<string> => ({
  ...plain,
  kind: 'string',
  argument,
  keepsComments: true,
  parse(value) {
    const problem = check?.(value);
    if (problem !== undefined) throw new OptionValueError(problem);
    return value;
  },
});

/** Text that is never shown; may come from a file by `<option>_file`, which is read anew at each use. */
export const secret = (): OptionType<Secret> => ({
  ...plain,
  kind: 'secret',
  argument: 'SECRET',
  isSecret: true,
  keepsComments: true,
  parse: (value, reread) => new Secret(value, reread),
});

/** A whole number from `min` to `max`. */
export const integer = (min: number, max: number = Number.MAX_SAFE_INTEGER): OptionType<number> => ({
  ...plain,
  kind: 'integer',
  argument: 'INTEGER',
  range: [min, max],
  parse(value) {
    const digits = stripComment(value);
    if (!/^[+-]?\d+$/u.test(digits)) throw new OptionValueError(`"${digits}" is not a whole number`);
    return inRange(Number(digits), digits, { range: [min, max], unit: '' });
  },
});

/** A number from `min` to `max`, with or without a fraction. */
export const number = (min: number, max: number = Number.MAX_SAFE_INTEGER): OptionType<number> => ({
  ...plain,
  kind: 'number',
  argument: 'NUMBER',
  range: [min, max],
  parse(value) {
    const digits = stripComment(value);
    if (!/^[+-]?(\d+\.?\d*|\.\d+)$/u.test(digits)) throw new OptionValueError(`"${digits}" is not a number`);
    return inRange(Number(digits), digits, { range: [min, max], unit: '' });
  },
});

function parseScaled(value: string, scales: ReadonlyMap<string, number>, example: string): number {
  const stripped = stripComment(value);
  const match = /^([+-]?\d+)\s*([a-z]*)$/iu.exec(stripped);
  const scale = scales.get((match?.[2] ?? '').toLowerCase());
  if (match?.[1] === undefined || scale === undefined) {
    throw new OptionValueError(`"${stripped}" is not ${example}`);
  }
  return Number(match[1]) * scale;
}

const durationScales = new Map([
  ['', 1],
  ['ms', 1],
  ['s', 1000],
  ['m', 60_000],
  ['h', 3_600_000],
]);

/** Milliseconds; `5s`, `2m`, `1h` are understood too. */
export const duration = (minMs: number, maxMs: number = 2 ** 31 - 1): OptionType<number> => ({
  ...plain,
  kind: 'duration',
  argument: 'MS',
  range: [minMs, maxMs],
  parse: (value) =>
    inRange(parseScaled(value, durationScales, 'a number of milliseconds'), stripComment(value), {
      range: [minMs, maxMs],
      unit: ' ms',
    }),
});

const sizeScales = new Map<string, number>([
  ['', 1],
  ['b', 1],
  ...['k', 'm', 'g', 't'].flatMap((prefix, index): [string, number][] =>
    ['', 'b', 'ib'].map((suffix) => [prefix + suffix, 1024 ** (index + 1)]),
  ),
]);

/** Bytes; `64k`, `16MiB`, `2g` are understood too (powers of 1024). */
export const size = (minBytes: number, maxBytes: number = Number.MAX_SAFE_INTEGER): OptionType<number> => ({
  ...plain,
  kind: 'size',
  argument: 'BYTES',
  range: [minBytes, maxBytes],
  parse: (value) =>
    inRange(parseScaled(value, sizeScales, 'a number of bytes'), stripComment(value), {
      range: [minBytes, maxBytes],
      unit: ' bytes',
    }),
});

/** true or false in any case, as Maxwell. */
export const boolean = (): OptionType<boolean> => ({
  ...plain,
  kind: 'boolean',
  argument: 'true|false',
  isFlag: true,
  choices: ['true', 'false'],
  parse(value) {
    const word = stripComment(value).toLowerCase();
    if (word !== 'true' && word !== 'false')
      throw new OptionValueError(`"${stripComment(value)}" is not true or false`);
    return word === 'true';
  },
});

/** One of some words in any case. `refused` gives the reason for words that other programs know. */
export const choice = <const C extends string>(
  choices: readonly C[],
  refused: Readonly<Record<string, string>> = {},
): OptionType<C> => ({
  ...plain,
  kind: 'enum',
  argument: choices.join('|'),
  isFlag: (choices as readonly string[]).includes('true'),
  choices,
  parse(value) {
    const word = stripComment(value);
    const found = choices.find((candidate) => candidate.toLowerCase() === word.toLowerCase());
    if (found !== undefined) return found;
    const reason = Object.hasOwn(refused, word.toLowerCase()) ? refused[word.toLowerCase()] : undefined;
    throw new OptionValueError(reason ?? `"${word}" is not one of ${choices.join(', ')}`);
  },
});

const listItem = /(?:\/(?:\\.|[^\\/])*\/|[^,/]|\/)+/gu;

/**
 * Items between commas, blanks around them dropped; never empty. A comma inside `/regex/` separates nothing, but where the
 * items are URLs (`separator` given), whose slashes hold no regex.
 */
export const list = <T = string>(
  argument = 'LIST',
  item?: (text: string) => T,
  separator?: ',',
): OptionType<readonly T[]> => ({
  ...plain,
  kind: 'csv',
  argument,
  keepsComments: true,
  parse(value) {
    const items = (separator === undefined ? (value.match(listItem) ?? []) : value.split(separator))
      .map((part) => part.trim())
      .filter((part) => part !== '');
    if (items.length === 0) throw new OptionValueError('the list is empty');
    return items.map((part) => (item === undefined ? (part as T) : item(part)));
  },
});

/** Whole numbers between commas. */
export const integerList = (min: number, max: number): OptionType<readonly number[]> => {
  const one = integer(min, max);
  const many = list('INTEGERS', (part) => one.parse(part));
  return {
    ...many,
    keepsComments: false,
    range: [min, max],
    parse: (value) => many.parse(stripComment(value)),
  };
};
