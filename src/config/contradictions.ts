import { when, type Contradiction } from './contradiction.ts';

const source: readonly Contradiction[] = [
  {
    reads: ['user', 'replication_user'],
    check: (v) =>
      when(v.user === null && v.replication_user === null, 'user is missing: the account on the source'),
  },
  {
    reads: ['replication_host', 'replication_user'],
    check: (v) =>
      when(
        (v.replication_host === null) !== (v.replication_user === null),
        'replication_host and replication_user are given together or not at all',
      ),
  },
  {
    reads: ['mysql.ssl_cert', 'mysql.ssl_key'],
    check: (v) =>
      when(
        (v['mysql.ssl_cert'] === null) !== (v['mysql.ssl_key'] === null),
        'mysql.ssl_cert and mysql.ssl_key are given together or not at all',
      ),
  },
  {
    reads: ['mysql.reconnect_attempts', 'replication_reconnection_retries'],
    check: (v) =>
      when(
        v.replication_reconnection_retries !== null &&
          v.replication_reconnection_retries !== v['mysql.reconnect_attempts'],
        'mysql.reconnect_attempts and replication_reconnection_retries say different things',
      ),
  },
  {
    reads: ['gtid_mode', 'output_gtid_position'],
    check: (v) =>
      when(
        v.gtid_mode === 'false' && v.output_gtid_position,
        'output_gtid_position needs GTIDs, but gtid_mode=false',
      ),
  },
  {
    reads: ['gtid_mode', 'init_position'],
    check: (v) => {
      if (v.gtid_mode === 'true' && v.init_position?.kind === 'coordinates') {
        return 'init_position is FILE:OFFSET, but gtid_mode=true: give the GTID set that was executed there';
      }
      return when(
        v.gtid_mode === 'false' && v.init_position?.kind === 'gtids',
        'init_position is a GTID set, but gtid_mode=false',
      );
    },
  },
  {
    reads: ['filter', 'database'],
    check: (v) =>
      when(v.filter !== null && v.database !== null, 'database is short for a filter: give one of the two'),
  },
];

const producer: readonly Contradiction[] = [
  {
    reads: ['producer', 'kafka.bootstrap.servers'],
    check: (v) =>
      when(
        v.producer === 'kafka' && v['kafka.bootstrap.servers'] === null,
        'producer=kafka needs kafka.bootstrap.servers',
      ),
  },
  {
    reads: ['producer', 'output_file'],
    check: (v) => when(v.producer === 'file' && v.output_file === null, 'producer=file needs output_file'),
  },
  {
    reads: ['delivery', 'producer'],
    check: (v) =>
      when(
        v.delivery === 'exactly_once' && v.producer !== 'kafka',
        `delivery=exactly_once needs Kafka, but producer=${v.producer}`,
      ),
  },
  {
    reads: ['producer_partition_by', 'producer_partition_columns'],
    check: (v) =>
      when(
        v.producer_partition_by === 'column' && v.producer_partition_columns === null,
        'producer_partition_by=column needs producer_partition_columns',
      ),
  },
  {
    reads: ['on_record_too_large', 'dead_letter_topic'],
    check: (v) =>
      when(
        v.on_record_too_large === 'dead_letter' && v.dead_letter_topic === null,
        'on_record_too_large=dead_letter needs dead_letter_topic',
      ),
  },
  {
    reads: ['positions_topic', 'kafka_topic', 'ddl_kafka_topic', 'dead_letter_topic'],
    check: (v) =>
      when(
        [v.kafka_topic, v.ddl_kafka_topic, v.dead_letter_topic].includes(v.positions_topic),
        'positions_topic holds the position and nothing else: give the records another topic',
      ),
  },
  {
    reads: [
      'output_tombstones',
      'producer',
      'kafka_topic',
      'producer_partition_by',
      'producer_partition_by_fallback',
    ],
    check: (v) => {
      if (!v.output_tombstones) return undefined;
      if (v.producer !== 'kafka') return `output_tombstones=true needs Kafka, but producer=${v.producer}`;
      if (v.kafka_topic.includes('%{type}'))
        return 'output_tombstones=true cannot reach the inserts of a row in another topic: take %{type} out of kafka_topic';
      const by =
        v.producer_partition_by === 'column' ? v.producer_partition_by_fallback : v.producer_partition_by;
      return when(
        by === 'random' || by === 'transaction_id' || by === 'thread_id',
        `output_tombstones=true needs the records of a key in one partition, but rows are partitioned by ${by}`,
      );
    },
  },
  {
    reads: ['output_format', 'avro_schema_registry_url', 'producer'],
    check: (v) => {
      if (v.output_format !== 'avro') return undefined;
      if (v.producer !== 'kafka') return `output_format=avro needs Kafka, but producer=${v.producer}`;
      return when(v.avro_schema_registry_url === null, 'output_format=avro needs avro_schema_registry_url');
    },
  },
  {
    reads: ['avro_schema_registry_username', 'avro_schema_registry_password'],
    check: (v) =>
      when(
        (v.avro_schema_registry_username === null) !== (v.avro_schema_registry_password === null),
        'avro_schema_registry_username and avro_schema_registry_password are given together or not at all',
      ),
  },
];

/** Bytes of an AES key. */
const keyLengths = [16, 24, 32];

const jsonOnly: readonly Contradiction[] = [
  {
    reads: ['javascript', 'output_format'],
    check: (v) =>
      when(
        v.javascript !== null && v.output_format === 'avro',
        'javascript may put anything into a row, which a schema cannot follow, but output_format=avro',
      ),
  },
  {
    reads: ['javascript', 'output_tombstones'],
    check: (v) =>
      when(
        v.javascript !== null && v.output_tombstones,
        'output_tombstones=true needs the former key of a row, which a script may have changed: leave out javascript',
      ),
  },
  {
    reads: ['encrypt', 'secret_key'],
    check: (v) => {
      if (v.encrypt === 'none') return undefined;
      if (v.secret_key === null) return `encrypt=${v.encrypt} needs secret_key`;
      const length = Buffer.byteLength(v.secret_key.reveal());
      return when(
        !keyLengths.includes(length),
        `secret_key has ${length} bytes: an AES key has ${keyLengths.join(', ')}`,
      );
    },
  },
  {
    reads: ['encrypt', 'output_format'],
    check: (v) =>
      when(
        v.encrypt !== 'none' && v.output_format === 'avro',
        `encrypt=${v.encrypt} is a form of Maxwell's JSON, but output_format=avro`,
      ),
  },
];

const cluster: readonly Contradiction[] = [
  {
    reads: ['ha', 'redis.nodes'],
    check: (v) => when(v.ha === 'true' && v['redis.nodes'] === null, 'ha=true needs redis.nodes'),
  },
  {
    reads: ['ha', 'producer', 'redis.nodes'],
    check: (v) =>
      when(
        v.ha === 'true' && v.producer !== 'kafka',
        `ha needs Kafka, which fences the former leader, but producer=${v.producer}`,
      ),
  },
  {
    reads: ['ha', 'redis.nodes', 'position_file'],
    check: (v) =>
      when(
        v.ha === 'true' && v.position_file !== null,
        'position_file is for a single process: with ha the positions are in Kafka and Redis',
      ),
  },
  {
    reads: ['redis.nodes'],
    check: (v) => {
      const labels = (v['redis.nodes'] ?? []).map(({ label }) => label);
      if (new Set(labels).size < labels.length) return 'redis.nodes names one node twice';
      return when(
        labels.length > 0 && labels.length % 2 === 0,
        `redis.nodes has ${labels.length} nodes: an odd number is needed for a majority`,
      );
    },
  },
  {
    reads: ['redis.username', 'redis.password'],
    check: (v) =>
      when(
        v['redis.username'] !== null && v['redis.password'] === null,
        'redis.username needs redis.password',
      ),
  },
  {
    reads: ['lease_ttl_ms', 'lease_renewal_ms', 'redis.command_timeout_ms'],
    check: (v) => {
      const renewal = v.lease_renewal_ms ?? 0;
      const timeout = v['redis.command_timeout_ms'] ?? 0;
      if (timeout >= renewal) {
        return `redis.command_timeout_ms=${timeout} must be shorter than lease_renewal_ms=${renewal}`;
      }
      return when(
        renewal + 2 * timeout >= v.lease_ttl_ms,
        `lease_ttl_ms=${v.lease_ttl_ms} must be longer than lease_renewal_ms=${renewal} and two times redis.command_timeout_ms=${timeout}`,
      );
    },
  },
  {
    reads: ['breaker_reset_ms', 'breaker_step_down_ms'],
    check: (v) =>
      when(
        v.breaker_step_down_ms <= v.breaker_reset_ms,
        `breaker_step_down_ms=${v.breaker_step_down_ms} must be longer than breaker_reset_ms=${v.breaker_reset_ms}`,
      ),
  },
];

/** What cannot stand together among the options of source, producer and cluster. */
export const contradictions: readonly Contradiction[] = [...source, ...producer, ...jsonOnly, ...cluster];
