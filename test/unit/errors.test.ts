import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { renderErrorsMarkdown } from '../../scripts/errors-markdown.ts';
import { asHeavisideError, errorTable, HeavisideError } from '../../src/errors.ts';
import { shutdownExitCodes } from '../../src/lifecycle/shutdown.ts';

describe('the table of errors', () => {
  it.each(Object.entries(errorTable))('%s has an exit code of its own kind and a next step', (_code, row) => {
    expect(row.exitCode).toBeGreaterThan(0);
    expect(row.exitCode).toBeLessThan(128); // above are the shells' own
    expect(Object.values<number>(shutdownExitCodes)).not.toContain(row.exitCode);
    expect(row.hint).toMatch(/^["'`A-Z/].*[.)]$/s);
  });

  it('wraps what is no error of ours, and lets ours pass', () => {
    const known = new HeavisideError('SOURCE_LOST', 'gone');
    expect(asHeavisideError(known, 'KAFKA_TIMEOUT')).toBe(known);
    const wrapped = asHeavisideError(new TypeError('x is no y'));
    expect(wrapped).toMatchObject({ code: 'INTERNAL', message: 'x is no y', exitCode: 70, reaction: 'exit' });
    expect(asHeavisideError('text', 'KAFKA_TIMEOUT')).toMatchObject({
      code: 'KAFKA_TIMEOUT',
      message: 'text',
    });
  });
});

describe('docs/errors.md', () => {
  const page = renderErrorsMarkdown();

  it('is what the table says', () => {
    const path = fileURLToPath(new URL('../../docs/errors.md', import.meta.url));
    expect(readFileSync(path, 'utf8')).toBe(page);
  });

  it('has every code with its exit code and its next step', () => {
    for (const [code, { exitCode, hint }] of Object.entries(errorTable)) {
      const line = page.split('\n').find((each) => each.startsWith(`| \`${code}\` |`));
      expect(line).toContain(`| ${exitCode} |`);
      expect(line).toContain(hint.replaceAll('|', '\\|'));
    }
    for (const exitCode of Object.values(shutdownExitCodes))
      expect(page).toMatch(new RegExp(`^\\| (\\d+, )?${exitCode}\\b`, 'm'));
  });
});
