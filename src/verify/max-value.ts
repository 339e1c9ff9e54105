import { HeavisideError } from '../errors.ts';
import type { VerifiedTable } from './table-columns.ts';
import type { ValueForm } from './value-form.ts';

type Compare = (a: string, b: string) => number;

/** Digits behind the point filled up, so that both can be compared as whole numbers. */
function decimals(a: string, b: string): number {
  const places = (text: string): number => (text.split('.')[1] ?? '').length;
  const scale = Math.max(places(a), places(b));
  const whole = (text: string): bigint => {
    const [head = '0', tail = ''] = text.split('.');
    return BigInt(head + tail.padEnd(scale, '0'));
  };
  const difference = whole(a) - whole(b);
  return difference < 0n ? -1 : difference > 0n ? 1 : 0;
}

const texts: Compare = (a, b) => (a < b ? -1 : a > b ? 1 : 0);
const numbers: Compare = (a, b) => Number(a) - Number(b);

/** `-838:59:59.5` in microseconds. */
function microseconds(text: string): number {
  const [hours = '0', minutes = '0', seconds = '0'] = text.replace('-', '').split(':');
  const size = (Number(hours) * 3600 + Number(minutes) * 60) * 1e6 + Math.round(Number(seconds) * 1e6);
  return text.startsWith('-') ? -size : size;
}

const orders: Readonly<Partial<Record<ValueForm, Compare>>> = {
  integer: decimals,
  bit: decimals,
  decimal: decimals,
  float: numbers,
  double: numbers,
  date: texts,
  datetime: texts,
  time: (a, b) => microseconds(a) - microseconds(b),
};

/** The largest value of one column. */
export class MaxValue {
  value: string | null = null;
  readonly column: number;
  readonly #compare: Compare;

  private constructor(column: number, compare: Compare) {
    this.column = column;
    this.#compare = compare;
  }

  /** @throws VERIFY_IMPOSSIBLE where there is no such column, or its values have no order of their own */
  static of(table: VerifiedTable, name: string): MaxValue {
    const column = table.columns.findIndex((each) => each.name === name);
    const form = table.columns[column]?.form;
    if (form === undefined)
      throw new HeavisideError(
        'VERIFY_IMPOSSIBLE',
        `--max: ${table.database}.${table.name} has no column ${name}`,
      );
    const compare = orders[form];
    if (!compare)
      throw new HeavisideError('VERIFY_IMPOSSIBLE', `--max: ${name} is neither a number nor a date or time`);
    return new MaxValue(column, compare);
  }

  add(value: string | null | undefined): void {
    if (value === null || value === undefined) return;
    if (this.value === null || this.#compare(value, this.value) > 0) this.value = value;
  }
}
