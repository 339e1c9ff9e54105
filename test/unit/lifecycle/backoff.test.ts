import { describe, expect, it } from 'vitest';
import { Backoff, type BackoffOptions } from '../../../src/lifecycle/backoff.ts';

const waits = (options: BackoffOptions, count: number): number[] => {
  const backoff = new Backoff(options);
  return Array.from({ length: count }, () => backoff.next());
};

describe('Backoff', () => {
  it('waits the same time without a multiplier (2-2-2)', () => {
    expect(waits({ initialMs: 2000 }, 4)).toEqual([2000, 2000, 2000, 2000]);
  });

  it('doubles up to the bound (1-2-4-8-16-16)', () => {
    const options = { initialMs: 1000, multiplier: 2, maxMs: 16_000 };
    expect(waits(options, 6)).toEqual([1000, 2000, 4000, 8000, 16_000, 16_000]);
  });

  it('does not let the first wait exceed the bound', () => {
    expect(waits({ initialMs: 500, multiplier: 2, maxMs: 300 }, 2)).toEqual([300, 300]);
  });

  it('takes jitter off a wait, never adds to it, and does not compound it', () => {
    const options = { initialMs: 100, multiplier: 2, jitter: 0.5, random: () => 1 };
    expect(waits(options, 3)).toEqual([50, 100, 200]);
    expect(waits({ ...options, random: () => 0 }, 3)).toEqual([100, 200, 400]);
  });

  it('starts over after a reset', () => {
    const backoff = new Backoff({ initialMs: 10, multiplier: 3 });
    backoff.next();
    backoff.next();
    expect(backoff.attempts).toBe(2);
    backoff.reset();
    expect([backoff.attempts, backoff.next()]).toEqual([0, 10]);
  });

  it.each([
    { initialMs: -1 },
    { initialMs: 1, multiplier: 0.5 },
    { initialMs: 1, jitter: 2 },
    { initialMs: NaN },
  ])('refuses %o', (options) => {
    expect(() => new Backoff(options)).toThrow(RangeError);
  });
});
