import { setTimeout as sleep } from 'node:timers/promises';
import { HeavisideError, asHeavisideError } from '../errors.ts';
import type { Compressor } from '../kafka/compression.ts';
import type { KafkaNetwork } from '../kafka/kafka-network.ts';
import { TopicDirectory, type TopicOptions } from '../kafka/topic-directory.ts';
import type { TransactionalSession, TransactionPart } from '../kafka/transactional-session.ts';
import { failpoint } from '../lifecycle/failpoint.ts';
import { samePlace, type PositionRecord } from '../model/position-record.ts';
import { KafkaBatch, singleRecordBatch } from './kafka-batch.ts';
import type { CommitReceipt, Output, OutputBatch } from './output.ts';
import type { SendBreaker } from './send-breaker.ts';
import type { UnfencedWriter } from './unfenced-writer.ts';

/** A producer that has fenced all others, and what stood in the positions topic after that. */
export interface FencedSession {
  readonly network: KafkaNetwork;
  readonly session: TransactionalSession;
  readonly last: { readonly record: PositionRecord | null; readonly offset: bigint };
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
  /** Called after every failed attempt; may throw to give the leadership up. */
  readonly onFailure: (error: HeavisideError, recordCount: number) => Promise<void>;
  readonly onCommit: (commit: {
    records: number;
    bytes: number;
    batches: number;
    milliseconds: number;
  }) => void;
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
  #fenced: FencedSession | null;
  #committed: PositionRecord | null;

  constructor(fenced: FencedSession, options: KafkaOutputOptions) {
    this.#options = options;
    this.#fenced = fenced;
    this.#committed = fenced.last.record;
    this.#topics = new TopicDirectory({
      createNetwork: options.createNetwork,
      topic: options.topic,
      pinned: fenced.last.record?.partitions ?? {},
      acceptChange: options.acceptPartitionChange,
    });
  }

  createBatch(): OutputBatch {
    const { epoch, recordBatchBytes, maxTransactionBytes, maxTransactionPartitions } = this.#options;
    return new KafkaBatch({
      epoch,
      recordBatchBytes,
      maxBytes: maxTransactionBytes,
      maxPartitions: maxTransactionPartitions,
      partitionCount: (topic) => this.#topics.partitionCount(topic),
      prepareTopic: (topic) => this.#prepareTopic(topic),
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
        await this.#options.onFailure(error, 0);
        await sleep(backoffMs(++failures), undefined, { signal }).catch(() => undefined);
      }
    }
  }

  pinnedPartitions(): Record<string, number> {
    return this.#topics.pinnedCounts();
  }

  async commit(batch: OutputBatch, record: PositionRecord): Promise<CommitReceipt> {
    if (!(batch instanceof KafkaBatch)) throw new HeavisideError('INTERNAL', 'a batch of another output');
    const parts = await batch.finish(Date.now(), this.#options.compressor);
    const position = await singleRecordBatch(this.#options.positionKey, JSON.stringify(record), Date.now());
    const positionPart = { topic: this.#options.positionsTopic, partition: 0, batches: [position] };
    const startedAt = performance.now();
    const offset = await this.#untilDone(batch.recordCount, async () => {
      const standing = await this.#standingOffset(record);
      return standing ?? (await this.#write(parts, positionPart));
    });
    this.#committed = record;
    this.#options.onCommit({
      records: batch.recordCount,
      bytes: batch.byteLength,
      batches: parts.reduce((count, { batches }) => count + batches.length, 0),
      milliseconds: performance.now() - startedAt,
    });
    return { positionsOffset: offset };
  }

  /** After a new producer was made: the offset of the pending record if it stands already; null where it must be written. */
  async #standingOffset(pending: PositionRecord): Promise<bigint | null> {
    if (this.#fenced) return null;
    const { last } = (this.#fenced = await this.#options.reopen());
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
    const { network, session } = this.#fenced;
    await this.#topics.verify(topicsMaxAgeMs);
    const { unfencedWriter } = this.#options;
    if (unfencedWriter && parts.length > 0) await unfencedWriter.write(network, parts);
    await failpoint('transaction.begun');
    this.#options.signal.throwIfAborted();
    const offsets = await session.write(unfencedWriter ? [position] : [...parts, position]);
    await failpoint('transaction.sent');
    this.#options.signal.throwIfAborted();
    await session.commit();
    await failpoint('transaction.ended');
    const written = offsets.find((each) => each.topic === position.topic);
    if (!written) throw new HeavisideError('INTERNAL', 'the position record has no offset');
    return written.baseOffset;
  }

  /** Tries until it is done, the leadership ends, or an error comes that no new producer mends. */
  async #untilDone<T>(records: number, work: () => Promise<T>): Promise<T> {
    const { breaker, signal } = this.#options;
    for (let failures = 0; ;) {
      await breaker.whenProbeIsDue(signal);
      try {
        return await breaker.run(work);
      } catch (cause) {
        signal.throwIfAborted();
        const error = asHeavisideError(cause, 'KAFKA_UNREACHABLE');
        this.#dropSession();
        await this.#options.onFailure(error, records);
        if (error.code === 'KAFKA_FENCED') await this.#options.proveLease();
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
