import { describe, expect, it } from 'vitest';
import { ControlChannel } from '../../../src/election/control-channel.ts';
import type { RedisPeer } from '../../../src/redis/redis-connection.ts';
import { MemoryLog } from '../../support/memory-log.ts';

/** Nodes whose messages a test speaks itself. */
function fakeNodes(count: number): { nodes: RedisPeer[]; say: (node: number, text: string) => void } {
  const listeners: ((message: string) => void)[] = [];
  const connection = { call: async () => null, evaluate: async () => null };
  const nodes = Array.from({ length: count }, (_, i) => ({
    name: `n${i}`,
    lease: connection,
    store: connection,
    subscribe: (_channel: string, onMessage: (message: string) => void) => void (listeners[i] = onMessage),
    close: () => undefined,
  }));
  return { nodes, say: (node, text) => listeners[node]?.(text) };
}

describe('the control channel', () => {
  it('hands a message on once, though each node brings it', () => {
    const { nodes, say } = fakeNodes(3);
    const channel = new ControlChannel({ nodes, clientId: 'c', log: new MemoryLog() });
    channel.start();
    const seen: number[] = [];
    const end = channel.on('released', ({ epoch }) => seen.push(epoch));
    const released = (id: string): string => JSON.stringify({ id, type: 'released', epoch: 4, replica: 'a' });
    for (const node of [0, 1, 2]) say(node, released('x'));
    say(0, released('y'));
    end();
    say(0, released('z'));
    expect(seen).toEqual([4, 4]);
  });

  it('hands on the newest of many messages too', () => {
    const { nodes, say } = fakeNodes(1);
    const channel = new ControlChannel({ nodes, clientId: 'c', log: new MemoryLog() });
    channel.start();
    let count = 0;
    channel.on('unblocked', () => count++);
    for (let i = 0; i < 1000; i++) say(0, JSON.stringify({ id: `${i}`, type: 'unblocked' }));
    expect(count).toBe(1000);
  });

  it.each([
    '{',
    '[]',
    'null',
    '{"type":"released","epoch":"4"}',
    '{"type":"other"}',
    '{"type":"switchover","epoch":1}',
  ])('leaves %s alone', (text) => {
    const { nodes, say } = fakeNodes(1);
    const log = new MemoryLog();
    const channel = new ControlChannel({ nodes, clientId: 'c', log });
    channel.start();
    for (const type of ['released', 'switchover', 'unblocked'] as const)
      channel.on(type, () => expect.unreachable('no message of ours'));
    say(0, text);
    expect(log.lines.map(({ level }) => level)).toEqual(['warn']);
  });
});
