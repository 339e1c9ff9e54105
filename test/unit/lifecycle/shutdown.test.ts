import { EventEmitter } from 'node:events';
import { describe, expect, it } from 'vitest';
import { Shutdown } from '../../../src/lifecycle/shutdown.ts';
import { FakeClock } from '../../support/fake-clock.ts';

function setUp() {
  const signals = new EventEmitter();
  const clock = new FakeClock();
  const exits: number[] = [];
  const forced: string[] = [];
  const shutdown = new Shutdown({
    signals,
    clock,
    deadlineMs: 10_000,
    onForced: (reason) => forced.push(reason),
    exit: (code) => exits.push(code),
  });
  return { signals, clock, exits, forced, shutdown };
}

describe('Shutdown', () => {
  it('aborts its signal on the first SIGTERM, and exits by itself only at the deadline', async () => {
    const { signals, clock, exits, forced, shutdown } = setUp();
    signals.emit('SIGTERM', 'SIGTERM');
    expect(shutdown.signal.aborted).toBe(true);
    expect(String(shutdown.signal.reason)).toContain('SIGTERM');
    await clock.advance(9_999);
    expect(exits).toEqual([]);
    await clock.advance(1);
    expect([exits, forced]).toEqual([[124], ['deadline']]);
  });

  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ])('exits at once on a second signal, %s with %i', (name, code) => {
    const { signals, exits, forced } = setUp();
    signals.emit('SIGTERM', 'SIGTERM');
    signals.emit(name, name);
    expect([exits, forced]).toEqual([[code], ['signal']]);
  });

  it('takes a signal after a request from within as the second', () => {
    const { signals, exits, shutdown } = setUp();
    shutdown.request('memory');
    shutdown.request('memory again');
    expect(String(shutdown.signal.reason)).toContain('memory');
    signals.emit('SIGINT', 'SIGINT');
    expect(exits).toEqual([130]);
  });

  it('leaves no listener and no deadline behind when it has finished', async () => {
    const { signals, clock, exits, shutdown } = setUp();
    shutdown.request('test');
    shutdown.finish();
    shutdown.finish();
    await clock.advance(60_000);
    expect(exits).toEqual([]);
    expect(clock.sleeperCount).toBe(0);
    expect(signals.listenerCount('SIGTERM') + signals.listenerCount('SIGINT')).toBe(0);
  });
});
