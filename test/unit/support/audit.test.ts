import { describe, expect, it } from 'vitest';
import { audit } from '../../support/audit.ts';
import type { AuditReport } from '../../support/audit-report.ts';
import { expectedStream, type ExpectedRecord } from '../../support/expected-stream.ts';
import type { LoadLog, LoggedTransaction } from '../../support/load-log.ts';
import { makeStatement, verColumn, type StatementPlace } from '../../support/load-statement.ts';
import { LoadTableState } from '../../support/load-table-state.ts';
import { loadTables } from '../../support/load-table.ts';
import { SeededRandom } from '../../support/seeded-random.ts';
import { rowIdentity } from '../../support/source-rows.ts';
import type { TopicRecord } from '../../support/topic-record.ts';

const PARTITIONS = 4;
const SOURCE = '3e11fa47-71ca-11e1-9e33-c80aa9429562';

function makeLog(transactionCount: number): { log: LoadLog; sourceRows: Map<string, string> } {
  const random = new SeededRandom(5);
  const places = loadTables.map((table, tableIndex): StatementPlace => {
    const state = new LoadTableState(verColumn(table), 0);
    return { table, tableIndex, name: table.name, state, random, flavor: 'mysql' };
  });
  const transactions: LoggedTransaction[] = [];
  const sourceRows = new Map<string, string>();
  for (let number = 1; number <= transactionCount; number += 1) {
    const statements = Array.from({ length: random.between(1, 4) }, () =>
      makeStatement(random.pick(places), 20),
    );
    const rows = statements.flatMap(({ changes }) => changes);
    transactions.push({ gtid: `${SOURCE}:${number}`, rows, acknowledgedAt: number });
  }
  const log = { database: 'shop', hiddenDatabase: 'shop_hidden', transactions };
  for (const { table, change, data } of expectedStream(log, []).flatMap(({ records }) => records)) {
    const identity = (texts: readonly string[]): string =>
      rowIdentity(table.name, texts.slice(0, table.keyColumns));
    if (change.before !== null) sourceRows.delete(identity(change.before));
    if (change.after !== null) sourceRows.set(identity(change.after), data);
  }
  return { log, sourceRows };
}

function partitionOf(key: string): number {
  let sum = 0;
  for (const char of key) sum = (sum * 31 + char.charCodeAt(0)) % 65_521;
  return sum % PARTITIONS;
}

function recordOf(
  expected: ExpectedRecord,
  change: Partial<Record<'data' | 'commit', string>> = {},
): TopicRecord {
  const { database, table, transaction, key, old, isLast, xoffset, messageId } = expected;
  const commit = change.commit ?? (isLast ? '"commit":true' : `"xoffset":${xoffset}`);
  const head = `"database":"${database}","table":"${table.name}","type":"${expected.change.op}","ts":1700000000`;
  const tail = `"data":${change.data ?? expected.data}${old === null ? '' : `,"old":${old}`}`;
  const value = `{${head},"xid":${transaction.order},${commit},${tail}}`;
  return {
    topic: 't',
    partition: partitionOf(key),
    offset: 0,
    key,
    value,
    messageId,
    epoch: 1,
    arrivedAt: 0,
  };
}

const { log, sourceRows } = makeLog(120);
const transactions = expectedStream(log, []);
const expected = transactions.flatMap(({ records }) => records);
const good = expected.map((each) => recordOf(each));

function run(records: readonly TopicRecord[]): AuditReport {
  return audit({ log, records, sourceRows });
}

/** The counts that differ from a clean report. */
function faults(report: AuditReport): Partial<AuditReport> {
  const clean = run(good);
  return Object.fromEntries(
    Object.entries(report).filter(
      ([name, count]) =>
        typeof count === 'number' &&
        !['kafkaRows', 'exactRows'].includes(name) &&
        count !== clean[name as 'lost'],
    ),
  );
}

function at<T>(items: readonly T[], index: number): T {
  const item = items[index];
  if (item === undefined) throw new Error(`nothing at ${index}`);
  return item;
}

/** The index of a record of a single-row transaction whose key changes again later, so that the fold forgets it. */
function singleIndex(): number {
  return expected.findIndex(
    (one, index) =>
      one.transaction.records.length === 1 &&
      one.change.op !== 'delete' &&
      expected.some(
        (later, place) => place > index && later.key === one.key && later.old?.includes('"id"') !== true,
      ),
  );
}

describe('audit', () => {
  it('finds nothing in a good stream', () => {
    const report = run(good);
    expect(report).toMatchObject({
      isClean: true,
      findings: [],
      committedRows: good.length,
      exactRows: good.length,
    });
    expect(report.committedRows).toBeGreaterThan(500);
  });

  it('finds one loss and nothing else', () => {
    const report = run(good.filter((_, index) => index !== singleIndex()));
    expect(faults(report)).toEqual({ lost: 1 });
    expect(report.isClean).toBe(false);
  });

  it('finds one duplicate and nothing else', () => {
    const report = run([...good, at(good, 17)]);
    expect(faults(report)).toEqual({ duplicated: 1 });
    expect(report.isClean).toBe(false);
  });

  it('finds one swap inside a partition and nothing else', () => {
    const first = singleIndex();
    const { partition } = at(good, first);
    const second = good.findIndex((record, index) => index > first && record.partition === partition);
    const swapped = [...good];
    swapped[first] = at(good, second);
    swapped[second] = at(good, first);
    expect(faults(run(swapped))).toEqual({ outOfOrder: 1 });
  });

  it('finds one phantom and nothing else', () => {
    const phantom = { ...at(good, 30), messageId: `${SOURCE}:99999#0` };
    expect(faults(run([...good, phantom]))).toEqual({ phantom: 1 });
  });

  it('finds a half transaction: its rows are lost, and it is named', () => {
    const victim = transactions.find(({ records }) => records.length > 3);
    const half = new Set(victim?.records.slice(2).map(({ messageId }) => messageId));
    const report = audit({
      log,
      records: good.filter(({ messageId }) => !half.has(messageId)),
      sourceRows: null,
    });
    expect(faults(report)).toEqual({ halfTransactions: 1, lost: half.size });
    expect(report.findings.at(-1)).toContain(`2 of ${victim?.records.length ?? 0} rows`);
  });

  it('finds one changed value and nothing else', () => {
    const index = singleIndex();
    const victim = at(expected, index);
    const data = victim.data.replace(/("ver":)(\d+)/, '$17777');
    const report = run(good.map((record, place) => (place === index ? recordOf(victim, { data }) : record)));
    expect(faults(report)).toEqual({ wrongValues: 1 });
    expect(report.findings).toEqual([expect.stringContaining('data.ver')]);
  });

  it('tells digits apart that JSON.parse would round', () => {
    const index = expected.findIndex(
      ({ table, data }) => table.name === 'orders' && data.includes('"id":900719925474'),
    );
    const victim = at(expected, index);
    const data = victim.data.replace(/"id":(\d+)/, (_, digits: string) => `"id":${BigInt(digits) ^ 1n}`);
    const report = audit({
      log,
      records: good.map((record, place) => (place === index ? recordOf(victim, { data }) : record)),
      sourceRows: null,
    });
    expect(faults(report)).toEqual({ wrongValues: 1 });
  });

  it('finds a lost commit flag and nothing else', () => {
    const index = expected.findIndex(({ isLast, xoffset }) => isLast && xoffset > 0);
    const record = recordOf(at(expected, index), { commit: '"xoffset":1' });
    expect(faults(run(good.map((each, place) => (place === index ? record : each))))).toEqual({
      envelopeFaults: 1,
    });
  });

  it('finds a key that moved to another partition', () => {
    const index = good.findLastIndex(({ key }, place) =>
      good.slice(0, place).some((former) => former.key === key),
    );
    const { partition } = at(good, index);
    const last = good.findLastIndex((record) => record.partition !== partition);
    const moved = { ...at(good, index), partition: at(good, last).partition };
    const records = good.toSpliced(index, 1).toSpliced(Math.max(last, index), 0, moved);
    expect(faults(run(records))).toEqual({ outOfOrder: 1 });
  });

  it('finds a record of an old epoch behind a new one', () => {
    const records = good.map((record, index) => ({ ...record, epoch: index < 200 || index === 300 ? 1 : 2 }));
    expect(faults(run(records))).toEqual({ epochRegressions: 1 });
  });

  it('finds a row of the source that the stream does not add up to', () => {
    const changed = new Map(sourceRows);
    const identity = at([...changed.keys()], 3);
    changed.set(identity, '{}');
    expect(faults(audit({ log, records: good, sourceRows: changed }))).toEqual({ foldDifferences: 1 });
    changed.delete(identity);
    expect(faults(audit({ log, records: good, sourceRows: changed }))).toEqual({ foldDifferences: 1 });
  });

  it('recognises a transaction whose acknowledgement was lost by its rows, and misses it where it is not there', () => {
    const index = log.transactions.findIndex(({ gtid }) => gtid === transactions[40]?.gtid);
    const unknown: LoadLog = {
      ...log,
      transactions: log.transactions.map((each, place) => (place === index ? { ...each, gtid: null } : each)),
    };
    expect(audit({ log: unknown, records: good, sourceRows })).toMatchObject({ isClean: true });
    const gone = new Set(transactions[40]?.records.map(({ messageId }) => messageId));
    const without = good.filter(({ messageId }) => !gone.has(messageId));
    expect(audit({ log: unknown, records: without, sourceRows: null })).toMatchObject({
      lost: gone.size,
      phantom: 0,
    });
  });
});
