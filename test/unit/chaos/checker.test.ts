import { describe, expect, it } from 'vitest';
import { check } from '../../chaos/checker/check.ts';
import type { StreamRecord } from '../../chaos/checker/evidence-input.ts';
import type { Invariant } from '../../chaos/checker/findings.ts';
import { GtidText } from '../../chaos/checker/gtid.ts';
import { goodLog, numbered } from '../../chaos/good-log.ts';
import { broken, plants } from '../../chaos/self-test.ts';
import type { Row } from '../../chaos/writer/ledger.ts';

function edited(record: StreamRecord, data: Row, rest: object = {}): StreamRecord {
  const envelope = JSON.parse(record.value ?? '{}') as { data: Row };
  return { ...record, value: JSON.stringify({ ...envelope, ...rest, data: { ...envelope.data, ...data } }) };
}

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
      'one row of a snapshot lost': [1, 0, 0],
      'one row of a snapshot twice': [0, 1, 0],
      'one row of a snapshot older than what the stream has brought': [0, 0, 1],
    });
  });

  it.each<[string, Invariant, (record: StreamRecord) => readonly StreamRecord[]]>([
    ['another value', 'I1', (record) => [edited(record, { note: 'another', owner: 'another' })]],
    ['a newer version than the stream has brought', 'I3', (record) => [edited(record, { ver: 99 })]],
    ['a row that never was', 'I4', (record) => [edited(record, { id: 777_777_777 })]],
    ['another partition', 'I3', (record) => [{ ...record, partition: (record.partition + 1) % 3 }]],
    ['a mark of a transaction', 'I5', (record) => [edited(record, {}, { commit: true })]],
    ['no row change and no mark', 'I4', (record) => [edited(record, {}, { type: 'insert' })]],
  ])('finds %s in a snapshot', (_, invariant, change) => {
    const good = goodLog(1);
    const isMeant = ({ messageId }: StreamRecord): boolean => messageId.includes(':here.accounts:1#');
    const meant = good.records.find(isMeant);
    const records = numbered(
      good.records.flatMap((record) => (record === meant ? change(record) : [record])),
    );
    expect(broken(check({ ...good, records }))).toContain(invariant);
  });

  it.each(['bootstrap-start', 'bootstrap-complete'])('misses %s', (type) => {
    const good = goodLog(1);
    const records = good.records.filter(({ value }) => !value?.includes(`"accounts","type":"${type}"`));
    expect(check({ ...good, records }).list).toMatchObject([
      { invariant: 'I1', text: expect.stringContaining(type) },
    ]);
  });

  it('counts the rows that a snapshot has brought, and left to the stream', () => {
    const { snapshotRows, overtakenRows } = check(goodLog(1));
    expect(snapshotRows).toBeGreaterThan(100);
    expect(overtakenRows).toBeGreaterThan(2);
  });

  it('takes what a snapshot wrote that nobody asked for as a phantom', () => {
    expect(broken(check({ ...goodLog(1), snapshots: [] }))).toContain('I4');
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
