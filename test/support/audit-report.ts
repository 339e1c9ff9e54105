/** What the audit counts; all but the first four must be zero. */
export interface AuditCounts {
  /** Source transactions that were acknowledged and have visible rows. */
  committedTransactions: number;
  /** Row changes that the stream must show. */
  committedRows: number;
  /** Records that the reader got. */
  kafkaRows: number;
  /** Records whose message_id and every value are right, each once. */
  exactRows: number;
  /** Row changes without a record. */
  lost: number;
  /** Records whose message_id was there before. */
  duplicated: number;
  /** Records whose message_id the source never acknowledged. */
  phantom: number;
  /** Records that differ in database, table, type, key or any column's value or `old`. */
  wrongValues: number;
  /** Records behind a later one: of their partition in commit order, or of their key by `ver`. */
  outOfOrder: number;
  /** Transactions of which some rows are there and some are not. */
  halfTransactions: number;
  /** Records whose xid, xoffset or commit is wrong. */
  envelopeFaults: number;
  /** Records of an epoch behind a record of a later epoch in their partition. */
  epochRegressions: number;
  /** Rows in which the fold of the stream and SELECT * of the source differ. */
  foldDifferences: number;
}

/** The result of an audit. */
export interface AuditReport extends AuditCounts {
  /** True when nothing is wrong, and everything was compared. */
  readonly isClean: boolean;
  /** The first findings in words, at most 20. */
  readonly findings: readonly string[];
}

const TOTALS = ['committedTransactions', 'committedRows', 'kafkaRows', 'exactRows'] as const;
const MAX_FINDINGS = 20;

/** Counts findings and keeps the first in words. */
export class AuditFindings {
  readonly counts: AuditCounts = {
    committedTransactions: 0,
    committedRows: 0,
    kafkaRows: 0,
    exactRows: 0,
    lost: 0,
    duplicated: 0,
    phantom: 0,
    wrongValues: 0,
    outOfOrder: 0,
    halfTransactions: 0,
    envelopeFaults: 0,
    epochRegressions: 0,
    foldDifferences: 0,
  };
  readonly #findings: string[] = [];

  add(kind: Exclude<keyof AuditCounts, (typeof TOTALS)[number]>, what: string): void {
    this.counts[kind] += 1;
    if (this.#findings.length < MAX_FINDINGS) this.#findings.push(`${kind}: ${what}`);
  }

  report(): AuditReport {
    const totals: readonly string[] = TOTALS;
    const faults = Object.entries(this.counts).filter(
      ([name, count]) => !totals.includes(name) && count !== 0,
    );
    const { committedRows, kafkaRows, exactRows } = this.counts;
    const isComplete = committedRows === kafkaRows && kafkaRows === exactRows;
    return { ...this.counts, isClean: faults.length === 0 && isComplete, findings: this.#findings };
  }
}
