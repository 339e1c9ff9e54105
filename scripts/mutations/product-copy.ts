import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runCommand } from '../stack/run-command.ts';
import type { Mutation, MutationTest } from './mutation.ts';

const COPIED = [
  'src',
  'test',
  'scripts',
  'package.json',
  'tsconfig.json',
  'tsconfig.build.json',
  'vitest.config.ts',
];

/** A test that went red, and the first line of why. */
export interface FailedTest {
  readonly name: string;
  readonly reason: string;
}

/** The tests that ran, by their result. */
export interface TestOutcome {
  readonly passed: readonly string[];
  readonly failed: readonly FailedTest[];
}

interface VitestReport {
  readonly testResults: readonly {
    readonly message: string;
    readonly assertionResults: readonly {
      readonly fullName: string;
      readonly status: string;
      readonly failureMessages: readonly string[];
    }[];
  }[];
}

/** A copy of the tree, where the product can be made wrong and built without anybody else seeing it. */
export class ProductCopy {
  readonly #root: string;
  readonly #folder = mkdtempSync(join(tmpdir(), 'heaviside-mutation-'));

  constructor(root: string) {
    this.#root = root;
    for (const name of COPIED) cpSync(join(root, name), join(this.#folder, name), { recursive: true });
    symlinkSync(join(root, 'node_modules'), join(this.#folder, 'node_modules'));
  }

  /** Puts the mutation in. Throws where its text does not stand in the file exactly once. */
  mutate({ name, alsoOff, ...edit }: Mutation): void {
    for (const { file, from, to } of alsoOff === undefined ? [edit] : [edit, alsoOff]) {
      const path = join(this.#folder, file);
      const parts = readFileSync(path, 'utf8').split(from);
      if (parts.length !== 2)
        throw new Error(`${name}: its text stands ${parts.length - 1} times in ${file}, not once`);
      writeFileSync(path, parts.join(to));
    }
  }

  /** Compiles it, unchecked: a mutation may leave a variable unused. */
  async build(): Promise<void> {
    const compiler = join(this.#root, 'node_modules', 'typescript', 'bin', 'tsc');
    await runCommand(process.execPath, [compiler, '-p', 'tsconfig.build.json', '--noCheck'], {
      cwd: this.#folder,
    });
    cpSync(join(this.#folder, 'src', 'health', 'page'), join(this.#folder, 'dist', 'health', 'page'), {
      recursive: true,
    });
    const page = join('health', 'page');
    cpSync(join(this.#folder, 'src', page), join(this.#folder, 'dist', page), { recursive: true });
  }

  /** Runs the test against this copy and its build, with the servers of the original tree. @param more variables of the environment */
  async test(
    { project, file, test }: MutationTest,
    more: Readonly<Record<string, string>> = {},
  ): Promise<TestOutcome> {
    const vitest = join(this.#root, 'node_modules', 'vitest', 'vitest.mjs');
    const output = join(this.#folder, 'result.json');
    const args = [
      'run',
      '--project',
      `${project}*`,
      file,
      '-t',
      test,
      '--reporter=json',
      `--outputFile=${output}`,
    ];
    const env = {
      ...more,
      HEAVISIDE_STACK_DIR: process.env['HEAVISIDE_STACK_DIR'] ?? join(this.#root, '.stack'),
      HEAVISIDE_TEST_MAIN: '',
    };
    rmSync(output, { force: true });
    let failure: unknown = null;
    await runCommand(process.execPath, [vitest, ...args], { cwd: this.#folder, env }).catch(
      (error: unknown) => (failure = error),
    );
    return readOutcome(output, failure);
  }

  remove(): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

function readOutcome(output: string, failure: unknown): TestOutcome {
  let report: VitestReport;
  try {
    report = JSON.parse(readFileSync(output, 'utf8')) as VitestReport;
  } catch {
    throw failure instanceof Error ? failure : new Error('the tests left no report');
  }
  const tests = report.testResults.flatMap(({ assertionResults }) => assertionResults);
  const outcome: TestOutcome = {
    passed: tests.filter(({ status }) => status === 'passed').map(({ fullName }) => fullName),
    failed: tests
      .filter(({ status }) => status === 'failed')
      .map(({ fullName, failureMessages: [message = ''] }) => ({
        name: fullName,
        reason: message.split('\n')[0] ?? '',
      })),
  };
  // A file that cannot even be loaded, or that leaks, is no verdict on a rule.
  const hasNoVerdict = outcome.failed.length === 0 && failure !== null;
  if (hasNoVerdict || outcome.passed.length + outcome.failed.length === 0)
    throw new Error(`no test gave a verdict: ${report.testResults.map(({ message }) => message).join(' ')}`);
  return outcome;
}
