import { row, type ErrorRow } from './error-row.ts';

/** The part of the error table that is about MySQL or MariaDB. */
export const sourceErrors = {
  SOURCE_UNREACHABLE: row(
    'retry',
    3,
    'Check host, port and the network between this replica and the source.',
  ),
  SOURCE_LOST: row(
    'retry',
    3,
    'The connection to the source broke; it is opened anew. Check the source if this repeats.',
  ),
  SOURCE_SILENT: row(
    'retry',
    3,
    'No event and no heartbeat for three periods: the link is half-open; it is opened anew.',
  ),
  SOURCE_ACCESS_DENIED: row(
    'retry',
    3,
    'Check user and password, and that the account may connect from this host; password_file is read anew at each attempt.',
    'exit',
  ),
  SOURCE_TLS: row(
    'retry',
    3,
    'Check ssl, mysql.ssl_ca, and that the certificate of the source is valid and names the host by which it is reached.',
    'exit',
  ),
  SOURCE_PRIVILEGE_MISSING: row(
    'exit',
    3,
    'GRANT SELECT, REPLICATION CLIENT, REPLICATION SLAVE ON *.* TO the account.',
  ),
  SOURCE_BINLOG_OFF: row('exit', 3, 'Start the source with log_bin and a server_id.'),
  SOURCE_BINLOG_FORMAT: row(
    'exit',
    3,
    'SET GLOBAL binlog_format=ROW on the source, and reconnect its clients.',
  ),
  SOURCE_ROW_VALUE_OPTIONS: row(
    'exit',
    3,
    "SET GLOBAL binlog_row_image=FULL, or binlog_row_value_options='', on the source.",
  ),
  SOURCE_GTID_OFF: row(
    'exit',
    3,
    'Turn gtid_mode and enforce_gtid_consistency on, or run with gtid_mode=false.',
  ),
  SERVER_ID_IN_USE: row(
    'wait',
    3,
    'Another client outside this cluster reads with our replica_server_id; give one of them another.',
  ),
  BINLOG_PURGED: row(
    'blocked',
    4,
    'The source no longer has the binlog that follows our position: restore it, or move on with `heaviside position set`, which skips what was purged.',
  ),
  POSITION_NOT_IN_EXECUTED: row(
    'wait',
    4,
    'The source has not executed our position: it lags (wait), or it is another or a rewound server (point host at the right one, or `heaviside position set`).',
  ),
  SOURCE_CHANGED: row(
    'blocked',
    4,
    'The position is a file and offset of another server: connect to that server again, or `heaviside position set`.',
  ),
  SOURCE_HISTORY_CHANGED: row(
    'blocked',
    4,
    'The source carries another transaction under a GTID that was already replicated: compare both, then `heaviside position set`.',
  ),
  SPLIT_PREFIX_MISMATCH: row(
    'blocked',
    4,
    'The large transaction that was half written differs on this source; connect to the former one, or `heaviside position set`.',
  ),
  BINLOG_OFFSET_TOO_LARGE: row(
    'blocked',
    4,
    'Offsets of 4 GiB and more cannot be asked for: use GTID, or lower max_binlog_size.',
  ),
  BINLOG_INCIDENT: row(
    'blocked',
    4,
    'The source logged an incident (lost events): rebuild the data behind it, then `heaviside position skip`.',
  ),
  XA_PREPARE_LOST: row(
    'blocked',
    4,
    'The rows of a prepared XA transaction stand in a purged binlog, or before the position that was set: restore it, or pass over it with `heaviside position skip` of the GTID shown (by file and offset: `position set` behind it).',
  ),
  BINLOG_EVENT_UNSUPPORTED: row(
    'blocked',
    4,
    'The binlog holds an event that cannot be replicated exactly; the message says which, and what to set on the source.',
  ),
  ROW_UNDECODABLE: row(
    'blocked',
    5,
    'A row cannot be decoded; report the table definition. To pass over it: `heaviside position skip` (its transaction), or on_decode_error=skip (such rows).',
  ),
  SCRIPT_FAILED: row(
    'blocked',
    5,
    'Mend the script, which clears the block, or pass over the transaction with `heaviside position skip`.',
  ),
  SCHEMA_UNKNOWN: row(
    'blocked',
    5,
    'Set binlog_row_metadata=FULL on the source: the columns of an old event cannot be known otherwise.',
  ),
  SNAPSHOT_UNFIT: row(
    'retry',
    3,
    'The stream goes on without this snapshot; ask for it again once the cause above is gone.',
  ),
} as const satisfies Record<string, ErrorRow>;
