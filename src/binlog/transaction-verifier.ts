import { HeavisideError } from '../errors.ts';
import { formatMariadbGtid, MariadbGtidSet, parseMariadbGtid } from '../model/mariadb-gtid-set.ts';
import { MysqlGtidSet } from '../model/mysql-gtid-set.ts';
import type { BinlogCoordinates, Position } from '../model/position.ts';
import type { SourceTransaction } from '../model/transaction.ts';
import type { Query } from './mysql-client.ts';

/** The last transaction of a position, as it was seen when it was replicated. */
export interface VerifiedTransaction {
  /** `SourceTransaction.id` */
  readonly id: string;
  /** `SourceTransaction.fingerprint` */
  readonly fingerprint: string;
}

export interface VerificationPlan {
  /** Where to read from, so that the transaction comes once more. */
  readonly from: Position;
  readonly verifier: TransactionVerifier;
}

/**
 * Meets the last replicated transaction once more: drops it where it is the same, and fails where the source carries another one
 * in its place.
 */
export class TransactionVerifier {
  readonly #expected: VerifiedTransaction | null;
  /** MariaDB: the domain whose next transaction must be the expected one; by file, the only "domain" there is. */
  readonly #isNext: (transaction: SourceTransaction) => boolean;
  /** By file: what ends at or before this was replicated. */
  readonly #until: BinlogCoordinates | null;
  #isPending: boolean;

  constructor(
    expected: VerifiedTransaction | null,
    isNext: (transaction: SourceTransaction) => boolean = () => false,
    until: BinlogCoordinates | null = null,
  ) {
    this.#expected = expected;
    this.#isNext = isNext;
    this.#until = until;
    this.#isPending = expected !== null;
  }

  /** Id of the transaction that is waited for. */
  get pendingId(): string | null {
    return this.#isPending ? (this.#expected?.id ?? null) : null;
  }

  /**
   * Whether a transaction is to be given out.
   * @throws HeavisideError SOURCE_HISTORY_CHANGED
   */
  admits(transaction: SourceTransaction): boolean {
    if (this.#isPending && this.#expected !== null) {
      const isExpected = transaction.id === this.#expected.id;
      if (!isExpected && this.#isNext(transaction))
        throw changed(this.#expected.id, `comes ${transaction.id} instead`);
      if (isExpected) {
        this.#isPending = false;
        if (transaction.fingerprint !== this.#expected.fingerprint)
          throw changed(this.#expected.id, 'has other content');
        return false;
      }
    }
    const until = this.#until;
    return until === null || transaction.end.file !== until.file || transaction.end.offset > until.offset;
  }
}

const changed = (id: string, what: string): HeavisideError =>
  new HeavisideError('SOURCE_HISTORY_CHANGED', `where ${id} was replicated, ${what} on this source`);

async function planMysql(
  query: Query,
  from: Position,
  gtids: MysqlGtidSet,
  expected: VerifiedTransaction,
): Promise<VerificationPlan> {
  const [row] = await query('SELECT GTID_SUBSET(?, @@GLOBAL.gtid_purged) AS isPurged', [expected.id]);
  if (row?.['isPurged'] !== '0' || !gtids.has(expected.id)) return unverified(from);
  return { from: { ...from, gtids: gtids.remove(expected.id) }, verifier: new TransactionVerifier(expected) };
}

async function planMariadb(
  query: Query,
  from: Position,
  gtids: MariadbGtidSet,
  expected: VerifiedTransaction,
): Promise<VerificationPlan> {
  const last = parseMariadbGtid(expected.id);
  const isLast = gtids.gtids().some((gtid) => formatMariadbGtid(gtid) === formatMariadbGtid(last));
  const [oldest] = await query('SHOW BINARY LOGS');
  const [row] = await query('SELECT BINLOG_GTID_POS(?, 4) AS gtids', [oldest?.['Log_name'] ?? '']);
  const purged = MariadbGtidSet.parse(row?.['gtids'] ?? '').gtids();
  const before = purged.find((gtid) => gtid.domainId === last.domainId);
  if (!isLast || (before !== undefined && before.sequence >= last.sequence)) return unverified(from);
  const domain = `${last.domainId}-`;
  const previous = formatMariadbGtid({ ...last, sequence: last.sequence - 1n });
  const isFirst = last.sequence <= 1n;
  if (isFirst && before !== undefined) return unverified(from);
  const asked = isFirst ? gtids.removeDomain(last.domainId) : gtids.add(previous);
  return {
    from: { ...from, gtids: asked },
    verifier: new TransactionVerifier(expected, (transaction) => transaction.id.startsWith(domain)),
  };
}

function planFile(from: Position, expected: VerifiedTransaction): VerificationPlan {
  const [, file, offset] = /^(.+):(\d+)$/.exec(expected.id) ?? [];
  const { coordinates } = from;
  if (coordinates === null || file !== coordinates.file || Number(offset) >= coordinates.offset)
    return unverified(from);
  const start = { file: coordinates.file, offset: Number(offset) };
  return {
    from: { ...from, coordinates: start },
    verifier: new TransactionVerifier(expected, () => true, coordinates),
  };
}

const unverified = (from: Position): VerificationPlan => ({ from, verifier: new TransactionVerifier(null) });

/**
 * Where to start so that the last transaction of the position is read again. Where that cannot be (it was purged, or it is not
 * the last of its domain or file), the stream starts at the position, unverified.
 */
export async function planVerification(
  query: Query,
  from: Position,
  expected: VerifiedTransaction | null,
): Promise<VerificationPlan> {
  if (expected === null) return unverified(from);
  if (from.gtids instanceof MysqlGtidSet) return planMysql(query, from, from.gtids, expected);
  if (from.gtids instanceof MariadbGtidSet) return planMariadb(query, from, from.gtids, expected);
  return planFile(from, expected);
}
