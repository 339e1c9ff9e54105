import { existsSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { kafkaMutations } from '../../scripts/mutations/kafka-mutations.ts';
import { leadershipMutations } from '../../scripts/mutations/leadership-mutations.ts';
import { snapshotMutations } from '../../scripts/mutations/snapshot-mutations.ts';
import { sourceMutations } from '../../scripts/mutations/source-mutations.ts';

const mutations = [...kafkaMutations, ...sourceMutations, ...leadershipMutations, ...snapshotMutations];

// The mutations themselves take minutes; that they still fit the code is seen at once.
it.each(mutations.map((mutation) => [mutation.name, mutation] as const))(
  'the mutation %s stands in the code exactly once, and so does the test that kills it',
  (_, { alsoOff, killedBy, ...edit }) => {
    for (const { file, from, to } of alsoOff === undefined ? [edit] : [edit, alsoOff]) {
      expect(readFileSync(file, 'utf8').split(from)).toHaveLength(2);
      expect(to).not.toBe(from);
    }
    expect(existsSync(killedBy.file)).toBe(true);
  },
);

it('each rule of the takeover that a patch can switch off has a mutation, and docs name each by its rule', () => {
  expect(new Set(mutations.map(({ name }) => name)).size).toBe(mutations.length);
  const withoutPatch = new Set([27]); // the clock's rule is a sentence in the docs
  const rules = Array.from({ length: 31 }, (_, index) => index + 1).filter((rule) => !withoutPatch.has(rule));
  const covered = new Set(mutations.flatMap((mutation) => mutation.rules));
  expect(rules.filter((rule) => !covered.has(rule))).toEqual([]);
  const table = readFileSync('docs/design/takeover-rules.md', 'utf8');
  const missing = mutations.flatMap(({ name, rules: own }) =>
    own
      .filter((rule) => !new RegExp(`^\\| ${rule} +\\|.*\`${name}\``, 'm').test(table))
      .map((rule) => `${rule} ${name}`),
  );
  expect(missing).toEqual([]);
});
