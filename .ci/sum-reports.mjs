// Prints "N passed, N failed" over vitest's JSON reports.
//   node .ci/sum-reports.mjs FOLDER [failed step…]
// A file that failed without a failed test (it did not load, or left something open), a failed step that no report
// accounts for, and a tier in which no test passed count as one failure each.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const [folder, ...failedSteps] = process.argv.slice(2);
const failedTiers = new Set();
let passed = 0;
let failed = 0;

for (const file of readdirSync(folder)) {
  const report = JSON.parse(readFileSync(join(folder, file), 'utf8'));
  const brokenFiles = report.testResults.filter(
    ({ status, assertionResults }) =>
      status === 'failed' && !assertionResults.some((test) => test.status === 'failed'),
  ).length;
  const failures = report.numFailedTests + brokenFiles + (report.numPassedTests === 0 ? 1 : 0);
  passed += report.numPassedTests;
  failed += failures;
  if (failures > 0) failedTiers.add(`${file.replace(/\.json$/, '')}_tests`);
}
failed += failedSteps.filter((step) => !failedTiers.has(step)).length;

process.stdout.write(`${passed} passed, ${failed} failed\n`);
