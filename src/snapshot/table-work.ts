import type { TablePlan } from '../encode/table-plan.ts';
import type { SnapshotCursor, SnapshotTableName, SnapshotTask } from '../model/snapshot-progress.ts';
import type { TableVersion } from '../model/table.ts';
import type { Log } from '../observability/log.ts';
import type { Boundary } from './boundary.ts';
import type { ChunkReader } from './chunk-reader.ts';
import { ChunkSize } from './chunk-size.ts';
import type { SnapshotState } from './snapshot-state.ts';
import type { SnapshotStats } from './snapshot-stats.ts';
import type { SnapshotTable } from './snapshot-table.ts';
import type { TableWatch } from './table-watch.ts';

/** What reads a table needs. */
export type SnapshotReader = Pick<ChunkReader, 'tables' | 'describe' | 'read' | 'readPass' | 'destroy'>;

/** What the reading of a table shares with whoever runs it. */
export interface WorkContext {
  readonly boundary: Boundary;
  readonly state: SnapshotState;
  readonly stats: SnapshotStats;
  readonly log: Log;
  readonly createPlan: (table: TableVersion) => TablePlan;
  /** Plain inserts, no marks. */
  readonly asInserts: boolean;
}

/** A table at one step of its snapshot. */
export interface TableStep {
  readonly task: SnapshotTask;
  readonly cursor: SnapshotCursor;
  readonly table: SnapshotTable;
  readonly reader: SnapshotReader;
  readonly open: OpenTable;
}

/** What came of a step: rows written, and whether the table is done with. `thrown`: nothing was written, why. */
export type StepOutcome =
  | { readonly kind: 'written'; readonly rows: number; readonly isLast: boolean }
  | { readonly kind: 'thrown'; readonly isForeign: boolean };

/** The table at hand, as it is known to this process. */
export class OpenTable {
  readonly taskId: string;
  readonly watch: TableWatch;
  readonly size: ChunkSize;
  /** Null: to be read (again) from the catalogue. */
  table: SnapshotTable | null = null;
  /** Chunks thrown away in a row because the stream's key has another form. */
  foreign = 0;

  constructor(taskId: string, watch: TableWatch, rowsPerSecond: number | null) {
    this.size = new ChunkSize(rowsPerSecond);
    this.taskId = taskId;
    this.watch = watch;
  }

  isOf(taskId: string, { database, table }: SnapshotTableName): boolean {
    const { watch } = this;
    return this.taskId === taskId && watch.table.table === table && watch.table.database === database;
  }
}
