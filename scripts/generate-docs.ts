import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';

import { renderOptionsMarkdown } from '../src/config/help.ts';
import { renderValuesSchema } from './chart/values-schema.ts';
import { renderCommandsMarkdown } from './commands-markdown.ts';
import { renderErrorsMarkdown } from './errors-markdown.ts';
import { renderMaxwellOptionsMarkdown } from './maxwell-options-markdown.ts';
import { renderMetricsMarkdown } from './metrics-markdown.ts';
import { renderOptionsTestsMarkdown } from './options/options-tests-markdown.ts';

/** The pages that are made from tables in the code. */
const pages = [
  { path: 'docs/options.md', render: renderOptionsMarkdown },
  { path: 'docs/maxwell-options.md', render: renderMaxwellOptionsMarkdown },
  { path: 'docs/options-tests.md', render: renderOptionsTestsMarkdown },
  { path: 'docs/metrics.md', render: renderMetricsMarkdown },
  { path: 'docs/errors.md', render: renderErrorsMarkdown },
  { path: 'docs/commands.md', render: renderCommandsMarkdown },
  { path: 'helm/heaviside/values.schema.json', render: renderValuesSchema },
];

const readIfThere = (path: string): string => {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
};

const checksOnly = process.argv.includes('--check');
for (const { path, render } of pages) {
  const target = fileURLToPath(new URL(`../${path}`, import.meta.url));
  const text = render();
  if (readIfThere(target) === text) continue;
  if (checksOnly) {
    process.stderr.write(`${path} is not in step with the code: run npm run docs\n`);
    process.exitCode = 1;
  } else {
    mkdirSync(dirname(target), { recursive: true });
    writeFileSync(target, text);
    process.stdout.write(`wrote ${path}\n`);
  }
}
