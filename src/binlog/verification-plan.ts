import {
  formatMariadbGtid,
  MariadbGtidSet,
  parseMariadbGtid,
  type MariadbGtid,
} from '../model/mariadb-gtid-set.ts';
import { MysqlGtidSet } from '../model/mysql-gtid-set.ts';
import type { Position } from '../model/position.ts';
import type { SourceTransaction } from '../model/transaction.ts';
import type { Query } from './mysql-client.ts';
import { preparedPurged, readPurgedMariadb } from './position-check.ts';
import { compareCoordinates, coordinatesOf, ReplayedDomains, ReplayedFiles } from './replayed-part.ts';
import { TransactionVerifier, type VerifiedTransaction } from './transaction-verifier.ts';

export interface VerificationPlan {
  /** Where to read from, so that the transaction comes once more, and whatever was prepared before the position. */
  readonly from: Position;
  /** When the file of `from` was opened; null where not known. */
  readonly fileCreatedAt: number | null;
  readonly verifier: TransactionVerifier;
}

async function planMysql(
  query: Query,
  from: Position,
  gtids: MysqlGtidSet,
  expected: VerifiedTransaction | null,
): Promise<VerificationPlan> {
  if (expected === null || !gtids.has(expected.id)) return unverified(from);
  const [row] = await query('SELECT GTID_SUBSET(?, @@GLOBAL.gtid_purged) AS isPurged', [expected.id]);
  if (row?.['isPurged'] !== '0') return unverified(from);
  return {
    from: { ...from, gtids: gtids.remove(expected.id) },
    fileCreatedAt: null,
    verifier: new TransactionVerifier({ ...expected, isMissedBy: () => false }),
  };
}

async function planMariadb(
  query: Query,
  from: Position,
  gtids: MariadbGtidSet,
  expected: VerifiedTransaction | null,
): Promise<VerificationPlan> {
  const prepared = from.prepared ?? [];
  if (expected === null && prepared.length === 0) return unverified(from);
  const purged = await readPurgedMariadb(query);
  const purgedOf = (domainId: number): MariadbGtid | undefined =>
    purged.find((gtid) => gtid.domainId === domainId);
  let asked = gtids;
  const domains = new Set<number>();
  for (const transaction of prepared) {
    const { domainId, sequence } = parseMariadbGtid(transaction.id);
    if ((purgedOf(domainId)?.sequence ?? -1n) >= sequence) throw preparedPurged(transaction);
    if (domains.has(domainId)) continue; // the first of the domain stands before the others
    domains.add(domainId);
    asked = transaction.after === null ? asked.removeDomain(domainId) : asked.add(transaction.after);
  }
  const before = expected === null ? null : beforeLast(gtids, parseMariadbGtid(expected.id), purgedOf);
  const replayed = new ReplayedDomains(gtids, domains);
  if (expected === null || before === null) {
    const verifier = new TransactionVerifier(null, replayed, prepared);
    return { from: { ...from, gtids: asked }, fileCreatedAt: null, verifier };
  }
  const { domainId, sequence } = parseMariadbGtid(expected.id);
  // Where the domain is read from further back, its last transaction comes anyway.
  if (!domains.has(domainId)) {
    asked = before === 'first' ? asked.removeDomain(domainId) : asked.add(formatMariadbGtid(before));
  }
  const isMissedBy = ({ id }: SourceTransaction): boolean => {
    const met = parseMariadbGtid(id);
    return met.domainId === domainId && (met.sequence >= sequence || !domains.has(domainId));
  };
  const verifier = new TransactionVerifier({ ...expected, isMissedBy }, replayed, prepared);
  return { from: { ...from, gtids: asked }, fileCreatedAt: null, verifier };
}

/** What stands before the last transaction of a position in its domain; null where it is not the last, or cannot be read again. */
function beforeLast(
  gtids: MariadbGtidSet,
  last: MariadbGtid,
  purgedOf: (domainId: number) => MariadbGtid | undefined,
): MariadbGtid | 'first' | null {
  const isLast = gtids.gtids().some((gtid) => formatMariadbGtid(gtid) === formatMariadbGtid(last));
  const before = purgedOf(last.domainId);
  if (!isLast || (before !== undefined && before.sequence >= last.sequence)) return null;
  if (last.sequence > 1n) return { ...last, sequence: last.sequence - 1n };
  return before === undefined ? 'first' : null;
}

async function planFile(
  query: Query,
  from: Position,
  options: { readonly expected: VerifiedTransaction | null; readonly fileCreatedAt: number | null },
): Promise<VerificationPlan> {
  const { coordinates, prepared = [] } = from;
  const [first] = prepared;
  const last = options.expected === null ? null : coordinatesOf(options.expected.id);
  const isKnown = coordinates !== null && last?.file === coordinates.file && last.offset < coordinates.offset;
  const expected =
    isKnown && options.expected !== null
      ? {
          ...options.expected,
          isMissedBy: ({ start }: SourceTransaction) => compareCoordinates(start, last) >= 0,
        }
      : null;
  if (first === undefined || coordinates === null) {
    const { fileCreatedAt } = options;
    if (expected === null || coordinates === null) return { ...unverified(from), fileCreatedAt };
    const verifier = new TransactionVerifier(expected, new ReplayedFiles(coordinates));
    return { from: { ...from, coordinates: last }, fileCreatedAt, verifier };
  }
  const start = coordinatesOf(first.id);
  const logs = await query('SHOW BINARY LOGS');
  if (!logs.some((log) => log['Log_name'] === start?.file)) throw preparedPurged(first);
  return {
    from: { ...from, coordinates: start },
    fileCreatedAt: first.fileCreatedAt,
    verifier: new TransactionVerifier(expected, new ReplayedFiles(coordinates), prepared),
  };
}

const unverified = (from: Position): VerificationPlan => ({
  from,
  fileCreatedAt: null,
  verifier: new TransactionVerifier(null),
});

export interface VerificationOptions {
  /** The last transaction of the position; null where it is not known. */
  readonly expected: VerifiedTransaction | null;
  /** When the file of the position was opened, by file and offset; null where not known. */
  readonly fileCreatedAt: number | null;
}

/**
 * Where to start so that the last transaction of the position is read again, and with it what was prepared before the position
 * and is not ended. Where the last transaction cannot be read again (it was purged, or it is not the last of its domain or
 * file), the stream starts at the position, unverified.
 * @throws HeavisideError XA_PREPARE_LOST where what is prepared was purged
 */
export async function planVerification(
  query: Query,
  from: Position,
  { expected, fileCreatedAt }: VerificationOptions,
): Promise<VerificationPlan> {
  if (from.gtids instanceof MysqlGtidSet) return planMysql(query, from, from.gtids, expected);
  if (from.gtids instanceof MariadbGtidSet) return planMariadb(query, from, from.gtids, expected);
  return planFile(query, from, { expected, fileCreatedAt });
}
