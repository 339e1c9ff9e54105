import type { LedgerChange, LedgerEntry, Row } from '../writer/ledger.ts';
import type { CheckInput, StreamRecord } from './evidence-input.ts';
import type { Findings } from './findings.ts';
import { GtidText, parseGtid, parseMessageId, type MessageId } from './gtid.ts';
import { keyText, type NamedEntry, type NamedLedger } from './named-ledger.ts';
import { parseSnapshotId } from './snapshot-id.ts';

/** The JSON of a record, as Maxwell writes it. */
interface Envelope {
  readonly table: string;
  readonly type: string;
  readonly data: Row;
  readonly old?: Row;
  readonly xid?: number;
  readonly commit?: boolean;
}

function isSame(one: Row, other: Row): boolean {
  const columns = Object.keys(one);
  return columns.length === Object.keys(other).length && columns.every((each) => one[each] === other[each]);
}

/** The columns that an update changed, as they were. */
function changedColumns({ before, after }: LedgerChange): Row {
  if (before === null || after === null) return {};
  return Object.fromEntries(Object.entries(before).filter(([column, value]) => after[column] !== value));
}

/** Compares the records of the stream with the ledger: I1 to I5. Records of snapshots are none of its business. */
export class StreamCheck {
  readonly #input: CheckInput;
  readonly #ledger: NamedLedger;
  readonly #findings: Findings;
  readonly #seen = new Set<string>();
  readonly #envelopes = new Map<string, Envelope>();

  constructor(input: CheckInput, ledger: NamedLedger, findings: Findings) {
    this.#input = input;
    this.#ledger = ledger;
    this.#findings = findings;
  }

  run(): void {
    this.#checkNames();
    const { order, shown } = this.#ledger;
    const executed = new GtidText(this.#input.executed);
    const last = new Map<number, { record: StreamRecord; id: MessageId }>();
    const versions = new Map<string, { ver: number; partition: number }>();
    for (const record of this.#input.records) {
      if (parseSnapshotId(record.messageId) !== null) continue;
      const id = parseMessageId(record.messageId);
      const expected = shown.get(record.messageId);
      if (expected === undefined) {
        const why = executed.has(id.gtid) ? 'the transaction has no such row to show' : 'never executed';
        this.#findings.add('I4', `${place(record)}: ${record.messageId}: ${why}`);
        continue;
      }
      if (this.#seen.has(record.messageId)) {
        this.#findings.duplicated += 1;
        this.#findings.add('I2', `${place(record)}: ${record.messageId} once more`);
        continue;
      }
      this.#seen.add(record.messageId);
      this.#compare(record, expected);
      const former = last.get(record.partition);
      const isBack = former !== undefined && order.compare(id, former.id) < 0;
      last.set(record.partition, { record, id });
      const isKeyBack = this.#isKeyBack(record, expected, versions);
      if (!isBack && !isKeyBack) continue;
      this.#findings.outOfOrder += 1;
      this.#findings.add(
        'I3',
        `${place(record)}: ${record.messageId} stands after ${former?.record.messageId}`,
      );
    }
    for (const named of this.#ledger.entries) this.#checkWhole(named);
  }

  /** A ledger that does not belong to this source would make every other check worthless. */
  #checkNames(): void {
    const baseline = new GtidText(this.#input.baseline);
    const executed = new GtidText(this.#input.executed);
    for (const { gtid } of this.#ledger.entries)
      if (gtid !== null && (baseline.has(gtid) || !executed.has(gtid)))
        this.#findings.add('I1', `${gtid} was acknowledged, and is not in executed − baseline`);
  }

  #compare(record: StreamRecord, change: LedgerChange): void {
    const envelope = JSON.parse(record.value ?? '{}') as Envelope;
    this.#envelopes.set(record.messageId, envelope);
    const { table, type, data, old = {} } = envelope;
    const isRight =
      table === change.table &&
      type === change.op &&
      isSame(data, change.after ?? change.before ?? {}) &&
      isSame(old, changedColumns(change));
    if (!isRight) this.#findings.add('I1', `${place(record)}: ${record.messageId} is not what was written`);
  }

  #isKeyBack(
    record: StreamRecord,
    change: LedgerChange,
    versions: Map<string, { ver: number; partition: number }>,
  ): boolean {
    const row = change.after ?? change.before ?? {};
    const key = keyText(change, row);
    // A delete shows the version that the row had.
    const ver = Number(row['ver']) + (change.op === 'delete' ? 0.5 : 0);
    const former = versions.get(key);
    versions.set(key, { ver, partition: record.partition });
    return former !== undefined && (ver <= former.ver || former.partition !== record.partition);
  }

  #checkWhole({ entry, gtid }: NamedEntry): void {
    const shown = [...entry.changes.entries()].filter(([, { isHidden }]) => !isHidden);
    if (shown.length === 0) return;
    const missing = shown.filter(([index]) => !this.#seen.has(`${gtid}#${index}`));
    this.#findings.lost += missing.length;
    const name = gtid ?? 'a transaction whose acknowledgement was lost';
    if (missing.length === shown.length)
      this.#findings.add('I1', `${name}: none of its ${shown.length} rows`);
    else if (missing.length > 0)
      this.#findings.add('I5', `${name}: ${missing.length} of its ${shown.length} rows are missing`);
    else
      this.#checkEnds(
        `${gtid}`,
        shown.map(([index]) => index),
      );
  }

  /** Maxwell's marks of a transaction: one xid, and `commit` on the last row alone. */
  #checkEnds(gtid: string, indices: readonly number[]): void {
    const envelopes = indices.map((index) => this.#envelopes.get(`${gtid}#${index}`));
    const isMarked = envelopes.every(
      (envelope, at) =>
        envelope?.xid === envelopes[0]?.xid && (envelope?.commit === true) === (at === indices.length - 1),
    );
    if (!isMarked) this.#findings.add('I5', `${gtid}: xid or commit is not what it should be`);
  }
}

function place({ partition, offset }: StreamRecord): string {
  return `partition ${partition} offset ${offset}`;
}

/** The servers (or domains) of a ledger in the order of their first acknowledgement. */
export function sourcesOf(ledger: readonly LedgerEntry[]): string[] {
  return [...new Set(ledger.flatMap(({ gtid }) => (gtid === null ? [] : [parseGtid(gtid).source])))];
}
