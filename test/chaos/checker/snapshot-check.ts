import type { LedgerChange, Row } from '../writer/ledger.ts';
import { ChunkPlaces, type ChunkRecord } from './chunk-places.ts';
import type { CheckInput } from './evidence-input.ts';
import { isSameButExtra } from './final-check.ts';
import type { Findings } from './findings.ts';
import { parseMessageId, type MessageId } from './gtid.ts';
import { keyText, type NamedLedger } from './named-ledger.ts';

/** The JSON of a record, as Maxwell's bootstrap writes it. */
interface Envelope {
  readonly database: string;
  readonly table: string;
  readonly type: string;
  readonly data: Row;
}

/** What a record of a snapshot must not have: it belongs to no transaction. */
const OF_TRANSACTIONS = ['xid', 'xoffset', 'commit', 'position', 'gtid', 'server_id', 'thread_id', 'old'];

interface Change {
  readonly id: MessageId;
  readonly change: LedgerChange;
}

/** One snapshot of a table. */
class TableSeen {
  /** Keys of the rows that it has brought. */
  readonly brought = new Set<string>();
  start: ChunkRecord | null = null;
  complete: ChunkRecord | null = null;
  /** Partition → its last record there. */
  readonly last = new Map<number, ChunkRecord>();
  first: ChunkRecord | null = null;
  end: ChunkRecord | null = null;
}

const isBehind = (one: ChunkRecord, other: ChunkRecord): boolean =>
  one.id.chunk - other.id.chunk > 0 || (one.id.chunk === other.id.chunk && one.id.row > other.id.row);

/**
 * Holds what a snapshot wrote against the rows as they were at its place in the binlog: each row that was there before once
 * (I1, I2), in the state that the stream has brought it to by then (I3), nothing else (I4), outside of every transaction (I5).
 */
export class SnapshotCheck {
  readonly #input: CheckInput;
  readonly #ledger: NamedLedger;
  readonly #places: ChunkPlaces;
  readonly #findings: Findings;
  /** Rows of the source at the place at hand, by table and key. */
  readonly #rows = new Map<string, Row>();
  /** Rows that the stream has brought or taken by then. */
  readonly #streamed = new Set<string>();
  /** Every row that there ever was. */
  readonly #known = new Set<string>();
  /** Where the stream has the rows of a key. */
  readonly #partitions = new Map<string, number>();
  readonly #tables = new Map<string, TableSeen>();
  #changes: readonly Change[] = [];
  #done = 0;

  constructor(input: CheckInput, ledger: NamedLedger, places: ChunkPlaces, findings: Findings) {
    this.#input = input;
    this.#ledger = ledger;
    this.#places = places;
    this.#findings = findings;
  }

  run(): void {
    if (this.#places.records.length === 0 && this.#input.snapshots.length === 0) return;
    const { shown, order } = this.#ledger;
    this.#changes = [...shown]
      .map(([messageId, change]) => ({ id: parseMessageId(messageId), change }))
      .sort((one, other) => order.compare(one.id, other.id));
    for (const { table, key, rows } of this.#input.before)
      for (const row of rows) {
        const text = keyText({ table, key }, row);
        this.#rows.set(text, row);
        this.#known.add(text);
      }
    for (const { change } of this.#changes)
      for (const row of [change.before, change.after])
        if (row !== null) this.#known.add(keyText(change, row));
    for (const { messageId, partition } of this.#input.records) {
      const change = shown.get(messageId);
      const row = change?.after ?? change?.before ?? null;
      if (change !== undefined && row !== null) this.#partitions.set(keyText(change, row), partition);
    }
    for (const table of this.#input.snapshots) this.#tables.set(table, new TableSeen());
    const seen = new Set<string>();
    for (const chunk of this.#places.records) {
      this.#goTo(ChunkPlaces.idOf(chunk));
      const { messageId } = chunk.record;
      if (seen.has(messageId)) this.#twice(chunk, 'once more');
      else this.#take(chunk);
      seen.add(messageId);
    }
    for (const [table, of] of this.#tables) this.#checkEnds(table, of);
  }

  /** Carries out what the source has done up to the place. */
  #goTo(place: MessageId): void {
    for (; ; this.#done++) {
      const next = this.#changes[this.#done];
      if (next === undefined || this.#ledger.order.compare(next.id, place) > 0) return;
      const { change } = next;
      for (const [row, isThere] of [[change.before, false] as const, [change.after, true] as const]) {
        if (row === null) continue;
        const text = keyText(change, row);
        this.#streamed.add(text);
        if (isThere) this.#rows.set(text, row);
        else this.#rows.delete(text);
      }
    }
  }

  #take(chunk: ChunkRecord): void {
    const { record, id, place } = chunk;
    const envelope = JSON.parse(record.value ?? '{}') as Envelope;
    const { database, table, type } = envelope;
    const of = this.#tables.get(table);
    if (of === undefined || id.table !== `${database}.${table}`) {
      this.#add('I4', chunk, 'no snapshot of the table was asked for');
      return;
    }
    if (OF_TRANSACTIONS.some((name) => name in envelope))
      this.#add('I5', chunk, 'it has marks of a transaction');
    const { order } = this.#ledger;
    const isSplit =
      place.after !== null && place.before !== null && order.compare(place.after, place.before) >= 0;
    const former = of.last.get(record.partition);
    if (isSplit || (former !== undefined && !isBehind(chunk, former)))
      this.#outOfOrder(
        chunk,
        isSplit ? 'its chunk stands at several places' : `it stands after ${former?.record.messageId}`,
      );
    of.last.set(record.partition, chunk);
    of.first ??= chunk;
    if (isBehind(of.first, chunk)) of.first = chunk;
    if (of.end === null || isBehind(chunk, of.end)) of.end = chunk;
    if (type === 'bootstrap-insert') this.#takeRow(of, chunk, envelope);
    else if (type === 'bootstrap-start') {
      if (of.start !== null) this.#twice(chunk, 'another bootstrap-start');
      of.start = chunk;
    } else if (type === 'bootstrap-complete') {
      if (of.complete === null) this.#checkComplete(table, of, chunk);
      else this.#twice(chunk, 'another bootstrap-complete');
      of.complete = chunk;
    } else this.#add('I4', chunk, `a snapshot writes no ${type}`);
  }

  #takeRow(of: TableSeen, chunk: ChunkRecord, { table, data }: Envelope): void {
    const text = keyText({ table, key: this.#ledger.keyOf(table) }, data);
    const row = this.#rows.get(text);
    if (!this.#known.has(text)) {
      this.#add('I4', chunk, `${text}: there never was such a row`);
      return;
    }
    if (of.brought.has(text)) {
      this.#twice(chunk, `${text} once more`);
      return;
    }
    of.brought.add(text);
    this.#findings.snapshotRows += 1;
    const partition = this.#partitions.get(text) ?? chunk.record.partition;
    if (row === undefined) this.#outOfOrder(chunk, `${text}: there is no such row at its place`);
    else if (Number(data['ver']) !== Number(row['ver']))
      this.#outOfOrder(chunk, `${text}: it shows version ${data['ver']}, the stream is at ${row['ver']}`);
    else if (partition !== chunk.record.partition)
      this.#outOfOrder(chunk, `${text}: the stream has the key in partition ${partition}`);
    else if (!isSameButExtra(data, row)) this.#add('I1', chunk, 'it is not what was written');
  }

  /** With the end of a snapshot a consumer has every row that is there. */
  #checkComplete(table: string, of: TableSeen, { place }: ChunkRecord): void {
    const { order } = this.#ledger;
    const missing = new Set<string>();
    for (const each of this.#input.before)
      for (const row of each.table === table ? each.rows : []) {
        const text = keyText(each, row);
        if (!this.#rows.has(text) || of.brought.has(text)) continue;
        if (this.#streamed.has(text)) this.#findings.overtakenRows += 1;
        else missing.add(text);
      }
    // In partitions where the last chunk has no record the stream may have been farther by then.
    for (const { id, change } of this.#changes.slice(this.#done)) {
      if (missing.size === 0 || (place.before !== null && order.compare(id, place.before) >= 0)) break;
      if (change.before !== null) missing.delete(keyText(change, change.before));
    }
    for (const text of missing) {
      this.#findings.lost += 1;
      this.#findings.add('I1', `${text} was there, and the snapshot has ended without it`);
    }
  }

  #checkEnds(table: string, { start, complete, first, end }: TableSeen): void {
    for (const [mark, name] of [
      [start, 'bootstrap-start'] as const,
      [complete, 'bootstrap-complete'] as const,
    ])
      if (mark === null) this.#findings.add('I1', `the snapshot of ${table} has no ${name}`);
    if (start !== null && start !== first) this.#outOfOrder(start, 'rows stand before the bootstrap-start');
    if (complete !== null && complete !== end)
      this.#outOfOrder(complete, 'rows stand behind the bootstrap-complete');
  }

  #add(invariant: 'I1' | 'I2' | 'I3' | 'I4' | 'I5', { record }: ChunkRecord, text: string): void {
    const { partition, offset, messageId } = record;
    this.#findings.add(invariant, `partition ${partition} offset ${offset}: ${messageId}: ${text}`);
  }

  #twice(chunk: ChunkRecord, text: string): void {
    this.#findings.duplicated += 1;
    this.#add('I2', chunk, text);
  }

  #outOfOrder(chunk: ChunkRecord, text: string): void {
    this.#findings.outOfOrder += 1;
    this.#add('I3', chunk, text);
  }
}
