import fc from 'fast-check';
import { expect, it } from 'vitest';
import { avroName } from '../../../../src/encode/avro/avro-name.ts';

const readBack = (name: string): string =>
  name.replace(/_u([0-9a-f]{4})/g, (_, hex: string) => String.fromCharCode(parseInt(hex, 16)));

it.each([
  ['order_items', 'order_items'],
  ['Größe', 'Gr_u00f6_u00dfe'],
  ['a-b.c', 'a_u002db_u002ec'],
  ['2fa', '_u0032fa'],
  ['a_u0041', 'a_u005fu0041'],
  ['a_ux', 'a_ux'],
  ['😁', '_ud83d_ude01'],
])('makes %s a legal name', (name, expected) => {
  expect(avroName(name)).toBe(expected);
});

it('is legal, and no two names become one', () => {
  const piece = fc.constantFrom('_', 'u', '_u', '0041', '_u0041', 'a', '9', '-', 'ü', '.', '😁');
  const names = fc.array(piece, { minLength: 1, maxLength: 8 }).map((pieces) => pieces.join(''));
  fc.assert(
    fc.property(names, (name) => {
      const result = avroName(name);
      expect(result).toMatch(/^[A-Za-z_][A-Za-z0-9_]*$/);
      expect(readBack(result)).toBe(name);
    }),
    { numRuns: 2000 },
  );
});
