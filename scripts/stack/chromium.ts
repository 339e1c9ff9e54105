import { aptInstall } from './install.ts';
import { findProgram } from './run-command.ts';
import { StackError } from './stack-error.ts';

const SHELL = 'chromium-headless-shell';
const INSTEAD = 'HEAVISIDE_TEST_CHROMIUM=/path/to/chromium';

/** A Chromium: the one that HEAVISIDE_TEST_CHROMIUM names, else one on the PATH, else Debian's, installed. Throws StackError. */
export async function chromiumProgram(): Promise<string> {
  const named = process.env['HEAVISIDE_TEST_CHROMIUM'];
  if (named !== undefined && named !== '') return named;
  const found = findProgram(SHELL) ?? findProgram('chromium');
  if (found !== undefined) return found;
  // Without a font every letter is an empty box.
  await aptInstall('chromium', [SHELL, 'fonts-dejavu-core'], INSTEAD);
  const installed = findProgram(SHELL);
  if (installed === undefined)
    throw new StackError(`chromium cannot be had: no ${SHELL} on the PATH; set ${INSTEAD}`);
  return installed;
}
