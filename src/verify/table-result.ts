/** A row that differs. Holds its key, and no other value. */
export interface Difference {
  /** changed: both have it, with other values; missing: the topic lacks it; extra: the source lacks it. */
  readonly kind: 'changed' | 'missing' | 'extra';
  /** The primary key by column, in canonical form; null where the table has none, or the key cannot be told. */
  readonly key: Readonly<Record<string, string | null>> | null;
  /** The columns that differ; only of a changed row. */
  readonly columns?: readonly string[];
  /** The last record of the row; null where there is none. */
  readonly record: { readonly topic: string; readonly partition: number; readonly offset: number } | null;
}

/** What was found of one table. */
export interface TableResult {
  /** `database.table` */
  readonly table: string;
  readonly isEqual: boolean;
  /** The snapshot: GTID set, or file and offset. */
  readonly position: string;
  /** Rows of the source (those of --where). */
  readonly sourceRows: number;
  /** Rows that a consumer of the topic holds (those that --where does not leave out). */
  readonly topicRows: number;
  readonly matchedRows: number;
  readonly mismatchedRows: number;
  readonly missingRows: number;
  readonly extraRows: number;
  /** Rows of the source that are older than the topic: no record tells of them. */
  readonly notCoveredRows: number;
  /** --max: the largest value of the column on both sides; null where there is none. */
  readonly max: {
    readonly column: string;
    readonly source: string | null;
    readonly topic: string | null;
  } | null;
  /** Columns that some records do not hold, because they are older than the column or the source logs parts of rows. */
  readonly uncomparedColumns: Readonly<Record<string, number>>;
  /** The first ones, as many as --show says. */
  readonly differences: readonly Difference[];
  readonly topics: readonly string[];
  /** Whether the topics still hold their first records. */
  readonly isWholeTopic: boolean;
  /** Records of the table that were read. */
  readonly records: number;
  /** Snapshots that were needed until one was clear. */
  readonly snapshots: number;
  readonly seconds: number;
  /** ISO 8601. */
  readonly at: string;
}
