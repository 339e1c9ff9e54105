/** Keys of Maxwell and of Java's producer that are no options here: what happens to a file that has them. */
export interface ForeignKey {
  /** The key, or with a `*` at its end every key that begins so. */
  readonly name: string;
  /** ignored: accepted with one warning. refused: the stream would not be what the key asks for. */
  readonly effect: 'ignored' | 'refused';
  readonly reason: string;
  /** Values (in lower case) that ask for nothing that is not so anyway: accepted without a word. */
  readonly harmless?: readonly string[];
}

const ignored = (names: string, reason: string, harmless?: readonly string[]): ForeignKey[] =>
  names.split(/\s+/u).map((name) => ({ name, effect: 'ignored', reason, ...(harmless && { harmless }) }));

const refused = (names: string, reason: string, harmless?: readonly string[]): ForeignKey[] =>
  names.split(/\s+/u).map((name) => ({ name, effect: 'refused', reason, ...(harmless && { harmless }) }));

const otherProducer = 'it belongs to a producer of Maxwell that Heaviside does not have';
const noSchemaStore = 'Heaviside keeps nothing in the source: columns come from the binlog itself';
const ownChoice = 'Heaviside has its own way in this';
const noJdbc = 'there is no JDBC connection';

/** Later rows are more general: the first that fits counts. */
export const foreignKeys: readonly ForeignKey[] = [
  // Maxwell: what would change the stream
  ...refused(
    'custom_producer.factory',
    'Heaviside loads no Java classes: the producers are kafka, stdout and file',
  ),
  ...refused('replay', 'Heaviside always keeps its position: start another client_id at init_position', [
    'false',
  ]),
  ...refused('master_recovery', 'Heaviside follows a failover of the source by GTID: gtid_mode=true', [
    'false',
  ]),
  ...refused('output_schema_id', 'Heaviside has no schema store whose ids could be shown', ['false']),
  ...refused(
    'include_dbs exclude_dbs include_tables exclude_tables blacklist_dbs blacklist_tables include_column_values',
    'Maxwell itself has dropped it: write the rules as filter',
  ),
  // Maxwell: what means nothing here
  ...ignored(
    'ignore_producer_error',
    'no record is dropped for an error: see on_record_too_large and kafka.delivery.timeout.ms',
    ['false'],
  ),
  ...ignored('producer_ack_timeout', 'see kafka.delivery.timeout.ms and breaker_step_down_ms', ['0']),
  ...ignored('binlog_heartbeat', 'heartbeats are always on: source_heartbeat_ms', ['true']),
  ...ignored('recapture_schema ignore_missing_schema', noSchemaStore, ['false']),
  ...ignored('max_schemas schema_host schema_port schema_user schema_password schema_ssl', noSchemaStore),
  ...ignored('jdbc_options replication_jdbc_options schema_jdbc_options', noJdbc),
  ...ignored(
    'buffer_memory_usage binlog_event_queue_size',
    'memory is bounded by kafka.buffer.memory and spill_threshold_bytes',
  ),
  ...ignored('jgroups_config raft_member_id', 'leaders are elected by Redis: redis.nodes'),
  ...ignored('daemon', 'leave that to the supervisor that starts the process', ['false']),
  ...ignored('custom_health.factory', 'Heaviside loads no Java classes: /livez and /readyz tell the health'),
  ...ignored('metrics_datadog_*', 'let the Datadog agent read /metrics'),
  ...ignored(
    'redis_host redis_port redis_auth redis_database redis_type redis_key redis_pub_channel',
    otherProducer,
  ),
  ...ignored(
    'redis_list_key redis_stream_key redis_stream_json_key redis_sentinels redis_sentinel_master_name',
    otherProducer,
  ),
  ...ignored('kinesis_* sqs_* sns_* nats_* bigquery_* pubsub_* rabbitmq_* ddl_pubsub_topic', otherProducer),
  ...ignored('custom_producer.* custom_producer_*', otherProducer),
  // Java's producer
  ...refused('kafka.transactional.id', 'it is one for the whole cluster: transactional_id'),
  ...ignored(
    'kafka.key.serializer kafka.value.serializer kafka.interceptor.classes',
    'Heaviside loads no Java classes',
  ),
  ...ignored(
    'kafka.partitioner.*',
    'partitions are chosen as Maxwell does: producer_partition_by, kafka_partition_hash',
  ),
  ...ignored(
    'kafka.metric.reporters kafka.metrics.* kafka.auto.include.jmx.reporter kafka.enable.metrics.push',
    'metrics are at /metrics',
  ),
  ...ignored(
    'kafka.compression.gzip.level kafka.compression.lz4.level kafka.compression.zstd.level',
    ownChoice,
  ),
  ...ignored('kafka.metadata.max.age.ms kafka.metadata.max.idle.ms kafka.metadata.recovery.*', ownChoice),
  ...ignored(
    'kafka.connections.max.idle.ms kafka.reconnect.backoff.ms kafka.reconnect.backoff.max.ms',
    ownChoice,
  ),
  ...ignored('kafka.receive.buffer.bytes kafka.send.buffer.bytes kafka.client.dns.lookup', ownChoice),
  ...ignored(
    'kafka.socket.connection.setup.timeout.ms kafka.socket.connection.setup.timeout.max.ms',
    ownChoice,
  ),
  ...ignored(
    'kafka.transaction.two.phase.commit.enable kafka.config.providers kafka.security.providers',
    ownChoice,
  ),
  ...ignored(
    'kafka.sasl.kerberos.* kafka.sasl.login.* kafka.sasl.oauthbearer.* kafka.sasl.client.*',
    'the mechanism is not supported here',
  ),
  ...ignored('kafka.sasl.server.callback.handler.class', 'it belongs to a broker'),
  ...ignored('kafka.ssl.truststore.password', 'PEM stores of certificates have no password'),
  ...ignored(
    'kafka.ssl.protocol kafka.ssl.enabled.protocols kafka.ssl.cipher.suites kafka.ssl.provider',
    "the runtime's own TLS settings hold",
  ),
  ...ignored(
    'kafka.ssl.keymanager.algorithm kafka.ssl.trustmanager.algorithm',
    "the runtime's own TLS settings hold",
  ),
  ...ignored(
    'kafka.ssl.secure.random.implementation kafka.ssl.engine.factory.class',
    "the runtime's own TLS settings hold",
  ),
];

/** What is known of a key that is no option, or undefined. */
export const findForeignKey = (key: string): ForeignKey | undefined =>
  foreignKeys.find(({ name }) => (name.endsWith('*') ? key.startsWith(name.slice(0, -1)) : key === name));
