import type { Query } from './mysql-client.ts';
import { readVariables } from './source-identity.ts';

const DAY_SECONDS = 86_400;

/** The variables of the source that say for how long it keeps its binlogs. */
export const RETENTION_VARIABLES = [
  'binlog_expire_logs_seconds',
  'binlog_expire_logs_auto_purge',
  'expire_logs_days',
] as const;

/** Seconds for which the source keeps a binlog after its last change; null: until it is purged by hand. */
export function binlogRetentionSeconds(variables: ReadonlyMap<string, string>): number | null {
  const seconds = Number(variables.get('binlog_expire_logs_seconds') ?? 0);
  const kept = seconds > 0 ? seconds : Number(variables.get('expire_logs_days') ?? 0) * DAY_SECONDS;
  const purges = variables.get('binlog_expire_logs_auto_purge') ?? 'ON';
  return kept > 0 && /^(ON|1)$/i.test(purges) ? kept : null;
}

/** The same, asked of the source. */
export async function readBinlogRetention(query: Query): Promise<number | null> {
  return binlogRetentionSeconds(await readVariables(query, RETENTION_VARIABLES));
}
