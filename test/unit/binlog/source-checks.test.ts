import { expect, it } from 'vitest';
import type { Query } from '../../../src/binlog/mysql-client.ts';
import { checkSource } from '../../../src/binlog/source-checks.ts';

const good: Readonly<Record<string, string>> = {
  version: '8.4.6',
  server_id: '1',
  server_uuid: '3e11fa47-71ca-11e1-9e33-c80aa9429562',
  log_bin: 'ON',
  binlog_format: 'ROW',
  binlog_row_image: 'FULL',
  binlog_row_metadata: 'FULL',
  binlog_row_value_options: '',
  gtid_mode: 'ON',
  enforce_gtid_consistency: 'ON',
  binlog_expire_logs_seconds: '2592000',
  log_replica_updates: 'ON',
};

const server = (changed: Readonly<Record<string, string>>): Query => {
  const variables = { ...good, ...changed };
  return async (sql, values = []) => {
    if (sql === 'SHOW GRANTS')
      return [{ grants: 'GRANT SELECT, REPLICATION SLAVE, REPLICATION CLIENT ON *.* TO `m`@`%`' }];
    if (!sql.startsWith('SHOW GLOBAL VARIABLES')) return [];
    return Object.entries(variables)
      .filter(([name]) => values.includes(name))
      .map(([name, value]) => ({ Variable_name: name, Value: value }));
  };
};

it.each([
  [{}, []],
  [{ log_bin: 'OFF' }, ['error SOURCE_BINLOG_OFF']],
  [{ server_id: '0' }, ['error SOURCE_BINLOG_OFF']],
  [{ server_id: '6379' }, ['error SERVER_ID_IN_USE']],
  [{ binlog_format: 'MIXED' }, ['error SOURCE_BINLOG_FORMAT']],
  [{ binlog_row_image: 'MINIMAL' }, ['warning SOURCE_BINLOG_FORMAT']],
  [{ binlog_row_metadata: 'MINIMAL' }, ['warning SCHEMA_UNKNOWN']],
  [{ binlog_row_value_options: 'PARTIAL_JSON' }, []],
  [
    { binlog_row_value_options: 'PARTIAL_JSON', binlog_row_image: 'MINIMAL' },
    ['warning SOURCE_BINLOG_FORMAT', 'warning SOURCE_ROW_VALUE_OPTIONS'],
  ],
  [{ gtid_mode: 'ON_PERMISSIVE' }, ['error SOURCE_GTID_OFF']],
  [{ binlog_expire_logs_seconds: '600' }, ['warning BINLOG_PURGED']],
  [{ binlog_expire_logs_seconds: '600', binlog_expire_logs_auto_purge: 'OFF' }, []],
  [{ log_replica_updates: 'OFF' }, ['warning SOURCE_BINLOG_OFF']],
])('a source with %j has the findings %j', async (changed, expected) => {
  const findings = await checkSource(server(changed), { replicaServerId: 6379, usesGtid: true });
  const bad = findings.filter(({ severity }) => severity !== 'ok');
  expect(bad.map(({ severity, code }) => `${severity} ${code}`)).toEqual(expected);
  for (const { fix } of bad) expect(fix).not.toBe('');
});
