import { expect, it } from 'vitest';
import { prepareSession } from '../../../src/binlog/dump-session.ts';
import type { DriverConnection } from '../../../src/binlog/mysql-client.ts';
import { parseGtidSet } from '../../../src/model/parse-gtid-set.ts';
import { loadConfigText } from '../../support/load-config-text.ts';

async function statementsOf(flavor: 'mysql' | 'mariadb', isStrict: boolean): Promise<string> {
  const statements: string[] = [];
  const connection = {
    query: (sql: string) => {
      statements.push(sql);
      return Promise.resolve([]);
    },
  } as unknown as DriverConnection;
  const from = { gtids: parseGtidSet(flavor, ''), coordinates: null };
  await prepareSession(connection, { heartbeatMs: 250, flavor, from }, isStrict);
  return statements.join('; ');
}

it('a paused dump is waited for by the source for longer than any breaker may stay open', async () => {
  const text = await statementsOf('mysql', true);
  const seconds = Number(/SESSION net_write_timeout = (\d+)/.exec(text)?.[1]);
  const file = 'user=u\nkafka.bootstrap.servers=h:1\nbreaker_step_down_ms=3600000\n'; // the longest that is allowed
  expect(seconds * 1000).toBeGreaterThan(loadConfigText({ file }).config.breaker.stepDownMs);
});

it('heartbeats are asked for in nanoseconds, by both names', async () => {
  expect(await statementsOf('mysql', true)).toContain(
    '@source_heartbeat_period = 250000000, @master_heartbeat_period = 250000000',
  );
});

it('MariaDB is to refuse a position in a hole of its history, unless the last transaction is asked for once more', async () => {
  expect(await statementsOf('mariadb', true)).toContain('@slave_gtid_strict_mode = 1');
  expect(await statementsOf('mariadb', false)).not.toContain('strict');
  expect(await statementsOf('mysql', true)).not.toContain('strict');
});
