import type { LedgerChange, LedgerEntry, Row } from '../writer/ledger.ts';
import type { CheckInput } from './evidence-input.ts';
import { BinlogOrder, parseMessageId } from './gtid.ts';
import { parseSnapshotId } from './snapshot-id.ts';

/** An entry and its GTID, which the topic tells where the acknowledgement was lost; null: it does not. */
export interface NamedEntry {
  readonly entry: LedgerEntry;
  readonly gtid: string | null;
}

/** Table and key: names a row. */
export function keyText({ table, key }: { table: string; key: readonly string[] }, row: Row): string {
  return `${table} ${key.map((column) => row[column]).join(',')}`;
}

/** Table, key and version: names a row change without its GTID. */
function identity(change: LedgerChange): string {
  const row = change.after ?? change.before ?? {};
  return `${change.op} ${keyText(change, row)} ${row['ver']}`;
}

/** The ledger with the names that its rows have in the topic. */
export class NamedLedger {
  readonly entries: readonly NamedEntry[];
  /** message_id → what the topic must show under it. */
  readonly shown = new Map<string, LedgerChange>();
  readonly order: BinlogOrder;
  readonly #keys = new Map<string, readonly string[]>();

  constructor(input: CheckInput) {
    this.order = new BinlogOrder(input.sources);
    for (const { table, key } of input.before) this.#keys.set(table, key);
    for (const { changes } of input.ledger) for (const { table, key } of changes) this.#keys.set(table, key);
    const unnamed = input.ledger.some(({ gtid, changes: { length } }) => gtid === null && length > 0);
    const gtids = unnamed ? this.#gtidsByIdentity(input) : new Map<string, string>();
    this.entries = input.ledger.map((entry): NamedEntry => {
      const found = entry.changes
        .filter(({ isHidden }) => !isHidden)
        .map((change) => gtids.get(identity(change)));
      return { entry, gtid: entry.gtid ?? found.find((each) => each !== undefined) ?? null };
    });
    for (const { entry, gtid } of this.entries)
      for (const [index, change] of entry.changes.entries())
        if (gtid !== null && !change.isHidden) this.shown.set(`${gtid}#${index}`, change);
  }

  /** Columns of the primary key; none for a table that nobody wrote to. */
  keyOf(table: string): readonly string[] {
    return this.#keys.get(table) ?? [];
  }

  #gtidsByIdentity({ ledger, records }: CheckInput): Map<string, string> {
    const known = new Set(ledger.map(({ gtid }) => gtid));
    const gtids = new Map<string, string>();
    for (const { value, messageId } of records) {
      const { gtid } = parseMessageId(messageId);
      if (known.has(gtid) || value === null || parseSnapshotId(messageId) !== null) continue;
      const { table, type, data } = JSON.parse(value) as { table: string; type: string; data: Row };
      gtids.set(`${type} ${keyText({ table, key: this.keyOf(table) }, data)} ${data['ver']}`, gtid);
    }
    return gtids;
  }
}
