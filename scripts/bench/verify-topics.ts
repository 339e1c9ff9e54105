import { gunzipSync } from 'node:zlib';
import { decompress as decompressZstd } from 'fzstd';
import { decompressFrame } from 'lz4-napi';
import { uncompress } from 'snappy';
import { KafkaFetch } from '../../test/support/kafka-fetch.ts';
import type { WrittenLoad } from './load.ts';
import type { Peer, ReplaySettings } from './peers/peer.ts';

/** What stands in the topics of one run. */
export interface TopicContents {
  readonly rows: number;
  /** Source transactions that the records tell of. */
  readonly transactions: number;
  /** Records with Maxwell's `commit`: one a source transaction. NaN where the format has none that can be counted. */
  readonly commits: number;
}

// Offsets of the record batch header (message format v2, KIP-98).
const LENGTH = 8;
const ATTRIBUTES = 21;
const LAST_OFFSET_DELTA = 23;
const PRODUCER_ID = 43;
const COUNT = 57;
const RECORDS = 61;
const IS_TRANSACTIONAL = 0x10;
const IS_CONTROL = 0x20;
const COMPRESSION = 0x07;

/** The end of the header `message_id` of a transaction's first row, and the name of the header behind it. */
const firstRow = Buffer.from('#0\x0aepoch', 'latin1');
const commitMember = Buffer.from('"commit":true');
const gtidMember = Buffer.from('"gtid":"');

async function recordsOf(batch: Buffer): Promise<Buffer> {
  const bytes = batch.subarray(RECORDS);
  switch (batch.readInt16BE(ATTRIBUTES) & COMPRESSION) {
    case 0:
      return bytes;
    case 1:
      return gunzipSync(bytes);
    case 2:
      return (await uncompress(bytes, { asBuffer: true })) as Buffer;
    case 3:
      return Buffer.from(await decompressFrame(bytes));
    default:
      return Buffer.from(decompressZstd(bytes));
  }
}

function occurrences(bytes: Buffer, piece: Buffer): number {
  let count = 0;
  for (let at = bytes.indexOf(piece); at >= 0; at = bytes.indexOf(piece, at + piece.length)) count++;
  return count;
}

/** What was read of one partition's records; those of an open transaction are held back until its marker. */
class Tally {
  rows = 0;
  commits = 0;
  firstRows = 0;
  readonly gtids = new Set<string>();

  add(other: Tally): void {
    this.rows += other.rows;
    this.commits += other.commits;
    this.firstRows += other.firstRows;
    for (const gtid of other.gtids) this.gtids.add(gtid);
  }

  async take(batch: Buffer, mark: Peer['transactionMark']): Promise<void> {
    this.rows += batch.readInt32BE(COUNT);
    const records = await recordsOf(batch);
    this.commits += occurrences(records, commitMember);
    if (mark === 'message-id') this.firstRows += occurrences(records, firstRow);
    else this.#noteGtids(records);
  }

  #noteGtids(records: Buffer): void {
    for (let at = records.indexOf(gtidMember); at >= 0; at = records.indexOf(gtidMember, at)) {
      at += gtidMember.length;
      this.gtids.add(records.toString('latin1', at, records.indexOf(0x22, at)));
    }
  }
}

/** Whether a control batch commits: its key is a version and a type, behind five varints and the attributes, all of one byte. */
const isCommitMarker = (batch: Buffer): boolean => batch.readInt16BE(RECORDS + 5 + 2) === 1;

/** Reads topics from their beginning to their end, and counts what was committed. */
export async function countTopics(
  broker: string,
  topics: readonly string[],
  { partitions, mark }: { partitions: number; mark: Peer['transactionMark'] },
): Promise<TopicContents> {
  const count = new Tally();
  const [host = '', port = ''] = broker.split(':');
  const fetcher = await KafkaFetch.open(host, Number(port));
  try {
    for (const topic of topics)
      for (let partition = 0; partition < partitions; partition++)
        count.add(await countPartition(fetcher, { topic, partition, mark }));
  } finally {
    fetcher.close();
  }
  return {
    rows: count.rows,
    transactions: mark === 'gtid' ? count.gtids.size : count.firstRows,
    commits: count.commits,
  };
}

async function countPartition(
  fetcher: KafkaFetch,
  { topic, partition, mark }: { topic: string; partition: number; mark: Peer['transactionMark'] },
): Promise<Tally> {
  const committed = new Tally();
  const open = new Map<bigint, Tally>();
  const take = async (batch: Buffer): Promise<void> => {
    const attributes = batch.readInt16BE(ATTRIBUTES);
    if ((attributes & IS_TRANSACTIONAL) === 0) return committed.take(batch, mark);
    const producer = batch.readBigInt64BE(PRODUCER_ID);
    const held = open.get(producer) ?? new Tally();
    open.set(producer, held);
    if ((attributes & IS_CONTROL) === 0) return held.take(batch, mark);
    open.delete(producer);
    if (isCommitMarker(batch)) committed.add(held);
  };
  for (let next = 0; ;) {
    const { bytes, highWatermark } = await fetcher.fetch(topic, partition, next);
    const before = next;
    for (let at = 0; at + RECORDS <= bytes.length;) {
      const end = at + 12 + bytes.readInt32BE(at + LENGTH);
      if (end > bytes.length) break;
      const batch = bytes.subarray(at, end);
      at = end;
      const following = Number(batch.readBigInt64BE(0)) + batch.readInt32BE(LAST_OFFSET_DELTA) + 1;
      if (following <= next) continue;
      next = following;
      await take(batch);
    }
    if (next >= highWatermark) return committed;
    if (next === before) throw new Error(`${topic}-${partition} cannot be read past offset ${next}`);
  }
}

/** Throws where the topics do not hold each row of the load once, and each of its transactions. */
export async function verifyTopics(
  brokers: readonly string[],
  topics: readonly string[],
  { settings, mark, load }: { settings: ReplaySettings; mark: Peer['transactionMark']; load: WrittenLoad },
): Promise<void> {
  const { partitions, format } = settings;
  const found = await countTopics(brokers[0] ?? '', topics, { partitions, mark });
  const hasTransactions = load.isSnapshot !== true;
  const faults = [
    [found.rows !== load.rows, `${found.rows} rows, not ${load.rows}`],
    [
      hasTransactions && found.transactions !== load.transactions,
      `${found.transactions} transactions, not ${load.transactions}`,
    ],
    [
      hasTransactions && mark === 'message-id' && format === 'json' && found.commits !== load.transactions,
      `${found.commits} commits, not ${load.transactions}`,
    ],
  ] as const;
  const wrong = faults.filter(([isFault]) => isFault).map(([, words]) => words);
  if (wrong.length > 0) throw new Error(`${topics[0]}…: ${wrong.join('; ')}`);
}
