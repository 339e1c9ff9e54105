import { describe, expect, it } from 'vitest';
import { MysqlGtidSet } from '../../../src/model/mysql-gtid-set.ts';
import { hasReached, isAtOrBehind } from '../../../src/snapshot/stream-place.ts';

const uuid = '3e11fa47-71ca-11e1-9e33-c80aa9429562';
const at = (number: number, offset: number) => ({
  file: `binlog.${String(number).padStart(6, '0')}`,
  offset,
});

describe('where a stream stands in the binlog', () => {
  it.each([
    [at(2, 4), at(1, 900), true],
    [at(1, 900), at(2, 4), false],
    [at(1, 900), at(1, 900), true],
    [at(1, 899), at(1, 900), false],
    [at(1_000_000, 4), at(999_999, 4), true],
    [{ file: 'other.000009', offset: 9 }, at(1, 4), false],
    [null, at(1, 4), false],
    [at(1, 4), null, false],
  ])('%o is at or behind %o: %s', (place, mark, expected) => {
    expect(isAtOrBehind(place, mark)).toBe(expected);
  });

  it('has reached a mark by its GTIDs, by the last transaction, or by standing idle behind it', () => {
    const mark = { gtids: MysqlGtidSet.parse(`${uuid}:1-9`), coordinates: at(1, 900) };
    const place = { gtids: MysqlGtidSet.parse(`${uuid}:1-8`), handed: at(1, 800), idle: null };
    expect(hasReached(place, mark)).toBe(false);
    expect(hasReached({ ...place, gtids: MysqlGtidSet.parse(`${uuid}:1-10`) }, mark)).toBe(true);
    expect(hasReached({ ...place, handed: at(1, 900) }, mark)).toBe(true);
    expect(hasReached({ ...place, idle: at(2, 4) }, mark)).toBe(true);
    expect(hasReached({ ...place, gtids: null }, { ...mark, gtids: null })).toBe(false);
  });
});
