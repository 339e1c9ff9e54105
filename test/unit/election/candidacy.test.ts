import { describe, expect, it } from 'vitest';
import { Candidacy } from '../../../src/election/candidacy.ts';
import { HeavisideError } from '../../../src/errors.ts';
import { FakeClock } from '../../support/fake-clock.ts';

function make(): { clock: FakeClock; candidacy: Candidacy } {
  const clock = new FakeClock();
  const candidacy = new Candidacy({
    ttlMs: 5000,
    waitMs: 30_000,
    blockedPollMs: 3000,
    clock,
    random: () => 0,
  });
  return { clock, candidacy };
}

describe('candidacy', () => {
  it('after a switchover pauses for two TTLs, or until another leads', async () => {
    const { clock, candidacy } = make();
    candidacy.afterLeaving();
    await clock.advance(9999);
    expect(candidacy.outForMs).toBe(1);
    await clock.advance(1);
    expect(candidacy.outForMs).toBe(0);
    candidacy.afterLeaving();
    candidacy.noteLeader();
    expect(candidacy.outForMs).toBe(0);
  });

  it('doubles the exclusion up to five minutes, whoever leads meanwhile, and forgets it after a good leadership', async () => {
    const { clock, candidacy } = make();
    const error = new HeavisideError('KAFKA_UNREACHABLE', 'no broker');
    const waits: number[] = [];
    for (let i = 0; i < 8; i++) {
      candidacy.afterStepDown(error, 1000, true);
      candidacy.noteLeader();
      waits.push(candidacy.outForMs);
      await clock.advance(candidacy.outForMs);
    }
    expect(waits).toEqual([5000, 10_000, 20_000, 40_000, 80_000, 160_000, 300_000, 300_000]);
    candidacy.afterStepDown(error, 60_000, true);
    expect(candidacy.outForMs).toBe(5000);
  });

  it.each([
    ['POSITION_NOT_IN_EXECUTED', 30_000],
    ['BINLOG_PURGED', 3000],
    ['SOURCE_LOST', 5000],
    ['KAFKA_FENCED', 100],
  ] as const)('after %s tries again in %i ms', (code, waitMs) => {
    const { candidacy } = make();
    candidacy.afterStepDown(new HeavisideError(code, 'x'), 0, false);
    expect(candidacy.outForMs).toBe(waitMs);
    expect(candidacy.reason).toContain(code);
  });
});
