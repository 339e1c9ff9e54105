import { jsonMembers } from '../../src/verify/exact-json.ts';
import type { LoadLog, LoggedTransaction, RowChange } from './load-log.ts';
import { loadTables, type LoadTable } from './load-table.ts';
import type { TopicRecord } from './topic-record.ts';

/** One record that must be in the topic, computed from what the source acknowledged alone. */
export interface ExpectedRecord {
  readonly messageId: string;
  readonly database: string;
  readonly table: LoadTable;
  readonly change: RowChange;
  /** Record key in Maxwell's hash format. */
  readonly key: string;
  /** JSON texts of `data` and `old` (null: no such member). */
  readonly data: string;
  readonly old: string | null;
  /** Index among the visible rows of its transaction. */
  readonly xoffset: number;
  readonly isLast: boolean;
  readonly transaction: ExpectedTransaction;
}

/** One source transaction with visible rows. */
export interface ExpectedTransaction {
  readonly gtid: string;
  /** Place in the commit order of the source. */
  readonly order: number;
  readonly records: readonly ExpectedRecord[];
}

/** The last number of a GTID: the sequence in which one server committed (MySQL `uuid:23`, MariaDB `0-2-815`). */
export function sequenceOf(gtid: string): number {
  return Number(/\d+$/.exec(gtid)?.[0] ?? NaN);
}

const SERVER_STEP = 1e12;

const serverOf = (gtid: string): string => gtid.replace(/\d+$/, '');

/** The servers that have committed, in that order: one that was promoted counts from 1 again (MySQL). */
function serversIn(log: LoadLog): Map<string, number> {
  const names = new Set(log.transactions.flatMap(({ gtid }) => (gtid === null ? [] : serverOf(gtid))));
  return new Map([...names].map((name, index) => [name, index]));
}

function object(table: LoadTable, texts: readonly string[], isIncluded: (index: number) => boolean): string {
  const members = table.columns
    .map(({ name }, index) => ({ name, index }))
    .filter(({ index }) => isIncluded(index))
    .map(({ name, index }) => `${JSON.stringify(name)}:${texts[index] ?? 'null'}`);
  return `{${members.join(',')}}`;
}

function recordKey(database: string, table: LoadTable, texts: readonly string[]): string {
  const parts = table.columns
    .slice(0, table.keyColumns)
    .map(({ name }, index) => `"pk.${name}":${texts[index] ?? ''}`);
  return `{"database":${JSON.stringify(database)},"table":${JSON.stringify(table.name)},${parts.join(',')}}`;
}

function expectedTransaction(
  database: string,
  gtid: string,
  { rows, servers }: LoggedTransaction & { readonly servers: ReadonlyMap<string, number> },
): ExpectedTransaction {
  const records: ExpectedRecord[] = [];
  const order = (servers.get(serverOf(gtid)) ?? 0) * SERVER_STEP + sequenceOf(gtid);
  const transaction: ExpectedTransaction = { gtid, order, records };
  const visible = rows
    .map((change, index) => ({ change, index, table: loadTables[change.table] }))
    .filter(({ table }) => table?.isHidden === false);
  for (const [xoffset, { change, index, table }] of visible.entries()) {
    const image = change.after ?? change.before;
    if (table === undefined || image === null)
      throw new Error(`the load log of ${gtid} has no image for row ${index}`);
    const { before, after } = change;
    const isUpdate = before !== null && after !== null;
    records.push({
      messageId: `${gtid}#${index}`, // counted over all rows of the transaction, the filtered ones too
      database,
      table,
      change,
      key: recordKey(database, table, image),
      data: object(table, image, () => true),
      old: isUpdate ? object(table, before, (column) => before[column] !== after[column]) : null,
      xoffset,
      isLast: xoffset === visible.length - 1,
      transaction,
    });
  }
  return transaction;
}

/** Table, operation and values of the rows: tells a transaction whose GTID was never acknowledged. */
function signature(
  rows: readonly { readonly table: string; readonly type: string; readonly data: string }[],
): string {
  return rows.map(({ table, type, data }) => `${table} ${type} ${data}`).join('\n');
}

/**
 * What the topic must hold, in the order of the log. A transaction whose GTID is unknown, because the connection broke
 * at its COMMIT, gets the GTID under which exactly its rows are in the topic; where there is none, a name of its own,
 * so that its rows count as lost.
 */
export function expectedStream(log: LoadLog, records: readonly TopicRecord[]): ExpectedTransaction[] {
  const known = new Set(log.transactions.map(({ gtid }) => gtid));
  const unclaimed = new Map<string, TopicRecord[]>();
  if (known.has(null))
    for (const record of records) {
      const gtid = record.messageId.split('#')[0] ?? '';
      if (!known.has(gtid)) unclaimed.set(gtid, [...(unclaimed.get(gtid) ?? []), record]);
    }
  const bySignature = new Map([...unclaimed].map(([gtid, rows]) => [signatureOf(rows), gtid]));
  const servers = serversIn(log);
  return log.transactions
    .map((logged, index) => {
      const transaction = { ...logged, servers };
      if (transaction.gtid !== null) return expectedTransaction(log.database, transaction.gtid, transaction);
      const probe = expectedTransaction(log.database, `unknown-${index}`, transaction);
      const rows = probe.records.map(({ table, change, data }) => ({
        table: table.name,
        type: change.op,
        data,
      }));
      const gtid = bySignature.get(signature(rows));
      return gtid === undefined ? probe : expectedTransaction(log.database, gtid, transaction);
    })
    .filter((transaction) => transaction.records.length > 0);
}

function signatureOf(records: readonly TopicRecord[]): string {
  const index = (record: TopicRecord): number => Number(record.messageId.split('#')[1]);
  const rows = records
    .toSorted((a, b) => index(a) - index(b))
    .map(({ value }) => {
      const members = jsonMembers(value ?? '{}');
      const text = (name: string): string => JSON.parse(members.get(name) ?? '""') as string;
      return { table: text('table'), type: text('type'), data: members.get('data') ?? '' };
    });
  return signature(rows);
}
