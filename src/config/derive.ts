import { createHash } from 'node:crypto';
import { hostname, tmpdir } from 'node:os';

import type { OptionName, OptionValues } from './options.ts';

/** Values while they are being completed. */
export type DraftValues = { -readonly [K in OptionName]: OptionValues[K] };

export interface DeriveContext {
  /** The options that were given, as against those that have their default. */
  readonly given: ReadonlySet<OptionName>;
  readonly warnings: string[];
}

/** The same on every replica of a cluster, clear of the small numbers that servers have. */
function serverIdOf(clientId: string): number {
  const hash = createHash('sha256').update(clientId).digest().readUInt32BE(0);
  return 0x4000_0000 + (hash % 0x8000_0000);
}

/** Maxwell's files ask for less than exactly-once needs (acks=1 in its sample), and must start. */
function raiseToExactlyOnce(draft: DraftValues, warnings: string[]): void {
  const raised: string[] = [];
  if (draft['kafka.acks'] !== 'all') {
    raised.push(`kafka.acks=${draft['kafka.acks']} raised to all`);
    draft['kafka.acks'] = 'all';
  }
  if (!draft['kafka.enable.idempotence']) {
    raised.push('kafka.enable.idempotence turned on');
    draft['kafka.enable.idempotence'] = true;
  }
  if (draft['kafka.max.in.flight.requests.per.connection'] > 5) {
    raised.push('kafka.max.in.flight.requests.per.connection lowered to 5');
    draft['kafka.max.in.flight.requests.per.connection'] = 5;
  }
  if (raised.length > 0) {
    warnings.push(
      `${raised.join(', ')} for exactly-once delivery; delivery=at_least_once keeps what was given`,
    );
  }
}

function deriveDelivery(draft: DraftValues, { given, warnings }: DeriveContext): void {
  draft.producer ??= draft['kafka.bootstrap.servers'] === null ? 'stdout' : 'kafka';
  if (draft['kafka.acks'] === '-1') draft['kafka.acks'] = 'all';
  if (draft.delivery === null) {
    draft.delivery = draft.producer === 'kafka' ? 'exactly_once' : 'at_least_once';
    if (draft.delivery === 'exactly_once') raiseToExactlyOnce(draft, warnings);
  }
  if (draft.delivery === 'at_least_once' && !given.has('kafka.enable.idempotence')) {
    draft['kafka.enable.idempotence'] =
      draft['kafka.acks'] === 'all' && draft['kafka.max.in.flight.requests.per.connection'] <= 5;
  }
  draft.on_record_too_large ??= draft.dead_letter_topic === null ? 'fail' : 'dead_letter';
  draft.ddl_kafka_topic ??= draft.kafka_topic;
}

function deriveKafka(draft: DraftValues, { given }: DeriveContext): void {
  draft['kafka.client.id'] ??= `heaviside.${draft.client_id}`;
  draft.transactional_id ??= `heaviside.${draft.client_id}`;
  if (draft['kafka.retry.backoff.max.ms'] !== null && !given.has('kafka.retry.backoff.multiplier')) {
    draft['kafka.retry.backoff.multiplier'] = 2;
  }
  draft['kafka.max.retry.backoff.ms'] ??=
    draft['kafka.retry.backoff.max.ms'] ?? Math.max(32_000, draft['kafka.retry.backoff.ms']);
  const leastDelivery = draft['kafka.linger.ms'] + draft['kafka.request.timeout.ms'];
  if (!given.has('kafka.delivery.timeout.ms')) {
    draft['kafka.delivery.timeout.ms'] = Math.max(draft['kafka.delivery.timeout.ms'], leastDelivery);
  }
  if (!given.has('kafka_transaction_max_bytes')) {
    const half = Math.floor(draft['kafka.buffer.memory'] / 2);
    draft.kafka_transaction_max_bytes = Math.min(draft.kafka_transaction_max_bytes, half);
  }
  const login = draft['kafka.sasl.jaas.config'];
  draft['kafka.sasl.mechanism'] ??= login?.module === 'ScramLoginModule' ? 'SCRAM-SHA-256' : 'PLAIN';
  draft['kafka.ssl.ca.location'] ??= draft['kafka.ssl.truststore.location'];
  draft['kafka.ssl.certificate.location'] ??= draft['kafka.ssl.keystore.location'];
  draft['kafka.ssl.key.location'] ??= draft['kafka.ssl.keystore.location'];
  draft['kafka.ssl.key.password'] ??= draft['kafka.ssl.keystore.password'];
}

function deriveCluster(draft: DraftValues): void {
  if (draft.ha === 'auto') draft.ha = draft['redis.nodes'] === null ? 'false' : 'true';
  draft.replica_name ??= `${hostname()}:${process.pid}`;
  draft.positions_topic ??= `heaviside.${draft.client_id}.positions`;
  draft.lease_renewal_ms ??= Math.floor(draft.lease_ttl_ms / 3);
  draft['redis.command_timeout_ms'] ??= Math.min(1000, Math.floor(draft.lease_ttl_ms / 4));
}

function deriveSource(draft: DraftValues, { given, warnings }: DeriveContext): void {
  draft.replica_server_id ??= serverIdOf(draft.client_id);
  if (!given.has('mysql.reconnect_attempts') && draft.replication_reconnection_retries !== null) {
    draft['mysql.reconnect_attempts'] = draft.replication_reconnection_retries;
  }
  if (draft.replication_host !== null && given.has('host')) {
    warnings.push(
      'host is not used: the binlog is read from replication_host, and Heaviside keeps nothing in MySQL',
    );
  }
}

/** What is given but has no effect beside the rest. */
function warnOfIdleOptions(draft: DraftValues, { given, warnings }: DeriveContext): void {
  if (given.has('producer_partition_columns') && draft.producer_partition_by !== 'column') {
    warnings.push(
      `producer_partition_columns is not used: producer_partition_by=${draft.producer_partition_by}`,
    );
  }
  if (
    draft.delivery === 'at_least_once' &&
    given.has('redis_outage') &&
    draft.redis_outage === 'keep_leading'
  ) {
    warnings.push(
      'redis_outage=keep_leading is not used: under at_least_once a leader stops at its deadline',
    );
  }
  if (draft.encrypt === 'none' && draft.secret_key !== null) {
    warnings.push('secret_key is not used: encrypt=none');
  }
  const tlsOption = [...given].find((name) => name.startsWith('kafka.ssl.'));
  if (tlsOption !== undefined && !draft['kafka.security.protocol'].endsWith('SSL')) {
    warnings.push(`${tlsOption} is not used: kafka.security.protocol=${draft['kafka.security.protocol']}`);
  }
}

/** Completes the values: what a default is made of, and what Maxwell's keys mean together. */
export function deriveValues(draft: DraftValues, context: DeriveContext): void {
  deriveDelivery(draft, context);
  deriveKafka(draft, context);
  deriveCluster(draft);
  deriveSource(draft, context);
  draft.spill_directory ??= tmpdir();
  draft.jmx_enabled ??= context.given.has('jmx_port');
  if (draft.metrics_type?.some((type) => type.toLowerCase().includes('slf4j')))
    draft.metrics_slf4j_interval ??= 60;
  warnOfIdleOptions(draft, context);
}
