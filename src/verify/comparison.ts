import type { CanonicalRow } from './row-change.ts';
import type { RecordPlace } from './row-table.ts';
import type { FoldedRecord } from './topic-history.ts';

/**
 * A row of the source that no record tells of, seen by its AUTO_INCREMENT key: inserted before the topic begins, in its
 * first seconds, or later. unknown: there is no such key.
 */
export type NeverSeen = 'older' | 'between' | 'newer' | 'unknown';

/** What became of a row of the source. */
export type Finding =
  | { readonly kind: 'equal' }
  | { readonly kind: 'changed'; readonly at: RecordPlace }
  | { readonly kind: 'missing'; readonly at: RecordPlace }
  | { readonly kind: 'never-seen'; readonly why: NeverSeen };

/** The rows of a topic, folded, against those of the source. */
export interface Comparison {
  /** Records that were folded. */
  readonly records: number;
  /** Seconds since 1970: when the oldest change that the topic tells of was committed; null without one. */
  readonly firstSeconds: number | null;
  /** How many rows could not be compared in a column, by column. */
  readonly uncompared: readonly number[];
  fold(record: FoldedRecord): void;
  /** A row of the source, once each. */
  compare(row: CanonicalRow): Finding;
  /** Whether rows that --where leaves out can still explain rows of the topic. */
  readonly mayLeaveOut: boolean;
  /** A row of the source that --where leaves out; only its key is given where the table has one. */
  leaveOut(row: CanonicalRow): void;
  /** Rows of the topic that no row of the source was compared with; their last records. */
  extra(): Iterable<{ readonly at: RecordPlace }>;
}
