import { describe, expect, it } from 'vitest';
import { LagTracker } from '../../../src/observability/lag-tracker.ts';
import { FakeClock } from '../../support/fake-clock.ts';

const heartbeatMs = 5000;

function setUp() {
  const clock = new FakeClock();
  const tracker = new LagTracker({
    now: () => clock.now(),
    monotonic: () => clock.monotonic(),
    heartbeatMs,
  });
  tracker.start();
  return {
    clock,
    tracker,
    /** A transaction that was committed so many milliseconds ago. */
    receive: (agoMs: number) => tracker.received((clock.now() - agoMs) * 1000),
    hear: () => tracker.heard(clock.monotonic()),
  };
}

describe('LagTracker', () => {
  it('has none on a standby, and none after leadership', () => {
    const { tracker, receive } = setUp();
    receive(1000);
    expect(tracker.lagSeconds()).toBe(1);
    tracker.stop();
    expect(tracker.lagSeconds()).toBeNull();
    expect(tracker.lastCommitMs()).toBeNull();
  });

  it('is the age of the oldest change that is not in Kafka', async () => {
    const { clock, tracker, receive } = setUp();
    receive(1000);
    await clock.advance(2000);
    receive(0);
    expect(tracker.lagSeconds()).toBe(3);
    tracker.committed();
    expect(tracker.lagSeconds()).toBe(0);
    await clock.advance(1500);
    expect(tracker.lagSeconds()).toBe(1.5);
    tracker.committed();
    expect(tracker.lagSeconds()).toBe(0);
  });

  it('grows while changes wait, heartbeats or not', async () => {
    const { clock, tracker, receive, hear } = setUp();
    receive(0);
    for (let i = 0; i < 60; i++) {
      await clock.advance(heartbeatMs);
      hear();
    }
    expect(tracker.lagSeconds()).toBe(300);
  });

  it('stays 0 while an idle source sends heartbeats', async () => {
    const { clock, tracker, hear } = setUp();
    for (let i = 0; i < 100; i++) {
      await clock.advance(heartbeatMs);
      expect(tracker.lagSeconds()).toBe(0);
      hear();
    }
  });

  it('grows when neither rows nor heartbeats arrive', async () => {
    const { clock, tracker, receive, hear } = setUp();
    receive(0);
    tracker.committed();
    hear();
    await clock.advance(7500);
    expect(tracker.lagSeconds()).toBe(0);
    await clock.advance(1);
    expect(tracker.lagSeconds()).toBeCloseTo(7.501);
    await clock.advance(300_000);
    expect(tracker.lagSeconds()).toBeGreaterThan(300);
    hear();
    expect(tracker.lagSeconds()).toBe(0);
  });

  it('does not fall to 0 between two batches while it catches up', async () => {
    const { clock, tracker, receive, hear } = setUp();
    receive(600_000);
    tracker.committed();
    expect(tracker.lagSeconds()).toBe(600);
    await clock.advance(1000);
    expect(tracker.lagSeconds()).toBe(601);
    // The first heartbeat says that there is nothing more.
    await clock.advance(heartbeatMs);
    hear();
    expect(tracker.lagSeconds()).toBe(0);
  });

  it('is caught up as soon as fresh changes arrive', () => {
    const { tracker, receive } = setUp();
    receive(600_000);
    receive(10);
    tracker.committed(2);
    expect(tracker.lagSeconds()).toBe(0);
  });

  it('never is negative, even where the clock of the source is ahead', () => {
    const { tracker, receive } = setUp();
    receive(-30_000);
    expect(tracker.lagSeconds()).toBe(0);
  });

  it('forgets what waited when the stream is opened anew', () => {
    const { tracker, receive } = setUp();
    receive(4000);
    tracker.rewind();
    expect(tracker.lagSeconds()).toBe(0);
  });

  it('stays right and bounded over many transactions', () => {
    const { clock, tracker } = setUp();
    const startMs = clock.now();
    for (let i = 0; i < 10_000; i++) {
      tracker.received((startMs - 10_000 + i) * 1000);
      if (i >= 3) tracker.committed();
    }
    expect(tracker.lagSeconds()).toBeCloseTo(0.003);
    expect(tracker.lastCommitMs()).toBe(startMs - 10_000 + 9996);
    tracker.committed(100);
    expect(tracker.lastCommitMs()).toBe(startMs - 1);
  });
});
