import { it } from 'vitest';
import { expectClean } from '../support/expect-clean.ts';
import { report } from '../support/ha-figures.ts';
import { RunbookLab } from '../support/runbook-lab.ts';
import { startSqlGroup } from '../support/sql-group.ts';

it.each(['mysql', 'mariadb'] as const)('source-failover.md by GTID (%s)', async (flavor) => {
  const { first, second, address, hold, promote } = await startSqlGroup(flavor);
  const config = { host: first.host, port: String(first.port) };
  const lab = await RunbookLab.open('source-failover', { flavor, source: address, config });
  const { cluster } = lab;
  lab.mysqlAccount(first);
  lab.set({ NEW_HOST: second.host, NEW_PORT: String(second.port) });
  await lab.shell('replica_start a; leader_is a; replica_start b');
  cluster.startLoad();
  await cluster.flow(500);
  if (flavor === 'mysql') await lab.run('MySQL: look at the new server');
  hold(); // the application's part
  await lab.run(flavor === 'mysql' ? 'MySQL: planned' : 'MariaDB: planned');
  promote();
  const from = performance.now();
  await lab.run('Point Heaviside at it');
  report(
    `source-failover.md, ${flavor}: replicas pointed at the new server`,
    (performance.now() - from) / 1000,
  );
  await cluster.flow(500);
  await first[Symbol.asyncDispose]();
  expectClean(await cluster.finish());
});
