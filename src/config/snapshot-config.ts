import type { OptionValues } from './options.ts';

export const snapshotConfig = (v: OptionValues) => ({
  isInitial: v.snapshot_mode === 'initial',
  /** Rules of the filter's form; null: every table that the filter includes. */
  tables: v.snapshot_tables,
  asInserts: v.snapshot_as_inserts,
  /** Null: no limit. */
  maxRowsPerSecond: v.snapshot_max_rows_per_second === 0 ? null : v.snapshot_max_rows_per_second,
  maxLagSeconds: v.snapshot_max_lag_seconds,
  /** Maxwell's bootstrap table; null: it is not looked at. */
  bootstrap:
    v.bootstrapper === 'none'
      ? null
      : {
          database: v.schema_database,
          // Another replication_host is a replica: a write there would be a transaction that its source does not have.
          isWritten: v.replication_host === null,
        },
});
