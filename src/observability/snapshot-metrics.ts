import type { MetricDefinition } from './metric-definition.ts';

/** What snapshots do; computed at a scrape. */
export const snapshotMetrics: readonly MetricDefinition[] = [
  {
    name: 'heaviside_snapshot_rows_total',
    kind: 'counter',
    help: 'Rows that snapshots have written.',
    read: ({ readings }) => readings.snapshots.rows,
  },
  {
    name: 'heaviside_snapshot_chunks_total',
    kind: 'counter',
    help: 'Chunks that snapshots have written.',
    read: ({ readings }) => readings.snapshots.chunks,
  },
  {
    name: 'heaviside_snapshot_chunks_discarded_total',
    kind: 'counter',
    help: 'Chunks that were thrown away and read again: the table was altered, or changed in a way that forbids it.',
    read: ({ readings }) => readings.snapshots.discarded,
  },
  {
    name: 'heaviside_snapshot_rows_overtaken_total',
    kind: 'counter',
    help: 'Rows of chunks that were left out, because the stream had brought a newer state of them.',
    read: ({ readings }) => readings.snapshots.overtaken,
  },
  {
    name: 'heaviside_snapshot_tasks',
    kind: 'gauge',
    help: 'Snapshots that are under way or wait; absent on a standby.',
    read: ({ readings }) => readings.snapshots.tasks,
  },
  {
    name: 'heaviside_snapshot_table_rows',
    kind: 'gauge',
    help: 'Rows written of the table that is being read; absent while none is.',
    read: ({ readings }) => readings.snapshots.tableRows,
  },
  {
    name: 'heaviside_snapshot_table_rows_estimated',
    kind: 'gauge',
    help: 'Rows of that table as the source estimates them.',
    read: ({ readings }) => readings.snapshots.tableEstimate,
  },
  {
    name: 'heaviside_snapshot_seconds_left',
    kind: 'gauge',
    help: 'Seconds until that table is read, by rate and estimate; absent where that cannot be told.',
    read: ({ readings }) => readings.snapshots.secondsLeft,
  },
];
