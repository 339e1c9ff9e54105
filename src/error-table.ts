import { row, type ErrorRow } from './error-row.ts';
import { sourceErrors } from './source-errors.ts';

/** Every error that a user can meet: its code, what the process does about it, and what to do next. */
export const errorTable = {
  // Configuration (exit 1, as Maxwell)
  CONFIG_INVALID: row('exit', 1, 'Correct the options named above; `heaviside --help` lists them all.'),
  CONFIG_FILE_UNREADABLE: row('exit', 1, 'Check the path of --config and the permissions of the file.'),
  SCRIPT_INVALID: row(
    'exit',
    1,
    'Correct the file of javascript; docs/javascript.md shows what it may hold.',
  ),
  ...sourceErrors,
  // Kafka
  KAFKA_UNREACHABLE: row('rebuild', 6, 'Check kafka.bootstrap.servers, the brokers, and the network.'),
  KAFKA_TIMEOUT: row('rebuild', 6, 'A broker did not answer in time; the batch is kept and tried again.'),
  KAFKA_RETRIABLE: row(
    'rebuild',
    6,
    'The brokers are moving partitions or coordinators; the batch is kept and tried again.',
  ),
  KAFKA_FENCED: row('step-down', 6, 'Another replica has taken over; this one becomes a standby.'),
  KAFKA_ACCESS_DENIED: row(
    'wait',
    6,
    'Give the account the ACL that is named above; docs/security.md has all of them as commands.',
    'exit',
  ),
  KAFKA_AUTHENTICATION: row(
    'rebuild',
    6,
    'Check kafka.sasl.mechanism and the login; a file of it is read anew at each attempt.',
    'exit',
  ),
  KAFKA_TLS: row(
    'rebuild',
    6,
    'Check kafka.security.protocol, kafka.ssl.*, and that the certificate of the broker is valid and names the host by which it is reached.',
    'exit',
  ),
  KAFKA_TOPIC_UNKNOWN: row(
    'wait',
    6,
    'Create the topic, or let Heaviside do it with kafka_topic_create=true.',
  ),
  KAFKA_TOPIC_INVALID: row(
    'blocked',
    6,
    'The templated topic name holds characters that Kafka refuses, or differs from another in . and _ only; change kafka_topic.',
  ),
  KAFKA_RECORD_TOO_LARGE: row(
    'blocked',
    6,
    'Raise max.message.bytes of the topic and kafka.max.request.size, or set on_record_too_large.',
  ),
  KAFKA_RECORD_REFUSED: row(
    'blocked',
    6,
    'The topic refuses the record for its form: a compacted topic takes none without a key, and a broker policy may refuse others.',
  ),
  KAFKA_PARTITIONS_CHANGED: row(
    'blocked',
    6,
    'The partition count of a topic changed, so keys would move: undo it, or set on_partition_change=accept.',
  ),
  KAFKA_TRANSACTION_TIMEOUT_TOO_LARGE: row(
    'exit',
    6,
    'Lower kafka.transaction.timeout.ms, or raise transaction.max.timeout.ms of the brokers.',
  ),
  AVRO_SCHEMA_INCOMPATIBLE: row(
    'blocked',
    6,
    'Let the registry take the schema (the compatibility level of its subject), then clear the block with `heaviside position set` to the position shown; or `heaviside position skip`.',
  ),
  SCHEMA_REGISTRY_UNREACHABLE: row(
    'retry',
    6,
    'Check avro_schema_registry_url, the registry and the network: a schema that was not seen before waits for it, nothing is lost.',
  ),
  SCHEMA_REGISTRY_ACCESS_DENIED: row(
    'wait',
    6,
    'Check avro_schema_registry_username and _password, and that the account may read and write the subjects.',
  ),
  KAFKA_UNSUPPORTED: row(
    'exit',
    6,
    'The broker refuses a request that Heaviside needs; Kafka 2.1 or newer is supported.',
  ),
  FOREIGN_OPEN_TRANSACTION: row(
    'wait',
    6,
    'A transaction that is not ours is open on the positions topic: give each cluster its own client_id, or abort it with kafka-transactions.sh.',
  ),
  // Positions
  POSITIONS_TOPIC_UNFIT: row(
    'wait',
    7,
    'The positions topic would forget positions: set cleanup.policy=compact on it, or give another name as positions_topic.',
  ),
  POSITION_LOST: row(
    'wait',
    7,
    'There is data or a checkpoint but no position record: wrong Kafka, or a deleted positions topic. `heaviside position set --from-checkpoint` restores it.',
  ),
  POSITION_REGRESSED: row(
    'blocked',
    7,
    'The checkpoint is ahead of the position record: Kafka lost commits, or this is another Kafka. Set on_position_regression=replay to go on from the record.',
  ),
  POSITION_UNREADABLE: row(
    'wait',
    7,
    'The position record was written by a newer version: run that version, or roll back with its runbook.',
  ),
  POSITION_DIVERGED: row(
    'step-down',
    7,
    'The position record is neither ours nor our predecessor’s: another leader wrote; this replica starts anew.',
  ),
  CLUSTER_ID_CLASH: row(
    'wait',
    7,
    'Two clusters share one client_id on different sources: give each its own client_id. Another server in the source’s place, without GTID: docs/runbooks/source-failover.md.',
  ),
  POSITION_FILE_UNUSABLE: row(
    'exit',
    7,
    'Check the path and permissions of position_file, and that it was written by Heaviside.',
  ),
  // Election
  REDIS_UNREACHABLE: row('retry', 8, 'Check redis.nodes and the network between this replica and Redis.'),
  REDIS_ACCESS_DENIED: row(
    'retry',
    8,
    'Check user and password of redis.nodes, and the ACL of the user: docs/security.md has it as a command.',
  ),
  REDIS_TLS: row(
    'retry',
    8,
    'Check redis.tls_ca, rediss:// or redis://, and that the certificate of Redis is valid and names the host by which it is reached.',
  ),
  REDIS_REFUSED: row(
    'retry',
    8,
    'Redis refused a command: check its memory limit and disk, and that the node is a master.',
  ),
  LEASE_LOST: row(
    'step-down',
    8,
    'Another replica holds the lease, or it ran out; this one becomes a candidate.',
  ),
  CLUSTER_BLOCKED: row(
    'wait',
    8,
    '`heaviside status` says why the cluster is blocked; `heaviside position …` or a changed configuration clears it.',
  ),
  // Process
  OUTPUT_UNWRITABLE: row(
    'exit',
    9,
    'The output of the stdout or file producer cannot be written: check the path, the disk and the pipe.',
  ),
  HTTP_ADDRESS_UNUSABLE: row(
    'exit',
    9,
    'Another process listens on http_port, or http_bind_address is no address of this host: change one of them.',
  ),
  SPILL_FAILED: row(
    'step-down',
    9,
    'Free space in spill_directory, or point it elsewhere: a transaction beyond spill_threshold_bytes is kept there while it is read.',
  ),
  MEMORY_EXHAUSTED: row(
    'exit',
    10,
    'Memory is at 95 % of its limit: raise the limit, or lower kafka.buffer.memory and kafka_transaction_max_bytes.',
  ),
  PREFLIGHT_FAILED: row('exit', 3, 'Correct the findings above; `heaviside check` shows them again.'),
  VERIFY_IMPOSSIBLE: row(
    'exit',
    11,
    'The cause says what is in the way; docs/verify.md what can be compared.',
  ),
  VERIFY_NOT_REACHED: row('exit', 12, 'See `heaviside status`: a replica must lead and catch up.'),
  PLAN_TOO_LITTLE_DATA: row('exit', 13, 'Use a longer --window, a busier hour, or give --throughput.'),
  COMMAND_FAILED: row('exit', 1, 'See the cause above.'),
  INTERNAL: row('exit', 70, 'This is a defect of Heaviside: please report it with the log.'),
} as const satisfies Record<string, ErrorRow>;
