/** Writes docs/metrics.md; with --check, fails where the page is not what the table says, and writes nothing. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { renderMetricsMarkdown } from './metrics-markdown.ts';

const page = fileURLToPath(new URL('../docs/metrics.md', import.meta.url));
const text = renderMetricsMarkdown();

if (!process.argv.includes('--check')) {
  writeFileSync(page, text);
} else if (!existsSync(page) || readFileSync(page, 'utf8') !== text) {
  process.stderr.write('docs/metrics.md is not up to date: run `npm run docs`\n');
  process.exitCode = 1;
}
