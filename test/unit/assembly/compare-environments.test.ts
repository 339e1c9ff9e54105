import { expect, it } from 'vitest';
import { compareEnvironments } from '../../../src/assembly/compare-environments.ts';
import { loadConfigText } from '../../support/load-config-text.ts';

const production = `host=db1
user=maxwell
password=secret-one
client_id=shop
kafka.bootstrap.servers=k1:9092,k2:9092
redis.nodes=redis://r1:6379
`;

/** `severity message` of each finding. */
function compare(file: string, other: string): string[] {
  const [mine, theirs] = [file, other].map((text) => loadConfigText({ file: text }).config);
  if (!mine || !theirs) throw new Error('not loaded');
  return compareEnvironments(mine, theirs).map(({ severity, message }) => `${severity} ${message}`);
}

it('places may differ, what consumers see may not', () => {
  const staging = production
    .replace('db1', 'db2')
    .replace('k1:9092,k2:9092', 'k9:9092')
    .replace('r1', 'r9')
    .replace('secret-one', 'secret-two');
  const found = compare(production, `${staging}exclude_columns=note\nlease_ttl_ms=9000\n`);
  expect(found.filter((line) => line.startsWith('error'))).toEqual([
    'error exclude_columns is not given here and ["note"] there',
  ]);
  expect(found).toContain('warning lease_ttl_ms is 5000 here and 9000 there');
  expect(found.find((line) => line.startsWith('ok host'))).toContain('db2');
  expect(found.join('\n')).not.toContain('secret');
});

it('two environments under one name in one Kafka and one Redis', () => {
  const found = compare(production, production.replace('k1:9092', 'k3:9092'));
  expect(found[0]).toMatch(/^error both write to k2:9092 under the transactional id heaviside\.shop/);
  expect(found[1]).toMatch(/^error both elect in .*r1:6379.* under the client_id shop/);
});

it('alike', () => {
  const other = production.replace('client_id=shop', 'client_id=web');
  expect(compare(other, production).some((line) => line.startsWith('error'))).toBe(false);
  const apart = other.replace('k1:9092,k2:9092', 'k1:9092,k2:9092');
  expect(compare(apart, apart).filter((line) => line.includes(' here and '))).toEqual([]);
});
