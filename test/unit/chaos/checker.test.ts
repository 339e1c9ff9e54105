import { describe, expect, it } from 'vitest';
import { check } from '../../chaos/checker/check.ts';
import { GtidText } from '../../chaos/checker/gtid.ts';
import { goodLog } from '../../chaos/good-log.ts';
import { broken, plants } from '../../chaos/self-test.ts';

describe('the checker of the fault suite', () => {
  it.each([1, 2, 3])('finds nothing in a good log (seed %i)', (seed) => {
    expect(check(goodLog(seed)).list).toEqual([]);
  });

  it.each(plants)('finds $name, and nothing else', ({ breaks, into }) => {
    for (const seed of [1, 2]) {
      const findings = check(into(goodLog(seed)));
      expect({ broken: broken(findings), count: findings.count(breaks) }).toEqual({
        broken: [breaks],
        count: 1,
      });
    }
  });

  it('counts what was lost, doubled and out of order', () => {
    const counts = Object.fromEntries(
      plants.map(({ name, into }) => {
        const { lost, duplicated, outOfOrder } = check(into(goodLog(7)));
        return [name, [lost, duplicated, outOfOrder]];
      }),
    );
    expect(counts).toMatchObject({
      'one loss': [1, 0, 0],
      'one duplicate': [0, 1, 0],
      'one swap': [0, 0, 1],
      'one phantom': [0, 0, 0],
      'one half transaction': [1, 0, 0],
    });
  });

  it('finds the transaction whose acknowledgement was lost by its rows, and misses it where they are lost too', () => {
    const good = goodLog(3);
    const ledger = good.ledger.map((entry, at) => (at === 60 ? { ...entry, gtid: null } : entry));
    const gtid = `${good.ledger[60]?.gtid}#`;
    expect(check({ ...good, ledger }).list).toEqual([]);
    const records = good.records.filter(({ messageId }) => !messageId.startsWith(gtid));
    expect(check({ ...good, ledger, records }).count('I1')).toBe(1);
  });
});

describe('the GTID sets of the checker', () => {
  it.each([
    ['3e11fa47-71ca-11e1-9e33-c80aa9429562:1-5:7', '3e11fa47-71ca-11e1-9e33-c80aa9429562:7', true],
    ['3e11fa47-71ca-11e1-9e33-c80aa9429562:1-5:7', '3e11fa47-71ca-11e1-9e33-c80aa9429562:6', false],
    ['3e11fa47-71ca-11e1-9e33-c80aa9429562:1-5', '4e11fa47-71ca-11e1-9e33-c80aa9429562:3', false],
    ['0-2-815,1-1-3', '0-1-800', true],
    ['0-2-815,1-1-3', '1-2-4', false],
  ])('%s has %s: %s', (set, gtid, isIn) => {
    expect(new GtidText(set).has(gtid)).toBe(isIn);
  });

  it.each([
    ['a:1-5', 'a:1-7,b:1', true],
    ['a:1-5', 'a:1-3:5-9', false],
    ['0-1-5', '0-2-6', true],
    ['0-1-7', '0-2-6', false],
  ])('%s is within %s: %s', (one, other, isWithin) => {
    expect(new GtidText(one).isWithin(new GtidText(other))).toBe(isWithin);
  });
});
