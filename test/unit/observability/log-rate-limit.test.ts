import { describe, expect, it } from 'vitest';
import { LogRateLimit } from '../../../src/observability/log-rate-limit.ts';

describe('LogRateLimit', () => {
  it('lets one line of a kind through in 10 s, and says how many it held back', () => {
    let nowMs = 0;
    const limit = new LogRateLimit({ now: () => nowMs });
    expect(limit.admit('a')).toBe(0);
    nowMs = 9_999;
    expect([limit.admit('a'), limit.admit('a'), limit.admit('b')]).toEqual([null, null, 0]);
    nowMs = 10_000;
    expect(limit.admit('a')).toBe(2);
    nowMs = 20_000;
    expect(limit.admit('a')).toBe(0);
  });

  it('forgets the oldest kind beyond its bound', () => {
    const limit = new LogRateLimit({ now: () => 0, maxKeys: 2 });
    for (const key of ['a', 'b', 'c']) limit.admit(key);
    expect([limit.admit('c'), limit.admit('a')]).toEqual([null, 0]);
  });
});
