import { ByteSink } from '../model/byte-sink.ts';
import type { RecordType } from '../model/transaction.ts';
import type { TableVersion } from '../model/table.ts';
import type { TableFilter, TableVerdict } from '../transform/table-filter.ts';
import { BigIntegerCodec, IntegerCodec } from './codecs/integer.ts';
import type { ColumnCodec } from './column-codec.ts';
import { compileCodec } from './compile-codec.ts';
import type { EncodeOptions } from './encode-options.ts';
import { camelCaseName } from './field-name.ts';
import { jsonStringBytes } from './json-string.ts';
import { RowImage, type RowView, valueOffset } from './row-image.ts';
import { topicName } from './topic-name.ts';
import { undecodable } from './undecodable.ts';

/**
 * Writes the members of `data`, each with a comma behind it, and notes where each value stands; false, with nothing written,
 * where the image does not hold every column.
 */
export type WriteMembers = (
  rows: Buffer,
  offsets: Int32Array,
  out: ByteSink,
  starts: Int32Array,
  ends: Int32Array,
) => boolean;

/** `exclude_columns` as predicates on a column's name. */
export function isExcludedColumn(name: string, excludeColumns: readonly string[]): boolean {
  return excludeColumns.some((item) => {
    const isPattern = item.length > 1 && item.startsWith('/') && item.endsWith('/');
    return isPattern ? new RegExp(`^(?:${item.slice(1, -1)})$`).test(name) : item === name;
  });
}

const isInteger = (codec: ColumnCodec | undefined): boolean =>
  codec instanceof IntegerCodec || codec instanceof BigIntegerCodec;

/** Everything about one table version that does not depend on the row: made once, then used for every row. */
export class TablePlan {
  readonly table: TableVersion;
  readonly verdict: TableVerdict;
  /** Of Maxwell's bootstrap table the updates and deletes are bookkeeping: they are left out, as Maxwell does. */
  readonly hasInsertsOnly: boolean;
  readonly codecs: readonly ColumnCodec[];
  readonly names: readonly string[];
  /** `"name":` and `"name":null,` of each column, as bytes. */
  readonly memberNames: readonly Buffer[];
  readonly nullMembers: readonly Buffer[];
  /** 1 for the columns that stand in `data` and `old`; 0 for those of exclude_columns. */
  readonly isVisible: Uint8Array;
  /** `"db"` and `"table"` as JSON bytes. */
  readonly databaseJson: Buffer;
  readonly tableJson: Buffer;
  /** What every key of the table starts with: `{"database":"db","table":"table"`, or `["db","table",[`. */
  readonly keyStart: Buffer;
  /** `"pk.id":` in lower case for keys in the hash format, `"id":` for the array format, in key order. */
  readonly keyNames: readonly Buffer[];
  /** `["id","part2"]` */
  readonly primaryKeyColumnsJson: Buffer;
  /** Whether there is a primary key, of integers only. */
  readonly hasIntegerKey: boolean;
  /** Both are of BusyTables: the table's own code, and the rows that were written without. */
  compiled: WriteMembers | null = null;
  rowsNotCompiled = 0;
  readonly #images: RowImage[] = [];
  readonly #options: EncodeOptions;
  readonly #topics = new Map<RecordType, string>();
  readonly #topicTemplate: string;

  constructor(table: TableVersion, filter: TableFilter, options: EncodeOptions) {
    const scratch = new ByteSink(1024);
    const json = (text: string): Buffer => jsonStringBytes(scratch, text);
    this.#options = options;
    this.table = table;
    this.names = table.columns.map((column) => column.name);
    this.verdict = filter.verdict(table.database, table.table, this.names);
    this.hasInsertsOnly =
      table.database === options.schemaDatabase &&
      table.table === 'bootstrap' &&
      ['is_complete', 'inserted_rows'].every((name) => this.names.includes(name));
    const { outputNullZerodates: nullZeroDates, avroTemporalTypes } = options;
    this.codecs = table.columns.map((column) => compileCodec(column, { nullZeroDates, avroTemporalTypes }));
    this.memberNames = this.names.map((name) => this.#writeMemberName(scratch, name));
    this.nullMembers = this.memberNames.map((member) => Buffer.concat([member, Buffer.from('null,')]));
    this.isVisible = Uint8Array.from(this.names, (name) => (this.isExcluded(name) ? 0 : 1));
    this.databaseJson = json(table.database);
    this.tableJson = json(table.table);
    const [database, name] = [this.databaseJson.toString(), this.tableJson.toString()];
    this.keyStart = Buffer.from(
      options.keyFormat === 'hash' ? `{"database":${database},"table":${name}` : `[${database},${name},[`,
    );
    const keyPrefix = options.keyFormat === 'hash' ? 'pk.' : '';
    const keyColumns = table.primaryKey.map((column) => this.names[column] ?? '');
    this.keyNames = keyColumns.map((name) =>
      Buffer.concat([json(keyPrefix + name.toLowerCase()), Buffer.from(':')]),
    );
    this.primaryKeyColumnsJson = Buffer.from(
      `[${keyColumns.map((name) => json(name).toString()).join(',')}]`,
    );
    this.#topicTemplate = options.topic;
    this.hasIntegerKey =
      keyColumns.length > 0 && table.primaryKey.every((column) => isInteger(this.codecs[column]));
  }

  /** The reader of images that hold these columns. Throws ROW_UNDECODABLE where the bitmap does not fit the table. */
  imageOf(bitmap: Buffer): RowImage {
    for (const image of this.#images) if (image.reads(bitmap)) return image;
    if (bitmap.length !== (this.codecs.length + 7) >> 3) {
      throw undecodable('*', 'the event does not have as many columns as the table');
    }
    const image = new RowImage(this.codecs, this.names, bitmap);
    // Few sets of columns occur; MINIMAL images may bring many.
    if (this.#images.length >= 64) this.#images.length = 0;
    this.#images.push(image);
    return image;
  }

  topicOf(type: RecordType): string {
    let topic = this.#topics.get(type);
    if (topic === undefined) {
      topic = topicName(this.#topicTemplate, this.table.database, this.table.table, type);
      this.#topics.set(type, topic);
    }
    return topic;
  }

  /** Whether exclude_columns takes the name out of `data` and `old`. */
  isExcluded(name: string): boolean {
    return isExcludedColumn(name, this.#options.excludeColumns);
  }

  /** `"name":` as bytes, of a column or of a name that a script has added. */
  memberName(name: string): Buffer {
    const column = this.names.indexOf(name);
    return this.memberNames[column] ?? this.#writeMemberName(new ByteSink(64), name);
  }

  #writeMemberName(scratch: ByteSink, name: string): Buffer {
    const shown = this.#options.outputNamingStrategy === null ? name : camelCaseName(name);
    return Buffer.concat([jsonStringBytes(scratch, shown), Buffer.from(':')]);
  }

  /** A column's value as text, null for NULL and for a column that the row does not hold. */
  readText(row: RowView, column: number): string | null {
    const offset = valueOffset(row, column);
    return offset < 0 ? null : (this.codecs[column] as ColumnCodec).readText(row.rows, offset);
  }
}
