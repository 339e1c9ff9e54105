import { avroSubject } from '../avro/avro-subject.ts';
import { writeLong, writeText } from '../avro/avro-binary.ts';
import type { ByteSink } from '../../model/byte-sink.ts';
import type { SchemaIds } from '../../model/schema-ids.ts';
import type { ColumnDefinition, TableDefinition } from '../../model/table-definition.ts';
import type { EncodeOptions } from '../encode-options.ts';
import type { DdlRecord } from './ddl-record.ts';
import type { DdlWriter } from './ddl-writer.ts';

/** Index of `null`, and of what is not null, in a union of the two. */
const NULL = 0x00;
const PRESENT = 0x02;
const MAGIC_AND_ID_BYTES = 5;

const namespace = 'heaviside';
const name = 'ddl';

const nullable = (field: string, type: unknown): object => ({
  name: field,
  type: ['null', type],
  default: null,
});
const texts = { type: 'array', items: 'string' };

/** One schema for all DDL records: members that the type does not have are null. */
function schemaText(options: EncodeOptions): string {
  const column = {
    type: 'record',
    name: 'column_definition',
    fields: [
      { name: 'type', type: 'string' },
      { name: 'name', type: 'string' },
      nullable('charset', 'string'),
      nullable('signed', 'boolean'),
      nullable('enum_values', texts),
      nullable('column_length', 'long'),
    ],
  };
  const table = {
    type: 'record',
    name: 'table_definition',
    fields: [
      { name: 'database', type: 'string' },
      { name: 'charset', type: 'string' },
      { name: 'table', type: 'string' },
      { name: 'columns', type: { type: 'array', items: column } },
      { name: 'primary_key', type: texts },
    ],
  };
  const fields = [
    { name: 'type', type: 'string' },
    { name: 'database', type: 'string' },
    nullable('table', 'string'),
    nullable('old', table),
    nullable('def', 'table_definition'),
    nullable('charset', 'string'),
    { name: 'ts', type: 'long' },
    { name: 'sql', type: 'string' },
    ...(options.outputBinlogPosition ? [nullable('position', 'string')] : []),
    ...(options.outputGtidPosition ? [nullable('gtid', 'string')] : []),
    ...(options.outputMessageId ? [nullable('message_id', 'string')] : []),
  ];
  return JSON.stringify({ type: 'record', name, namespace, fields });
}

function writeNullable<T>(out: ByteSink, value: T | null | undefined, write: (value: T) => void): void {
  const isNull = value === null || value === undefined;
  out.writeByte(isNull ? NULL : PRESENT);
  if (!isNull) write(value);
}

/** One block of items with its count, and the empty block that ends the array. */
function writeArray<T>(out: ByteSink, items: readonly T[], write: (item: T) => void): void {
  if (items.length > 0) writeLong(out, items.length);
  for (const item of items) write(item);
  out.writeByte(0);
}

function writeColumn(out: ByteSink, column: ColumnDefinition): void {
  writeText(out, column.type);
  writeText(out, column.name);
  writeNullable(out, column.charset, (text) => writeText(out, text));
  writeNullable(out, column.signed, (isSigned) => out.writeByte(isSigned ? 1 : 0));
  writeNullable(out, column.enumValues, (labels) =>
    writeArray(out, labels, (label) => writeText(out, label)),
  );
  writeNullable(out, column.columnLength, (digits) => writeLong(out, digits));
}

function writeTable(out: ByteSink, table: TableDefinition): void {
  writeText(out, table.database);
  writeText(out, table.charset);
  writeText(out, table.table);
  writeArray(out, table.columns, (column) => writeColumn(out, column));
  writeArray(out, table.primaryKey, (column) => writeText(out, column));
}

/** Writes DDL records as Avro in Confluent's wire format, all with one schema. */
export class DdlAvro implements DdlWriter {
  readonly #options: EncodeOptions;
  readonly #ids: SchemaIds;
  readonly #schema: string;
  /** Zero and the schema's id as four bytes, by topic. */
  readonly #headers = new Map<string, Buffer>();

  constructor(options: EncodeOptions, ids: SchemaIds) {
    this.#options = options;
    this.#ids = ids;
    this.#schema = schemaText(options);
  }

  async prepare(topic: string): Promise<void> {
    if (this.#headers.has(topic)) return;
    const subject = this.#subject(topic);
    const id = this.#ids.idOf(subject, this.#schema) ?? (await this.#ids.register(subject, this.#schema));
    const header = Buffer.alloc(MAGIC_AND_ID_BYTES);
    header.writeInt32BE(id, 1);
    this.#headers.set(topic, header);
  }

  write(out: ByteSink, topic: string, record: DdlRecord): void {
    const { change, transaction, messageId } = record;
    const options = this.#options;
    const text = (value: string): void => writeText(out, value);
    const table = (value: TableDefinition): void => writeTable(out, value);
    out.writeBytes(this.#headers.get(topic) as Buffer);
    writeText(out, change.type);
    writeText(out, change.database);
    writeNullable(out, change.table, text);
    writeNullable(out, change.old, table);
    writeNullable(out, change.def, table);
    writeNullable(out, change.charset, text);
    writeLong(out, record.timestampMs);
    writeText(out, record.sql);
    if (options.outputBinlogPosition) writeNullable(out, record.position, text);
    if (options.outputGtidPosition) writeNullable(out, transaction.gtid, text);
    if (options.outputMessageId) writeNullable(out, messageId, text);
  }

  #subject(topic: string): string {
    const { ddlTopic, topic: rowTopic, avroSubjectStrategy } = this.#options;
    const hasOwnTopic = ddlTopic !== null && ddlTopic !== rowTopic;
    return avroSubject(avroSubjectStrategy, topic, { fullName: `${namespace}.${name}`, hasOwnTopic });
  }
}
