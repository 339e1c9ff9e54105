import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { kafkaMutations } from './kafka-mutations.ts';
import { leadershipMutations } from './leadership-mutations.ts';
import type { Mutation, MutationTest } from './mutation.ts';
import { ProductCopy, type FailedTest } from './product-copy.ts';
import { snapshotMutations } from './snapshot-mutations.ts';
import { sourceMutations } from './source-mutations.ts';
import { VerdictsFile, type Verdict } from './verdicts-file.ts';

const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
const mutations: readonly Mutation[] = [
  ...kafkaMutations,
  ...sourceMutations,
  ...leadershipMutations,
  ...snapshotMutations,
];
const FILE = join(ROOT, '.mutations.jsonl');
const USAGE = `usage: npm run test:mutations [-- --only NAME[,NAME…]] [--project unit|integration|ha|chaos] [--resume]
Makes the product wrong on purpose, one rule at a time and in a copy, and demands that the suite turns red.
--resume leaves out what earlier sittings have shown red (.mutations.jsonl); the table shows all of them.
names: ${mutations.map(({ name }) => name).join(', ')}\n`;

function say(text: string): void {
  process.stderr.write(`[mutations] ${text}\n`);
}

const named = (failed: readonly FailedTest[]): string =>
  failed.map(({ name, reason }) => `${name}: ${reason}`).join('; ');

/** The product as it is, built when it is first needed: a test that is red on it proves nothing. */
class Unmutated {
  readonly #file: VerdictsFile;
  #copy: ProductCopy | null = null;

  constructor(file: VerdictsFile) {
    this.#file = file;
  }

  /** Throws where the test is red. */
  async proveGreen(test: MutationTest): Promise<void> {
    if (this.#file.isGreen(test)) return;
    if (this.#copy === null) {
      this.#copy = new ProductCopy(ROOT);
      await this.#copy.build();
    }
    say(`unmutated: ${test.file} "${test.test}"`);
    const { failed } = await this.#copy.test(test);
    if (failed.length > 0) throw new Error(`red without a mutation: ${named(failed)}`);
    this.#file.addGreen(test);
  }

  remove(): void {
    this.#copy?.remove();
  }
}

async function tryMutation(mutation: Mutation, unmutated: Unmutated): Promise<Verdict> {
  const { name, killedBy } = mutation;
  const startedAt = performance.now();
  const verdict = (isKilled: boolean, words: string): Verdict => ({
    name,
    isKilled,
    words,
    seconds: (performance.now() - startedAt) / 1000,
  });
  const copy = new ProductCopy(ROOT);
  try {
    await unmutated.proveGreen(killedBy);
    say(`${name}: ${mutation.file}`);
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
    options: {
      only: { type: 'string' },
      project: { type: 'string' },
      resume: { type: 'boolean', default: false },
      help: { type: 'boolean' },
    },
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
  const file = new VerdictsFile(FILE, values.resume);
  const shown = new Set(file.verdicts().flatMap(({ name, isKilled }) => (isKilled ? [name] : [])));
  const left = chosen.filter(({ name }) => !shown.has(name));
  const unmutated = new Unmutated(file);
  try {
    for (const mutation of left) {
      const verdict = await tryMutation(mutation, unmutated);
      say(`${verdict.isKilled ? 'red' : 'NOT RED'}: ${verdict.words}`);
      file.addVerdict(verdict);
    }
  } finally {
    unmutated.remove();
  }
  const verdicts = file.verdicts();
  process.stdout.write(table(verdicts));
  return verdicts.every(({ isKilled }) => isKilled) ? 0 : 1;
}

try {
  process.exitCode = await main();
} catch (error) {
  process.stderr.write(`mutations: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
