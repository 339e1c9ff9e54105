import { parseHostPort, type HostPort } from '../host-port.ts';
import { initPosition } from '../init-position.ts';
import { boolean, choice, duration, integer, integerList, list, secret, text } from '../option-type.ts';
import { option, optional } from '../option.ts';
import { topicProblem } from '../topic-name.ts';

const tlsModes = ['DISABLED', 'PREFERRED', 'REQUIRED', 'VERIFY_CA', 'VERIFY_IDENTITY'] as const;
const hosts = () => list<HostPort>('HOSTS', parseHostPort);
const maxAttempts = 2 ** 31 - 1;

/** The MySQL or MariaDB server that is read. */
export const sourceOptions = {
  host: option(hosts(), [{ host: 'localhost', port: null }], {
    summary:
      'Host of the source; of several, with or without a port each, the next is tried when one is lost.',
    derived: 'localhost',
    origin: 'maxwell',
  }),
  port: option(integer(1, 65535), 3306, {
    summary: 'Port of the source where host names none.',
    origin: 'maxwell',
  }),
  user: optional(text('NAME'), {
    summary: 'Account on the source, with SELECT, REPLICATION CLIENT and REPLICATION SLAVE on *.*.',
    origin: 'maxwell',
  }),
  password: optional(secret(), { summary: 'Password of the account.', origin: 'maxwell' }),
  ssl: option(choice(tlsModes), 'DISABLED', {
    summary:
      'TLS to the source: off, on, or on with a check of the certificate (VERIFY_CA) and the host name too (VERIFY_IDENTITY).',
    note: 'PREFERRED falls back to plain text where the source has no TLS.',
    origin: 'maxwell',
  }),
  'mysql.ssl_ca': optional(text('PATH'), {
    summary: 'PEM file with the authorities that the certificate of the source is checked against.',
    derived: "the runtime's own authorities",
    origin: 'heaviside',
  }),
  'mysql.ssl_cert': optional(text('PATH'), {
    summary: 'PEM file with our certificate for the source.',
    origin: 'heaviside',
  }),
  'mysql.ssl_key': optional(text('PATH'), {
    summary: 'PEM file with the key of mysql.ssl_cert.',
    origin: 'heaviside',
  }),
  replication_host: optional(hosts(), {
    summary: 'Host to read the binlog from, where it is another than host (which then is not used).',
    derived: 'host',
    origin: 'maxwell',
  }),
  replication_port: optional(integer(1, 65535), {
    summary: 'Port of replication_host.',
    derived: '3306',
    origin: 'maxwell',
  }),
  replication_user: optional(text('NAME'), {
    summary: 'Account on replication_host.',
    derived: 'user',
    origin: 'maxwell',
  }),
  replication_password: optional(secret(), {
    summary: 'Password of replication_user.',
    derived: 'password',
    origin: 'maxwell',
  }),
  replication_ssl: optional(choice(tlsModes), {
    summary: 'TLS to replication_host.',
    derived: 'ssl',
    origin: 'maxwell',
  }),
  gtid_mode: option(choice(['auto', 'true', 'false']), 'auto', {
    summary:
      'Position by GTID set (true) or by binlog file and offset (false); auto takes what the source has.',
    derived: 'auto; true where the environment has GTID_MODE',
    origin: 'maxwell',
  }),
  replica_server_id: optional(integer(1, 2 ** 32 - 1), {
    summary:
      'Server id under which the cluster reads, the same on every replica and different from every server.',
    derived: 'from client_id',
    origin: 'maxwell',
  }),
  replicate_ignore_server_ids: optional(integerList(0, 2 ** 32 - 1), {
    summary: 'Changes that were made on the servers with these ids are passed over.',
    origin: 'guide',
    shapesStream: true,
  }),
  'mysql.connection_timeout_ms': option(duration(100), 30_000, {
    summary: 'Time to open a connection to the source.',
    origin: 'guide',
  }),
  'mysql.reconnect_attempts': option(integer(0, maxAttempts), 0, {
    summary:
      'Attempts to reach a lost source again before the lease goes to a standby that reaches it; 0: no end.',
    derived: '0, or replication_reconnection_retries',
    origin: 'guide',
  }),
  replication_reconnection_retries: optional(integer(0, maxAttempts), {
    summary: "Maxwell's name for mysql.reconnect_attempts; 0: no end.",
    origin: 'maxwell',
  }),
  source_heartbeat_ms: option(duration(100, 4_294_967), 5000, {
    summary:
      'Period in which an idle source sends a heartbeat; silence for three of them ends the connection.',
    origin: 'heaviside',
  }),
} as const;

/** Where the stream starts, and where its position is kept. */
export const positionOptions = {
  init_position: optional(initPosition(), {
    summary: 'Start of a cluster without a position record: FILE:OFFSET[:HEARTBEAT] or a GTID set.',
    derived: 'the current position of the source',
    origin: 'maxwell',
  }),
  positions_topic: optional(text('TOPIC', topicProblem), {
    summary: 'Compacted topic of one partition that holds the position; created where it is missing.',
    derived: 'heaviside.<client_id>.positions',
    origin: 'heaviside',
  }),
  position_file: optional(text('PATH'), {
    summary: 'File with the checkpoint of a single process; refused with ha.',
    origin: 'guide',
  }),
  position_file_sync: option(boolean(), false, {
    summary: 'Bring each write of position_file to the disk before going on.',
    origin: 'guide',
  }),
  position_heartbeat_ms: option(duration(100, 3_600_000), 10_000, {
    summary: 'Longest time in which an idle or filtered stream leaves its position unwritten.',
    origin: 'heaviside',
  }),
  on_position_regression: option(choice(['fail', 'replay']), 'fail', {
    summary:
      'What to do where the checkpoint is ahead of the position record: stop, or go on from the record.',
    origin: 'heaviside',
    shapesStream: true,
  }),
} as const;
