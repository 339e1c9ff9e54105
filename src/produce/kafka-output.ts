import { setTimeout as sleep } from 'node:timers/promises';
import { HeavisideError, asHeavisideError } from '../errors.ts';
import type { Compressor } from '../kafka/compression.ts';
import type { KafkaNetwork } from '../kafka/kafka-network.ts';
import { BatchTooLargeError } from '../kafka/produce-request.ts';
import { TopicDirectory, type TopicOptions } from '../kafka/topic-directory.ts';
import {
  TransactionExpiredError,
  type TransactionalSession,
  type TransactionPart,
} from '../kafka/transactional-session.ts';
import { firstBatchBytes } from '../kafka/record-batch-writer.ts';
import { failpoint } from '../lifecycle/failpoint.ts';
import { ByteSinkPool } from '../model/byte-sink-pool.ts';
import { samePlace, type PositionRecord } from '../model/position-record.ts';
import { KafkaBatch, singleRecordBatch } from './kafka-batch.ts';
import type { CommitReceipt, Output, OutputBatch } from './output.ts';
import { OversizeRecords, type DroppedRecord, type OversizePolicy } from './oversize-records.ts';
import type { SendBreaker } from './send-breaker.ts';
import type { UnfencedWriter } from './unfenced-writer.ts';

/** A producer that has fenced all others, and what stood in the positions topic after that. */
export interface FencedSession {
  readonly network: KafkaNetwork;
  readonly session: TransactionalSession;
  /** `end`: where the positions topic ended, and so where this producer's first record stands. */
  readonly last: { readonly record: PositionRecord | null; readonly offset: bigint; readonly end: bigint };
}

export interface KafkaOutputOptions {
  readonly epoch: number;
  readonly positionsTopic: string;
  readonly positionKey: string;
  readonly topic: TopicOptions;
  readonly acceptPartitionChange: boolean;
  readonly recordBatchBytes: number;
  readonly maxTransactionBytes: number;
  readonly maxTransactionPartitions: number;
  readonly compressor: Compressor | null;
  readonly onRecordTooLarge: OversizePolicy;
  /** at_least_once: writes the rows outside of the transaction that carries the position. Null: exactly_once. */
  readonly unfencedWriter: UnfencedWriter | null;
  readonly breaker: SendBreaker;
  readonly createNetwork: () => KafkaNetwork;
  /** The leadership. */
  readonly signal: AbortSignal;
  /** The one way to a new producer: proves the lease, fences, reads the last position. Rejects where it must not lead on. */
  readonly reopen: () => Promise<FencedSession>;
  /** Whether the lease is proven mine: tells a timed-out transaction from a takeover after error 47. */
  readonly proveLease: () => Promise<void>;
  /** Milliseconds to wait before the next attempt after `failures` failures in a row. */
  readonly backoffMs: (failures: number) => number;
  /** Called after every failed attempt, with what became of its Kafka transaction; may throw to give the leadership up. */
  readonly onFailure: (
    error: HeavisideError,
    recordCount: number,
    transaction: FailedTransaction,
  ) => Promise<void>;
  readonly onDropped: (record: DroppedRecord) => void;
  readonly onCommit: (commit: CommitFigures) => void;
}

/** Of a failed attempt: it was begun and will be aborted; its commit was sent and the answer lost; or none was begun. */
export type FailedTransaction = 'aborted' | 'unknown' | 'none';

/** What one Kafka transaction was. */
export interface CommitFigures {
  readonly records: number;
  /** Keys and values before compression. */
  readonly bytes: number;
  readonly batches: number;
  /** The record batches as they were sent. */
  readonly batchBytes: number;
  /** From the first record in the batch to the start of its first request. */
  readonly queueMilliseconds: number;
  /** From the start of the first request to the answer to the commit. */
  readonly milliseconds: number;
}

/** Milliseconds after which the topics' partition counts are looked at again before a send. */
const topicsMaxAgeMs = 5000;

/**
 * Writes batches and their position to Kafka in one transaction each, by one producer from its fencing to its first
 * error. After any error the outcome is unknown: the producer is dropped, a new one fences it and reads the position;
 * equal to the pending one, the batch stands already; equal to the one before, it is written again.
 */
export class KafkaOutput implements Output {
  readonly #options: KafkaOutputOptions;
  readonly #topics: TopicDirectory;
  readonly #oversize: OversizeRecords;
  /** As much as two batches hold, that are filled and committed by turns, in buffers that may be half empty. */
  readonly #buffers: ByteSinkPool;
  #fenced: FencedSession | null;
  #committed: PositionRecord | null;
  /** Whether the producer at hand has written: its first record tells whether the position was read to the end. */
  #hasWritten = false;
  #transaction: FailedTransaction = 'none';

  constructor(fenced: FencedSession, options: KafkaOutputOptions) {
    this.#options = options;
    this.#buffers = new ByteSinkPool(firstBatchBytes, 4 * options.maxTransactionBytes);
    this.#fenced = fenced;
    this.#committed = fenced.last.record;
    this.#topics = new TopicDirectory({
      createNetwork: options.createNetwork,
      topic: options.topic,
      pinned: fenced.last.record?.partitions ?? {},
      acceptChange: options.acceptPartitionChange,
    });
    this.#oversize = new OversizeRecords({
      policy: options.onRecordTooLarge,
      compressor: options.compressor,
      prepareTopic: async (topic) => {
        await this.#prepareTopic(topic);
        return this.#topics.partitionCount(topic) ?? 1;
      },
      onDropped: options.onDropped,
    });
  }

  createBatch(): OutputBatch {
    const { epoch, recordBatchBytes, maxTransactionBytes, maxTransactionPartitions } = this.#options;
    return new KafkaBatch({
      epoch,
      recordBatchBytes: (topic) => Math.min(recordBatchBytes, this.#oversize.limitOf(topic)),
      maxBytes: maxTransactionBytes,
      maxPartitions: maxTransactionPartitions,
      partitionCount: (topic) => this.#topics.partitionCount(topic),
      prepareTopic: (topic) => this.#prepareTopic(topic),
      buffers: this.#buffers,
    });
  }

  /** Tries until the topic is known; runs beside a commit, so it touches neither the producer nor the breaker. */
  async #prepareTopic(topic: string): Promise<void> {
    const { signal, backoffMs } = this.#options;
    for (let failures = 0; ;) {
      try {
        return await this.#topics.prepare(topic);
      } catch (cause) {
        signal.throwIfAborted();
        const error = asHeavisideError(cause, 'KAFKA_UNREACHABLE');
        if (error.reaction !== 'rebuild' && error.reaction !== 'retry') throw error;
        await this.#options.onFailure(error, 0, 'none');
        await sleep(backoffMs(++failures), undefined, { signal }).catch(() => undefined);
      }
    }
  }

  pinnedPartitions(): Record<string, number> {
    return this.#topics.pinnedCounts();
  }

  async commit(batch: OutputBatch, record: PositionRecord): Promise<CommitReceipt> {
    if (!(batch instanceof KafkaBatch)) throw new HeavisideError('INTERNAL', 'a batch of another output');
    const timestampMs = Date.now();
    let parts = await batch.finish(timestampMs, this.#options.compressor);
    const position = await singleRecordBatch(this.#options.positionKey, JSON.stringify(record), timestampMs);
    const positionPart = { topic: this.#options.positionsTopic, partition: 0, batches: [position] };
    const startedAt = performance.now();
    const mend = async (error: BatchTooLargeError): Promise<void> => {
      parts = await this.#oversize.mend(parts, error, timestampMs);
    };
    const offset = await this.#untilDone(batch.recordCount, mend, async () => {
      const standing = await this.#standingOffset(record);
      return standing ?? (await this.#write(parts, positionPart));
    });
    this.#committed = record;
    const batches = parts.flatMap((part) => part.batches);
    this.#options.onCommit({
      records: batches.reduce((count, { recordCount }) => count + recordCount, 0),
      bytes: batch.byteLength,
      batches: batches.length,
      batchBytes: batches.reduce((sum, each) => sum + each.bytes.length, 0),
      queueMilliseconds: Math.max(0, startedAt - (batch.openedAt ?? startedAt)),
      milliseconds: performance.now() - startedAt,
    });
    batch.release();
    return { positionsOffset: offset };
  }

  /** After a new producer was made: the offset of the pending record if it stands already; null where it must be written. */
  async #standingOffset(pending: PositionRecord): Promise<bigint | null> {
    if (this.#fenced) return null;
    const { last } = (this.#fenced = await this.#options.reopen());
    this.#hasWritten = false;
    if (last.record && samePlace(last.record, pending)) return last.offset;
    const isPrevious =
      this.#committed === null
        ? last.record === null
        : last.record !== null && samePlace(last.record, this.#committed);
    if (isPrevious) return null;
    throw new HeavisideError(
      'POSITION_DIVERGED',
      `the position record is of epoch ${last.record?.epoch} commit ${last.record?.commit}, ours was ${pending.epoch} commit ${pending.commit}`,
    );
  }

  async #write(parts: readonly TransactionPart[], position: TransactionPart): Promise<bigint> {
    if (!this.#fenced) throw new HeavisideError('INTERNAL', 'there is no producer');
    const { network, session, last } = this.#fenced;
    const isFirst = !this.#hasWritten;
    this.#hasWritten = true;
    await this.#topics.verify(topicsMaxAgeMs);
    const { unfencedWriter } = this.#options;
    this.#options.signal.throwIfAborted(); // nothing but the deadline stops the writes of at_least_once
    if (unfencedWriter && parts.length > 0) await unfencedWriter.write(network, parts);
    await failpoint('transaction.begun');
    this.#options.signal.throwIfAborted();
    this.#transaction = 'aborted';
    const offsets = await session.write(unfencedWriter ? [position] : [...parts, position]);
    const written = offsets.find((each) => each.topic === position.topic);
    if (!written) throw new HeavisideError('INTERNAL', 'the position record has no offset');
    if (isFirst && written.baseOffset !== last.end) {
      // Read from a leader that had been replaced, or overtaken since: what was read is no ground to write on.
      const text = `the positions topic was read up to offset ${last.end}, but goes on at ${written.baseOffset}`;
      throw new HeavisideError('KAFKA_RETRIABLE', text);
    }
    await failpoint('transaction.sent');
    this.#options.signal.throwIfAborted();
    await failpoint('transaction.checked'); // a pause here is one that no check of ours can see
    this.#transaction = 'unknown';
    await session.commit();
    await failpoint('transaction.ended');
    return written.baseOffset;
  }

  /** Tries until it is done, the leadership ends, or an error comes that no new producer mends. */
  async #untilDone<T>(
    records: number,
    mend: (error: BatchTooLargeError) => Promise<void>,
    work: () => Promise<T>,
  ): Promise<T> {
    const { breaker, signal } = this.#options;
    for (let failures = 0; ;) {
      await breaker.whenProbeIsDue(signal);
      this.#transaction = 'none';
      try {
        return await breaker.run(work);
      } catch (cause) {
        signal.throwIfAborted();
        const error = asHeavisideError(cause, 'KAFKA_UNREACHABLE');
        this.#dropSession();
        const isExpired = error instanceof TransactionExpiredError; // aborted instead of committed
        await this.#options.onFailure(error, records, isExpired ? 'aborted' : this.#transaction);
        if (error instanceof BatchTooLargeError) {
          await mend(error); // the brokers are well: no wait
          continue;
        }
        const mayBeFenced = error.code === 'KAFKA_FENCED' || isExpired;
        if (mayBeFenced) await this.#options.proveLease();
        else if (error.reaction !== 'rebuild' && error.reaction !== 'retry') throw error;
        await sleep(this.#options.backoffMs(++failures), undefined, { signal }).catch(() => undefined);
        signal.throwIfAborted();
      }
    }
  }

  /** Drops the producer without waiting for it: its outcome is read from the positions topic by the next one. */
  #dropSession(): void {
    this.#fenced?.network.destroy();
    this.#options.unfencedWriter?.reset();
    this.#fenced = null;
  }

  async close(): Promise<void> {
    await this.#fenced?.session.abandon(1000);
    this.#dropSession();
    this.#topics.close();
    this.#options.breaker.close();
  }
}
