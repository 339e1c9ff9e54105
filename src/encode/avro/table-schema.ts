import type { EncodeOptions } from '../encode-options.ts';
import { camelCaseName } from '../field-name.ts';
import type { TablePlan } from '../table-plan.ts';
import { avroName } from './avro-name.ts';
import type { AvroType } from './avro-type.ts';

interface AvroField {
  readonly name: string;
  readonly type: unknown;
  readonly default?: unknown;
  readonly doc?: string;
}

/** The Avro side of one table version. */
export interface TableSchema {
  /** Full name of the record: `<database>.<table>`. */
  readonly fullName: string;
  /** The schema as JSON text; equal for equal schemas. */
  readonly text: string;
  /** Indexes of the columns in the record, and the names of their fields. */
  readonly columns: readonly number[];
  readonly fieldNames: readonly string[];
}

const nullable = (name: string, type: AvroType | 'boolean'): AvroField => ({
  name,
  type: ['null', type],
  default: null,
});
const names = (name: string): AvroField => ({ name, type: { type: 'array', items: 'string' }, default: [] });

/** Field names of the visible columns. A naming strategy may make two alike: the later one gets underscores behind it. */
function fieldNamesOf(columnNames: readonly string[], rename: (name: string) => string): string[] {
  const used = new Set<string>();
  return columnNames.map((columnName) => {
    let name = avroName(rename(columnName));
    while (used.has(name)) name += '_';
    used.add(name);
    return name;
  });
}

/** The members of Maxwell's envelope that the options switch on, in its order, up to `data`. Every optional one is nullable. */
function envelopeFields(options: EncodeOptions): AvroField[] {
  const when = (isOn: boolean, field: AvroField): AvroField[] => (isOn ? [field] : []);
  return [
    { name: 'database', type: 'string' },
    { name: 'table', type: 'string' },
    ...when(options.outputRowQuery, nullable('query', 'string')),
    { name: 'type', type: 'string' },
    { name: 'ts', type: 'long' },
    ...when(options.outputCommitInfo, nullable('xid', 'long')),
    ...when(options.outputCommitInfo && options.outputXoffset, nullable('xoffset', 'long')),
    ...when(options.outputCommitInfo, nullable('commit', 'boolean')),
    ...when(options.outputBinlogPosition, nullable('position', 'string')),
    ...when(options.outputGtidPosition, nullable('gtid', 'string')),
    ...when(options.outputServerId, nullable('server_id', 'long')),
    ...when(options.outputThreadId, nullable('thread_id', 'long')),
    ...when(options.outputPushTimestamp, nullable('push_ts', 'double')),
    ...when(options.outputPrimaryKeys, {
      name: 'primary_key',
      type: { type: 'array', items: ['null', 'string'] },
      default: [],
    }),
    ...when(options.outputPrimaryKeyColumns, names('primary_key_columns')),
    ...when(options.outputMessageId, nullable('message_id', 'string')),
  ];
}

/**
 * The schema of a table version's records. Whatever may come or go has a default (columns: null), so that versions stay
 * backward and forward compatible while columns are added and dropped.
 */
export function tableSchema(plan: TablePlan, options: EncodeOptions): TableSchema {
  const rename = (name: string): string =>
    options.outputNamingStrategy === null ? name : camelCaseName(name);
  const namespace = avroName(plan.table.database);
  const name = avroName(plan.table.table);
  const rowName = `${name}_row`;
  const columns = plan.names.map((_, column) => column).filter((column) => plan.isVisible[column] === 1);
  const columnNames = columns.map((column) => plan.names[column] ?? '');
  const fieldNames = fieldNamesOf(columnNames, rename);
  const rowFields = columns.map((column, at): AvroField => {
    const fieldName = fieldNames[at] ?? '';
    const columnName = columnNames[at] ?? '';
    const field = nullable(fieldName, plan.codecs[column]?.avroType ?? 'string');
    return fieldName === columnName ? field : { ...field, doc: columnName };
  });
  const fields: AvroField[] = [
    ...envelopeFields(options),
    { name: 'data', type: { type: 'record', name: rowName, fields: rowFields } },
    { name: 'old', type: ['null', rowName], default: null },
    names('old_columns'),
    names('absent_columns'),
  ];
  const renamed = fields.map((field) => ({ ...field, name: rename(field.name) }));
  const text = JSON.stringify({ type: 'record', name, namespace, fields: renamed });
  return { fullName: `${namespace}.${name}`, text, columns, fieldNames };
}
