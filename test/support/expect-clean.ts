import { expect } from 'vitest';
import type { HaResult } from './ha-cluster.ts';

/** Nothing lost, doubled, out of order, invented or wrong; no transaction is open in the topic. */
export function expectClean({ report, scan }: HaResult): void {
  expect(report).toMatchObject({
    lost: 0,
    duplicated: 0,
    phantom: 0,
    wrongValues: 0,
    outOfOrder: 0,
    halfTransactions: 0,
    envelopeFaults: 0,
    epochRegressions: 0,
    foldDifferences: 0,
    findings: [],
    isClean: true,
  });
  expect(report.committedRows).toBeGreaterThan(0);
  expect(scan).toMatchObject({ openTransactions: 0, isStable: true });
}
