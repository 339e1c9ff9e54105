import { asHeavisideError, HeavisideError } from '../errors.ts';
import { parseGtidSet } from '../model/parse-gtid-set.ts';
import type { BinlogCoordinates, Position } from '../model/position.ts';
import type { Query, SqlRow } from './mysql-client.ts';
import type { SourceIdentity } from './source-identity.ts';

/** A Maxwell by its own options: `schema_database` and `client_id`. */
export interface MaxwellName {
  readonly database: string;
  readonly clientId: string;
}

export interface MaxwellPosition {
  readonly position: Position;
  /** Milliseconds since its last heartbeat by the clock of the source; null where it never wrote one. */
  readonly heartbeatAgoMs: number | null;
}

/** Width of Maxwell's column: a longer set was cut off by the server, or refused. */
const gtidSetColumnLength = 4096;
/** Events of a binlog that are asked for at once. */
const pageSize = 5000;

const failed = (message: string): HeavisideError => new HeavisideError('COMMAND_FAILED', message);
const quoted = (name: string): string => `\`${name.replaceAll('`', '``')}\``;

/**
 * Where a Maxwell that was stopped would go on, by the tables `positions` and `heartbeats` that it keeps on the source
 * (their form since Maxwell 1.13). With GTID it is the set that it stored, which leaves out the transaction that was read
 * last; a file and offset, which stand inside that transaction, become what lies behind it.
 * @param usesGtid whether the position is to be a GTID set
 * @throws COMMAND_FAILED where there is no such table or row, or it is of another server; BINLOG_PURGED
 */
export async function readMaxwellPosition(
  query: Query,
  identity: SourceIdentity,
  usesGtid: boolean,
  name: MaxwellName,
): Promise<MaxwellPosition> {
  const row = await chooseRow(query, identity, usesGtid, name);
  const [beat] = await query(
    `SELECT ROUND(UNIX_TIMESTAMP(NOW(3)) * 1000) - MAX(heartbeat) AS ago FROM ${quoted(name.database)}.heartbeats WHERE client_id = ?`,
    [name.clientId],
  );
  const ago = beat?.['ago'] ?? null;
  const heartbeatAgoMs = ago === null ? null : Number(ago);
  return { position: await positionIn(query, identity, usesGtid, row), heartbeatAgoMs };
}

async function chooseRow(
  query: Query,
  identity: SourceIdentity,
  usesGtid: boolean,
  { database, clientId }: MaxwellName,
): Promise<SqlRow> {
  const table = `${database}.positions`;
  const tables = await query(
    "SELECT TABLE_NAME FROM information_schema.TABLES WHERE TABLE_SCHEMA = ? AND TABLE_NAME = 'positions'",
    [database],
  );
  if (tables.length === 0)
    throw failed(
      `the source has no table ${table}, or the account may not read it (GRANT SELECT ON ${database}.* TO the account)`,
    );
  const all = await query(`SELECT * FROM ${quoted(database)}.positions ORDER BY last_heartbeat_read DESC`);
  const ofClient = all.filter((row) => row['client_id'] === clientId);
  if (ofClient.length === 0) {
    const known = [...new Set(all.map((row) => row['client_id']))].join(', ') || 'none';
    throw failed(`${table} has no row of client_id ${clientId}; it has: ${known}`);
  }
  // By GTID Maxwell writes the server id 0; a GTID set is good on every server of the topology.
  const fitting = ofClient.find(
    (row) => (usesGtid && hasGtids(row)) || Number(row['server_id']) === identity.serverId,
  );
  if (fitting === undefined) {
    const ids = ofClient.map((row) => row['server_id']).join(', ');
    throw failed(
      `the row of ${clientId} in ${table} is of server id ${ids}, and a file and offset there; this source has server id ${identity.serverId}`,
    );
  }
  return fitting;
}

const hasGtids = (row: SqlRow): boolean => (row['gtid_set'] ?? '').trim() !== '';

async function positionIn(
  query: Query,
  identity: SourceIdentity,
  usesGtid: boolean,
  row: SqlRow,
): Promise<Position> {
  if (usesGtid && hasGtids(row)) {
    const text = (row['gtid_set'] ?? '').trim();
    if (text.length >= gtidSetColumnLength)
      throw failed(`Maxwell's column cut its GTID set off at ${gtidSetColumnLength} characters`);
    try {
      return { gtids: parseGtidSet(identity.flavor, text), coordinates: null };
    } catch (cause) {
      throw failed(`Maxwell's GTID set cannot be read: ${asHeavisideError(cause).message}`);
    }
  }
  const file = row['binlog_file'] ?? '';
  const offset = Number(row['binlog_position']);
  const logs = await query('SHOW BINARY LOGS');
  if (!logs.some((log) => log['Log_name'] === file))
    throw new HeavisideError('BINLOG_PURGED', `Maxwell stopped in ${file}, which the source no longer has`);
  if (!usesGtid) return { gtids: null, coordinates: await endOfTransaction(query, { file, offset }) };
  return { gtids: await gtidsBefore(query, identity, { file, offset }), coordinates: null };
}

interface LoggedEvent {
  readonly pos: number;
  readonly type: string;
  readonly end: number;
  readonly info: string;
}

async function* eventsFrom(query: Query, file: string, start: number): AsyncGenerator<LoggedEvent> {
  for (let from = start; ;) {
    const page = await query('SHOW BINLOG EVENTS IN ? FROM ? LIMIT ?', [file, from, pageSize]);
    for (const row of page) {
      from = Number(row['End_log_pos']);
      yield { pos: Number(row['Pos']), type: row['Event_type'] ?? '', end: from, info: row['Info'] ?? '' };
    }
    if (page.length < pageSize) return;
  }
}

/** Events that stand inside of a transaction; with any other the offset is between two. */
const innerEvents =
  /^(?:Xid|Table_map|Write_rows|Update_rows|Delete_rows|Partial_update_rows|Rows_query|Annotate_rows|XA_prepare)/u;

/** Maxwell stores the end of the last rows event, in front of the event that commits. */
async function endOfTransaction(query: Query, place: BinlogCoordinates): Promise<BinlogCoordinates> {
  let isInside = false;
  for await (const { type, end, info } of eventsFrom(query, place.file, place.offset)) {
    const isCommit = type === 'Query' && /^(?:COMMIT|ROLLBACK)\b/iu.test(info.replace(/^use `[^`]*`; /u, ''));
    if (!isInside && !isCommit && !innerEvents.test(type)) return place;
    isInside = true;
    if (isCommit || type === 'Xid' || type === 'XA_prepare') return { file: place.file, offset: end };
  }
  if (isInside) throw failed(`${place.file} ends inside the transaction at ${place.offset}`);
  return place;
}

/** All transactions that begin in front of the offset: what Maxwell wrote of the one around it is all that it would. */
async function gtidsBefore(
  query: Query,
  identity: SourceIdentity,
  { file, offset }: BinlogCoordinates,
): Promise<Position['gtids']> {
  if (identity.flavor === 'mariadb') {
    const [row] = await query('SELECT BINLOG_GTID_POS(?, ?) AS gtids', [file, offset]);
    const text = row?.['gtids'] ?? null;
    if (text === null) throw failed(`${file}:${offset} is between no two events`);
    return parseGtidSet('mariadb', text);
  }
  let gtids = parseGtidSet('mysql', '');
  let reached = 0;
  for await (const { pos, type, end, info } of eventsFrom(query, file, 4)) {
    if (pos >= offset) break;
    reached = end;
    if (type === 'Previous_gtids') gtids = parseGtidSet('mysql', info.replaceAll(/\s/gu, ''));
    const gtid = /GTID_NEXT\s*=\s*'([^']+)'/u.exec(info)?.[1];
    if (type.startsWith('Gtid') && gtid !== undefined) gtids = gtids.add(gtid);
  }
  if (reached !== offset && offset > 4) throw failed(`${file}:${offset} is between no two events`);
  return gtids;
}
