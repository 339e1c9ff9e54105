import { HeavisideError } from '../errors.ts';
import type { Compressor } from '../kafka/compression.ts';
import type { BatchTooLargeError } from '../kafka/produce-request.ts';
import type { RecordBatch } from '../kafka/record-batch.ts';
import { pendingRecords, type PendingRecord } from '../kafka/record-batch-reader.ts';
import { batchHeaderBytes } from '../kafka/record-batch.ts';
import { RecordBatchWriter } from '../kafka/record-batch-writer.ts';
import { varintSize, writeVarint } from '../kafka/varint.ts';
import { defaultPartition } from '../model/default-partition.ts';
import { deadLetterOf } from './dead-letter.ts';
import type { PartitionBatches } from './kafka-batch.ts';

export type OversizePolicy =
  | { readonly kind: 'fail' }
  | { readonly kind: 'skip' }
  /** `topic` may be a template of %{database} and %{table}. */
  | { readonly kind: 'dead_letter'; readonly topic: string };

export interface DroppedRecord {
  readonly messageId: string;
  readonly topic: string;
  readonly bytes: number;
  /** Where a dead letter stands for it; null: nothing does. */
  readonly deadLetterTopic: string | null;
}

export interface OversizeOptions {
  readonly policy: OversizePolicy;
  readonly compressor: Compressor | null;
  /** Makes the topic known; resolves to its partition count. */
  readonly prepareTopic: (topic: string) => Promise<number>;
  readonly onDropped: (record: DroppedRecord) => void;
}

/**
 * What becomes of a batch that the broker refuses for its size. Several records: the topic takes smaller batches than
 * we made, so they are cut, now and from now on. A single one: the record itself is too large, and the policy decides.
 */
export class OversizeRecords {
  readonly #options: OversizeOptions;
  readonly #limits = new Map<string, number>();

  constructor(options: OversizeOptions) {
    this.#options = options;
  }

  /** Bytes of a batch that the topic is known to take; Infinity where nothing was refused. */
  limitOf(topic: string): number {
    return this.#limits.get(topic) ?? Infinity;
  }

  /** The parts as they are to be sent instead. Rejects with KAFKA_RECORD_TOO_LARGE where the policy is to fail. */
  async mend(
    parts: readonly PartitionBatches[],
    refused: BatchTooLargeError,
    timestampMs: number,
  ): Promise<PartitionBatches[]> {
    const { topic, batch } = refused;
    if (!parts.some((part) => part.batches.includes(batch))) throw refused; // the position record
    if (batch.recordCount === 1) return this.#dropRecord(parts, refused, timestampMs);
    const limit = Math.max(batchHeaderBytes, Math.floor(batch.plain.length / 2));
    this.#limits.set(topic, limit);
    const mended: PartitionBatches[] = [];
    for (const part of parts) {
      if (part.topic !== topic) mended.push(part);
      else mended.push({ ...part, batches: await this.#cut(part.batches, limit, timestampMs) });
    }
    return mended;
  }

  async #cut(batches: readonly RecordBatch[], limit: number, timestampMs: number): Promise<RecordBatch[]> {
    const cut: RecordBatch[] = [];
    for (const batch of batches) {
      if (batch.recordCount === 1 || batch.plain.length <= limit) {
        cut.push(batch);
        continue;
      }
      let writer = new RecordBatchWriter();
      const close = async (): Promise<void> => {
        cut.push(await writer.finish(timestampMs, this.#options.compressor));
        writer = new RecordBatchWriter();
      };
      for (const { body } of pendingRecords(batch)) {
        if (writer.recordCount > 0 && writer.byteLength + body.length + 16 > limit) await close();
        writer.appendRecord(body);
      }
      await close();
    }
    return cut;
  }

  async #dropRecord(
    parts: readonly PartitionBatches[],
    refused: BatchTooLargeError,
    timestampMs: number,
  ): Promise<PartitionBatches[]> {
    const { policy, onDropped } = this.#options;
    const { topic, partition, batch } = refused;
    const [record] = pendingRecords(batch);
    if (!record) throw new HeavisideError('INTERNAL', 'a batch without records was refused');
    const messageId = record.headers.get('message_id') ?? 'without message_id';
    const letter = policy.kind === 'dead_letter' ? deadLetterOf(record.key, policy.topic) : null;
    if (policy.kind === 'fail' || letter?.topic === topic) {
      const text = `record ${messageId} of ${batch.bytes.length} bytes is larger than ${topic}-${partition} takes`;
      throw new HeavisideError('KAFKA_RECORD_TOO_LARGE', text, { cause: refused });
    }
    const rest = parts
      .map((part) => ({ ...part, batches: part.batches.filter((each) => each !== batch) }))
      .filter((part) => part.batches.length > 0);
    if (letter) await this.#addLetter(rest, record, letter, timestampMs);
    const deadLetterTopic = letter?.topic ?? null;
    onDropped({ messageId, topic, bytes: batch.bytes.length, deadLetterTopic });
    return rest;
  }

  async #addLetter(
    parts: PartitionBatches[],
    { key, headers }: PendingRecord,
    letter: { topic: string; value: string },
    timestampMs: number,
  ): Promise<void> {
    const partition = defaultPartition(key, await this.#options.prepareTopic(letter.topic));
    const writer = new RecordBatchWriter();
    const sink = writer.beginRecord();
    if (key) sink.writeBytes(key);
    writer.endKey();
    sink.writeUtf8(letter.value);
    writer.endRecord(encodeHeaders(headers));
    const batch = await writer.finish(timestampMs, this.#options.compressor);
    const at = parts.findIndex((part) => part.topic === letter.topic && part.partition === partition);
    const before = parts[at];
    if (before) parts[at] = { ...before, batches: [...before.batches, batch] };
    else parts.push({ topic: letter.topic, partition, batches: [batch] });
  }
}

function encodeHeaders(headers: ReadonlyMap<string, string>): Buffer {
  const texts = [...headers].flat().map((text) => Buffer.from(text));
  const bytes = Buffer.allocUnsafe(
    5 + texts.reduce((sum, text) => sum + varintSize(text.length) + text.length, 0),
  );
  let at = writeVarint(bytes, 0, headers.size);
  for (const text of texts) {
    at = writeVarint(bytes, at, text.length);
    at += text.copy(bytes, at);
  }
  return bytes.subarray(0, at);
}
