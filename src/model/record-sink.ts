import type { ByteSink } from './byte-sink.ts';

/**
 * Where encoded records go: the seam between encode and produce.
 *
 * Order of calls: beginTransaction, then for each record beginRecord → (write the key) → endKey → (write the value) → endRecord.
 * The sink adds the headers `message_id` (transaction id + `#` + row index) and `epoch`.
 */
export interface RecordSink {
  /** Partitions of the topic; undefined until `prepareTopic` has resolved for it. */
  partitionCount(topic: string): number | undefined;
  /** Looks the topic up, or creates it; rejects with KAFKA_TOPIC_UNKNOWN or KAFKA_TOPIC_INVALID. */
  prepareTopic(topic: string): Promise<void>;
  beginTransaction(transactionId: string): void;
  /** Starts a record; the caller writes the key into the returned sink (nothing written: a null key). */
  beginRecord(topic: string, partition: number): ByteSink;
  /** Ends the key; the value goes into the same ByteSink (nothing written: a null value, a tombstone). */
  endKey(): void;
  /** Ends the record. `index` is what follows `#` in message_id: a row index, or text such as `4.t` or `ddl`. */
  endRecord(index: number | string): void;
  /** True when what was written should go out before more is added. */
  isFull(): boolean;
}
