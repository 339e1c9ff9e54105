import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openQueryConnection, type QueryConnection } from '../../src/binlog/mysql-client.ts';
import { checkSource, type SourceFinding } from '../../src/binlog/source-checks.ts';
import { openBinlogBench, type BinlogBench } from '../support/binlog-bench.ts';

const DATABASE = 'heaviside_source_checks';

describe.each(['mysql', 'mariadb'] as const)('the checks of a %s source', (flavor) => {
  let bench: BinlogBench;
  const open: QueryConnection[] = [];

  const findings = async (
    user: string,
    password: string,
    replicaServerId = 4100,
  ): Promise<SourceFinding[]> => {
    const connection = await openQueryConnection({ ...bench.address, user, password });
    open.push(connection);
    return checkSource(connection.query, { replicaServerId, usesGtid: true });
  };
  const bad = (all: readonly SourceFinding[]): string[] =>
    all
      .filter(({ severity, message }) => severity !== 'ok' && !message.includes('log_replica_updates'))
      .map(({ code, severity }) => `${code} ${severity}`);

  beforeAll(async () => {
    bench = await openBinlogBench(flavor, DATABASE, 4101);
    await bench.admin("CREATE USER IF NOT EXISTS 'heaviside_poor'@'%' IDENTIFIED BY 'poor'");
    await bench.admin(`GRANT SELECT ON ${DATABASE}.* TO 'heaviside_poor'@'%'`);
  });

  afterAll(async () => {
    await bench.admin("DROP USER IF EXISTS 'heaviside_poor'@'%'");
    for (const { close } of open) await close();
    await bench.close();
  });

  it('find nothing with the grants that are asked for', async () => {
    const { user, password } = bench.address;
    const all = await findings(user, password);
    expect(bad(all)).toEqual([]);
    expect(all.length).toBeGreaterThan(8);
  });

  it('name every privilege that is missing, with the statement that grants it', async () => {
    const all = await findings('heaviside_poor', 'poor');
    const finding = all.find(({ code }) => code === 'SOURCE_PRIVILEGE_MISSING');
    expect(finding).toMatchObject({
      severity: 'error',
      fix: 'GRANT REPLICATION CLIENT, REPLICATION SLAVE, SELECT ON *.* TO the account.',
    });
  });

  it('see a server id that is taken', async () => {
    const { user, password } = bench.address;
    expect(bad(await findings(user, password, bench.identity.serverId))).toEqual(['SERVER_ID_IN_USE error']);
  });

  it('reach the source over TLS where it has it, and say so where it must and has not', async () => {
    const tls = { ...bench.address, tls: { mode: 'REQUIRED' as const } };
    const outcome = await openQueryConnection(tls).then(
      async (connection) => {
        const [row] = await connection.query("SHOW STATUS LIKE 'Ssl_cipher'");
        await connection.close();
        return row?.['Value'] === '' ? 'plain' : 'encrypted';
      },
      (error: unknown) => (error instanceof Error && 'code' in error ? error.code : error),
    );
    expect(outcome).toBe(flavor === 'mysql' ? 'encrypted' : 'SOURCE_TLS');
  });
});
