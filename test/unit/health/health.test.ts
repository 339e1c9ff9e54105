import { describe, expect, it } from 'vitest';
import { Health, type HealthState } from '../../../src/health/health.ts';

const standby: HealthState = {
  role: 'standby',
  isStopping: false,
  blocked: null,
  refusal: null,
  pipeline: null,
};
const pipeline = { lastProgressAt: 0, hasQueuedWork: true, isPaused: false };
const finding = { code: 'BINLOG_PURGED', message: 'gone' };

const cases: [string, Partial<HealthState>, boolean, boolean][] = [
  ['a standby is live and ready', {}, true, true],
  ['a candidate is live and not ready', { role: 'candidate' }, true, false],
  [
    'a leader that gets on is live and ready',
    { role: 'leader', pipeline: { ...pipeline, lastProgressAt: 95_000 } },
    true,
    true,
  ],
  [
    'an idle leader is live and ready',
    { role: 'leader', pipeline: { ...pipeline, hasQueuedWork: false } },
    true,
    true,
  ],
  ['a stuck leader is neither', { role: 'leader', pipeline }, false, false],
  [
    'a leader before an open breaker is live and ready',
    { role: 'leader', pipeline: { ...pipeline, isPaused: true } },
    true,
    true,
  ],
  ['a blocked replica is live and not ready', { blocked: finding }, true, false],
  ['a replica that waits with a refusal is live and not ready', { refusal: finding }, true, false],
  ['a stopping replica is live and not ready', { isStopping: true }, true, false],
];

describe('Health', () => {
  it.each(cases)('%s', (_name, state, live, ready) => {
    const health = new Health(() => ({ ...standby, ...state }), { stuckAfterMs: 60_000, now: () => 100_000 });
    expect({ live: health.live().ok, ready: health.ready().ok }).toEqual({ live, ready });
  });

  it('says why', () => {
    const health = new Health(() => ({ ...standby, blocked: finding }), { stuckAfterMs: 1, now: () => 0 });
    expect(health.ready().reason).toBe('blocked: BINLOG_PURGED: gone');
  });
});
