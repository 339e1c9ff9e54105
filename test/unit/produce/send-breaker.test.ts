import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { HeavisideError, type ErrorCode } from '../../../src/errors.ts';
import { SendBreaker, type BreakerState } from '../../../src/produce/send-breaker.ts';

let states: BreakerState[] = [];
let breaker: SendBreaker;

const failing = (code: ErrorCode) => (): Promise<never> => Promise.reject(new HeavisideError(code, 'x'));
const fail = (code: ErrorCode = 'KAFKA_UNREACHABLE'): Promise<unknown> =>
  breaker.run(failing(code)).catch((error: unknown) => error);
const succeed = (): Promise<string> => breaker.run(() => Promise.resolve('written'));

beforeEach(() => {
  vi.useFakeTimers({
    toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'performance', 'Date'],
  });
  states = [];
  breaker = new SendBreaker({ failureThreshold: 3, resetMs: 2000, onState: (state) => states.push(state) });
});

afterEach(() => {
  breaker.close();
  vi.useRealTimers();
});

describe('the breaker', () => {
  it('opens after as many failures in a row as the threshold, and not before', async () => {
    await fail();
    await fail('KAFKA_TIMEOUT');
    await succeed();
    await fail();
    await fail('KAFKA_RETRIABLE');
    expect(breaker.state).toBe('closed');
    await fail();
    expect(breaker.state).toBe('open');
    expect(states).toEqual(['open']);
  });

  it.each<ErrorCode>([
    'LEASE_LOST',
    'KAFKA_FENCED',
    'KAFKA_RECORD_TOO_LARGE',
    'KAFKA_PARTITIONS_CHANGED',
    'POSITION_DIVERGED',
  ])('does not count %s, and hands it on', async (code) => {
    for (let i = 0; i < 6; i++) expect(await fail(code)).toMatchObject({ code });
    expect(breaker.state).toBe('closed');
  });

  it('counts what is no error of ours as Kafka being away', async () => {
    for (let i = 0; i < 3; i++)
      await breaker.run(() => Promise.reject(new Error('socket'))).catch(() => undefined);
    expect(breaker.state).toBe('open');
  });

  it('sends nothing while it is open, then lets one attempt probe; its success closes it', async () => {
    const attempt = vi.fn<() => Promise<never>>(failing('KAFKA_UNREACHABLE'));
    for (let i = 0; i < 3; i++) await breaker.run(attempt).catch(() => undefined);
    await breaker.run(attempt).catch(() => undefined);
    expect(attempt).toHaveBeenCalledTimes(3);
    const probe = breaker.whenProbeIsDue(new AbortController().signal);
    await vi.advanceTimersByTimeAsync(1999);
    expect(breaker.state).toBe('open');
    await vi.advanceTimersByTimeAsync(2);
    await probe;
    expect(breaker.state).toBe('half-open');
    expect(breaker.openForMs()).toBe(2001);
    expect(await succeed()).toBe('written');
    expect(breaker.state).toBe('closed');
    expect(breaker.openForMs()).toBe(0);
    expect(states).toEqual(['open', 'half-open', 'closed']);
  });

  it('opens again when the probe fails, and counts its time from the first opening', async () => {
    for (let i = 0; i < 3; i++) await fail();
    for (let probes = 1; probes <= 3; probes++) {
      const due = breaker.whenProbeIsDue(new AbortController().signal);
      await vi.advanceTimersByTimeAsync(2000);
      await due;
      await fail();
      expect(breaker.state).toBe('open');
      expect(breaker.openForMs()).toBe(2000 * probes);
    }
  });

  it('needs the whole threshold again after it closed', async () => {
    for (let i = 0; i < 3; i++) await fail();
    const due = breaker.whenProbeIsDue(new AbortController().signal);
    await vi.advanceTimersByTimeAsync(2000);
    await due;
    await succeed();
    await fail();
    await fail();
    expect(breaker.state).toBe('closed');
  });

  it('lets a wait for the probe go when the leadership ends', async () => {
    const open = new AbortController();
    await breaker.whenProbeIsDue(open.signal); // closed: at once
    for (let i = 0; i < 3; i++) await fail();
    const leadership = new AbortController();
    const wait = breaker.whenProbeIsDue(leadership.signal);
    const lost = new HeavisideError('LEASE_LOST', 'x');
    leadership.abort(lost);
    await expect(wait).rejects.toBe(lost);
    await expect(breaker.whenProbeIsDue(leadership.signal)).rejects.toBe(lost);
  });
});
