import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { isOptionName, type OptionName } from '../../src/config/options.ts';
import { ProductCopy } from '../mutations/product-copy.ts';
import { optionProofs, tagPattern, type OptionProof } from './option-proofs.ts';
import { unforcedOptions } from './unproven-options.ts';

const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
const USAGE = `usage: npm run test:options [-- --only NAME,…] [--project unit|integration|ha]
Has a copy of the product pass over one option at a time, as if it had not been given, and demands that the tests with its tag turn red.\n`;

/** The seam, in the copy alone: the setting is dropped behind the parser. */
const ignoring = {
  name: 'ignored-option',
  rules: [],
  file: 'src/config/load.ts',
  from: '  const { broken, problems, warnings } = resolved;\n',
  to: `  const { broken, problems, warnings } = resolved;
  (resolved.values as Map<string, unknown>).delete(process.env['IGNORED_OPTION'] ?? '');
`,
  killedBy: { project: 'unit', file: '', test: '' },
} as const;

function say(text: string): void {
  process.stderr.write(`[options] ${text}\n`);
}

/** One run for each file that has a test of the option. */
function runsOf(name: OptionName, proofs: readonly OptionProof[]): Parameters<ProductCopy['test']>[0][] {
  const files = new Map(proofs.map(({ project, file }) => [file, project]));
  return [...files].map(([file, project]) => ({ project, file, test: tagPattern(name) }));
}

/** The first test that goes red with the option ignored; null where none does. Throws where one is red without that. */
async function redTest(
  copy: ProductCopy,
  name: OptionName,
  proofs: readonly OptionProof[],
): Promise<string | null> {
  for (const run of runsOf(name, proofs)) {
    const { failed } = await copy.test(run, { IGNORED_OPTION: name });
    if (failed.length === 0) continue;
    const { failed: before } = await copy.test(run);
    if (before.length > 0) throw new Error(`red as it is: ${before.map((each) => each.name).join('; ')}`);
    return failed[0]?.name ?? null;
  }
  return null;
}

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: { only: { type: 'string' }, project: { type: 'string' }, help: { type: 'boolean' } },
  });
  const only = values.only?.split(',');
  if (values.help === true || only?.some((name) => !isOptionName(name)) === true) {
    process.stderr.write(USAGE);
    return values.help === true ? 0 : 2;
  }
  const copy = new ProductCopy(ROOT);
  let [passed, failed] = [0, 0];
  try {
    copy.mutate(ignoring);
    await copy.build();
    for (const [name, all] of optionProofs(ROOT)) {
      if (only?.includes(name) === false || Object.hasOwn(unforcedOptions, name)) continue;
      const proofs = all.filter(({ project }) => values.project === undefined || project === values.project);
      if (proofs.length === 0) continue;
      const red = await redTest(copy, name, proofs).catch((error: unknown) => {
        say(`${name}: ${error instanceof Error ? error.message : String(error)}`);
        return null;
      });
      process.stdout.write(red === null ? `✗ ${name}  no test noticed\n` : `✓ ${name}  ${red}\n`);
      if (red === null) failed++;
      else passed++;
    }
  } finally {
    copy.remove();
  }
  process.stdout.write(`${passed} passed, ${failed} failed\n`);
  return failed === 0 && passed > 0 ? 0 : 1;
}

try {
  process.exitCode = await main();
} catch (error) {
  say(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
}
