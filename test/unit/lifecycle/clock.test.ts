import { describe, expect, it } from 'vitest';
import { systemClock } from '../../../src/lifecycle/clock.ts';
import { FakeClock } from '../../support/fake-clock.ts';

describe('systemClock', () => {
  it('sleeps at least about as long as asked', async () => {
    const startedAt = systemClock.monotonic();
    await systemClock.sleep(20);
    expect(systemClock.monotonic() - startedAt).toBeGreaterThanOrEqual(18);
  });

  it("ends a sleep with the signal's own reason", async () => {
    const controller = new AbortController();
    const sleep = systemClock.sleep(60_000, controller.signal);
    const reason = new Error('enough');
    controller.abort(reason);
    await expect(sleep).rejects.toBe(reason);
  });

  it('does not begin to sleep on an aborted signal', async () => {
    const reason = new Error('before');
    await expect(systemClock.sleep(60_000, AbortSignal.abort(reason))).rejects.toBe(reason);
  });
});

describe('FakeClock', () => {
  it('wakes sleepers in the order in which they are due, and those that they start', async () => {
    const clock = new FakeClock();
    const woken: string[] = [];
    void clock.sleep(20).then(() => woken.push('b'));
    void clock.sleep(10).then(async () => {
      woken.push('a');
      await clock.sleep(5);
      woken.push('a+5');
    });
    await clock.advance(19);
    expect(woken).toEqual(['a', 'a+5']);
    await clock.advance(1);
    expect(woken).toEqual(['a', 'a+5', 'b']);
  });

  it('forgets a sleeper whose signal aborts', async () => {
    const clock = new FakeClock();
    const controller = new AbortController();
    const sleep = clock.sleep(10, controller.signal);
    const reason = new Error('stop');
    controller.abort(reason);
    await expect(sleep).rejects.toBe(reason);
    expect(clock.sleeperCount).toBe(0);
  });
});
