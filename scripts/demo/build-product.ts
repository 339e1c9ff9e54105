import { cpSync, existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { productEntry } from '../../test/support/replica-process.ts';
import { runCommand } from '../stack/run-command.ts';

function newestChange(folder: string): number {
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  return Math.max(...names.map((name) => statSync(join(folder, name)).mtimeMs));
}

/** Compiles the product where it was never compiled or its sources are newer. Rejects with the compiler's output. */
export async function buildProduct(root: string): Promise<void> {
  const named = process.env['HEAVISIDE_TEST_MAIN'];
  if (named !== undefined && named !== '') return; // somebody else's build
  const entry = productEntry();
  if (existsSync(entry) && statSync(entry).mtimeMs > newestChange(join(root, 'src'))) return;
  process.stderr.write('[demo] compiling the product\n');
  const compiler = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
  await runCommand(process.execPath, [compiler, '-p', join(root, 'tsconfig.build.json')]);
  cpSync(join(root, 'src/health/page'), join(root, 'dist/health/page'), { recursive: true });
}
