import { AuditFindings, type AuditReport } from './audit-report.ts';
import { jsonMembers, normaliseJson } from '../../src/verify/exact-json.ts';
import { expectedStream, type ExpectedRecord } from './expected-stream.ts';
import type { LoadLog } from './load-log.ts';
import { rowIdentity } from './source-rows.ts';
import type { TopicRecord } from './topic-record.ts';

/** What is compared. */
export interface AuditInput {
  /** What the source acknowledged. */
  readonly log: LoadLog;
  /** What a read_committed reader got, from the beginning; of each partition in its order. */
  readonly records: readonly TopicRecord[];
  /** SELECT * of the source, of readSourceRows; null leaves out the comparison with the fold. */
  readonly sourceRows: ReadonlyMap<string, string> | null;
}

/** A record with what it should be. */
interface MatchedRecord {
  readonly expected: ExpectedRecord;
  readonly record: TopicRecord;
  readonly members: ReadonlyMap<string, string>;
}

/**
 * Compares what consumers see with what the source committed, exactly: every (message_id, all values), each once, in
 * order, transactions whole, and the fold of the stream with the tables. Shares no code with the product.
 */
export function audit({ log, records, sourceRows }: AuditInput): AuditReport {
  const findings = new AuditFindings();
  const transactions = expectedStream(log, records);
  const expected = new Map(
    transactions.flatMap((each) => each.records).map((each) => [each.messageId, each]),
  );
  findings.counts.committedTransactions = transactions.length;
  findings.counts.committedRows = expected.size;
  findings.counts.kafkaRows = records.length;
  const matched = match(findings, expected, records);
  for (const messageId of expected.keys()) if (!matched.has(messageId)) findings.add('lost', messageId);
  for (const { gtid, records: rows } of transactions) {
    const there = rows.filter(({ messageId }) => matched.has(messageId)).length;
    if (there > 0 && there < rows.length)
      findings.add('halfTransactions', `${gtid}: ${there} of ${rows.length} rows`);
  }
  checkOrder(findings, [...matched.values()]);
  checkEpochs(findings, records);
  checkXids(findings, [...matched.values()]);
  if (sourceRows !== null) checkFold(findings, [...matched.values()], sourceRows);
  return findings.report();
}

function where(record: TopicRecord): string {
  return `${record.messageId} at ${record.topic}-${record.partition} offset ${record.offset}`;
}

function match(
  findings: AuditFindings,
  expected: ReadonlyMap<string, ExpectedRecord>,
  records: readonly TopicRecord[],
): Map<string, MatchedRecord> {
  const matched = new Map<string, MatchedRecord>();
  for (const record of records) {
    const wanted = expected.get(record.messageId);
    if (wanted === undefined) {
      findings.add('phantom', where(record));
      continue;
    }
    if (matched.has(record.messageId)) {
      findings.add('duplicated', where(record));
      continue;
    }
    const members = readMembers(record.value);
    matched.set(record.messageId, { expected: wanted, record, members });
    const wrong = wrongParts(wanted, record, members);
    if (wrong.length === 0) findings.counts.exactRows += 1;
    else findings.add('wrongValues', `${where(record)}: ${wrong.join(', ')}`);
    const fault = envelopeFault(wanted, members);
    if (fault !== null) findings.add('envelopeFaults', `${where(record)}: ${fault}`);
  }
  return matched;
}

function readMembers(value: string | null): Map<string, string> {
  try {
    return jsonMembers(value ?? '');
  } catch {
    return new Map();
  }
}

/** The parts of the record that differ; names of columns, never their values. */
function wrongParts(
  wanted: ExpectedRecord,
  record: TopicRecord,
  members: ReadonlyMap<string, string>,
): string[] {
  const wrong: string[] = [];
  const compare = (name: string, text: string | null): void => {
    if ((members.get(name) ?? null) !== text) wrong.push(name);
  };
  if (record.value === null || members.size === 0) return ['value is no JSON object'];
  if (record.key === null || normalised(record.key) !== wanted.key) wrong.push('key');
  compare('database', JSON.stringify(wanted.database));
  compare('table', JSON.stringify(wanted.table.name));
  compare('type', JSON.stringify(wanted.change.op));
  compare('old', wanted.old);
  const data = members.get('data');
  if (data === wanted.data) return wrong;
  const seen = readMembers(data ?? null);
  const columns = [...jsonMembers(wanted.data)]
    .filter(([name, text]) => seen.get(name) !== text)
    .map(([name]) => name);
  return [...wrong, columns.length === 0 ? 'order of columns' : `data.${columns.join(' data.')}`];
}

function normalised(text: string): string | null {
  try {
    return normaliseJson(text);
  } catch {
    return null;
  }
}

function envelopeFault(wanted: ExpectedRecord, members: ReadonlyMap<string, string>): string | null {
  const commit = members.get('commit');
  const xoffset = members.get('xoffset');
  if (commit !== (wanted.isLast ? 'true' : undefined)) return `commit is ${commit ?? 'missing'}`;
  if (xoffset !== (wanted.isLast ? undefined : String(wanted.xoffset)))
    return `xoffset is ${xoffset ?? 'missing'}`;
  if (!/^\d+$/.test(members.get('ts') ?? '')) return 'ts is no whole number';
  return /^\d+$/.test(members.get('xid') ?? '') ? null : 'xid is missing';
}

/** All rows of a transaction have one xid. */
function checkXids(findings: AuditFindings, matched: readonly MatchedRecord[]): void {
  const xids = new Map<string, string>();
  for (const { expected, record, members } of matched) {
    const { gtid } = expected.transaction;
    const xid = members.get('xid');
    if (xid === undefined) continue; // counted as a fault of the envelope already
    const first = xids.get(gtid);
    if (first === undefined) xids.set(gtid, xid);
    else if (first !== xid)
      findings.add('envelopeFaults', `${where(record)}: another xid than its transaction`);
  }
}

/** Per partition: commit order, and row order inside a transaction. Per key: one partition, and `ver` grows. */
function checkOrder(findings: AuditFindings, matched: readonly MatchedRecord[]): void {
  const last = new Map<string, { order: number; index: number }>();
  const keys = new Map<string, { place: string; ver: number }>();
  for (const { expected, record } of matched) {
    const place = `${record.topic}-${record.partition}`;
    const at = { order: expected.transaction.order, index: expected.xoffset };
    const before = last.get(place);
    const isBehind =
      before !== undefined &&
      (at.order < before.order || (at.order === before.order && at.index < before.index));
    if (!isBehind) last.set(place, at);
    const image = expected.change.after ?? expected.change.before;
    const ver = Number(image?.[expected.table.keyColumns]);
    const former = keys.get(expected.key);
    // A delete shows the image, and so the `ver`, of the change before it.
    const isOld =
      former !== undefined && (expected.change.op === 'delete' ? ver < former.ver : ver <= former.ver);
    const isElsewhere = former !== undefined && former.place !== place;
    if (!isOld) keys.set(expected.key, { place, ver });
    if (isBehind) findings.add('outOfOrder', `${where(record)}: behind a later record of its partition`);
    else if (isElsewhere)
      findings.add('outOfOrder', `${where(record)}: its key was in ${former.place} before`);
    else if (isOld) findings.add('outOfOrder', `${where(record)}: ver ${ver} of its key after ${former.ver}`);
  }
}

function checkEpochs(findings: AuditFindings, records: readonly TopicRecord[]): void {
  const last = new Map<string, number>();
  for (const record of records) {
    const place = `${record.topic}-${record.partition}`;
    const before = last.get(place) ?? 0;
    if (!(record.epoch >= before))
      findings.add('epochRegressions', `${where(record)}: ${record.epoch} after ${before}`);
    else last.set(place, record.epoch);
  }
}

/** What the stream adds up to, taken in commit order, against the tables. */
function checkFold(
  findings: AuditFindings,
  matched: readonly MatchedRecord[],
  sourceRows: ReadonlyMap<string, string>,
): void {
  const inOrder = matched.toSorted(
    ({ expected: a }, { expected: b }) => a.transaction.order - b.transaction.order || a.xoffset - b.xoffset,
  );
  const fold = new Map<string, string>();
  for (const { members, expected } of inOrder) {
    const { name, columns, keyColumns } = expected.table;
    const data = readMembers(members.get('data') ?? null);
    const old = readMembers(members.get('old') ?? '{}');
    const keyNames = columns.slice(0, keyColumns).map((column) => column.name);
    fold.delete(
      rowIdentity(
        name,
        keyNames.map((key) => old.get(key) ?? data.get(key) ?? ''),
      ),
    );
    if (members.get('type') === '"delete"') continue;
    fold.set(
      rowIdentity(
        name,
        keyNames.map((key) => data.get(key) ?? ''),
      ),
      members.get('data') ?? '',
    );
  }
  for (const [identity, row] of sourceRows)
    if (fold.get(identity) !== row)
      findings.add('foldDifferences', `${identity} differs from the source's row`);
  for (const identity of fold.keys())
    if (!sourceRows.has(identity)) findings.add('foldDifferences', `${identity} is not in the source`);
}
