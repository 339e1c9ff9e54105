import type { BinlogStreamOptions } from './binlog-source.ts';
import type { DriverConnection } from './mysql-client.ts';

/** A paused dump makes the server wait for the socket: as long as an outage of Kafka may last. */
const WRITE_TIMEOUT_SECONDS = 86_400;

/** Sets the session of the dump up: heartbeats, checksums as the source has them, patience while the dump is paused. */
export async function prepareSession(
  connection: DriverConnection,
  options: Pick<BinlogStreamOptions, 'heartbeatMs' | 'flavor' | 'from'>,
  isStrict: boolean,
): Promise<void> {
  const period = BigInt(options.heartbeatMs) * 1_000_000n;
  // Both names: MySQL 8.0.26 renamed the variables and reads either, MariaDB knows the old.
  await connection.query(
    `SET @source_heartbeat_period = ${period}, @master_heartbeat_period = ${period}, ` +
      '@source_binlog_checksum = @@GLOBAL.binlog_checksum, @master_binlog_checksum = @@GLOBAL.binlog_checksum',
  );
  await connection.query(
    `SET SESSION net_write_timeout = ${WRITE_TIMEOUT_SECONDS}, SESSION wait_timeout = ${WRITE_TIMEOUT_SECONDS}`,
  );
  if (options.flavor === 'mariadb' && options.from.gtids !== null && isStrict) {
    // A position that falls into a hole of the server's history is refused then.
    await connection.query('SET @slave_gtid_strict_mode = 1');
  }
}
