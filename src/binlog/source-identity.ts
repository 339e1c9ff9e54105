import { parseGtidSet } from '../model/parse-gtid-set.ts';
import type { BinlogCoordinates, Position, SourceFlavor } from '../model/position.ts';
import type { Query } from './mysql-client.ts';

/** Which server is read. */
export interface SourceIdentity {
  readonly flavor: SourceFlavor;
  /** The server's own words: `8.4.6`, `10.11.19-MariaDB-log`. */
  readonly version: string;
  /**
   * What tells this server from others: MySQL's server_uuid. MariaDB has none: `server_id/server_uid` (server_uid is made of
   * network address and port), before 10.11 `server_id/hostname:port`; a copy of a server on the same host and port is not told apart.
   */
  readonly id: string;
  readonly serverId: number;
  readonly hostname: string;
  /** Whether positions can be GTID sets: MySQL gtid_mode=ON; MariaDB always. */
  readonly hasGtid: boolean;
}

const NAMES = ['version', 'server_id', 'server_uuid', 'server_uid', 'gtid_mode', 'hostname', 'port'] as const;

/** Global variables of the server by lower-case name; those it does not know are left out. */
export async function readVariables(
  query: Query,
  names: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  const rows = await query(
    `SHOW GLOBAL VARIABLES WHERE Variable_name IN (${names.map(() => '?').join(', ')})`,
    names,
  );
  return new Map(rows.map((row) => [(row['Variable_name'] ?? '').toLowerCase(), row['Value'] ?? '']));
}

/** Asks the server who it is. Rejects with a HeavisideError of the query. */
export async function readSourceIdentity(query: Query): Promise<SourceIdentity> {
  const variables = await readVariables(query, NAMES);
  const text = (name: (typeof NAMES)[number]): string => variables.get(name) ?? '';
  const version = text('version');
  const flavor = /mariadb/i.test(version) ? 'mariadb' : 'mysql';
  const mariadbId = `${text('server_id')}/${text('server_uid') || `${text('hostname')}:${text('port')}`}`;
  return {
    flavor,
    version,
    id: flavor === 'mysql' ? text('server_uuid').toLowerCase() : mariadbId,
    serverId: Number(text('server_id')),
    hostname: text('hostname'),
    hasGtid: flavor === 'mariadb' || text('gtid_mode').toUpperCase() === 'ON',
  };
}

/** SHOW BINARY LOG STATUS since MySQL 8.2; MariaDB and older have SHOW MASTER STATUS alone. */
export function binlogStatusStatement({ flavor, version }: SourceIdentity): string {
  const [, major = '0', minor = '0'] = /^(\d+)\.(\d+)/.exec(version) ?? [];
  const isRecent = Number(major) > 8 || (Number(major) === 8 && Number(minor) >= 2);
  return flavor === 'mysql' && isRecent ? 'SHOW BINARY LOG STATUS' : 'SHOW MASTER STATUS';
}

/** The end of the server's binlog as its status tells it; coordinates are null where it writes none. */
export async function readBinlogStatus(
  query: Query,
  identity: SourceIdentity,
): Promise<{ readonly coordinates: BinlogCoordinates | null; readonly executedGtids: string }> {
  const [status] = await query(binlogStatusStatement(identity));
  const file = status?.['File'] ?? null;
  return {
    coordinates: file === null ? null : { file, offset: Number(status?.['Position'] ?? 0) },
    executedGtids: status?.['Executed_Gtid_Set'] ?? '',
  };
}

/** The end of the server's binlog: with `usesGtid` a GTID set, else file and offset; the coordinates are given in both. */
export async function readCurrentPosition(
  query: Query,
  identity: SourceIdentity,
  usesGtid: boolean,
): Promise<Position> {
  const { coordinates, executedGtids } = await readBinlogStatus(query, identity);
  if (!usesGtid) return { gtids: null, coordinates };
  if (identity.flavor === 'mysql') return { gtids: parseGtidSet('mysql', executedGtids), coordinates };
  // The set at these very coordinates: gtid_binlog_pos by itself may already be further on.
  const [row] =
    coordinates === null
      ? []
      : await query('SELECT BINLOG_GTID_POS(?, ?) AS gtids', [coordinates.file, coordinates.offset]);
  return { gtids: parseGtidSet('mariadb', row?.['gtids'] ?? ''), coordinates };
}
