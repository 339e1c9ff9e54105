import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { HeldLease, type RedisOutage } from '../../../src/election/held-lease.ts';
import type { LeaseStore, LeaseVerdict } from '../../../src/election/lease-store.ts';
import { MemoryLog } from '../../support/memory-log.ts';

const TTL_MS = 3000;
const DEADLINE_MS = TTL_MS - TTL_MS * 0.01 - 2;

beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance', 'Date'] }));
afterEach(() => void vi.useRealTimers());

interface Scripted {
  verdict: LeaseVerdict;
  confirm: number | 'lost' | 'unreachable';
  readonly calls: string[];
}

function hold(redisOutage: RedisOutage): { lease: HeldLease; redis: Scripted; told: string[] } {
  const redis: Scripted = { verdict: 'mine', confirm: 8, calls: [] };
  const told: string[] = [];
  const store: LeaseStore = {
    acquire: async () => ({ retryAfterMs: null }),
    extend: async () => {
      redis.calls.push('extend');
      return redis.verdict;
    },
    confirm: async (_grant, epoch) => {
      redis.calls.push(`confirm ${epoch}`);
      return redis.confirm;
    },
    release: async () => void redis.calls.push('release'),
    isHeld: async () => true,
  };
  const lease = new HeldLease({ value: 'v', epoch: 7 }, performance.now() + DEADLINE_MS, {
    store,
    ttlMs: TTL_MS,
    redisOutage,
    clock: { monotonic: () => performance.now() },
    log: new MemoryLog(),
    onOutage: () => told.push('outage'),
    onRecovered: () => told.push('recovered'),
    announce: async (epoch) => void told.push(`released ${epoch}`),
  });
  return { lease, redis, told };
}

describe('a held lease', () => {
  it('is renewed every third of its TTL, and its deadline follows', async () => {
    const { lease, redis } = hold('stop');
    await vi.advanceTimersByTimeAsync(10 * TTL_MS + 10);
    expect(redis.calls).toHaveLength(30);
    expect(lease.signal.aborted).toBe(false);
    expect(lease.remainingMs()).toBeGreaterThan(DEADLINE_MS - TTL_MS / 3 - 1);
    await lease.release();
  });

  it('does not look at the wall clock', async () => {
    const { lease } = hold('stop');
    vi.setSystemTime(Date.now() + 86_400_000);
    await vi.advanceTimersByTimeAsync(10);
    expect(lease.signal.aborted).toBe(false);
    await lease.release();
  });

  it('with stop aborts at the deadline, not before and not after', async () => {
    const { lease, redis } = hold('stop');
    redis.verdict = 'unreachable';
    await vi.advanceTimersByTimeAsync(DEADLINE_MS - 5);
    expect(lease.signal.aborted).toBe(false);
    await vi.advanceTimersByTimeAsync(10);
    expect(lease.signal.reason).toMatchObject({ code: 'LEASE_LOST' });
    await expect(lease.prove()).rejects.toMatchObject({ code: 'LEASE_LOST' });
    await lease.release();
  });

  it('with keep_leading goes on past the deadline and tells one outage', async () => {
    const { lease, redis, told } = hold('keep_leading');
    await lease.confirm(7);
    redis.verdict = 'unreachable';
    redis.confirm = 'unreachable';
    await vi.advanceTimersByTimeAsync(20 * TTL_MS);
    expect(lease.signal.aborted).toBe(false);
    expect(lease.remainingMs()).toBe(0);
    expect(told).toEqual(['outage']);
    expect(await lease.prove()).toBe('unreachable');
    expect(await lease.confirm(8)).toBe(8);
    redis.verdict = 'mine';
    await vi.advanceTimersByTimeAsync(TTL_MS / 3 + 1);
    expect(told).toEqual(['outage', 'recovered']);
    expect(lease.remainingMs()).toBeGreaterThan(0);
    await lease.release();
    expect(told).toEqual(['outage', 'recovered', 'released 8']);
  });

  it('is lost with a record of a newer epoch that Redis cannot confirm', async () => {
    const { lease, redis } = hold('keep_leading');
    await lease.confirm(7);
    redis.confirm = 'unreachable';
    await expect(lease.confirm(9)).rejects.toMatchObject({ code: 'LEASE_LOST' });
    await lease.release();
  });

  it('is lost where no majority confirms its first epoch', async () => {
    const { lease, redis } = hold('keep_leading');
    redis.confirm = 'unreachable';
    await expect(lease.confirm(0)).rejects.toMatchObject({ code: 'LEASE_LOST' });
    expect(redis.calls).toEqual(['confirm 7', 'confirm 7', 'confirm 7']);
    await lease.release();
  });

  it('taken by another is not announced as released, and is not renewed again', async () => {
    const { lease, redis, told } = hold('keep_leading');
    redis.verdict = 'lost';
    await expect(lease.prove()).rejects.toMatchObject({ code: 'LEASE_LOST' });
    await vi.advanceTimersByTimeAsync(5 * TTL_MS);
    await Promise.all([lease.release(), lease.release()]);
    expect(redis.calls).toEqual(['extend', 'release']);
    expect(told).toEqual([]);
  });
});
