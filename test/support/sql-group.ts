import { onTestFinished } from 'vitest';
import { ensureStack } from '../../scripts/stack/ensure-stack.ts';
import type { SqlServer } from '../../scripts/stack/stack-info.ts';
import { FaultProxy } from './fault-proxy.ts';
import { follow, type OwnServer } from './follow-source.ts';
import type { Flavor } from './load-table.ts';
import { MariadbProcess } from './mariadb-process.ts';
import { MysqlProcess } from './mysql-process.ts';

/** A source and its replica, and the address by which a load and an audit find whoever is the source. */
export interface SqlGroup {
  readonly first: OwnServer;
  readonly second: OwnServer;
  readonly address: SqlServer;
  /** Nothing is written through the address any more: whoever writes waits. */
  hold(): void;
  /** From now on the address is the second server; whoever waits finds the connection broken. */
  promote(): void;
}

async function start(flavor: Flavor, serverId: number): Promise<OwnServer> {
  const server =
    flavor === 'mysql'
      ? await MysqlProcess.start(serverId)
      : await MariadbProcess.start(serverId, { 'log-slave-updates': '1', 'gtid-strict-mode': '1' });
  onTestFinished(() => server[Symbol.asyncDispose]());
  return server;
}

/** Two servers of the test's own, the second of which follows the first by GTID; taken down when the test ends. */
export async function startSqlGroup(flavor: Flavor): Promise<SqlGroup> {
  await ensureStack({ [flavor]: true }); // installs the server
  const first = await start(flavor, 11);
  const second = await start(flavor, 12);
  await follow(flavor, second, first);
  const proxy = await FaultProxy.open(first);
  onTestFinished(() => proxy.close());
  const { host, user, password } = first;
  return {
    first,
    second,
    address: {
      host,
      port: proxy.port,
      user,
      password,
      replicator: { user, password },
      version: '',
      pid: null,
    },
    hold: () => proxy.hold('to-server'),
    promote: () => {
      proxy.aim(second);
      proxy.reset();
      proxy.heal();
    },
  };
}
