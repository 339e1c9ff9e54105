import { describe, expect, it } from 'vitest';
import { MemoryGuard } from '../../../src/lifecycle/memory-guard.ts';
import type { MemoryReading } from '../../../src/lifecycle/memory-usage.ts';
import { FakeClock } from '../../support/fake-clock.ts';

function setUp() {
  const clock = new FakeClock();
  const events: string[] = [];
  const used = { heap: 0, cgroup: 0 };
  const guard = new MemoryGuard({
    clock,
    read: () => [
      { kind: 'heap', usedBytes: used.heap, limitBytes: 100 },
      { kind: 'cgroup', usedBytes: used.cgroup, limitBytes: 100 },
    ],
    onWarn: ({ kind, usedBytes }: MemoryReading) => events.push(`warn ${kind} ${usedBytes}`),
    onLeave: ({ kind, usedBytes }: MemoryReading) => events.push(`leave ${kind} ${usedBytes}`),
  });
  return { clock, events, used, guard };
}

describe('MemoryGuard', () => {
  it('warns once at 85 %, and anew only after memory fell well below', () => {
    const { events, used, guard } = setUp();
    for (const heap of [84, 85, 90, 84, 86, 79, 85]) {
      used.heap = heap;
      guard.look();
    }
    expect(events).toEqual(['warn heap 85', 'warn heap 85']);
  });

  it('warns of each kind by itself', () => {
    const { events, used, guard } = setUp();
    used.heap = 86;
    guard.look();
    used.cgroup = 87;
    guard.look();
    expect(events).toEqual(['warn heap 86', 'warn cgroup 87']);
  });

  it('leaves once, at the second look on end at 95 %', () => {
    const { events, used, guard } = setUp();
    for (const cgroup of [96, 80, 95, 97, 99]) {
      used.cgroup = cgroup;
      guard.look();
    }
    expect(events.filter((event) => event.startsWith('leave'))).toEqual(['leave cgroup 97']);
  });

  it('looks every second until the signal aborts', async () => {
    const { clock, events, used, guard } = setUp();
    const controller = new AbortController();
    const running = guard.run(controller.signal);
    await clock.advance(1000);
    used.heap = 85;
    await clock.advance(999);
    expect(events).toEqual([]);
    await clock.advance(1);
    expect(events).toEqual(['warn heap 85']);
    controller.abort();
    await running;
    expect(clock.sleeperCount).toBe(0);
  });

  it('stops looking when it has asked to leave', async () => {
    const { clock, used, guard } = setUp();
    used.heap = 99;
    const running = guard.run(new AbortController().signal);
    await clock.advance(2000);
    await running;
    expect(clock.sleeperCount).toBe(0);
  });
});
