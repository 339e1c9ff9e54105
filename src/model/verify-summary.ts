/** What every replica's metrics tell of the last `heaviside verify` of a table. */
export interface VerifySummary {
  /** `database.table` */
  readonly table: string;
  readonly mismatchedRows: number;
  readonly missingRows: number;
  readonly extraRows: number;
  readonly notCoveredRows: number;
  readonly sourceRows: number;
  readonly seconds: number;
  /** Seconds since 1970: when it ended. */
  readonly endedAt: number;
  /** The same of the last one that found both sides equal; null: none did. */
  readonly equalAt: number | null;
}
