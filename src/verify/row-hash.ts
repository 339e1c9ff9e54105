import { hash } from 'node:crypto';
import type { CanonicalRow } from './row-change.ts';

/** 64 bits of SHA-1: two different rows of a million meet with a probability of about 3 in 10^8. */
export interface RowHash {
  readonly low: number;
  readonly high: number;
}

function hashOf(text: string): RowHash {
  const bytes = hash('sha1', text, 'buffer');
  return { low: bytes.readUInt32LE(0), high: bytes.readUInt32LE(4) };
}

/** The hash of some columns of a row; a column that is not there counts as NULL. Lengths keep neighbours apart. */
export function hashColumns(row: CanonicalRow, columns: readonly number[]): RowHash {
  let text = '';
  for (const column of columns) {
    const value = row[column];
    text += value === null || value === undefined ? '-' : `${value.length}:${value}`;
  }
  return hashOf(text);
}
