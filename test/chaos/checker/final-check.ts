import type { Row } from '../writer/ledger.ts';
import { ChunkPlaces } from './chunk-places.ts';
import type { CheckInput, StreamRecord } from './evidence-input.ts';
import type { Findings } from './findings.ts';
import { parseMessageId, type MessageId } from './gtid.ts';
import type { NamedLedger } from './named-ledger.ts';

interface Folded {
  readonly type: string;
  readonly table: string;
  readonly data: Row;
  readonly old?: Row;
  readonly id: MessageId;
}

/** Columns that DDL adds and drops: rows that nobody touched since say nothing about them. */
const isExtra = (column: string): boolean => /^extra\d+$/.test(column);

function keyOf(row: Row, columns: readonly string[]): string {
  return columns.map((column) => row[column]).join(',');
}

function differs(folded: Row, found: Row): boolean {
  const columns = new Set([...Object.keys(folded), ...Object.keys(found)]);
  return [...columns].some((column) => {
    const [one, other] = [folded[column], found[column]];
    if (one === undefined || other === undefined) return !isExtra(column);
    return one === null || other === null ? one !== other : String(one) !== String(other);
  });
}

/** Whether the columns that no DDL adds or drops are the same in both, value and type. */
export function isSameButExtra(one: Row, other: Row): boolean {
  const columns = new Set([...Object.keys(one), ...Object.keys(other)]);
  return [...columns].every((column) => isExtra(column) || one[column] === other[column]);
}

/** I8: the records, carried out in binlog order, leave what the source has. */
export function checkFinalState(
  input: CheckInput,
  ledger: NamedLedger,
  places: ChunkPlaces,
  findings: Findings,
): void {
  const folded = ({ value }: StreamRecord, id: MessageId): Folded => ({
    ...(JSON.parse(value ?? '{}') as Omit<Folded, 'id'>),
    id,
  });
  const ofSnapshots = new Set(places.records.map(({ record }) => record));
  // A stable sort: what snapshots wrote at the same place stays in its order.
  const changes = [
    ...input.records
      .filter((record) => !ofSnapshots.has(record))
      .map((record) => folded(record, parseMessageId(record.messageId))),
    ...places.records.map((chunk) => folded(chunk.record, ChunkPlaces.idOf(chunk))),
  ];
  const tables = new Map<string, Map<string, Row>>();
  for (const { type, table, data, old = {} } of changes.sort((a, b) => ledger.order.compare(a.id, b.id))) {
    if (type === 'bootstrap-start' || type === 'bootstrap-complete') continue;
    const rows = tables.get(table) ?? new Map<string, Row>();
    tables.set(table, rows);
    const key = ledger.keyOf(table);
    rows.delete(keyOf({ ...data, ...old }, key)); // an update may have changed the key
    if (type !== 'delete') rows.set(keyOf(data, key), data);
  }
  for (const [table, found] of input.tables) {
    const fold = tables.get(table) ?? new Map<string, Row>();
    const columns = ledger.keyOf(table);
    for (const row of found) {
      const key = keyOf(row, columns);
      const kept = fold.get(key);
      fold.delete(key);
      if (kept === undefined) findings.add('I8', `${table} ${key}: the source has it, the fold has not`);
      else if (differs(kept, row)) findings.add('I8', `${table} ${key}: the fold has other values`);
    }
    for (const key of fold.keys()) findings.add('I8', `${table} ${key}: the fold has it, the source has not`);
  }
}
