import type { Flavor } from './load-table.ts';
import type { MariadbProcess } from './mariadb-process.ts';
import type { MysqlProcess } from './mysql-process.ts';

export type OwnServer = MysqlProcess | MariadbProcess;

/** Makes a server a replica of the source, by GTID. */
export async function follow(
  flavor: Flavor,
  replica: OwnServer,
  { host, port, user, password }: OwnServer,
): Promise<void> {
  if (flavor === 'mysql')
    await replica.run(
      `CHANGE REPLICATION SOURCE TO SOURCE_HOST='${host}', SOURCE_PORT=${port}, SOURCE_USER='${user}', SOURCE_PASSWORD='${password}', SOURCE_AUTO_POSITION=1, GET_SOURCE_PUBLIC_KEY=1`,
      'START REPLICA',
    );
  else
    await replica.run(
      `CHANGE MASTER TO MASTER_HOST='${host}', MASTER_PORT=${port}, MASTER_USER='${user}', MASTER_PASSWORD='${password}', MASTER_USE_GTID=slave_pos`,
      'START SLAVE',
    );
}
