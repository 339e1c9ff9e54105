import { expect, it } from 'vitest';
import { camelCaseName } from '../../../src/encode/field-name.ts';

// Worked out by hand from Maxwell's Underscore2CamelCaseStrategy.
it.each([
  ['id', 'id'],
  ['primary_key_columns', 'primaryKeyColumns'],
  ['_leading', 'leading'],
  ['_a_b', 'aB'],
  ['__twice', '_twice'],
  ['a__b', 'a_b'],
  ['trailing_', 'trailing'],
  ['a_1', 'a1'],
  ['a_Bc', 'aBc'],
  ['a_ü', 'aü'],
  ['_', '_'],
])('%s becomes %s', (name, shown) => {
  expect(camelCaseName(name)).toBe(shown);
});
