import { expect, it } from 'vitest';
import type { Presence } from '../../../src/election/presence-board.ts';
import { successor } from '../../../src/election/successor.ts';

const old = { version: '1', config: 'x', startedAt: 1000 };
const updated = { version: '2', config: 'x', startedAt: 2000 };

const entry = (replica: string, changed: Partial<Presence> = {}): Presence => ({
  replica,
  host: 'h',
  pid: 1,
  httpPort: null,
  role: 'standby',
  epoch: null,
  kafkaReachable: true,
  sourceReachable: true,
  provedAgoMs: 400,
  ...old,
  at: 0,
  ageMs: 500,
  ...changed,
});

const after = (leader: string, ...others: Presence[]): string | undefined =>
  successor([entry(leader, { role: 'leader', provedAgoMs: null }), ...others], { leader, withinMs: 1000 });

it('the lowest number follows, and 10 is above 9', () => {
  expect(after('hs-2', entry('hs-10'), entry('hs-9'))).toBe('hs-9');
  expect(after('hs-2', entry('hs-1'), entry('hs-0'))).toBe('hs-0');
});

it.each([
  ['another version', updated],
  ['an older version, in a rollback', { ...updated, version: '0' }],
  ['another configuration', { ...updated, version: '1', config: 'y' }],
])('a replica that was started since with %s comes first', (_, changed) => {
  expect(after('hs-1', entry('hs-0'), entry('hs-2', changed))).toBe('hs-2');
});

it('a replica that was started before is not updated, however it differs', () => {
  expect(after('hs-2', entry('hs-0'), entry('hs-1', { version: '2', startedAt: 900 }))).toBe('hs-0');
});

it('an entry of a version that tells no start counts as not updated', () => {
  const { startedAt: _, config: __, ...bare } = entry('hs-2', { version: '0' });
  expect(after('hs-1', entry('hs-0'), bare)).toBe('hs-0');
});

it.each([
  ['cannot reach Kafka', { kafkaReachable: false }],
  ['cannot reach the source', { sourceReachable: false }],
  ['has not proved anything', { provedAgoMs: null }],
  ['proved it too long ago', { provedAgoMs: 600 }],
  ['is a candidate', { role: 'candidate' as const }],
])('a replica that %s is passed over', (_, changed) => {
  expect(after('hs-2', entry('hs-0', changed), entry('hs-1'))).toBe('hs-1');
  expect(after('hs-2', entry('hs-0', changed))).toBeUndefined();
});

it('a rolling update from the highest number down changes the leader twice at most, wherever it began', () => {
  for (const first of [0, 1, 2]) {
    const replicas = new Map([0, 1, 2].map((number) => [number, entry(`hs-${number}`)]));
    let leader = first;
    let changes = 0;
    for (const number of [2, 1, 0]) {
      if (number === leader) {
        const others = [...replicas.values()].filter(({ replica }) => replica !== `hs-${number}`);
        leader = Number(after(`hs-${number}`, ...others)?.slice(3));
        changes += 1;
      }
      replicas.set(number, entry(`hs-${number}`, { ...updated, startedAt: 2000 - number }));
    }
    expect([first, changes]).toEqual([first, first === 2 ? 2 : 1]);
  }
});
