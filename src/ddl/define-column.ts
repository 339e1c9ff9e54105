import type { ColumnDefinition } from '../model/table-definition.ts';
import { bytesPerCharacter } from './charset.ts';
import { binaryTypes, type ColumnType } from './column-type.ts';
import { notUnderstood } from './sql-cursor.ts';

/** The smallest of the four sizes that holds so many bytes. */
function sized(name: 'text' | 'blob', bytes: number): string {
  if (bytes < 2 ** 8) return `tiny${name}`;
  if (bytes < 2 ** 16) return name;
  return bytes < 2 ** 24 ? `medium${name}` : `long${name}`;
}

/** Longer columns of these become another type where sql_mode is not strict, and an error where it is. */
function checkLength(name: string, characters: number, bytes: number): void {
  const isFixed = name === 'char' || name === 'binary';
  if (isFixed ? characters > 255 : bytes > 65_535) throw notUnderstood;
}

/**
 * The column in a table whose default character set is `tableCharset`.
 * @throws NotUnderstoodError where that set is needed and null, and where the server may have chosen another type
 */
export function defineColumn(name: string, given: ColumnType, tableCharset: string | null): ColumnDefinition {
  switch (given.kind) {
    case 'integer':
      return { type: given.type, name, signed: given.isSigned };
    case 'labels':
      return { type: given.type, name, enumValues: given.labels };
    case 'fraction':
      return { type: given.type, name, columnLength: given.length ?? 0 };
    case 'plain':
      return { type: given.type, name };
    case 'binary': {
      if (given.type === 'blob' && given.length)
        return { type: sized('blob', given.length), name, charset: 'binary' };
      if (given.type.endsWith('binary')) checkLength(given.type, given.length ?? 1, given.length ?? 1);
      return { type: given.type, name, charset: 'binary' };
    }
    case 'text': {
      const set = given.charset ?? tableCharset;
      if (set === null) throw notUnderstood;
      if (set === 'binary') return defineColumn(name, asBinary(given), null);
      const bytes = (given.length ?? 1) * bytesPerCharacter(set);
      if (given.type === 'text' && given.length) return { type: sized('text', bytes), name, charset: set };
      if (given.type.endsWith('char')) checkLength(given.type, given.length ?? 1, bytes);
      return { type: given.type, name, charset: set };
    }
  }
}

function asBinary(given: ColumnType): ColumnType {
  return { ...given, kind: 'binary', type: binaryTypes[given.type] ?? given.type };
}
