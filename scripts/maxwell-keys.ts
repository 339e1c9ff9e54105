/** A key of Maxwell 1.45, and how its meaning here differs where it is an option. */
export interface MaxwellKey {
  readonly name: string;
  /** One sentence; none: as Maxwell. */
  readonly difference?: string;
}

export interface MaxwellKeySection {
  readonly title: string;
  readonly keys: readonly MaxwellKey[];
}

const keys = (names: string): MaxwellKey[] =>
  names
    .trim()
    .split(/\s+/u)
    .map((name) => ({ name }));

const but = (name: string, difference: string): MaxwellKey => ({ name, difference });

const prefixed = (prefix: string, names: string): MaxwellKey[] =>
  keys(names).map(({ name }) => ({ name: prefix + name }));

/** Every key that Maxwell 1.45 reads, in the order of its documentation; `kafka.*` passes to the Kafka client. */
export const maxwellKeySections: readonly MaxwellKeySection[] = [
  {
    title: 'General and operation',
    keys: [
      ...keys('config env_config env_config_prefix log_level daemon'),
      but('client_id', 'In Maxwell it names one process.'),
      but('replica_server_id', "Derived from client_id, where Maxwell's default is 6379."),
      but('init_position', 'In Maxwell it overrides a stored position; here `heaviside position set` does.'),
      but('gtid_mode', "Maxwell's default is false."),
      but('ha', 'The election is by Redis (redis.nodes), not by jgroups-raft.'),
      but('javascript', 'Run by Node.js, see [javascript.md](javascript.md).'),
      ...keys(
        `replay master_recovery recapture_schema ignore_missing_schema buffer_memory_usage
        binlog_event_queue_size jgroups_config raft_member_id`,
      ),
      but('bootstrapper', 'sync means the same as async: the stream goes on beside a snapshot.'),
    ],
  },
  {
    title: 'MySQL',
    keys: [
      but('host', 'The server that is read; several may be named, and none needs to be writable.'),
      ...keys('port user password'),
      but('ssl', 'The certificate is checked against mysql.ssl_ca or the authorities of the runtime.'),
      but('replication_host', 'It needs replication_user, as in Maxwell.'),
      ...keys('replication_port replication_user replication_password replication_ssl'),
      but(
        'replication_reconnection_retries',
        'Afterwards the lease goes to another replica, and the process stays.',
      ),
      ...keys(
        `jdbc_options replication_jdbc_options schema_jdbc_options schema_host schema_port schema_user
        schema_password schema_ssl max_schemas binlog_heartbeat`,
      ),
      but('schema_database', 'Of its tables bootstrap alone is looked at ([snapshot.md](snapshot.md)).'),
    ],
  },
  {
    title: 'Producer and Kafka',
    keys: [
      but('producer', 'kafka, stdout and file; kafka is the default where kafka.bootstrap.servers is given.'),
      ...keys('producer_partition_by producer_partition_columns'),
      but('producer_partition_by_fallback', 'table is the default with column, where Maxwell asks for one.'),
      but(
        'kafka.bootstrap.servers',
        'Every kafka.* key may stand on the command line and in the environment.',
      ),
      ...keys('kafka_topic ddl_kafka_topic'),
      but('dead_letter_topic', 'For records that are too large; no other error makes a record go there.'),
      ...keys('kafka_key_format kafka_partition_hash kafka_version output_file'),
      ...keys('ignore_producer_error producer_ack_timeout custom_producer.factory'),
    ],
  },
  {
    title: 'Output, columns and filters',
    keys: [
      ...keys(
        `output_binlog_position output_gtid_position output_commit_info output_xoffset output_nulls
        output_server_id output_thread_id output_schema_id output_row_query row_query_max_length
        output_primary_keys output_primary_key_columns`,
      ),
      but('output_push_timestamp', 'Always with six digits behind the point.'),
      ...keys(
        'output_ddl output_null_zerodates output_naming_strategy exclude_columns encrypt secret_key filter',
      ),
    ],
  },
  {
    title: 'Metrics and HTTP',
    keys: [
      but(
        'metrics_type',
        'slf4j turns the log of metrics on; http and jmx are served without being asked for.',
      ),
      but('metrics_prefix', "Prefix of Maxwell's names; Heaviside's own names stand beside them."),
      but('metrics_jvm', 'Metrics of Node.js (nodejs_*), as there is no JVM.'),
      ...keys('metrics_slf4j_interval'),
      but('metrics_age_slo', 'Seconds; unset, nothing counts as a violation.'),
      ...prefixed('metrics_datadog_', 'type tags interval apikey site host port'),
      ...keys('http_port http_path_prefix http_bind_address http_diagnostic http_diagnostic_timeout'),
      but('http_config', '/config is read-only: PATCH, POST and PUT are refused.'),
      ...keys('custom_health.factory'),
    ],
  },
  {
    title: 'Other producers',
    keys: [
      ...keys('kinesis_stream kinesis_md5_keys sqs_queue_uri sqs_service_endpoint sqs_signing_region'),
      ...keys('sns_topic sns_attrs sns_service_endpoint sns_signing_region nats_url nats_subject'),
      ...keys('bigquery_project_id bigquery_dataset bigquery_table'),
      ...prefixed(
        'pubsub_',
        `project_id topic request_bytes_threshold message_count_batch_size message_ordering_key
        publish_delay_threshold retry_delay retry_delay_multiplier max_retry_delay initial_rpc_timeout
        rpc_timeout_multiplier max_rpc_timeout total_timeout emulator`,
      ),
      ...keys('ddl_pubsub_topic'),
      ...prefixed(
        'rabbitmq_',
        `host port uri user pass virtual_host handshake_timeout exchange exchange_type exchange_durable
        exchange_autodelete routing_key_template message_persistent declare_exchange use_ssl`,
      ),
      ...prefixed(
        'redis_',
        'host port auth database type key stream_json_key sentinels sentinel_master_name',
      ),
    ],
  },
];
