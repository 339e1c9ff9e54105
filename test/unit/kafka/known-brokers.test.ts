import { expect, it } from 'vitest';
import { KnownBrokers } from '../../../src/kafka/known-brokers.ts';

it('the brokers that the metadata named are tried behind the configured ones, and the newest only', () => {
  const known = new KnownBrokers(['seed:1', 'seed:2']);
  known.learn(['a:9', 'seed:2']);
  expect(known.candidates()).toEqual(['seed:1', 'seed:2', 'a:9']);
  known.learn(['b:9']);
  known.learn([]); // an answer without brokers tells nothing
  expect(known.candidates()).toEqual(['seed:1', 'seed:2', 'b:9']);
});

it('the one that answered last comes first, until it does not answer', () => {
  const known = new KnownBrokers(['seed:1', 'seed:2']);
  known.note('seed:1', false);
  known.note('seed:2', true);
  expect(known.candidates()).toEqual(['seed:2', 'seed:1']);
  known.note('seed:1', false);
  expect(known.candidates()).toEqual(['seed:2', 'seed:1']);
  known.note('seed:2', false);
  expect(known.candidates()).toEqual(['seed:1', 'seed:2']);
});
