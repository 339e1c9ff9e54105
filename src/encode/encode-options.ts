export type PartitionBy =
  'database' | 'table' | 'primary_key' | 'transaction_id' | 'thread_id' | 'column' | 'random';
export type PartitionFallback = 'database' | 'table' | 'primary_key' | 'transaction_id';

/** What the encode stage needs of the configuration. The keys of Maxwell are in the comments. */
export interface EncodeOptions {
  /** kafka_topic; may hold %{database}, %{table} and %{type}. */
  readonly topic: string;
  /** ddl_kafka_topic; null: the topic. May hold the same placeholders; %{table} is empty for changes of a database. */
  readonly ddlTopic: string | null;
  /** kafka_key_format */
  readonly keyFormat: 'hash' | 'array';
  /** kafka_partition_hash */
  readonly partitionHash: 'default' | 'murmur3';
  /** producer_partition_by */
  readonly partitionBy: PartitionBy;
  /** producer_partition_columns */
  readonly partitionColumns: readonly string[];
  /** producer_partition_by_fallback */
  readonly partitionByFallback: PartitionFallback;
  /** filter; null: everything is included. */
  readonly filter: string | null;
  /** schema_database: of its table bootstrap the inserts alone are written; null: it is a table like any other. */
  readonly schemaDatabase: string | null;
  /** exclude_columns: names, or /regular expressions/ that match the whole name. */
  readonly excludeColumns: readonly string[];
  readonly outputBinlogPosition: boolean;
  readonly outputGtidPosition: boolean;
  readonly outputCommitInfo: boolean;
  readonly outputXoffset: boolean;
  readonly outputNulls: boolean;
  readonly outputServerId: boolean;
  readonly outputThreadId: boolean;
  readonly outputRowQuery: boolean;
  /** row_query_max_length in UTF-16 units; 0 = unlimited. */
  readonly rowQueryMaxLength: number;
  readonly outputPrimaryKeys: boolean;
  readonly outputPrimaryKeyColumns: boolean;
  readonly outputPushTimestamp: boolean;
  /** output_message_id: the header message_id in the JSON too. */
  readonly outputMessageId: boolean;
  readonly outputNullZerodates: boolean;
  readonly outputNamingStrategy: 'underscore_to_camelcase' | null;
  /** avro_subject_strategy; auto: by the topic where it names the table, else by topic and record. */
  readonly avroSubjectStrategy: 'auto' | 'topic_name' | 'record_name' | 'topic_record_name';
  /** avro_temporal_types: dates and times of day as in JSON, or as numbers with a logical type. */
  readonly avroTemporalTypes: 'string' | 'logical';
  /** output_tombstones: a null value follows for a key that is gone. */
  readonly outputTombstones: boolean;
  /** on_decode_error */
  readonly onDecodeError: 'fail' | 'skip';
  /** dead_letter_topic of rows that are passed over; may hold %{database} and %{table}; null: no letters. */
  readonly deadLetterTopic: string | null;
}

/** Maxwell's defaults. */
export const defaultEncodeOptions: EncodeOptions = {
  topic: 'maxwell',
  ddlTopic: null,
  keyFormat: 'hash',
  partitionHash: 'default',
  partitionBy: 'database',
  partitionColumns: [],
  partitionByFallback: 'table',
  filter: null,
  schemaDatabase: null,
  excludeColumns: [],
  outputBinlogPosition: false,
  outputGtidPosition: false,
  outputCommitInfo: true,
  outputXoffset: true,
  outputNulls: true,
  outputServerId: false,
  outputThreadId: false,
  outputRowQuery: false,
  rowQueryMaxLength: 0,
  outputPrimaryKeys: false,
  outputPrimaryKeyColumns: false,
  outputPushTimestamp: false,
  outputMessageId: false,
  outputNullZerodates: false,
  outputNamingStrategy: null,
  avroSubjectStrategy: 'auto',
  avroTemporalTypes: 'string',
  outputTombstones: false,
  onDecodeError: 'fail',
  deadLetterTopic: null,
};
