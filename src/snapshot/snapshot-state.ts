import {
  progressOrNull,
  type SnapshotCursor,
  type SnapshotProgress,
  type SnapshotTask,
} from '../model/snapshot-progress.ts';
import type { Boundary } from './boundary.ts';
import { noProgress, withEnd, withTask } from './progress-steps.ts';
import { hasReached, type Watermark } from './stream-place.ts';

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

  /** The table at hand is done with. Only at a boundary. */
  endTable(id: string, at: SnapshotCursor): void {
    this.set(withEnd(this.#progress, id, at));
  }

  /**
   * At the next boundary.
   * @param mark not before the stream has handed out all that is in front of it
   */
  change(
    change: (progress: SnapshotProgress) => SnapshotProgress,
    mark: Watermark | null = null,
  ): Promise<void> {
    return this.#boundary.next<undefined>((place) => {
      if (mark !== null && !hasReached(place, mark)) return 'later';
      this.set(change(this.#progress));
      return { value: undefined };
    });
  }
}
