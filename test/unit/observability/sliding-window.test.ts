import { describe, expect, it } from 'vitest';
import { SlidingWindow } from '../../../src/observability/sliding-window.ts';

function setUp(windowMs = 30_000) {
  let nowMs = 0;
  const window = new SlidingWindow({ windowMs, now: () => nowMs });
  return {
    window,
    at(ms: number, total: number) {
      nowMs = ms;
      window.record(total);
    },
  };
}

describe('SlidingWindow', () => {
  it('knows no rate before two samples stand at different times', () => {
    const { window, at } = setUp();
    expect(window.ratePerSecond()).toBe(0);
    at(0, 100);
    at(0, 200);
    expect(window.ratePerSecond()).toBe(0);
  });

  it('averages over its age while it is younger than its length', () => {
    const { window, at } = setUp();
    at(0, 100);
    at(2000, 300);
    expect(window.ratePerSecond()).toBe(100);
    expect(window.increase()).toBe(200);
  });

  it('forgets what is older than its length', () => {
    const { window, at } = setUp();
    for (let second = 0; second <= 60; second++) at(second * 1000, second <= 30 ? second * 1000 : 30_000);
    expect(window.increase()).toBe(0);
    at(61_000, 30_600);
    expect(window.ratePerSecond()).toBe(20);
  });

  it('keeps the sample at its edge, so that a burst counts for the whole length', () => {
    const { window, at } = setUp(10_000);
    at(0, 0);
    at(4000, 50);
    at(10_000, 50);
    expect(window.ratePerSecond()).toBe(5);
    at(13_000, 50);
    expect(window.increase()).toBe(50);
    at(14_000, 50);
    expect(window.increase()).toBe(0);
  });

  it('starts over where the total fell', () => {
    const { window, at } = setUp();
    at(0, 1000);
    at(1000, 10);
    expect(window.ratePerSecond()).toBe(0);
    at(2000, 15);
    expect(window.ratePerSecond()).toBe(5);
  });
});
