import {
  progressOrNull,
  type SnapshotCursor,
  type SnapshotProgress,
  type SnapshotTask,
} from '../model/snapshot-progress.ts';
import type { Boundary } from './boundary.ts';
import { noProgress, withTask } from './progress-steps.ts';

/** The progress of all snapshots; changed at boundaries of the stream alone, so that every position record tells what stands beside it. */
export class SnapshotState {
  #progress: SnapshotProgress;
  readonly #boundary: Boundary;
  readonly #onChange: (progress: SnapshotProgress | null) => void;

  constructor(
    progress: SnapshotProgress | null,
    boundary: Boundary,
    onChange: (progress: SnapshotProgress | null) => void,
  ) {
    this.#progress = progress ?? noProgress;
    this.#boundary = boundary;
    this.#onChange = onChange;
    onChange(this.record);
  }

  get progress(): SnapshotProgress {
    return this.#progress;
  }

  /** What belongs into the position record; null: nothing. */
  get record(): SnapshotProgress | null {
    return progressOrNull(this.#progress);
  }

  /** Whether the task is still asked for. */
  isWanted(taskId: string): boolean {
    return this.#progress.tasks.some(({ id, isPaused }) => id === taskId && !isPaused);
  }

  /** Only at a boundary. */
  set(progress: SnapshotProgress): void {
    this.#progress = progress;
    this.#onChange(this.record);
  }

  /** Only at a boundary. */
  setTask(id: string, change: (task: SnapshotTask) => SnapshotTask | null): void {
    this.set(withTask(this.#progress, id, change));
  }

  /** Only at a boundary. */
  moveTo(id: string, at: SnapshotCursor): void {
    this.setTask(id, (task) => ({ ...task, at }));
  }

  /** At the next boundary. */
  change(change: (progress: SnapshotProgress) => SnapshotProgress): Promise<void> {
    return this.#boundary.next(() => {
      this.set(change(this.#progress));
      return { value: undefined };
    });
  }
}
