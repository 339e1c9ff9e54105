import type { PositionRecord } from '../../src/model/position-record.ts';

/** A position record that names the commit of an epoch. */
export function positionRecord(
  epoch: number,
  commit: number,
  overrides: Partial<PositionRecord> = {},
): PositionRecord {
  return {
    v: 1,
    clusterUuid: '6f0c1d0e-0000-4000-8000-000000000001',
    source: { flavor: 'mysql', id: '3e11fa47-71ca-11e1-9e33-c80aa9429562' },
    gtidSet: `3e11fa47-71ca-11e1-9e33-c80aa9429562:1-${commit + 1}`,
    file: null,
    offset: null,
    fileCreatedAt: null,
    split: null,
    lastTransaction: null,
    epoch,
    commit,
    partitions: {},
    config: 'test',
    reason: 'rows',
    at: '2026-01-01T00:00:00.000Z',
    ...overrides,
  };
}
