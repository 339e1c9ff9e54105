import { setTimeout as sleep } from 'node:timers/promises';
import { HeavisideError } from '../errors.ts';
import {
  formatMariadbGtid,
  MariadbGtidSet,
  parseMariadbGtid,
  type MariadbGtid,
} from '../model/mariadb-gtid-set.ts';
import { MysqlGtidSet } from '../model/mysql-gtid-set.ts';
import type { BinlogCoordinates, Position } from '../model/position.ts';
import type { PreparedTransaction } from '../model/prepared-transaction.ts';
import type { Query } from './mysql-client.ts';
import type { SourceIdentity } from './source-identity.ts';

export interface PositionCheckOptions {
  /** The server that is connected. */
  readonly identity: SourceIdentity;
  readonly position: Position;
  /** `SourceIdentity.id` that a file and offset belong to; null where it is not known (a first start). */
  readonly expectedIdentity: string | null;
}

/** The dump may send a transaction a moment before the server counts it as executed. */
const EXECUTED_ATTEMPTS = 8;
const EXECUTED_WAIT_MS = 250;
/** Offset of the first event of a file. */
const FIRST_OFFSET = 4;
const MAX_OFFSET = 2 ** 32 - 1;

const shorten = (text: string): string => (text.length > 300 ? `${text.slice(0, 300)}…` : text);

function notExecuted(what: string): HeavisideError {
  return new HeavisideError(
    'POSITION_NOT_IN_EXECUTED',
    `the source has not executed all of the position: ${shorten(what)} is missing`,
  );
}

function purged(what: string): HeavisideError {
  return new HeavisideError(
    'BINLOG_PURGED',
    `the source has purged binlogs that follow the position: ${shorten(what)}`,
  );
}

/** The rows of what is prepared are needed, and the source no longer has them. */
export const preparedPurged = ({ xid, id }: PreparedTransaction): HeavisideError =>
  new HeavisideError(
    'XA_PREPARE_LOST',
    `XA transaction ${xid} is prepared and not ended, and ${id}, which holds its rows, was purged`,
  );

async function checkMysqlGtids(
  query: Query,
  gtids: string,
  prepared: readonly PreparedTransaction[],
): Promise<void> {
  const sql =
    'SELECT GTID_SUBTRACT(?, @@GLOBAL.gtid_executed) AS ahead, GTID_SUBTRACT(@@GLOBAL.gtid_purged, ?) AS missing, ' +
    '@@GLOBAL.gtid_mode AS mode';
  for (let attempt = 1; ; attempt++) {
    const [row] = await query(sql, [gtids, gtids]);
    if (row?.['mode']?.toUpperCase() !== 'ON') {
      throw new HeavisideError(
        'SOURCE_GTID_OFF',
        `the position is a GTID set and the source has gtid_mode=${row?.['mode'] ?? 'unknown'}`,
      );
    }
    if (row['missing'] !== '') {
      const missing = MysqlGtidSet.parse(row['missing'] ?? '');
      const lost = prepared.find(({ id }) => missing.has(id));
      throw lost === undefined ? purged(missing.toString()) : preparedPurged(lost);
    }
    if (row['ahead'] === '') return;
    if (attempt === EXECUTED_ATTEMPTS) throw notExecuted(row['ahead'] ?? '');
    await sleep(EXECUTED_WAIT_MS);
  }
}

/** The last GTID of each domain before the oldest binlog: what was purged. */
export async function readPurgedMariadb(query: Query): Promise<readonly MariadbGtid[]> {
  const [oldest] = await query('SHOW BINARY LOGS');
  const file = oldest?.['Log_name'];
  if (file === undefined || file === null)
    throw new HeavisideError('SOURCE_BINLOG_OFF', 'the source has no binlog');
  const [row] = await query('SELECT BINLOG_GTID_POS(?, ?) AS gtids', [file, FIRST_OFFSET]);
  return MariadbGtidSet.parse(row?.['gtids'] ?? '').gtids();
}

async function readMariadbState(query: Query): Promise<readonly MariadbGtid[]> {
  const [row] = await query('SELECT @@GLOBAL.gtid_binlog_state AS state');
  const entries = (row?.['state'] ?? '').split(',').filter((entry) => entry.trim() !== '');
  return entries.map(parseMariadbGtid);
}

async function checkMariadbGtids(query: Query, gtids: readonly MariadbGtid[]): Promise<void> {
  const state = await readMariadbState(query);
  const ahead = gtids.filter(
    ({ domainId, serverId, sequence }) =>
      !state.some(
        (known) => known.domainId === domainId && known.serverId === serverId && sequence <= known.sequence,
      ),
  );
  if (ahead.length > 0) throw notExecuted(ahead.map(formatMariadbGtid).join(','));
  const missing = (await readPurgedMariadb(query)).filter(
    ({ domainId, sequence }) =>
      !gtids.some((known) => known.domainId === domainId && known.sequence >= sequence),
  );
  if (missing.length > 0) throw purged(`up to ${missing.map(formatMariadbGtid).join(',')}`);
}

async function checkCoordinates(
  query: Query,
  { file, offset }: BinlogCoordinates,
  options: PositionCheckOptions,
): Promise<void> {
  const { expectedIdentity, identity } = options;
  if (expectedIdentity !== null && expectedIdentity !== identity.id) {
    throw new HeavisideError(
      'SOURCE_CHANGED',
      `the position ${file}:${offset} belongs to server ${expectedIdentity}, and this is ${identity.id}`,
    );
  }
  if (offset > MAX_OFFSET)
    throw new HeavisideError('BINLOG_OFFSET_TOO_LARGE', `${file}:${offset} cannot be asked for`);
  const logs = await query('SHOW BINARY LOGS');
  const log = logs.find((row) => row['Log_name'] === file);
  if (log === undefined) throw purged(`${file} is not among its binlogs`);
  const size = Number(log['File_size'] ?? 0);
  if (offset > size) throw notExecuted(`${file}:${offset} (the file has ${size} bytes)`);
}

/**
 * Checks that the source can go on from a position and loses nothing: what it purged lies inside, and the position inside what
 * it executed. To be run on the very connection of the dump. Takes up to two seconds where the source is a moment behind.
 * @throws HeavisideError BINLOG_PURGED, XA_PREPARE_LOST, POSITION_NOT_IN_EXECUTED, SOURCE_GTID_OFF, SOURCE_CHANGED, BINLOG_OFFSET_TOO_LARGE
 */
export async function checkPosition(query: Query, options: PositionCheckOptions): Promise<void> {
  const { position, identity } = options;
  if (position.gtids !== null && position.gtids.flavor !== identity.flavor) {
    throw new HeavisideError(
      'SOURCE_CHANGED',
      `the position is a GTID set of ${position.gtids.flavor}, and the source is ${identity.flavor}`,
    );
  }
  if (position.gtids instanceof MariadbGtidSet) return checkMariadbGtids(query, position.gtids.gtids());
  if (position.gtids !== null)
    return checkMysqlGtids(query, position.gtids.toString(), position.prepared ?? []);
  if (position.coordinates === null)
    throw new HeavisideError('INTERNAL', 'a position without GTIDs and without file and offset');
  return checkCoordinates(query, position.coordinates, options);
}
