import { check } from './checker/check.ts';
import type { CheckInput, StreamRecord } from './checker/evidence-input.ts';
import type { Findings, Invariant } from './checker/findings.ts';
import { parseMessageId } from './checker/gtid.ts';
import { keyText } from './checker/named-ledger.ts';
import { parseSnapshotId } from './checker/snapshot-id.ts';
import { goodLog, numbered, numberOf, type GoodLog } from './good-log.ts';
import type { Row } from './writer/ledger.ts';

const UNKNOWN_SERVER = '99999999-8888-7777-6666-555555555555';

/** One fault that is put into a good log, and the one invariant that it breaks. */
export interface Plant {
  readonly name: string;
  readonly breaks: Invariant;
  readonly into: (good: GoodLog) => CheckInput;
}

interface Envelope {
  readonly table: string;
  readonly type: string;
  readonly data: Row;
}

const envelope = ({ value }: StreamRecord): Envelope => JSON.parse(value ?? '') as Envelope;
const gtidOf = ({ messageId }: StreamRecord): string => parseMessageId(messageId).gtid;

/** A change of a hot key in the middle of the log that fits; later ones follow, so that the fold does not show what happens to it. */
function find(
  { records }: CheckInput,
  fits: (record: StreamRecord, former: StreamRecord | undefined, next: StreamRecord | undefined) => boolean,
): StreamRecord {
  const lastOfKey = new Map(records.map(({ key }, at) => [key, at]));
  const found = records.find(
    (record, at) =>
      record.key?.includes('tickets') === true &&
      parseSnapshotId(record.messageId) === null &&
      lastOfKey.get(record.key) !== at &&
      fits(record, records[at - 1], records[at + 1]),
  );
  if (found === undefined) throw new Error('the good log has no place for the fault');
  return found;
}

const rowsOf = (good: CheckInput, gtid: string): number =>
  good.records.filter((record) => gtidOf(record) === gtid).length;
const isAlone = (good: CheckInput) => (record: StreamRecord) => rowsOf(good, gtidOf(record)) === 1;

function withRecords(
  good: CheckInput,
  change: (record: StreamRecord) => readonly StreamRecord[],
): CheckInput {
  return { ...good, records: numbered(good.records.flatMap(change)) };
}

const chunkOf = ({ messageId }: StreamRecord): string => messageId.slice(0, messageId.lastIndexOf('#'));
const isOfType = (record: StreamRecord, type: string): boolean => envelope(record).type === type;

/** The numbers of the transactions that change the row of a record of a snapshot. */
function changesOf({ ledger, before }: GoodLog, record: StreamRecord): number[] {
  const { table, data } = envelope(record);
  const key = before.find((each) => each.table === table)?.key ?? [];
  const text = keyText({ table, key }, data);
  return ledger
    .filter(({ changes }) =>
      changes.some((change) =>
        [change.before, change.after].some((row) => row !== null && keyText(change, row) === text),
      ),
    )
    .map(({ gtid }) => numberOf(gtid ?? ''));
}

/** A row that a snapshot brought and that the stream changes late, so that the fold does not show what happens to it. */
function findOfSnapshot(good: GoodLog): StreamRecord {
  const found = good.records
    .filter((record) => isOfType(record, 'bootstrap-insert'))
    .map((record) => ({ record, first: changesOf(good, record)[0] ?? 0 }))
    .sort((one, other) => other.first - one.first)[0];
  const end = found === undefined ? undefined : good.completeAfter.get(envelope(found.record).table);
  if (found === undefined || end === undefined || found.first <= end)
    throw new Error('the good log has no place for the fault');
  return found.record;
}

/** What the checker must find, each alone. */
export const plants: readonly Plant[] = [
  {
    name: 'one loss',
    breaks: 'I1',
    into: (good) => {
      const lost = find(good, isAlone(good));
      return withRecords(good, (record) => (record === lost ? [] : [record]));
    },
  },
  {
    name: 'one duplicate',
    breaks: 'I2',
    into: (good) => {
      const twice = find(good, () => true);
      return withRecords(good, (record) => (record === twice ? [record, record] : [record]));
    },
  },
  {
    name: 'one swap',
    breaks: 'I3',
    into: (good) => {
      const first = find(
        good,
        (record, _, next) =>
          next?.partition === record.partition &&
          parseSnapshotId(next.messageId) === null &&
          gtidOf(next) !== gtidOf(record) &&
          next.epoch === record.epoch,
      );
      const second = good.records[good.records.indexOf(first) + 1];
      return withRecords(good, (record) => {
        if (record === first) return [];
        return record === second ? [record, first] : [record];
      });
    },
  },
  {
    name: 'one phantom',
    breaks: 'I4',
    into: (good) => {
      const copied = find(good, () => true);
      const phantom = { ...copied, messageId: `${UNKNOWN_SERVER}:7#0` };
      return withRecords(good, (record) => (record === copied ? [record, phantom] : [record]));
    },
  },
  {
    name: 'one half transaction',
    breaks: 'I5',
    into: (good) => {
      const half = find(good, (record) => rowsOf(good, gtidOf(record)) > 1);
      return withRecords(good, (record) => (record === half ? [] : [record]));
    },
  },
  {
    name: 'one value changed',
    breaks: 'I1',
    into: (good) => {
      const changed = find(good, () => true);
      const { data, ...rest } = envelope(changed);
      const value = JSON.stringify({ ...rest, data: { ...data, note: 'another' } });
      return withRecords(good, (record) => (record === changed ? [{ ...record, value }] : [record]));
    },
  },
  {
    name: 'one old epoch',
    breaks: 'I6',
    into: (good) => {
      const old = find(good, ({ epoch }, former) => epoch > 1 && former?.epoch === epoch);
      return withRecords(good, (record) => (record === old ? [{ ...record, epoch: 1 }] : [record]));
    },
  },
  {
    name: 'one position that goes back',
    breaks: 'I6',
    into: (good) => {
      const [first] = good.positions;
      const at = Math.floor(good.positions.length / 2);
      const gtidSet = first?.gtidSet ?? '';
      return {
        ...good,
        positions: good.positions.map((each, index) => (index === at ? { ...each, gtidSet } : each)),
      };
    },
  },
  {
    name: 'one row of a snapshot lost',
    breaks: 'I1',
    into: (good) => {
      const lost = findOfSnapshot(good);
      return withRecords(good, (record) => (record === lost ? [] : [record]));
    },
  },
  {
    name: 'one row of a snapshot twice',
    breaks: 'I2',
    into: (good) => {
      const twice = findOfSnapshot(good);
      return withRecords(good, (record) => (record === twice ? [record, record] : [record]));
    },
  },
  {
    name: 'one end of a snapshot too many',
    breaks: 'I2',
    into: (good) => {
      const end = good.records.find((record) => isOfType(record, 'bootstrap-complete'));
      if (end === undefined) throw new Error('the good log has no snapshot');
      const another = { ...end, messageId: `${chunkOf(end)}9#0` }; // of a later chunk
      return withRecords(good, (record) => (record === end ? [record, another] : [record]));
    },
  },
  {
    name: 'one row of a snapshot older than what the stream has brought',
    breaks: 'I3',
    into: (good) => {
      for (const stale of good.overtaken) {
        const isBeside = (record: StreamRecord): boolean =>
          record.partition === stale.partition && chunkOf(record) === chunkOf(stale);
        const beside = good.records.findLast(isBeside);
        const later = good.records.slice(good.records.findLastIndex(isBeside) + 1);
        // The stream's next change of the row covers it in the fold.
        if (beside === undefined || !later.some(({ key }) => key === stale.key)) continue;
        return withRecords(good, (record) => (record === beside ? [record, stale] : [record]));
      }
      throw new Error('the good log has no place for the fault');
    },
  },
  {
    name: 'one checkpoint ahead of Kafka',
    breaks: 'I7',
    into: (good) => {
      const ahead = { at: 0, positionsOffset: 9999, epoch: 1, commit: 9999 };
      return { ...good, checkpoints: [...good.checkpoints, ahead] };
    },
  },
  {
    name: 'one row of the source that the topic does not have',
    breaks: 'I8',
    into: (good) => {
      const accounts = [
        ...(good.tables.get('accounts') ?? []),
        { id: 0, ver: 1, amount: 1, owner: 'nobody' },
      ];
      return { ...good, tables: new Map([...good.tables, ['accounts', accounts]]) };
    },
  },
];

/** The invariants that the findings break, without doubles. */
export function broken(findings: Findings): Invariant[] {
  return Object.keys(findings.counts) as Invariant[];
}

/** Checks the checker. Resolves to what is wrong with it, one line each; none where it is well. */
export function selfTest(seed: number): string[] {
  const good = goodLog(seed);
  const wrong: string[] = [];
  const clean = broken(check(good));
  if (clean.length > 0) wrong.push(`a good log: ${clean.join(' ')} found`);
  for (const { name, breaks, into } of plants) {
    const found = check(into(good));
    if (broken(found).join() !== breaks || found.count(breaks) !== 1)
      wrong.push(`${name}: ${breaks} once was expected, found ${JSON.stringify(found.counts)}`);
  }
  return wrong;
}
