import { describe, expect, it } from 'vitest';
import { decideStart, type StartEvidence } from '../../../src/checkpoint/start-position.ts';
import { samplePositionRecord } from '../../support/sample-position-record.ts';

const nothing: StartEvidence = {
  record: null,
  recordOffset: -1n,
  checkpoint: null,
  hasInitPosition: false,
  hasData: false,
  onRegression: 'block',
};
const record = samplePositionRecord(4, 0);
const checkpoint = (epoch: number, positionsOffset: bigint): StartEvidence['checkpoint'] => ({
  epoch,
  positionsOffset,
  record,
});

const codeOf = (evidence: StartEvidence): string => {
  try {
    return decideStart(evidence).kind;
  } catch (error) {
    return (error as { code: string }).code;
  }
};

describe('where a leadership begins', () => {
  it('is now only where nothing was ever there', () => {
    expect(codeOf(nothing)).toBe('now');
    expect(codeOf({ ...nothing, hasInitPosition: true })).toBe('init');
  });

  it('is refused where data or a checkpoint tells of a lost position', () => {
    expect(codeOf({ ...nothing, hasData: true })).toBe('POSITION_LOST');
    expect(codeOf({ ...nothing, checkpoint: checkpoint(4, 10n) })).toBe('POSITION_LOST');
  });

  it('an init_position says where data begins, not that a lost position may be forgotten', () => {
    expect(codeOf({ ...nothing, hasData: true, hasInitPosition: true })).toBe('init');
    expect(codeOf({ ...nothing, checkpoint: checkpoint(4, 10n), hasInitPosition: true })).toBe(
      'POSITION_LOST',
    );
  });

  it('is the record, whatever the checkpoint behind it says', () => {
    const found = { ...nothing, record, recordOffset: 12n, hasData: true, hasInitPosition: true };
    expect(codeOf(found)).toBe('resume');
    expect(codeOf({ ...found, checkpoint: checkpoint(4, 12n) })).toBe('resume');
    expect(codeOf({ ...found, checkpoint: checkpoint(3, 99n) })).toBe('resume');
  });

  it('a checkpoint ahead of the record means that Kafka lost commits', () => {
    const behind = { ...nothing, record, recordOffset: 12n };
    expect(codeOf({ ...behind, checkpoint: checkpoint(4, 13n) })).toBe('POSITION_REGRESSED');
    expect(codeOf({ ...behind, checkpoint: checkpoint(5, 0n) })).toBe('POSITION_REGRESSED');
    const replayed = decideStart({ ...behind, checkpoint: checkpoint(5, 0n), onRegression: 'replay' });
    expect(replayed).toMatchObject({ kind: 'resume', warning: expect.stringContaining('ahead') as string });
  });
});
