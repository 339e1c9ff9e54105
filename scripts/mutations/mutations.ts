import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { kafkaMutations } from './kafka-mutations.ts';
import { leadershipMutations } from './leadership-mutations.ts';
import type { Mutation, MutationTest } from './mutation.ts';
import { ProductCopy, type FailedTest } from './product-copy.ts';
import { sourceMutations } from './source-mutations.ts';

const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
const mutations: readonly Mutation[] = [...kafkaMutations, ...sourceMutations, ...leadershipMutations];
const USAGE = `usage: npm run test:mutations [-- --only NAME[,NAME…]] [--project unit|integration|ha]
Makes the product wrong on purpose, one rule at a time and in a copy, and demands that the suite turns red.
names: ${mutations.map(({ name }) => name).join(', ')}\n`;

/** What became of one mutation. */
interface Verdict {
  readonly name: string;
  readonly isKilled: boolean;
  readonly words: string;
  readonly seconds: number;
}

function say(text: string): void {
  process.stderr.write(`[mutations] ${text}\n`);
}

const named = (failed: readonly FailedTest[]): string =>
  failed.map(({ name, reason }) => `${name}: ${reason}`).join('; ');

/** Without a mutation every test must be green, else a red one proves nothing. */
async function proveGreen(tests: readonly MutationTest[]): Promise<void> {
  const copy = new ProductCopy(ROOT);
  try {
    await copy.build();
    const distinct = new Map(tests.map((test) => [JSON.stringify(test), test]));
    for (const test of distinct.values()) {
      say(`unmutated: ${test.file} "${test.test}"`);
      const { failed } = await copy.test(test);
      if (failed.length > 0) throw new Error(`red without a mutation: ${named(failed)}`);
    }
  } finally {
    copy.remove();
  }
}

async function tryMutation(mutation: Mutation): Promise<Verdict> {
  const { name, killedBy } = mutation;
  const startedAt = performance.now();
  const verdict = (isKilled: boolean, words: string): Verdict => ({
    name,
    isKilled,
    words,
    seconds: (performance.now() - startedAt) / 1000,
  });
  say(`${name}: ${mutation.file}`);
  const copy = new ProductCopy(ROOT);
  try {
    copy.mutate(mutation);
    if (killedBy.project !== 'unit') await copy.build();
    const { failed } = await copy.test(killedBy);
    const killer = failed.find((each) => new RegExp(killedBy.test).test(each.name));
    if (killer !== undefined) return verdict(true, `${killer.name}: ${killer.reason}`);
    return verdict(false, failed.length === 0 ? 'SURVIVED' : `red elsewhere: ${named(failed)}`);
  } catch (error) {
    return verdict(false, error instanceof Error ? error.message : String(error));
  } finally {
    copy.remove();
  }
}

function table(verdicts: readonly Verdict[]): string {
  const width = Math.max(...verdicts.map(({ name }) => name.length));
  const rows = verdicts.map(
    ({ name, isKilled, words, seconds }) =>
      `${isKilled ? '✓' : '✗'} ${name.padEnd(width)}  ${seconds.toFixed(1).padStart(6)} s  ${words}`,
  );
  const killed = verdicts.filter(({ isKilled }) => isKilled).length;
  return `${rows.join('\n')}\n${killed} passed, ${verdicts.length - killed} failed\n`;
}

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: { only: { type: 'string' }, project: { type: 'string' }, help: { type: 'boolean' } },
  });
  if (values.help === true) {
    process.stdout.write(USAGE);
    return 0;
  }
  const names = values.only?.split(',');
  const chosen = mutations.filter(
    ({ name, killedBy }) =>
      (names?.includes(name) ?? true) &&
      (values.project === undefined || killedBy.project === values.project),
  );
  if (chosen.length === 0) {
    process.stderr.write(USAGE);
    return 2;
  }
  await proveGreen(chosen.map(({ killedBy }) => killedBy));
  const verdicts: Verdict[] = [];
  for (const mutation of chosen) verdicts.push(await tryMutation(mutation));
  process.stdout.write(table(verdicts));
  return verdicts.every(({ isKilled }) => isKilled) ? 0 : 1;
}

try {
  process.exitCode = await main();
} catch (error) {
  process.stderr.write(`mutations: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
