import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ensureStack } from './stack/ensure-stack.ts';

/*
 * `npm test`: brings the servers up, then runs every tier of tests that belongs to a change.
 * Prints the tests of each tier, and as its last line `N passed, N failed`.
 */

const tiers = ['unit', 'integration', 'ha'] as const;
type Tier = (typeof tiers)[number];

interface Report {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly testResults: readonly { status: string; assertionResults: readonly { status: string }[] }[];
}

interface TierResult {
  readonly tier: Tier;
  readonly passed: number;
  readonly failed: number;
  readonly seconds: number;
}

function vitest(tier: Tier, reportFile: string): Promise<number> {
  const args = [
    'run',
    '--project',
    `${tier}*`,
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${reportFile}`,
  ];
  return new Promise((resolve) => {
    const child = spawn('vitest', args, { stdio: 'inherit' });
    child.once('error', () => resolve(127));
    child.once('exit', (code) => resolve(code ?? 1));
  });
}

/** A file that did not load, one that left something open, and a tier in which nothing passed are failures too. */
function count(reportFile: string, exitCode: number): { passed: number; failed: number } {
  try {
    const report = JSON.parse(readFileSync(reportFile, 'utf8')) as Report;
    const brokenFiles = report.testResults.filter(
      ({ status, assertionResults }) =>
        status === 'failed' && !assertionResults.some((test) => test.status === 'failed'),
    ).length;
    const failed = report.numFailedTests + brokenFiles + (report.numPassedTests === 0 ? 1 : 0);
    return { passed: report.numPassedTests, failed: Math.max(failed, exitCode === 0 ? 0 : 1) };
  } catch {
    return { passed: 0, failed: 1 };
  }
}

async function runTier(tier: Tier, reports: string): Promise<TierResult> {
  process.stdout.write(`\n==> ${tier} tests\n`);
  const startedAt = performance.now();
  const reportFile = join(reports, `${tier}.json`);
  const exitCode = await vitest(tier, reportFile);
  return {
    tier,
    ...count(reportFile, exitCode),
    seconds: Math.round((performance.now() - startedAt) / 1000),
  };
}

const wanted = process.argv.slice(2);
const unknown = wanted.filter((tier) => !tiers.includes(tier as Tier));
if (unknown.length > 0) {
  process.stderr.write(`no such tier: ${unknown.join(', ')}; tiers: ${tiers.join(', ')}\n`);
  process.exit(1);
}
const reports = mkdtempSync(join(tmpdir(), 'heaviside-reports-'));
await ensureStack({ mysql: true, mariadb: true, redisNodes: 1, brokers: 1 });
const results: TierResult[] = [];
for (const tier of tiers.filter((each) => wanted.length === 0 || wanted.includes(each)))
  results.push(await runTier(tier, reports));
rmSync(reports, { recursive: true, force: true });

process.stdout.write('\n');
for (const { tier, passed, failed, seconds } of results) {
  process.stdout.write(
    `${tier.padEnd(12)} ${String(passed).padStart(5)} passed ${String(failed).padStart(4)} failed ${String(seconds).padStart(5)} s\n`,
  );
}
const passed = results.reduce((sum, result) => sum + result.passed, 0);
const failed = results.reduce((sum, result) => sum + result.failed, 0);
process.stdout.write(`${passed} passed, ${failed} failed\n`);
process.exitCode = failed === 0 && passed > 0 ? 0 : 1;
