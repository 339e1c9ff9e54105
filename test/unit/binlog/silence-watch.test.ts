import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { SilenceWatch } from '../../../src/binlog/silence-watch.ts';
import type { HeavisideError } from '../../../src/errors.ts';

describe('silence of the source', () => {
  let link: { lastPacketAt: number; receivedBytes: number; isPaused: boolean };
  let silences: HeavisideError[];
  let watch: SilenceWatch;

  beforeEach(() => {
    vi.useFakeTimers();
    link = { lastPacketAt: performance.now(), receivedBytes: 100, isPaused: false };
    silences = [];
    watch = new SilenceWatch({
      periodMs: 1000,
      lastPacketAt: () => link.lastPacketAt,
      receivedBytes: () => link.receivedBytes,
      isExempt: () => link.isPaused,
      onSilence: (error) => silences.push(error),
    });
    watch.arm();
  });

  afterEach(() => {
    watch.stop();
    vi.useRealTimers();
  });

  it('is three periods without a byte', () => {
    vi.advanceTimersByTime(2900);
    expect(silences).toEqual([]);
    vi.advanceTimersByTime(1500);
    expect(silences.map(({ code }) => code)).toEqual(['SOURCE_SILENT']);
    vi.advanceTimersByTime(10_000);
    expect(silences).toHaveLength(1);
  });

  it('is not while packets come, nor while reading is paused', () => {
    for (let second = 0; second < 10; second++) {
      link.lastPacketAt = performance.now();
      vi.advanceTimersByTime(1000);
    }
    link.isPaused = true;
    vi.advanceTimersByTime(10_000);
    expect(silences).toEqual([]);
  });

  it('is not while one large event comes over a slow link, and is where it stops in the middle', () => {
    for (let second = 0; second < 20; second++) {
      link.receivedBytes += 65_536;
      vi.advanceTimersByTime(1000);
    }
    expect(silences).toEqual([]);
    vi.advanceTimersByTime(5000);
    expect(silences.map(({ code }) => code)).toEqual(['SOURCE_SILENT']);
  });
});
