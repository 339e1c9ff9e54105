import { describe, expect, it } from 'vitest';
import { readE2eOptions } from '../../../scripts/e2e/e2e-options.ts';
import type { Passage } from '../../../scripts/e2e/passage.ts';
import { isGood, renderRows } from '../../../scripts/e2e/report.ts';
import { scenarios } from '../../../scripts/e2e/scenarios.ts';
import { AuditFindings } from '../../support/audit-report.ts';

const withoutOptions = () => {
  const options = readE2eOptions([]);
  if (options === null) throw new Error('the usage was asked for');
  return options;
};

describe('the command line', () => {
  it('needs nothing, and brings the servers up inside the cluster', () => {
    expect(withoutOptions()).toMatchObject({ image: 'heaviside:0.1.0', servers: null, only: null });
  });

  it('takes servers beside the cluster, all three or none', () => {
    const named = readE2eOptions([
      '--mysql',
      'mysql://u:p@h:1',
      '--kafka',
      'a:1,b:1',
      '--redis',
      'redis://r',
    ]);
    expect(named?.servers).toMatchObject({ kafka: 'a:1,b:1', redis: 'redis://r' });
    expect(() => readE2eOptions(['--kafka', 'a:1'])).toThrow('go together');
  });

  it('refuses what is no number of rows', () => {
    expect(() => readE2eOptions(['--rows', '0'])).toThrow('--rows');
  });

  it('says which scenarios are left out, and what they need', () => {
    const options = withoutOptions();
    const needs = scenarios.map(({ needs: of }) => of?.(options) ?? null).filter((flag) => flag !== null);
    expect(new Set(needs)).toEqual(
      new Set([
        '--partition-node',
        '--kill-node',
        '--apiserver-cidr',
        '--previous-image',
        '--newer-format-image',
      ]),
    );
  });
});

describe('the report', () => {
  const result = (lost: boolean): Passage => {
    const findings = new AuditFindings();
    Object.assign(findings.counts, {
      committedTransactions: 1,
      committedRows: 2,
      kafkaRows: 2,
      exactRows: 2,
    });
    if (lost) findings.add('lost', 'a:1#1');
    const scan = {
      abortMarkers: 0,
      commitMarkers: 1,
      abortedRecords: 0,
      openTransactions: 0,
      isStable: true,
    };
    return {
      takeovers: [5.25],
      report: findings.report(),
      scan: { ...scan, committedRecords: new Map([[0, 2]]) },
    };
  };

  it('is good where the audit is clean', () => {
    const row = { name: 'delete-pod', notes: ['seen'], result: result(false) };
    expect(isGood(row)).toBe(true);
    expect(renderRows([row])).toContain('| delete-pod | 2 | 2 | 0 | 0 | 0 | 5.25 | seen |');
  });

  it('is bad where a row is lost or a scenario failed, and says so', () => {
    const lost = { name: 'a', notes: [], result: result(true) };
    const failed = { name: 'b', notes: [], failure: 'no leader' };
    expect([lost, failed].map(isGood)).toEqual([false, false]);
    expect(renderRows([lost, failed])).toMatch(/NOT CLEAN.*a:1#1[^]*FAILED: no leader/u);
  });

  it('tells what was left out', () => {
    expect(renderRows([{ name: 'c', leftOut: '--kill-node' }])).toContain('left out: needs --kill-node');
  });
});
