import { tableLabel, type SnapshotProgress } from '../model/snapshot-progress.ts';
import type { SnapshotReadings } from '../observability/metric-definition.ts';
import { SlidingWindow } from '../observability/sliding-window.ts';
import { currentTask } from './progress-steps.ts';

/** A snapshot as status page and metrics show it. */
export interface SnapshotView {
  readonly id: string;
  /** `database.table`; of a snapshot of several tables the one that is read, null between two. */
  readonly table: string | null;
  readonly state: 'waiting' | 'paused' | 'running';
  /** Rows of the table at hand that are written, and the server's estimate of all of them. */
  readonly rows: number;
  readonly estimatedRows: number | null;
  readonly tablesDone: number;
  /** Rows of tables that are done with. */
  readonly rowsDone: number;
  readonly chunk: number;
  readonly rowsPerSecond: number;
  /** By rate and estimate; null where that cannot be told. */
  readonly secondsLeft: number | null;
}

/** What a replica's snapshots did since it started. */
export class SnapshotStats {
  /** Rows written, chunks written, chunks thrown away and read again, rows left out because the stream had a newer state. */
  rows = 0;
  chunks = 0;
  discarded = 0;
  overtaken = 0;
  /** Why the last snapshot that failed did. */
  lastError: { readonly table: string; readonly message: string } | null = null;
  /** Why no chunk is being read now: lag or rate; null: none of these. */
  brake: 'lag' | 'rate' | null = null;
  progress: SnapshotProgress | null = null;
  readonly #rate = new SlidingWindow({ now: () => performance.now() });

  wrote(rows: number, overtaken: number): void {
    this.rows += rows;
    this.overtaken += overtaken;
    this.chunks++;
    this.#rate.record(this.rows);
  }

  readings(isLeader: boolean): SnapshotReadings {
    const { rows, chunks, discarded, overtaken } = this;
    const views = isLeader ? this.views() : [];
    const current = views.find(({ state }) => state === 'running');
    return {
      rows,
      chunks,
      discarded,
      overtaken,
      tasks: isLeader ? views.length : null,
      tableRows: current?.rows ?? null,
      tableEstimate: current?.estimatedRows ?? null,
      secondsLeft: current?.secondsLeft ?? null,
    };
  }

  views(): SnapshotView[] {
    const tasks = this.progress?.tasks ?? [];
    const first = this.progress === null ? null : currentTask(this.progress);
    this.#rate.record(this.rows);
    const rate = this.#rate.ratePerSecond();
    return tasks.map((task) => {
      const isRunning = task === first;
      const name = task.at ?? task.table;
      const left = task.at === null ? null : Math.max(0, task.at.estimatedRows - task.at.rows);
      return {
        id: task.id,
        table: name === null ? null : tableLabel(name),
        state: task.isPaused ? 'paused' : isRunning ? 'running' : 'waiting',
        rows: task.at?.rows ?? 0,
        estimatedRows: task.at?.estimatedRows ?? null,
        tablesDone: task.tablesDone,
        rowsDone: task.rowsDone,
        chunk: task.at?.chunk ?? 0,
        rowsPerSecond: isRunning ? Math.round(rate) : 0,
        secondsLeft: isRunning && rate > 0 && left !== null ? Math.round(left / rate) : null,
      };
    });
  }
}
