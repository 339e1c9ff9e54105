import type { Row } from '../writer/ledger.ts';
import type { CheckInput } from './evidence-input.ts';
import type { Findings } from './findings.ts';
import { BinlogOrder, parseMessageId, type MessageId } from './gtid.ts';

interface Folded {
  readonly type: 'insert' | 'update' | 'delete';
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

/** I8: the records, carried out in binlog order, leave what the source has. */
export function checkFinalState(input: CheckInput, findings: Findings): void {
  const order = new BinlogOrder(input.sources);
  const keys = new Map(
    input.ledger.flatMap(({ changes }) => changes.map(({ table, key }) => [table, key] as const)),
  );
  const changes = input.records.map(({ value, messageId }): Folded => ({
    ...(JSON.parse(value ?? '{}') as Omit<Folded, 'id'>),
    id: parseMessageId(messageId),
  }));
  const tables = new Map<string, Map<string, Row>>();
  for (const { type, table, data, old = {} } of changes.sort((a, b) => order.compare(a.id, b.id))) {
    const rows = tables.get(table) ?? new Map<string, Row>();
    tables.set(table, rows);
    const key = keys.get(table) ?? [];
    rows.delete(keyOf({ ...data, ...old }, key)); // an update may have changed the key
    if (type !== 'delete') rows.set(keyOf(data, key), data);
  }
  for (const [table, found] of input.tables) {
    const folded = tables.get(table) ?? new Map<string, Row>();
    const columns = keys.get(table) ?? [];
    for (const row of found) {
      const key = keyOf(row, columns);
      const fold = folded.get(key);
      folded.delete(key);
      if (fold === undefined) findings.add('I8', `${table} ${key}: the source has it, the fold has not`);
      else if (differs(fold, row)) findings.add('I8', `${table} ${key}: the fold has other values`);
    }
    for (const key of folded.keys())
      findings.add('I8', `${table} ${key}: the fold has it, the source has not`);
  }
}
