import { expect, it } from 'vitest';
import type { Presence } from '../../../src/election/presence-board.ts';
import { isReachedByOther } from '../../../src/election/proven-reach.ts';

const standby: Presence = {
  replica: 'b',
  host: 'h',
  pid: 1,
  httpPort: null,
  role: 'standby',
  epoch: null,
  kafkaReachable: true,
  sourceReachable: true,
  provedAgoMs: 400,
  version: '0',
  at: 0,
  ageMs: 500,
};

it.each([
  ['proved it since the outage began', {}, true],
  ['proved it before the outage began', { provedAgoMs: 600 }, false],
  ['wrote before the outage began', { ageMs: 700 }, false],
  ['cannot reach it either', { kafkaReachable: false }, false],
  ['has proved nothing', { provedAgoMs: null }, false],
  ['is this one', { replica: 'a' }, false],
])('a replica that %s', (_, changed, expected) => {
  const question = { replica: 'a', what: 'kafka', withinMs: 1000 } as const;
  expect(isReachedByOther([{ ...standby, ...changed }], question)).toBe(expected);
});

it('Kafka and the source are told apart', () => {
  const entries = [{ ...standby, kafkaReachable: false }];
  expect(isReachedByOther(entries, { replica: 'a', what: 'source', withinMs: 1000 })).toBe(true);
});
