import type { OptionValues } from './options.ts';

export const snapshotConfig = (v: OptionValues) => ({
  isInitial: v.snapshot_mode === 'initial',
  /** Rules of the filter's form; null: every table that the filter includes. */
  tables: v.snapshot_tables,
  asInserts: v.snapshot_as_inserts,
  /** Null: no limit. */
  maxRowsPerSecond: v.snapshot_max_rows_per_second === 0 ? null : v.snapshot_max_rows_per_second,
  maxLagSeconds: v.snapshot_max_lag_seconds,
});
