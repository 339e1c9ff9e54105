import { createHash } from 'node:crypto';

import { optionNames, optionOf, type OptionName, type OptionValues } from './options.ts';
import { withCredentials } from './redis-node.ts';
import { snapshotConfig } from './snapshot-config.ts';
import type { Secret } from './secret.ts';

/** A name as the filter's grammar takes it literally. */
const filterName = (name: string): string => (/^[A-Za-z0-9_]+$/u.test(name) ? name : `\`${name}\``);

const databaseFilter = (databases: readonly string[]): string =>
  ['exclude: *.*', ...databases.map((database) => `include: ${filterName(database)}.*`)].join(', ');

function sourceConfig(v: OptionValues) {
  const isSplit = v.replication_host !== null;
  const port = isSplit ? (v.replication_port ?? 3306) : v.port;
  return {
    /** Tried in this order when one is lost. */
    hosts: (v.replication_host ?? v.host).map((host) => ({ host: host.host, port: host.port ?? port })),
    user: v.replication_user ?? v.user ?? '',
    password: isSplit ? (v.replication_password ?? v.password) : v.password,
    tls: {
      mode: isSplit ? (v.replication_ssl ?? v.ssl) : v.ssl,
      caPath: v['mysql.ssl_ca'],
      certificatePath: v['mysql.ssl_cert'],
      keyPath: v['mysql.ssl_key'],
    },
    /** Null: as the source has it. */
    gtidMode: v.gtid_mode === 'auto' ? null : v.gtid_mode === 'true',
    replicaServerId: v.replica_server_id ?? 0,
    ignoredServerIds: v.replicate_ignore_server_ids ?? [],
    connectionTimeoutMs: v['mysql.connection_timeout_ms'],
    /** Null: no end. */
    reconnectAttempts: v['mysql.reconnect_attempts'] === 0 ? null : v['mysql.reconnect_attempts'],
    heartbeatMs: v.source_heartbeat_ms,
  };
}

function kafkaLogin(v: OptionValues) {
  if (!v['kafka.security.protocol'].startsWith('SASL')) return null;
  const jaas = v['kafka.sasl.jaas.config'];
  const password: Secret | null = jaas?.password ?? v['kafka.sasl.password'];
  const username = v['kafka.sasl.username'];
  if (password === null || (jaas === null && username === null)) return null;
  return {
    mechanism: v['kafka.sasl.mechanism'] ?? 'PLAIN',
    get username() {
      return jaas?.username ?? username ?? '';
    },
    password,
  };
}

function kafkaTls(v: OptionValues) {
  if (!v['kafka.security.protocol'].endsWith('SSL')) return null;
  return {
    caPath: v['kafka.ssl.ca.location'],
    caPem: v['kafka.ssl.truststore.certificates'],
    certificatePath: v['kafka.ssl.certificate.location'],
    certificatePem: v['kafka.ssl.keystore.certificate.chain'],
    keyPath: v['kafka.ssl.key.location'],
    keyPem: v['kafka.ssl.keystore.key'],
    keyPassword: v['kafka.ssl.key.password'],
    verifiesHostname: v['kafka.ssl.endpoint.identification.algorithm'].toLowerCase() === 'https',
  };
}

function kafkaConfig(v: OptionValues) {
  const acks = v['kafka.acks'];
  return {
    bootstrapServers: v['kafka.bootstrap.servers'] ?? [],
    clientId: v['kafka.client.id'] ?? '',
    /** As in a Produce request: -1 all, 1 leader, 0 none. */
    acks: acks === '1' ? (1 as const) : acks === '0' ? (0 as const) : (-1 as const),
    isIdempotent: v['kafka.enable.idempotence'],
    isSync: v.producer_type === 'sync',
    batchBytes: v['kafka.batch.size'],
    lingerMs: v['kafka.linger.ms'],
    bufferBytes: v['kafka.buffer.memory'],
    maxBlockMs: v['kafka.max.block.ms'],
    maxRequestBytes: v['kafka.max.request.size'],
    maxInFlightRequests: v['kafka.max.in.flight.requests.per.connection'],
    compression: v['kafka.compression.type'],
    requestTimeoutMs: v['kafka.request.timeout.ms'],
    deliveryTimeoutMs: v['kafka.delivery.timeout.ms'],
    retries: v['kafka.retries'],
    retryBackoff: {
      initialMs: v['kafka.retry.backoff.ms'],
      multiplier: v['kafka.retry.backoff.multiplier'],
      maxMs: v['kafka.max.retry.backoff.ms'] ?? v['kafka.retry.backoff.ms'],
    },
    transaction: {
      id: v.transactional_id ?? '',
      timeoutMs: v['kafka.transaction.timeout.ms'],
      maxMs: v.kafka_transaction_max_ms,
      maxBytes: v.kafka_transaction_max_bytes,
      maxPartitions: v.kafka_transaction_max_partitions,
    },
    topics: {
      isCreated: v.kafka_topic_create,
      partitions: v.kafka_topic_partitions,
      replicationFactor: v.kafka_topic_replication_factor,
    },
    tls: kafkaTls(v),
    login: kafkaLogin(v),
  };
}

const producerConfig = (v: OptionValues) => ({
  kind: v.producer ?? 'stdout',
  delivery: v.delivery ?? 'exactly_once',
  outputFile: v.output_file,
  /** May hold %{database}, %{table}, %{type}. */
  topic: v.kafka_topic,
  ddlTopic: v.ddl_kafka_topic ?? v.kafka_topic,
  deadLetterTopic: v.dead_letter_topic,
  onRecordTooLarge: v.on_record_too_large ?? 'fail',
  onDecodeError: v.on_decode_error,
  onPartitionChange: v.on_partition_change,
});

const partitionConfig = (v: OptionValues) => ({
  by: v.producer_partition_by,
  columns: v.producer_partition_columns ?? [],
  fallback: v.producer_partition_by_fallback,
  hash: v.kafka_partition_hash,
  keyFormat: v.kafka_key_format,
});

const outputConfig = (v: OptionValues) => ({
  format: v.output_format,
  schemaRegistry: {
    url: v.avro_schema_registry_url,
    username: v.avro_schema_registry_username,
    password: v.avro_schema_registry_password,
    subjectStrategy: v.avro_subject_strategy,
  },
  avroTemporalTypes: v.avro_temporal_types,
  hasMessageId: v.output_message_id,
  hasBinlogPosition: v.output_binlog_position,
  hasGtid: v.output_gtid_position,
  hasCommitInfo: v.output_commit_info,
  hasXoffset: v.output_xoffset,
  hasNulls: v.output_nulls,
  hasServerId: v.output_server_id,
  hasThreadId: v.output_thread_id,
  hasRowQuery: v.output_row_query,
  /** UTF-16 units; null: no limit. */
  rowQueryMaxLength: v.row_query_max_length === 0 ? null : v.row_query_max_length,
  hasPrimaryKeys: v.output_primary_keys,
  hasPrimaryKeyColumns: v.output_primary_key_columns,
  hasPushTimestamp: v.output_push_timestamp,
  hasDdl: v.output_ddl,
  hasTombstones: v.output_tombstones,
  nullsZeroDates: v.output_null_zerodates,
  usesCamelCase: v.output_naming_strategy === 'underscore_to_camelcase',
  /** Null: nothing is encrypted. */
  encryption:
    v.encrypt === 'none' || v.secret_key === null ? null : { scope: v.encrypt, key: v.secret_key.fixed() },
  /** Names and /regular expressions/. */
  excludedColumns: v.exclude_columns ?? [],
});

const haConfig = (v: OptionValues) => ({
  isEnabled: v.ha === 'true',
  leaseTtlMs: v.lease_ttl_ms,
  leaseRenewalMs: v.lease_renewal_ms ?? 0,
  // Nothing but its deadline stops a leader whose writes are not fenced.
  redisOutage: v.delivery === 'at_least_once' ? ('stop' as const) : v.redis_outage,
  redis: {
    nodes: (v['redis.nodes'] ?? []).map((node) =>
      withCredentials(node, v['redis.username'], v['redis.password']),
    ),
    sentinelPassword: v['redis.sentinel_password'],
    tlsCaPath: v['redis.tls_ca'],
    commandTimeoutMs: v['redis.command_timeout_ms'] ?? 0,
  },
});

const positionConfig = (v: OptionValues) => ({
  init: v.init_position,
  topic: v.positions_topic ?? '',
  file: v.position_file,
  isFileSynced: v.position_file_sync,
  heartbeatMs: v.position_heartbeat_ms,
  onRegression: v.on_position_regression,
});

const httpConfig = (v: OptionValues) => ({
  isEnabled: v.http_enabled,
  port: v.http_port,
  /** Null: all addresses. */
  bindAddress: v.http_bind_address,
  /** Begins and ends with a slash. */
  pathPrefix: `/${v.http_path_prefix}/`.replaceAll(/\/+/gu, '/'),
  hasDiagnostic: v.http_diagnostic,
  diagnosticTimeoutMs: v.http_diagnostic_timeout,
  hasConfig: v.http_config,
});

const metricsConfig = (v: OptionValues) => ({
  prefix: v.metrics_prefix,
  /** Null: no objective. */
  ageSloSeconds: v.metrics_age_slo,
  hasRuntimeMetrics: v.metrics_jvm || v.jvm_memory_monitoring,
  /** Milliseconds between lines of metrics in the log; null: none. */
  logIntervalMs: v.metrics_slf4j_interval === null ? null : v.metrics_slf4j_interval * 1000,
  /** A second address of the metrics page (the jmx_* keys); null: none. */
  page: v.jmx_enabled === true ? { host: v.jmx_host, port: v.jmx_port } : null,
});

const processConfig = (v: OptionValues) => ({
  logLevel: v.log_level,
  heapLimitBytes: v.heap_limit_bytes,
  spillDirectory: v.spill_directory ?? '',
  spillThresholdBytes: v.spill_threshold_bytes,
  shutdownTimeoutMs: v.shutdown_timeout_ms,
});

type Frozen<T> = T extends Secret
  ? T
  : T extends readonly (infer I)[]
    ? readonly Frozen<I>[]
    : T extends object
      ? { readonly [K in keyof T]: Frozen<T[K]> }
      : T;

function freeze<T>(value: T): Frozen<T> {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    for (const member of Object.values(value)) freeze(member);
  }
  return value as Frozen<T>;
}

/** The configuration as the parts of the program take it, from values that are complete and fit together. */
export function buildConfig(values: OptionValues, scriptText: string | null = null) {
  return freeze({
    clientId: values.client_id,
    replicaName: values.replica_name ?? '',
    source: sourceConfig(values),
    /** Maxwell's filter rules; null: everything. */
    filter: values.database === null ? values.filter : databaseFilter(values.database),
    /** The file of `javascript`; null: none. */
    script:
      values.javascript === null || scriptText === null
        ? null
        : { path: values.javascript, text: scriptText },
    producer: producerConfig(values),
    kafka: kafkaConfig(values),
    partition: partitionConfig(values),
    output: outputConfig(values),
    ha: haConfig(values),
    breaker: {
      failureThreshold: values.breaker_failure_threshold,
      resetMs: values.breaker_reset_ms,
      stepDownMs: values.breaker_step_down_ms,
    },
    position: positionConfig(values),
    snapshot: snapshotConfig(values),
    http: httpConfig(values),
    metrics: metricsConfig(values),
    process: processConfig(values),
    /** Every option with the value that counts, by its name in the file. */
    options: values,
  });
}

/** The configuration: frozen, and without secrets when serialised. */
export type Config = ReturnType<typeof buildConfig>;

function describe(name: OptionName, value: unknown): unknown {
  if (value === null) return null;
  if (optionOf(name).type.isSecret) return '***';
  if (name === 'redis.nodes') return (value as readonly { label: string }[]).map(({ label }) => label);
  return value;
}

/** Every option's name with the value that counts, secrets masked: for logs and /config. */
export const describeConfig = (config: Config): Readonly<Record<OptionName, unknown>> =>
  Object.fromEntries(optionNames.map((name) => [name, describe(name, config.options[name])])) as Record<
    OptionName,
    unknown
  >;

/** SHA-256 (hex) of what decides which records the stream holds and where they go: differs where a restart would not go on alike. */
export function configFingerprint(config: Config): string {
  const shaping = optionNames
    .filter((name) => optionOf(name).shapesStream && name !== 'filter' && name !== 'database')
    .map((name) => [name, config.options[name]]);
  return createHash('sha256')
    .update(JSON.stringify([['filter', config.filter], ['script', config.script?.text], ...shaping]))
    .digest('hex');
}
