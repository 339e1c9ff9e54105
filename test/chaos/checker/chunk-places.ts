import type { StreamRecord } from './evidence-input.ts';
import type { MessageId } from './gtid.ts';
import { parseMessageId } from './gtid.ts';
import type { NamedLedger } from './named-ledger.ts';
import { parseSnapshotId, type SnapshotId } from './snapshot-id.ts';

/** Between which row changes of the stream a chunk of a snapshot stands, as far as the partitions that it has records in tell. */
export interface ChunkPlace {
  /** Null: it stands before all of them. */
  after: MessageId | null;
  /** Null: behind all of them. */
  before: MessageId | null;
}

/** A record of a snapshot. */
export interface ChunkRecord {
  readonly record: StreamRecord;
  readonly id: SnapshotId;
  readonly place: ChunkPlace;
}

/** Behind every row of a transaction: a chunk never stands inside one. */
const BEHIND = Number.MAX_SAFE_INTEGER;

/** Puts what snapshots wrote between the transactions of the stream, over all partitions. */
export class ChunkPlaces {
  /** In the order in which a consumer of all partitions would have to take them. */
  readonly records: readonly ChunkRecord[];
  readonly #ledger: NamedLedger;

  /** @param records of the topic, in the order of partition and offset */
  constructor(records: readonly StreamRecord[], ledger: NamedLedger) {
    this.#ledger = ledger;
    const places = new Map<string, ChunkPlace>();
    const found = records.flatMap((record): ChunkRecord[] => {
      const id = parseSnapshotId(record.messageId);
      if (id === null) return [];
      const name = `${id.snapshot}:${id.table}:${id.chunk}`;
      const place = places.get(name) ?? { after: null, before: null };
      places.set(name, place);
      return [{ record, id, place }];
    });
    const byRecord = new Map(found.map((each) => [each.record, each]));
    const stream = this.#rightOnes(records);
    const { order } = ledger;
    const walk = (way: readonly StreamRecord[], side: 'after' | 'before', sign: 1 | -1): void => {
      let partition = -1;
      let farthest: MessageId | null = null;
      const isFarther = (one: MessageId, other: MessageId | null): boolean =>
        other === null || sign * order.compare(one, other) > 0;
      for (const record of way) {
        if (record.partition !== partition) farthest = null;
        partition = record.partition;
        const chunk = byRecord.get(record);
        const id = stream.get(record);
        if (id !== undefined && isFarther(id, farthest)) farthest = id;
        if (chunk !== undefined && farthest !== null && isFarther(farthest, chunk.place[side]))
          chunk.place[side] = farthest;
      }
    };
    walk(records, 'after', 1);
    walk(records.toReversed(), 'before', -1);
    this.#inTurn(found);
    this.records = found.sort((one, other) => this.#compare(one, other));
  }

  /** Where a record of a snapshot stands in a binlog order. */
  static idOf({ place }: ChunkRecord): MessageId {
    return { gtid: place.after?.gtid ?? '', index: BEHIND };
  }

  /** The chunks of a table stand one behind the other: a small one has records in few partitions, and its neighbours tell more. */
  #inTurn(records: readonly ChunkRecord[]): void {
    const { order } = this.#ledger;
    const tables = new Map<string, Map<number, ChunkPlace>>();
    for (const { id, place } of records) {
      const name = `${id.snapshot}:${id.table}`;
      const chunks = tables.get(name) ?? new Map<number, ChunkPlace>();
      tables.set(name, chunks.set(id.chunk, place));
    }
    for (const chunks of tables.values()) {
      const places = [...chunks].sort(([one], [other]) => one - other).map(([, place]) => place);
      for (const [at, place] of places.entries()) {
        const former = places[at - 1]?.after ?? null;
        if (former !== null && (place.after === null || order.compare(former, place.after) > 0))
          place.after = former;
      }
      for (const [at, place] of [...places.entries()].reverse()) {
        const next = places[at + 1]?.before ?? null;
        if (next !== null && (place.before === null || order.compare(next, place.before) < 0))
          place.before = next;
      }
    }
  }

  /** Within a chunk by row; chunks at the same place by number. */
  #compare(one: ChunkRecord, other: ChunkRecord): number {
    const byPlace = this.#ledger.order.compare(ChunkPlaces.idOf(one), ChunkPlaces.idOf(other));
    return byPlace || one.id.chunk - other.id.chunk || one.id.row - other.id.row;
  }

  /** The records that belong to the stream, each the first time that it comes: what is wrong there says nothing about chunks. */
  #rightOnes(records: readonly StreamRecord[]): Map<StreamRecord, MessageId> {
    const seen = new Set<string>();
    const right = new Map<StreamRecord, MessageId>();
    for (const record of records) {
      const { messageId } = record;
      if (!this.#ledger.shown.has(messageId) || seen.has(messageId)) continue;
      seen.add(messageId);
      right.set(record, parseMessageId(messageId));
    }
    return right;
  }
}
