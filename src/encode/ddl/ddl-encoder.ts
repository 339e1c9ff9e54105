import type { DdlChange } from '../../ddl/ddl-change.ts';
import { SchemaHistory } from '../../ddl/schema-history.ts';
import { HeavisideError } from '../../errors.ts';
import type { RecordSink } from '../../model/record-sink.ts';
import type { SchemaFacts, SchemaSnapshot } from '../../model/schema-snapshot.ts';
import type { SchemaChange, SourceTransaction } from '../../model/transaction.ts';
import { charsetOfCollation } from '../collation-charset.ts';
import type { EncodeOptions } from '../encode-options.ts';
import { partitionHash, partitionOf } from '../partition-hash.ts';
import { topicName } from '../topic-name.ts';
import { ddlKey } from './ddl-key.ts';
import type { DdlRecord } from './ddl-record.ts';
import type { DdlWriter } from './ddl-writer.ts';

export interface DdlEncoderOptions {
  readonly encode: EncodeOptions;
  /** The filter's verdict on a table; on a database with an empty table. */
  readonly includes: (database: string, table: string) => boolean;
  readonly writer: DdlWriter;
  readonly facts: SchemaFacts;
  readonly snapshot: SchemaSnapshot | null;
  /** A statement that is not understood was passed over; the text is not given, it may hold values. */
  readonly onPassedOver: (where: { readonly id: string; readonly position: string }) => void;
  /** A record was left out, because its topic would have no legal name. */
  readonly onLeftOut: (message: string) => void;
}

/** Schema changes → filtered DDL records, for one stream. */
export class DdlEncoder {
  readonly #options: DdlEncoderOptions;
  readonly #history: SchemaHistory;

  constructor(options: DdlEncoderOptions) {
    this.#options = options;
    this.#history = new SchemaHistory(options.facts, options.snapshot);
  }

  /**
   * Follows a transaction of the stream, each one in turn, and writes the records of its schema change.
   * @param isWritten its records were committed before: they are not written again
   */
  async encode(transaction: SourceTransaction, sink: RecordSink, isWritten: boolean): Promise<void> {
    this.#history.advance(transaction);
    const { schemaChange } = transaction;
    if (schemaChange === null) return;
    const { serverCollation } = schemaChange;
    const serverCharset = serverCollation === null ? null : charsetOfCollation(serverCollation);
    const changes = this.#history.apply(schemaChange, serverCharset);
    const position = `${schemaChange.file}:${schemaChange.startOffset}`;
    if (changes === null) {
      this.#options.onPassedOver({ id: transaction.id, position });
      return;
    }
    if (isWritten) return;
    for (const [index, change] of changes.entries()) {
      if (!this.#isIncluded(change)) continue;
      const suffix = suffixOf(transaction, index);
      await this.#write(sink, suffix, this.#record(transaction, schemaChange, change, suffix));
    }
  }

  #record(
    transaction: SourceTransaction,
    { sql, timestampSeconds, file, startOffset }: SchemaChange,
    change: DdlChange,
    suffix: string,
  ): DdlRecord {
    return {
      change,
      timestampMs: timestampSeconds * 1000,
      sql,
      position: `${file}:${startOffset}`,
      transaction,
      messageId: `${transaction.id}#${suffix}`,
    };
  }

  /** A table that is renamed must be included under both names. */
  #isIncluded({ database, table, renamedTo }: DdlChange): boolean {
    const { includes } = this.#options;
    if (!includes(database, table ?? '')) return false;
    return renamedTo === null || includes(renamedTo.database, renamedTo.table);
  }

  async #write(sink: RecordSink, suffix: string, record: DdlRecord): Promise<void> {
    const topic = this.#topic(record.change);
    if (topic === null) return;
    if (sink.partitionCount(topic) === undefined) await sink.prepareTopic(topic);
    const partitions = sink.partitionCount(topic);
    if (partitions === undefined)
      throw new HeavisideError('KAFKA_TOPIC_UNKNOWN', `topic ${topic} has no partitions`);
    await this.#options.writer.prepare(topic);
    const { partitionBy, partitionHash: algorithm } = this.#options.encode;
    const { database, table } = record.change;
    const text = partitionBy === 'table' ? (table ?? database) : database;
    const out = sink.beginRecord(topic, partitionOf(partitionHash(text, algorithm), partitions));
    out.writeAscii(ddlKey(record.messageId));
    sink.endKey();
    this.#options.writer.write(out, topic, record);
    sink.endRecord(suffix);
  }

  /** Null where the names make no legal topic: a schema change never stops the stream. */
  #topic({ type, database, table }: DdlChange): string | null {
    const { ddlTopic, topic } = this.#options.encode;
    try {
      return topicName(ddlTopic ?? topic, database, table ?? '', type);
    } catch (error) {
      if (!(error instanceof HeavisideError) || error.code !== 'KAFKA_TOPIC_INVALID') throw error;
      this.#options.onLeftOut(`a ${type} record was left out: ${error.message}`);
      return null;
    }
  }
}

/** What follows `#` in message_id: 0, 0.1, 0.2 …; where rows are counted from 0 in the same transaction: ddl, ddl.1 … */
function suffixOf(transaction: SourceTransaction, index: number): string {
  const base = transaction.hasRows ? 'ddl' : '0';
  return index === 0 ? base : `${base}.${index}`;
}
