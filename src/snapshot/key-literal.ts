import { charsetOfCollation } from '../encode/collation-charset.ts';
import { misfit } from './image-writer.ts';

/** How a value of a key column is written into a condition, so that the server compares it as it orders the column. */
export type KeyKind = 'number' | 'real' | 'label' | 'bit' | 'temporal' | 'address' | 'binary' | 'text';

export interface KeyColumn {
  readonly name: string;
  readonly kind: KeyKind;
  /** Of text: the collation's id. */
  readonly collation: number | null;
}

const PLAIN: Readonly<Partial<Record<KeyKind, RegExp>>> = {
  number: /^-?\d+(?:\.\d+)?$/,
  real: /^-?\d+(?:\.\d+)?(?:e[+-]?\d+)?$/i,
  label: /^\d+$/,
  temporal: /^[-\d: .]+$/,
  address: /^[\da-f:.-]+$/i,
};

/**
 * The literal of a value that the server sent: digits as they are, everything else in hexadecimal or of characters that need
 * no escape.
 * @param value the bytes, one character a byte
 */
export function keyLiteral({ kind, collation }: KeyColumn, value: string): string {
  if (PLAIN[kind]?.test(value) === false) throw misfit();
  const hex = (): string => Buffer.from(value, 'latin1').toString('hex');
  switch (kind) {
    case 'number':
    case 'label':
      return value;
    case 'real':
      return /e/i.test(value) ? value : `${value}e0`;
    case 'bit':
      return String(BigInt(`0x0${hex()}`));
    case 'temporal':
    case 'address':
      return `'${value}'`;
    case 'binary':
      return `x'${hex()}'`;
    case 'text': {
      const charset = collation === null ? null : charsetOfCollation(collation);
      if (charset === null) throw misfit();
      return `_${charset} x'${hex()}'`;
    }
  }
}

export const quoteName = (name: string): string => `\`${name.replaceAll('`', '``')}\``;

/** The column as it is compared: ENUM and SET are ordered by their numbers. */
const compared = ({ name, kind }: KeyColumn): string =>
  kind === 'label' ? `CAST(${quoteName(name)} AS UNSIGNED)` : quoteName(name);

/** `(k1, k2) > (a, b)` in the form that an index can be used for: `k1 > a OR (k1 = a AND k2 > b)`. */
export function behindKey(key: readonly KeyColumn[], last: readonly string[]): string {
  const [column, ...more] = key;
  const [literal = '', ...rest] = last;
  if (column === undefined) throw misfit();
  const greater = `${compared(column)} > ${literal}`;
  if (more.length === 0) return greater;
  return `${greater} OR (${compared(column)} = ${literal} AND (${behindKey(more, rest)}))`;
}
