import { setTimeout as sleep } from 'node:timers/promises';
import type { Query } from '../binlog/mysql-client.ts';
import { readCurrentPosition } from '../binlog/source-identity.ts';
import { HeavisideError } from '../errors.ts';
import type { GtidSet } from '../model/gtid-set.ts';
import { MysqlGtidSet } from '../model/mysql-gtid-set.ts';
import { parseGtidSet } from '../model/parse-gtid-set.ts';
import type { BinlogCoordinates, Position } from '../model/position.ts';
import type { PositionRecord } from '../model/position-record.ts';
import { binlogSequence, parseMessageId, type MessagePlace } from './message-id.ts';
import type { SourceSession } from './source-session.ts';

/** inside: the snapshot holds the transaction; outside: it does not; unclear: it was being committed just then. */
export type Side = 'inside' | 'outside' | 'unclear';

/** A consistent snapshot of the source, and which transactions are in it. */
export interface Snapshot {
  /** For people: the GTID set, or file and offset. */
  readonly position: string;
  side(at: MessagePlace): Side;
  /** Whether a cluster with this position has everything in Kafka that the snapshot may hold. */
  isReached(record: PositionRecord): boolean;
}

export interface SnapshotOptions {
  readonly session: SourceSession;
  readonly usesGtid: boolean;
  /** Runs something while no transaction on the table is half committed; null: snapshots are taken without a lock. */
  readonly locked: (<T>(job: () => Promise<T>) => Promise<T>) | null;
}

/**
 * From the binlog to the end of its commit a transaction takes milliseconds. Where nothing more comes into the binlog for
 * this long, what was in it is committed.
 */
const COMMIT_MS = 300;
const POLL_MS = 20;

const START = 'START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY';

/** What every snapshot that is taken from now on holds. */
export async function readCommitted({
  session,
  usesGtid,
}: SnapshotOptions): Promise<(at: MessagePlace) => boolean> {
  const position = await readCurrentPosition(session.query, session.identity, usesGtid);
  const snapshot = exactSnapshot(position, session.identity.id);
  return (at) => snapshot.side(at) === 'inside';
}

/** Begins a transaction with a snapshot. End it by ROLLBACK. */
export async function takeSnapshot(options: SnapshotOptions): Promise<Snapshot> {
  const { session, usesGtid, locked } = options;
  if (session.identity.flavor === 'mariadb') return mariadbSnapshot(options);
  if (locked)
    return locked(async () => {
      const position = await readCurrentPosition(session.query, session.identity, usesGtid);
      await session.query(START);
      return exactSnapshot(position, session.identity.id);
    });
  return usesGtid ? mysqlGtidSnapshot(session) : mysqlFileSnapshot(session);
}

/** The server tells where in its binlog the snapshot stands. */
async function mariadbSnapshot({ session, usesGtid }: SnapshotOptions): Promise<Snapshot> {
  const { query, identity } = session;
  await query(START);
  const rows = await query("SHOW SESSION STATUS LIKE 'binlog_snapshot_%'");
  const value = (name: string): string =>
    rows.find((row) => row['Variable_name']?.toLowerCase() === `binlog_snapshot_${name}`)?.['Value'] ?? '';
  const coordinates = { file: value('file'), offset: Number(value('position')) };
  if (coordinates.file === '')
    throw new HeavisideError(
      'VERIFY_IMPOSSIBLE',
      'the server does not tell where its snapshot stands in the binlog',
    );
  if (!usesGtid) return exactSnapshot({ gtids: null, coordinates }, identity.id);
  const [row] = await query('SELECT BINLOG_GTID_POS(?, ?) AS gtids', [coordinates.file, coordinates.offset]);
  return exactSnapshot({ gtids: parseGtidSet('mariadb', row?.['gtids'] ?? ''), coordinates }, identity.id);
}

/**
 * MySQL does not tell, so it is hemmed in: what was executed before the snapshot is inside; what comes into the binlog
 * behind its end of just after the snapshot is outside; what is between was being committed.
 */
async function mysqlGtidSnapshot({ query, identity }: SourceSession): Promise<Snapshot> {
  const before = await executed(query);
  await query(START);
  const { coordinates } = await readCurrentPosition(query, identity, true);
  if (!coordinates) throw new HeavisideError('SOURCE_BINLOG_OFF', 'the source writes no binlog');
  const next = await nextTransaction(query, coordinates);
  const after = await executed(query);
  return {
    position: before.toString(),
    side(at) {
      if (before.has(at.transactionId)) return 'inside';
      if (next !== null && next.origin === at.origin)
        return at.sequence < next.sequence ? 'unclear' : 'outside';
      return after.has(at.transactionId) ? 'unclear' : 'outside';
    },
    isReached(record) {
      const reached = replicated(record);
      return next === null ? reached.contains(after) : reached.has(next.transactionId);
    },
  };
}

async function mysqlFileSnapshot({ query, identity }: SourceSession): Promise<Snapshot> {
  const look = async (): Promise<BinlogCoordinates> => {
    const { coordinates } = await readCurrentPosition(query, identity, false);
    if (!coordinates) throw new HeavisideError('SOURCE_BINLOG_OFF', 'the source writes no binlog');
    return coordinates;
  };
  const before = await look();
  await sleep(COMMIT_MS);
  await query(START);
  const after = await look();
  const least = binlogSequence(before.file, before.offset);
  const most = binlogSequence(after.file, after.offset);
  return {
    position: `${before.file}:${before.offset}`,
    side: ({ sequence }) => (sequence < least ? 'inside' : sequence < most ? 'unclear' : 'outside'),
    isReached: (record) => isPast(record, after, identity.id),
  };
}

/** A snapshot that holds what is before the position and nothing else. */
function exactSnapshot({ gtids, coordinates }: Position, sourceId: string): Snapshot {
  if (gtids === null) {
    const place = coordinates ?? { file: '', offset: 0 };
    const end = binlogSequence(place.file, place.offset);
    return {
      position: `${place.file}:${place.offset}`,
      side: ({ sequence }) => (sequence < end ? 'inside' : 'outside'),
      isReached: (record) => isPast(record, place, sourceId),
    };
  }
  return {
    position: gtids.toString(),
    side: ({ transactionId }) => (holds(gtids, transactionId) ? 'inside' : 'outside'),
    isReached: (record) =>
      record.gtidSet !== null &&
      (gtids.flavor === 'mysql'
        ? replicated(record).contains(gtids)
        : parseGtidSet('mariadb', record.gtidSet).contains(gtids)),
  };
}

const holds = (gtids: GtidSet, gtid: string): boolean =>
  gtids instanceof MysqlGtidSet ? gtids.has(gtid) : gtids.contains(parseGtidSet(gtids.flavor, gtid));

async function executed(query: Query): Promise<MysqlGtidSet> {
  const [row] = await query('SELECT @@GLOBAL.gtid_executed AS gtids');
  return MysqlGtidSet.parse(row?.['gtids'] ?? '');
}

/** What is replicated, with the prepared XA transactions, which a source counts as executed. */
function replicated({ gtidSet, prepared = [] }: PositionRecord): MysqlGtidSet {
  return prepared.reduce((set, { id }) => set.add(id), MysqlGtidSet.parse(gtidSet ?? ''));
}

function isPast(
  { source, file, offset }: PositionRecord,
  place: BinlogCoordinates,
  sourceId: string,
): boolean {
  if (source.id !== sourceId)
    throw new HeavisideError('VERIFY_IMPOSSIBLE', 'the position of the cluster is one of another server');
  return file !== null && binlogSequence(file, offset ?? 0) >= binlogSequence(place.file, place.offset);
}

/** The transaction that stands in the binlog at a place; null where none comes for a while. */
async function nextTransaction(
  query: Query,
  { file, offset }: BinlogCoordinates,
): Promise<MessagePlace | null> {
  const deadline = performance.now() + COMMIT_MS;
  while (performance.now() < deadline) {
    const [event] = await query(`SHOW BINLOG EVENTS IN '${file}' FROM ${offset} LIMIT 1`);
    const gtid = /'([0-9a-f-]{36}:[^']+)'/i.exec(event?.['Info'] ?? '')?.[1];
    if (gtid) return parseMessageId(`${gtid.toLowerCase()}#0`, 'mysql', true);
    await sleep(POLL_MS);
  }
  return null;
}
