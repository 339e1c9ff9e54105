import { HeavisideError, type ErrorCode } from '../errors.ts';
import { binlogRetentionSeconds, RETENTION_VARIABLES } from './binlog-retention.ts';
import type { Query } from './mysql-client.ts';
import {
  binlogStatusStatement,
  readSourceIdentity,
  readVariables,
  type SourceIdentity,
} from './source-identity.ts';

/** One result of the preflight. */
export interface SourceFinding {
  readonly code: ErrorCode;
  readonly severity: 'error' | 'warning' | 'ok';
  readonly message: string;
  /** What to do; empty where all is well. */
  readonly fix: string;
}

export interface SourceCheckOptions {
  readonly replicaServerId: number;
  /** Whether the position is to be a GTID set. */
  readonly usesGtid: boolean;
}

interface Checked extends SourceCheckOptions {
  readonly identity: SourceIdentity;
  readonly variables: ReadonlyMap<string, string>;
}

const NAMES = [
  'log_bin',
  'server_id',
  'binlog_format',
  'binlog_row_image',
  'binlog_row_metadata',
  'binlog_row_value_options',
  'gtid_mode',
  'enforce_gtid_consistency',
  ...RETENTION_VARIABLES,
  'log_replica_updates',
  'log_slave_updates',
] as const;

const DAY_SECONDS = 86_400;

const ok = (code: ErrorCode, message: string): SourceFinding => ({ code, severity: 'ok', message, fix: '' });
const error = (code: ErrorCode, message: string, fix: string): SourceFinding => ({
  code,
  severity: 'error',
  message,
  fix,
});
const warning = (code: ErrorCode, message: string, fix: string): SourceFinding => ({
  code,
  severity: 'warning',
  message,
  fix,
});

const isOn = (value: string | undefined): boolean => /^(?:on|1|yes)$/i.test(value ?? '');
const upper = (checked: Checked, name: (typeof NAMES)[number]): string =>
  (checked.variables.get(name) ?? '').toUpperCase();

function checkBinlog(checked: Checked): SourceFinding {
  if (!isOn(checked.variables.get('log_bin'))) {
    return error(
      'SOURCE_BINLOG_OFF',
      'log_bin is OFF: the source writes no binlog',
      'Start it with log_bin and a server_id of its own.',
    );
  }
  return ok('SOURCE_BINLOG_OFF', 'log_bin is ON');
}

function checkServerId({ identity, replicaServerId }: Checked): SourceFinding {
  const { serverId } = identity;
  if (serverId === 0) {
    return error(
      'SOURCE_BINLOG_OFF',
      'server_id is 0: the source refuses replicas',
      'Set server_id on the source to a number of its own.',
    );
  }
  if (serverId === replicaServerId) {
    return error(
      'SERVER_ID_IN_USE',
      `replica_server_id ${serverId} is the source's own server_id`,
      'Give replica_server_id another number.',
    );
  }
  return ok('SERVER_ID_IN_USE', `server_id ${serverId} differs from replica_server_id ${replicaServerId}`);
}

function checkFormat(checked: Checked): SourceFinding {
  const format = upper(checked, 'binlog_format');
  // MySQL deprecates the variable; a server without it knows rows only.
  if (format === 'ROW' || format === '') return ok('SOURCE_BINLOG_FORMAT', 'binlog_format is ROW');
  return error(
    'SOURCE_BINLOG_FORMAT',
    `binlog_format is ${format}: data changes are logged as statements`,
    'SET GLOBAL binlog_format=ROW, put it into the configuration of the source, and reconnect its clients.',
  );
}

function checkRowImage(checked: Checked): SourceFinding {
  const image = upper(checked, 'binlog_row_image');
  if (image === 'FULL' || image === '') return ok('SOURCE_BINLOG_FORMAT', 'binlog_row_image is FULL');
  return warning(
    'SOURCE_BINLOG_FORMAT',
    `binlog_row_image is ${image}: rows arrive without the columns that did not change`,
    'SET GLOBAL binlog_row_image=FULL for whole rows.',
  );
}

function checkRowMetadata(checked: Checked): SourceFinding {
  const metadata = upper(checked, 'binlog_row_metadata');
  if (metadata === 'FULL') return ok('SCHEMA_UNKNOWN', 'binlog_row_metadata is FULL');
  return warning(
    'SCHEMA_UNKNOWN',
    `binlog_row_metadata is ${metadata === '' ? 'not known to this version' : metadata}: column names are read from INFORMATION_SCHEMA, ` +
      'which is wrong for events from before a schema change',
    'SET GLOBAL binlog_row_metadata=FULL and put it into the configuration of the source.',
  );
}

function checkRowValueOptions(checked: Checked): SourceFinding {
  const options = upper(checked, 'binlog_row_value_options');
  const image = upper(checked, 'binlog_row_image');
  if (options === '') return ok('SOURCE_ROW_VALUE_OPTIONS', 'binlog_row_value_options is empty');
  if (image === 'FULL' || image === '') {
    return ok('SOURCE_ROW_VALUE_OPTIONS', `binlog_row_value_options is ${options}, with whole before images`);
  }
  return warning(
    'SOURCE_ROW_VALUE_OPTIONS',
    `binlog_row_value_options is ${options} and binlog_row_image is ${image}: an update that logs a part of a JSON value blocks the cluster`,
    "SET GLOBAL binlog_row_image=FULL, or binlog_row_value_options='', and reconnect the clients of the source.",
  );
}

function checkGtid(checked: Checked): SourceFinding {
  const { identity, usesGtid } = checked;
  if (identity.flavor === 'mariadb') return ok('SOURCE_GTID_OFF', 'MariaDB always has GTIDs');
  const mode = upper(checked, 'gtid_mode');
  const enforce = upper(checked, 'enforce_gtid_consistency');
  if (mode === 'ON' && enforce === 'ON')
    return ok('SOURCE_GTID_OFF', 'gtid_mode and enforce_gtid_consistency are ON');
  const message = `gtid_mode is ${mode} and enforce_gtid_consistency is ${enforce}`;
  if (usesGtid) return error('SOURCE_GTID_OFF', message, 'Set both to ON, or run with gtid_mode=false.');
  return warning(
    'SOURCE_GTID_OFF',
    `${message}: the stream is bound to this one server`,
    'Set both to ON to be able to move to a replica.',
  );
}

function checkRetention({ variables }: Checked): SourceFinding {
  const kept = binlogRetentionSeconds(variables);
  if (kept === null) return ok('BINLOG_PURGED', 'binlogs are kept until they are purged by hand');
  if (kept >= DAY_SECONDS) return ok('BINLOG_PURGED', `binlogs are kept for ${Math.round(kept / 3600)} h`);
  return warning(
    'BINLOG_PURGED',
    `binlogs are kept for ${kept} s only: a longer outage cannot be caught up with`,
    'Raise binlog_expire_logs_seconds above the longest outage that is to be survived.',
  );
}

function checkReplicaUpdates({ variables }: Checked): SourceFinding {
  const value = variables.get('log_replica_updates') ?? variables.get('log_slave_updates');
  if (value === undefined || isOn(value)) return ok('SOURCE_BINLOG_OFF', 'log_replica_updates is ON');
  return warning(
    'SOURCE_BINLOG_OFF',
    'log_replica_updates is OFF: where this server is a replica itself, the changes of its source are not in its binlog',
    'Start it with log_replica_updates=ON, or read from its source.',
  );
}

async function isRefused(query: Query, sql: string): Promise<boolean> {
  try {
    await query(sql);
    return false;
  } catch (cause) {
    if (cause instanceof HeavisideError && cause.code === 'SOURCE_PRIVILEGE_MISSING') return true;
    if (cause instanceof HeavisideError && cause.code === 'SOURCE_BINLOG_OFF') return false; // a finding of its own
    throw cause;
  }
}

/** By trying where a harmless statement asks for the privilege; MariaDB's REPLICATION SLAVE only from the list of grants. */
async function missingPrivileges(query: Query, identity: SourceIdentity): Promise<string[]> {
  const missing: string[] = [];
  const statements = [binlogStatusStatement(identity), 'SHOW BINARY LOGS'];
  for (const sql of statements) {
    if (!missing.includes('REPLICATION CLIENT') && (await isRefused(query, sql)))
      missing.push('REPLICATION CLIENT');
  }
  const grants = (await query('SHOW GRANTS')).map((row) => Object.values(row)[0] ?? '');
  const global = grants.filter((grant) => /\bON \*\.\* TO\b/i.test(grant)).join('\n');
  const holds = (privilege: RegExp): boolean => /\bALL PRIVILEGES\b/i.test(global) || privilege.test(global);
  const isRefusedReplicas =
    identity.flavor === 'mysql' ? await isRefused(query, 'SHOW REPLICAS') : !holds(/\bREPLICATION SLAVE\b/i);
  if (isRefusedReplicas) missing.push('REPLICATION SLAVE');
  const mayHaveRoles = grants.some((grant) => !/\bON\b/i.test(grant));
  if (!holds(/\bSELECT\b/i) && !mayHaveRoles) missing.push('SELECT');
  return missing;
}

async function checkPrivileges(query: Query, identity: SourceIdentity): Promise<SourceFinding> {
  const missing = await missingPrivileges(query, identity);
  if (missing.length === 0) return ok('SOURCE_PRIVILEGE_MISSING', 'the account has the privileges it needs');
  const fix = `GRANT ${missing.join(', ')} ON *.* TO the account.`;
  if (missing.length === 1 && missing[0] === 'SELECT') {
    return warning(
      'SOURCE_PRIVILEGE_MISSING',
      'the account lacks SELECT on *.*: columns that the binlog does not name can be read for its own databases only',
      fix,
    );
  }
  return error('SOURCE_PRIVILEGE_MISSING', `the account lacks ${missing.join(', ')}`, fix);
}

/**
 * Looks at everything that Heaviside asks of a source, and changes nothing on it.
 * Rejects where the source cannot be asked (SOURCE_LOST).
 */
export async function checkSource(query: Query, options: SourceCheckOptions): Promise<SourceFinding[]> {
  const identity = await readSourceIdentity(query);
  const checked: Checked = { ...options, identity, variables: await readVariables(query, NAMES) };
  return [
    checkBinlog(checked),
    checkServerId(checked),
    checkFormat(checked),
    checkRowImage(checked),
    checkRowMetadata(checked),
    checkRowValueOptions(checked),
    checkGtid(checked),
    checkRetention(checked),
    checkReplicaUpdates(checked),
    await checkPrivileges(query, identity),
  ];
}
