import type { ValueForm } from '../../../src/verify/value-form.ts';
import type { SeededRandom } from '../seeded-random.ts';
import type { Flavor } from '../load-table.ts';

/** A column type with its attributes, and values of it. */
export interface ColumnType {
  /** As it stands in CREATE TABLE. */
  readonly sql: string;
  readonly form: ValueForm;
  /** Fractional digits of a DATETIME or TIMESTAMP. */
  readonly precision: number;
  /** A value as SQL; edge values are favoured. Never NULL. */
  readonly literal: (random: SeededRandom) => string;
  /** A value whose rendering tells it from every other one; null: the type cannot stand in a key. */
  readonly keyLiteral: ((random: SeededRandom) => string) | null;
  /** Appended to the column where it stands in a key: a prefix length. */
  readonly keyPrefix: string;
}

/** What a type may be made for. */
export interface TypeScope {
  readonly random: SeededRandom;
  readonly flavor: Flavor;
  /** Character sets that the server has, without `binary`. */
  readonly charsets: readonly string[];
}

export type TypeFamily = (scope: TypeScope) => ColumnType;

/** A type with what most have. */
export function columnType(
  sql: string,
  form: ValueForm,
  literal: ColumnType['literal'],
  more: Partial<ColumnType> = {},
): ColumnType {
  return { sql, form, literal, precision: 0, keyLiteral: null, keyPrefix: '', ...more };
}

/** An edge value in four of ten cases. */
export function edgeOr(random: SeededRandom, edges: readonly string[], other: () => string): string {
  return random.chance(0.4) ? random.pick(edges) : other();
}

export function digits(random: SeededRandom, count: number): string {
  return Array.from({ length: count }, () => random.between(0, 9)).join('');
}

export function padded(value: number, width: number): string {
  return String(value).padStart(width, '0');
}

export function randomBytes(random: SeededRandom, count: number): Buffer {
  return Buffer.from(Array.from({ length: count }, () => random.between(0, 255)));
}

export function hexLiteral(bytes: Buffer): string {
  return `X'${bytes.toString('hex')}'`;
}
