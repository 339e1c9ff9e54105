import { ByteSink } from '../../model/byte-sink.ts';
import {
  recordType,
  type RecordType,
  type RowsEvent,
  type SourceTransaction,
} from '../../model/transaction.ts';
import type { EncodeOptions } from '../encode-options.ts';
import type { TablePlan } from '../table-plan.ts';
import type { EnvelopeRow, EventEnvelope, ValueWriter } from '../value-writer.ts';
import { writeBigLong, writeDouble, writeLong, writeText } from './avro-binary.ts';
import { avroSubject } from './avro-subject.ts';
import { AvroRow } from './avro-row.ts';
import type { SchemaIds } from '../../model/schema-ids.ts';
import { tableSchema, type TableSchema } from './table-schema.ts';

/** Index of `null`, and of what is not null, in a union of the two. */
const NULL = 0x00;
const PRESENT = 0x02;
const MAGIC_AND_ID_BYTES = 5;

/** What is made once for a table version. */
interface AvroTable {
  readonly schema: TableSchema;
  readonly row: AvroRow;
  /** `database` and `table`. */
  readonly names: Buffer;
  readonly primaryKeyColumns: Buffer;
  /** Zero and the schema's id as four bytes, by topic: Confluent's wire format. */
  readonly headers: Map<string, Buffer>;
}

function bytesOf(write: (out: ByteSink) => void): Buffer {
  const out = new ByteSink(256);
  write(out);
  return Buffer.from(out.view());
}

/** A union of null and string. */
function writeNullableText(out: ByteSink, text: string | null): void {
  out.writeByte(text === null ? NULL : PRESENT);
  if (text !== null) writeText(out, text);
}

/** A union of null and long. */
function writeNullableLong(out: ByteSink, n: number | bigint | null): void {
  out.writeByte(n === null ? NULL : PRESENT);
  if (typeof n === 'bigint') writeBigLong(out, n);
  else if (n !== null) writeLong(out, n);
}

/** Writes rows in Maxwell's envelope as Avro in Confluent's wire format, with the schema of the table version at hand. */
export class MaxwellAvro implements ValueWriter {
  readonly #options: EncodeOptions;
  readonly #ids: SchemaIds;
  readonly #tables = new WeakMap<TablePlan, AvroTable>();

  constructor(options: EncodeOptions, ids: SchemaIds) {
    this.#options = options;
    this.#ids = ids;
  }

  isReady(plan: TablePlan, type: RecordType): boolean {
    const table = this.#tableOf(plan);
    const topic = plan.topicOf(type);
    if (table.headers.has(topic)) return true;
    const id = this.#ids.idOf(this.#subject(topic, table), table.schema.text);
    if (id !== undefined) this.#keep(table, topic, id);
    return id !== undefined;
  }

  async prepare(plan: TablePlan, type: RecordType): Promise<void> {
    const table = this.#tableOf(plan);
    const topic = plan.topicOf(type);
    this.#keep(table, topic, await this.#ids.register(this.#subject(topic, table), table.schema.text));
  }

  writeHead(out: ByteSink, event: RowsEvent, plan: TablePlan, xid: bigint | null): void {
    const table = this.#tableOf(plan);
    const { outputRowQuery, rowQueryMaxLength, outputCommitInfo } = this.#options;
    out.writeBytes(table.headers.get(plan.topicOf(recordType(event))) as Buffer);
    out.writeBytes(table.names);
    if (outputRowQuery) {
      const { query } = event;
      writeNullableText(
        out,
        rowQueryMaxLength > 0 && query !== null ? query.slice(0, rowQueryMaxLength) : query,
      );
    }
    writeText(out, recordType(event));
    writeLong(out, event.timestampSeconds);
    if (outputCommitInfo) writeNullableLong(out, xid);
  }

  writeTail(out: ByteSink, event: RowsEvent, transaction: SourceTransaction): void {
    const options = this.#options;
    const isStreamed = event.snapshot === undefined;
    if (options.outputBinlogPosition)
      writeNullableText(out, isStreamed ? `${event.file}:${event.startOffset}` : null);
    if (options.outputGtidPosition) writeNullableText(out, transaction.gtid);
    if (options.outputServerId) writeNullableLong(out, isStreamed ? transaction.serverId : null);
    if (options.outputThreadId) writeNullableLong(out, transaction.threadId);
  }

  writeRow(out: ByteSink, plan: TablePlan, row: EnvelopeRow, event: EventEnvelope): void {
    const options = this.#options;
    const table = this.#tableOf(plan);
    out.writeBytes(event.head);
    if (options.outputCommitInfo) {
      const isCommit = row.xoffset === null && event.snapshot === null;
      if (options.outputXoffset) writeNullableLong(out, event.snapshot === null ? row.xoffset : null);
      out.writeByte(isCommit ? PRESENT : NULL);
      if (isCommit) out.writeByte(1);
    }
    out.writeBytes(event.tail);
    if (options.outputPushTimestamp) {
      out.writeByte(PRESENT);
      // Whole microseconds: a double of seconds holds them exactly enough to print six digits.
      writeDouble(out, Math.floor((performance.timeOrigin + performance.now()) * 1000) / 1e6);
    }
    if (options.outputPrimaryKeys) this.#writePrimaryKey(out, plan, row);
    if (options.outputPrimaryKeyColumns) out.writeBytes(table.primaryKeyColumns);
    if (options.outputMessageId) writeNullableText(out, `${event.transactionId}#${row.index}`);
    table.row.write(out, row);
  }

  /** The values as text, because their types differ. */
  #writePrimaryKey(out: ByteSink, plan: TablePlan, row: EnvelopeRow): void {
    const { primaryKey } = plan.table;
    if (primaryKey.length > 0) writeLong(out, primaryKey.length);
    for (const column of primaryKey) writeNullableText(out, plan.readText(row, column));
    out.writeByte(0);
  }

  #tableOf(plan: TablePlan): AvroTable {
    let table = this.#tables.get(plan);
    if (table === undefined) {
      const { database, table: tableName, primaryKey } = plan.table;
      const schema = tableSchema(plan, this.#options);
      table = {
        schema,
        row: new AvroRow(plan, schema),
        names: bytesOf((out) => {
          writeText(out, database);
          writeText(out, tableName);
        }),
        primaryKeyColumns: bytesOf((out) => {
          if (primaryKey.length > 0) writeLong(out, primaryKey.length);
          for (const column of primaryKey) writeText(out, plan.names[column] ?? '');
          out.writeByte(0);
        }),
        headers: new Map(),
      };
      this.#tables.set(plan, table);
    }
    return table;
  }

  #subject(topic: string, { schema }: AvroTable): string {
    const { avroSubjectStrategy, topic: template } = this.#options;
    return avroSubject(avroSubjectStrategy, topic, {
      fullName: schema.fullName,
      hasOwnTopic: template.includes('%{table}'),
    });
  }

  #keep(table: AvroTable, topic: string, id: number): void {
    const header = Buffer.alloc(MAGIC_AND_ID_BYTES);
    header.writeInt32BE(id, 1);
    table.headers.set(topic, header);
  }
}
