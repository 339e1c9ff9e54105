import { HeavisideError } from '../errors.ts';
import { committedRecords, type CommittedRecord } from '../kafka/committed-records.ts';
import { partitionOffsets } from '../kafka/fetch-request.ts';
import { kafkaError } from '../kafka/kafka-errors.ts';
import type { KafkaNetwork } from '../kafka/kafka-network.ts';
import { parseMessageId, type MessagePlace } from './message-id.ts';
import type { Progress } from './progress.ts';
import type { RowChange, RowChangeReader } from './row-change.ts';
import type { RecordPlace } from './row-table.ts';
import type { Snapshot } from './snapshot.ts';

/** A record of the table with its places. */
export interface FoldedRecord {
  readonly change: RowChange;
  readonly at: RecordPlace;
}

export interface TopicHistoryOptions {
  readonly network: KafkaNetwork;
  readonly topics: readonly string[];
  readonly flavor: 'mysql' | 'mariadb';
  readonly usesGtid: boolean;
  readonly reader: RowChangeReader;
  readonly fold: (record: FoldedRecord) => void;
  /** Milliseconds without progress until KAFKA_TIMEOUT. */
  readonly patienceMs: number;
  readonly progress: Progress;
}

interface Partition {
  readonly topic: string;
  readonly partition: number;
  offset: bigint;
}

interface Pending extends FoldedRecord {
  readonly message: MessagePlace;
}

/** For one record: the broker gives its whole batch, and not much more. */
const ONE_RECORD_BYTES = 1024;

/** Where a record of Maxwell's stands, which has no message_id: before all of ours, in the order of its partition. */
const BEFORE_ALL: MessagePlace = { transactionId: '', origin: '', sequence: 0, rowIndex: 0 };

/** The records of one table in its topics, from their beginning on: folded as far as a snapshot holds them, kept beyond. */
export class TopicHistory {
  readonly #options: TopicHistoryOptions;
  readonly #origins = new Map<string, number>();
  #partitions: Partition[] = [];
  #pending: Pending[] = [];
  #isWhole = true;

  constructor(options: TopicHistoryOptions) {
    this.#options = options;
  }

  /** Whether all partitions still begin with their first record: retention took nothing. */
  get isWhole(): boolean {
    return this.#isWhole;
  }

  /** Topic and partition of a place. */
  where(place: number): { topic: string; partition: number } {
    const { topic = '', partition = -1 } = this.#partitions[place] ?? {};
    return { topic, partition };
  }

  /** @throws VERIFY_IMPOSSIBLE where none of the topics is there */
  async open(): Promise<void> {
    const { network, topics } = this.#options;
    for (const { topic, errorCode, leaders } of await network.refreshMetadata(topics)) {
      if (errorCode === kafkaError.unknownTopicOrPartition) continue;
      for (const partition of leaders.keys()) {
        const { first } = await partitionOffsets(network, topic, partition);
        if (first > 0n) this.#isWhole = false;
        this.#partitions.push({ topic, partition, offset: first });
      }
    }
    if (this.#partitions.length === 0)
      throw new HeavisideError(
        'VERIFY_IMPOSSIBLE',
        `there is no topic ${topics.join(', ')}: nothing was replicated`,
      );
  }

  /** Reads on to the ends as they are now. What `isInside` holds is folded, the rest is kept for `settle`. */
  async advance(isInside: (at: MessagePlace) => boolean): Promise<void> {
    const { network, progress, patienceMs } = this.#options;
    const ends: bigint[] = [];
    for (const { topic, partition } of this.#partitions)
      ends.push((await partitionOffsets(network, topic, partition)).highWatermark);
    const total = this.#partitions.reduce(
      (sum, { offset }, i) => sum + Number((ends[i] ?? offset) - offset),
      0,
    );
    progress.begin(`reading ${this.#options.topics.join(', ')}`, 'records', total);
    let known: string | null = null;
    let isKnownInside = false;
    for (const [place, each] of this.#partitions.entries()) {
      const to = ends[place] ?? each.offset;
      const range = {
        network,
        topic: each.topic,
        partition: each.partition,
        from: each.offset,
        to,
        patienceMs,
      };
      for await (const records of committedRecords(range)) {
        for (const record of records) {
          const read = this.#read(record, place);
          if (read === null) continue;
          if (read.message.transactionId !== known) {
            known = read.message.transactionId;
            isKnownInside = read.message === BEFORE_ALL || isInside(read.message);
          }
          if (isKnownInside) this.#options.fold(read);
          else this.#pending.push(read);
        }
        progress.add(records.length);
      }
      each.offset = to;
    }
    progress.end();
  }

  /** Folds what was kept and is inside the snapshot. @returns how many records it is unclear of; then none was folded */
  settle(snapshot: Snapshot): number {
    const sides = this.#pending.map(({ message }) => snapshot.side(message));
    const unclear = sides.filter((side) => side === 'unclear').length;
    if (unclear > 0) return unclear;
    for (const [index, each] of this.#pending.entries())
      if (sides[index] === 'inside') this.#options.fold(each);
    this.#pending = this.#pending.filter((_, index) => sides[index] !== 'inside');
    return 0;
  }

  /** One record again, by its place. */
  async readAgain(place: number, offset: number): Promise<RowChange | null> {
    const { network, patienceMs } = this.#options;
    const from = BigInt(offset);
    const range = {
      network,
      ...this.where(place),
      from,
      to: from + 1n,
      patienceMs,
      maxBytes: ONE_RECORD_BYTES,
    };
    for await (const [record] of committedRecords(range))
      if (record) return this.#options.reader.read(record.value?.toString() ?? '');
    return null;
  }

  #read({ value, messageId, offset }: CommittedRecord, place: number): Pending | null {
    if (value === null) return null; // a tombstone: the delete stands before it
    const { reader, flavor, usesGtid } = this.#options;
    const change = reader.read(value.toString());
    if (change === null) return null;
    const message = messageId === null ? BEFORE_ALL : parseMessageId(messageId, flavor, usesGtid);
    if (message === null) {
      const { topic, partition } = this.where(place);
      throw new HeavisideError(
        'VERIFY_IMPOSSIBLE',
        `the record at ${topic}-${partition}, offset ${offset} carries a message_id of another kind of source: it had another GTID mode, or was another server`,
      );
    }
    const { timestampSeconds } = change;
    const { sequence, rowIndex } = message;
    const origin = this.#origin(message.origin);
    return { change, message, at: { place, offset, origin, sequence, rowIndex, timestampSeconds } };
  }

  #origin(name: string): number {
    let index = this.#origins.get(name);
    if (index === undefined) this.#origins.set(name, (index = this.#origins.size));
    return index;
  }
}
