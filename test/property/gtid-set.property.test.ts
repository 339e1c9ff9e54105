import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MysqlGtidSet } from '../../src/model/mysql-gtid-set.ts';
import { parseGtidSet } from '../../src/model/parse-gtid-set.ts';

const UUIDS = ['3e11fa47-71ca-11e1-9e33-c80aa9429562', '00000000-0000-0000-0000-00000000000a'] as const;
const source = fc.oneof(
  fc.constantFrom(...UUIDS),
  fc.tuple(fc.constantFrom(...UUIDS), fc.constantFrom('blue', 'a_1')).map(([uuid, tag]) => `${uuid}:${tag}`),
);
const gtid = fc.tuple(source, fc.integer({ min: 1, max: 40 })).map(([name, number]) => `${name}:${number}`);
const gtids = fc.array(gtid, { maxLength: 80 });

const setOf = (names: readonly string[]): MysqlGtidSet =>
  names.reduce((set, name) => set.add(name), MysqlGtidSet.parse(''));

/** The slow, obvious reading of a set's text. */
function expand(text: string): Set<string> {
  const found = new Set<string>();
  for (const entry of text.split(',').filter((part) => part !== '')) {
    let name = '';
    for (const part of entry.split(':')) {
      const [first, last = first] = part.split('-').map(Number);
      if (/^\d+(-\d+)?$/.test(part)) {
        for (let i = first ?? 0; i <= (last ?? 0); i++) found.add(`${name}:${i}`);
      } else name = name === '' ? part : `${name.split(':')[0] ?? ''}:${part}`;
    }
  }
  return found;
}

describe('a MySQL GTID set', () => {
  it('holds what was added, however it was added, and survives its text', () => {
    fc.assert(
      fc.property(gtids, (names) => {
        const set = setOf(names);
        expect(expand(set.toString())).toEqual(new Set(names));
        expect(setOf([...names].reverse()).toString()).toBe(set.toString());
        const parsed = parseGtidSet('mysql', set.toString());
        expect(parsed.toString()).toBe(set.toString());
        expect(parsed.isEmpty()).toBe(names.length === 0);
      }),
    );
  });

  it('contains exactly its subsets', () => {
    fc.assert(
      fc.property(gtids, gtids, (left, right) => {
        const isSubset = right.every((name) => left.includes(name));
        expect(setOf(left).contains(setOf(right))).toBe(isSubset);
        expect(setOf([...left, ...right]).contains(setOf(right))).toBe(true);
      }),
    );
  });

  it('loses what is removed and nothing else, and never changes in place', () => {
    fc.assert(
      fc.property(gtids, gtid, (names, removed) => {
        const set = setOf(names);
        const before = set.toString();
        const rest = set.remove(removed);
        expect(expand(rest.toString())).toEqual(new Set(names.filter((name) => name !== removed)));
        expect(rest.has(removed)).toBe(false);
        expect(rest.add(removed).contains(set)).toBe(true);
        expect(set.toString()).toBe(before);
      }),
    );
  });

  it('reads what servers print', () => {
    const printed = `${UUIDS[0].toUpperCase()}:1-5:7:9-9:blue:1-2:4:a_1:8,\n${UUIDS[1]}:1-2:3`;
    expect(MysqlGtidSet.parse(printed).toString()).toBe(
      `${UUIDS[1]}:1-3,${UUIDS[0]}:1-5:7:9,${UUIDS[0]}:a_1:8,${UUIDS[0]}:blue:1-2:4`,
    );
  });

  it.each([
    `${UUIDS[0]}`,
    `${UUIDS[0]}:`,
    `${UUIDS[0]}:5-3`,
    `${UUIDS[0]}:0`,
    `${UUIDS[0]}:1:blue`,
    '0-1-5',
    `${UUIDS[0]}:9007199254740993`,
  ])('refuses %j', (text) => {
    expect(() => MysqlGtidSet.parse(text)).toThrow('is not a MySQL GTID set');
  });
});

describe('a MariaDB GTID position', () => {
  const entry = fc.record({
    domain: fc.integer({ min: 0, max: 5 }),
    server: fc.integer({ min: 0, max: 2 ** 32 - 1 }),
    sequence: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
  });

  it('keeps the last GTID of each domain, exactly', () => {
    fc.assert(
      fc.property(fc.array(entry), (entries) => {
        let set = parseGtidSet('mariadb', '');
        const last = new Map<number, string>();
        for (const { domain, server, sequence } of entries) {
          set = set.add(`${domain}-${server}-${sequence}`);
          last.set(domain, `${domain}-${server}-${sequence}`);
        }
        const expected = [...last].sort(([a], [b]) => a - b).map(([, text]) => text);
        expect(set.toString()).toBe(expected.join(','));
        expect(parseGtidSet('mariadb', set.toString()).toString()).toBe(set.toString());
        expect(set.contains(parseGtidSet('mariadb', expected.slice(1).join(',')))).toBe(true);
      }),
    );
  });

  it('compares by sequence number within a domain', () => {
    const set = parseGtidSet('mariadb', '0-1-815,1-1-18446744073709551615');
    expect(set.contains(parseGtidSet('mariadb', '0-7-815'))).toBe(true);
    expect(set.contains(parseGtidSet('mariadb', '0-1-816'))).toBe(false);
    expect(set.contains(parseGtidSet('mariadb', '1-1-18446744073709551614'))).toBe(true);
    expect(set.contains(parseGtidSet('mariadb', '2-1-1'))).toBe(false);
  });

  it.each(['0-1', '0-1-5,0-2-6', 'x-1-1', '0-4294967296-1', '0-1-18446744073709551616'])(
    'refuses %j',
    (text) => {
      expect(() => parseGtidSet('mariadb', text)).toThrow();
    },
  );
});
