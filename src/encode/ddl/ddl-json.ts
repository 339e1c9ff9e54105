import type { ByteSink } from '../../model/byte-sink.ts';
import type { ColumnDefinition, TableDefinition } from '../../model/table-definition.ts';
import type { EncodeOptions } from '../encode-options.ts';
import { writeJsonText } from '../json-string.ts';
import type { DdlRecord } from './ddl-record.ts';
import type { DdlWriter } from './ddl-writer.ts';

const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;
const COMMA = 0x2c;

/** Writes the members of an object, each with its comma; a member that is null is left out. */
class ObjectWriter {
  readonly #out: ByteSink;
  #isFirst = true;

  constructor(out: ByteSink) {
    this.#out = out;
    out.writeByte(OPEN_BRACE);
  }

  name(name: string): void {
    if (!this.#isFirst) this.#out.writeByte(COMMA);
    this.#isFirst = false;
    this.#out.writeAscii(`"${name}":`);
  }

  text(name: string, text: string | null | undefined): void {
    if (text === null || text === undefined) return;
    this.name(name);
    writeJsonText(this.#out, text);
  }

  plain(name: string, value: number | boolean | undefined): void {
    if (value === undefined) return;
    this.name(name);
    this.#out.writeAscii(String(value));
  }

  end(): void {
    this.#out.writeByte(CLOSE_BRACE);
  }
}

function writeArray<T>(out: ByteSink, items: readonly T[], write: (item: T) => void): void {
  out.writeByte(OPEN_BRACKET);
  items.forEach((item, index) => {
    if (index > 0) out.writeByte(COMMA);
    write(item);
  });
  out.writeByte(CLOSE_BRACKET);
}

const writeTexts = (out: ByteSink, texts: readonly string[]): void =>
  writeArray(out, texts, (text) => writeJsonText(out, text));

function writeColumn(out: ByteSink, column: ColumnDefinition): void {
  const object = new ObjectWriter(out);
  object.text('type', column.type);
  object.text('name', column.name);
  object.text('charset', column.charset);
  object.plain('signed', column.signed);
  if (column.enumValues !== undefined) {
    object.name('enum-values');
    writeTexts(out, column.enumValues);
  }
  object.plain('column-length', column.columnLength);
  object.end();
}

function writeTable(out: ByteSink, table: TableDefinition): void {
  const object = new ObjectWriter(out);
  object.text('database', table.database);
  object.text('charset', table.charset);
  object.text('table', table.table);
  object.name('columns');
  writeArray(out, table.columns, (column) => writeColumn(out, column));
  object.name('primary-key');
  writeTexts(out, table.primaryKey);
  object.end();
}

/** Writes DDL records as Maxwell's JSON. */
export class DdlJson implements DdlWriter {
  readonly #options: EncodeOptions;

  constructor(options: EncodeOptions) {
    this.#options = options;
  }

  prepare(): Promise<void> {
    return Promise.resolve();
  }

  write(out: ByteSink, _topic: string, record: DdlRecord): void {
    const { change, transaction } = record;
    const object = new ObjectWriter(out);
    object.text('type', change.type);
    object.text('database', change.database);
    object.text('table', change.table);
    if (change.old !== null) {
      object.name('old');
      writeTable(out, change.old);
    }
    if (change.def !== null) {
      object.name('def');
      writeTable(out, change.def);
    }
    object.text('charset', change.charset);
    object.plain('ts', record.timestampMs);
    object.text('sql', record.sql);
    if (this.#options.outputBinlogPosition) object.text('position', record.position);
    if (this.#options.outputGtidPosition) {
      object.name('gtid');
      out.writeAscii(transaction.gtid === null ? 'null' : `"${transaction.gtid}"`);
    }
    if (this.#options.outputMessageId) object.text('message_id', record.messageId);
    object.end();
  }
}
