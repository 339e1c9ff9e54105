import { HeavisideError } from '../errors.ts';
import { MariadbGtidSet, parseMariadbGtid, type MariadbGtid } from '../model/mariadb-gtid-set.ts';
import type { PositionRecord } from '../model/position-record.ts';
import type { Query } from './mysql-client.ts';
import type { SourceIdentity } from './source-identity.ts';

/** What a source has executed, set against a position that was committed before. */
interface HistoryComparison {
  /** Whether both have transactions of one origin: a server UUID (MySQL), a domain and server id (MariaDB). */
  readonly isRelated: boolean;
  /** What of the position the source has not executed; empty: nothing. */
  readonly missing: string;
}

const UUID = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/gi;

const uuidsOf = (gtids: string): Set<string> => new Set(gtids.toLowerCase().match(UUID));
const shorten = (text: string): string => (text.length > 300 ? `${text.slice(0, 300)}…` : text);

async function compareMysql(query: Query, gtidSet: string): Promise<HistoryComparison> {
  const sql =
    'SELECT @@GLOBAL.gtid_executed AS executed, GTID_SUBTRACT(?, @@GLOBAL.gtid_executed) AS missing';
  const [row] = await query(sql, [gtidSet]);
  const executed = uuidsOf(row?.['executed'] ?? '');
  return {
    isRelated: [...uuidsOf(gtidSet)].some((uuid) => executed.has(uuid)),
    missing: row?.['missing'] ?? '',
  };
}

async function compareMariadb(query: Query, gtidSet: string): Promise<HistoryComparison> {
  const [row] = await query('SELECT @@GLOBAL.gtid_binlog_state AS state');
  const state = (row?.['state'] ?? '')
    .split(',')
    .filter((gtid) => gtid.trim() !== '')
    .map(parseMariadbGtid);
  const known = ({ domainId, serverId }: MariadbGtid): MariadbGtid | undefined =>
    state.find((gtid) => gtid.domainId === domainId && gtid.serverId === serverId);
  const position = MariadbGtidSet.parse(gtidSet).gtids();
  const missing = position.filter((gtid) => (known(gtid)?.sequence ?? -1n) < gtid.sequence);
  return {
    isRelated: position.some((gtid) => known(gtid) !== undefined),
    missing: missing
      .map(({ domainId, serverId, sequence }) => `${domainId}-${serverId}-${sequence}`)
      .join(','),
  };
}

/**
 * Refuses a source that cannot be the one behind the committed position, before anything is fenced for it.
 * Purged binlogs are not looked at here: they block the cluster, which only a leader may do.
 * @throws HeavisideError CLUSTER_ID_CLASH where nothing ties the source to the position; POSITION_NOT_IN_EXECUTED where
 * the source lags behind it or was rewound
 */
export async function checkHistory(
  query: Query,
  identity: SourceIdentity,
  record: PositionRecord,
): Promise<void> {
  const { source, gtidSet } = record;
  const isSameServer = source.flavor === identity.flavor && source.id === identity.id;
  const clash = (): HeavisideError =>
    new HeavisideError(
      'CLUSTER_ID_CLASH',
      `the position under this client_id is of ${source.flavor} server ${source.id}, and this is ${identity.flavor} server ${identity.id} with another history`,
    );
  if (source.flavor !== identity.flavor) throw clash();
  if (gtidSet === null || !identity.hasGtid) {
    if (!isSameServer) throw clash();
    return; // the position's own check compares the file
  }
  if (gtidSet === '') return; // nothing was executed there: any history goes on from it
  const { isRelated, missing } =
    identity.flavor === 'mysql' ? await compareMysql(query, gtidSet) : await compareMariadb(query, gtidSet);
  if (!isRelated && !isSameServer) throw clash();
  if (missing !== '') {
    throw new HeavisideError(
      'POSITION_NOT_IN_EXECUTED',
      `the source has not executed all of the position: ${shorten(missing)} is missing`,
    );
  }
}
