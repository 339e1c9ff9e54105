import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';

const script = fileURLToPath(new URL('../../../.ci/sum-reports.mjs', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'heaviside-reports-'));
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

interface Tier {
  readonly passed: number;
  readonly failed?: number;
  /** Files that failed although none of their tests did. */
  readonly brokenFiles?: number;
}

function sum(tiers: Record<string, Tier>, failedSteps: readonly string[] = []): string {
  const reports = mkdtempSync(`${folder}-`);
  for (const [name, { passed, failed = 0, brokenFiles = 0 }] of Object.entries(tiers)) {
    const failedFile = { status: 'failed', assertionResults: [{ status: 'failed' }] };
    const brokenFile = { status: 'failed', assertionResults: [{ status: 'passed' }] };
    const testResults = [
      { status: 'passed', assertionResults: [{ status: 'passed' }] },
      ...(failed > 0 ? [failedFile] : []),
      ...Array.from({ length: brokenFiles }, () => brokenFile),
    ];
    const report = { numPassedTests: passed, numFailedTests: failed, testResults };
    writeFileSync(join(reports, `${name}.json`), JSON.stringify(report));
  }
  const run = spawnSync(process.execPath, [script, reports, ...failedSteps], { encoding: 'utf8' });
  rmSync(reports, { recursive: true });
  return run.stdout.trim();
}

describe('.ci/sum-reports.mjs', () => {
  it('adds up the tiers', () => {
    expect(sum({ unit: { passed: 100 }, ha: { passed: 7 } })).toBe('107 passed, 0 failed');
  });

  it('counts the failed tests of a tier, and not its step once more', () => {
    expect(sum({ unit: { passed: 100, failed: 2 } }, ['unit_tests'])).toBe('100 passed, 2 failed');
  });

  it('counts a file that did not load or left something open', () => {
    expect(sum({ unit: { passed: 100, brokenFiles: 3 } }, ['unit_tests'])).toBe('100 passed, 3 failed');
  });

  it('counts a failed step without a report, a tier that crashed among them', () => {
    expect(sum({ unit: { passed: 1 } }, ['lint', 'ha_tests'])).toBe('1 passed, 2 failed');
  });

  it('counts a tier in which no test passed', () => {
    expect(sum({ unit: { passed: 1 }, ha: { passed: 0 } })).toBe('1 passed, 1 failed');
  });
});
