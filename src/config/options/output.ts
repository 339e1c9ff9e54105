import { boolean, choice, integer, list, secret, text } from '../option-type.ts';
import { option, optional } from '../option.ts';

const httpUrl = (value: string): string | undefined => {
  if (!URL.canParse(value) || !/^https?:$/u.test(new URL(value).protocol))
    return 'it is not an http:// or https:// URL';
  const { username, password } = new URL(value);
  return username === '' && password === ''
    ? undefined
    : 'credentials do not belong in the URL: avro_schema_registry_username, avro_schema_registry_password';
};

const flag = (fallback: boolean, summary: string) =>
  option(boolean(), fallback, { summary, origin: 'maxwell', shapesStream: true });

/** What a record holds. */
export const outputOptions = {
  output_format: option(choice(['json', 'avro']), 'json', {
    summary: "Maxwell's JSON, or Avro in Confluent's wire format.",
    origin: 'guide',
    shapesStream: true,
  }),
  avro_schema_registry_url: optional(text('URL', httpUrl), {
    summary: 'Schema registry of output_format=avro.',
    origin: 'guide',
    shapesStream: true,
  }),
  avro_schema_registry_username: optional(text('NAME'), {
    summary: 'Account at the schema registry.',
    origin: 'heaviside',
  }),
  avro_schema_registry_password: optional(secret(), {
    summary: 'Password at the schema registry.',
    origin: 'heaviside',
  }),
  avro_subject_strategy: option(choice(['auto', 'topic_name', 'record_name', 'topic_record_name']), 'auto', {
    summary: "Which subject of the registry a table's schemas have.",
    derived: 'topic_name where %{table} stands in kafka_topic, otherwise topic_record_name',
    note: "Confluent's TopicNameStrategy, RecordNameStrategy and TopicRecordNameStrategy: `<topic>-value`, `<database>.<table>`, `<topic>-<database>.<table>`.",
    origin: 'heaviside',
    shapesStream: true,
  }),
  avro_temporal_types: option(choice(['string', 'logical']), 'string', {
    summary:
      'Dates, datetimes and timestamps in Avro: the text that JSON has, or a number with a logical type.',
    note: 'With logical, zero dates and dates that the calendar does not have are null. Times are strings in either case: they go to 838 hours.',
    origin: 'heaviside',
    shapesStream: true,
  }),
  output_message_id: option(boolean(), false, {
    summary: 'Put message_id, which every record has as a header, into the JSON too.',
    origin: 'heaviside',
    shapesStream: true,
  }),
  output_binlog_position: flag(false, 'Put the binlog position of the row into `position`.'),
  output_gtid_position: flag(false, 'Put the GTID of the transaction into `gtid`.'),
  output_commit_info: flag(true, 'Put `xid`, and `commit` on the last row of a transaction.'),
  output_xoffset: flag(
    true,
    'Put the index of the row in its transaction into `xoffset`, on all but the last.',
  ),
  output_nulls: flag(true, 'Show columns that are NULL.'),
  output_server_id: flag(false, 'Put the id of the server of origin into `server_id`.'),
  output_thread_id: flag(false, 'Put the id of the session into `thread_id`.'),
  output_row_query: flag(
    false,
    'Put the statement into `query`, where the source logs it (binlog_rows_query_log_events).',
  ),
  row_query_max_length: option(integer(0, 2 ** 31 - 1), 0, {
    summary: 'Characters of `query`; 0: all of them.',
    origin: 'maxwell',
    shapesStream: true,
  }),
  output_primary_keys: flag(false, 'Put the values of the primary key into `primary_key`.'),
  output_primary_key_columns: flag(false, 'Put the columns of the primary key into `primary_key_columns`.'),
  output_push_timestamp: flag(false, 'Put the time of sending into `push_ts`.'),
  output_ddl: flag(
    false,
    'Send records of schema changes (DDL) too; the definitions of tables are read at each takeover.',
  ),
  output_null_zerodates: flag(false, 'Show zero dates as null.'),
  output_naming_strategy: optional(choice(['none', 'underscore_to_camelcase']), {
    summary: 'How names of members and columns are rewritten.',
    origin: 'maxwell',
    shapesStream: true,
  }),
  encrypt: option(choice(['none', 'data', 'all']), 'none', {
    summary: 'Encrypt `data` and `old` (data) or the whole message (all) with AES in CBC mode.',
    note: 'In their place stands `"encrypted":{"iv":…,"bytes":…}`; record keys, primary key arrays (with data) and DDL records stay readable.',
    origin: 'maxwell',
    shapesStream: true,
  }),
  secret_key: optional(secret(), {
    summary: 'Key of encrypt: 16, 24 or 32 bytes of UTF-8 text.',
    origin: 'maxwell',
  }),
  output_tombstones: option(boolean(), false, {
    summary:
      'After the record of a delete, and of an update that changes the primary key, send a null value for the former key.',
    note: 'For compacted topics: they keep the last record of a key for ever, and a delete is a record too. Tables without a primary key have no tombstones.',
    origin: 'heaviside',
    shapesStream: true,
  }),
  exclude_columns: optional(list('COLUMNS'), {
    summary: 'Columns left out of `data` and `old`: names or /regular expressions/.',
    origin: 'maxwell',
    shapesStream: true,
  }),
} as const;

/** Which changes are replicated. */
export const filterOptions = {
  filter: optional(text('RULES'), {
    summary:
      'Rules by which databases, tables and rows are included or excluded; the last that fits decides.',
    note: 'For example `exclude: *.*, include: shop.*, exclude: shop./tmp_.*/, include: shop.orders.region=eu`.',
    origin: 'maxwell',
    shapesStream: true,
  }),
  javascript: optional(text('PATH'), {
    summary: 'JavaScript file whose process_row(row, state) may change, reroute or suppress each row.',
    note: 'It sees the rows that the filter lets through, and runs with the rights of the process: docs/javascript.md.',
    origin: 'maxwell',
    shapesStream: true,
  }),
  database: optional(list('DATABASES'), {
    summary: 'Short for filter=exclude: *.*, include: <database>.*; not together with filter.',
    origin: 'guide',
    shapesStream: true,
  }),
} as const;
