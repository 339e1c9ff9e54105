import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { optionProofs, tagPattern } from '../../../scripts/options/option-proofs.ts';
import { openOptions, unprovableOptions } from '../../../scripts/options/unproven-options.ts';
import { optionNames } from '../../../src/config/options.ts';

const proofs = optionProofs(fileURLToPath(new URL('../../..', import.meta.url)));

it('every option has a test that carries its name, or stands among those that have none', () => {
  const without = optionNames.filter((name) => !proofs.has(name) && !Object.hasOwn(unprovableOptions, name));
  expect(without.sort()).toEqual([...openOptions].sort());
});

it.each([
  ['kafka.acks', true],
  ['a.b, kafka.acks@at_least_once', true],
  ['kafka.acks@exactly_once@at_least_once, delivery', true],
  ['kafka.acks_more', false],
  ['not.kafka.acks', false],
  ['kafkaxacks', false],
])('whether the pattern of kafka.acks fits the tag of %s: %s', (names, fits) => {
  expect(new RegExp(tagPattern('kafka.acks')).test(`TLS [${names}] all`)).toBe(fits);
});
