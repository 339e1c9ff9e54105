import type { SnapshotProgress } from '../model/snapshot-progress.ts';
import { newTask } from './snapshot-request.ts';

/** A row of Maxwell's bootstrap table that is not complete. */
export interface BootstrapRow {
  readonly id: string;
  readonly database: string;
  readonly table: string;
  readonly where: string | null;
  readonly comment: string | null;
  /** Whether its started_at lies in the future: it asks for nothing before. */
  readonly isPutOff: boolean;
  readonly hasStarted: boolean;
  readonly insertedRows: number;
}

/**
 * The progress as the table wants it: a task for each row that is new, none for a row that is complete or gone, and of
 * those that are done with no memory; the same object where nothing is to be changed.
 * @param rows all that are not complete, in the order in which they are to be read
 * @param now clock of the leader, milliseconds since 1970
 */
export function followRows(
  progress: SnapshotProgress,
  rows: readonly BootstrapRow[],
  now: number,
): SnapshotProgress {
  const asked = new Set(rows.map(({ id }) => id));
  const tasks = progress.tasks.filter(({ bootstrapRow: row }) => row === undefined || asked.has(row));
  const before = progress.bootstrapped ?? [];
  const bootstrapped = before.filter(({ row }) => asked.has(row));
  const known = new Set([...tasks.map(({ bootstrapRow }) => bootstrapRow), ...before.map(({ row }) => row)]);
  const fresh = rows.filter(({ id, isPutOff }) => !isPutOff && !known.has(id));
  const isGone = tasks.length < progress.tasks.length || bootstrapped.length < before.length;
  if (fresh.length === 0 && !isGone) return progress;
  const added = fresh.map(({ id: row, database, table, where, comment }) =>
    newTask({
      // A row that is asked for once more, by is_complete=0, is another snapshot.
      id: `bootstrap-${row}-${now}`,
      origin: 'bootstrap',
      bootstrapRow: row,
      table: { database, table },
      where,
      comment,
      askedAt: now,
    }),
  );
  const { bootstrapped: _, ...rest } = progress;
  return { ...rest, tasks: [...tasks, ...added], ...(bootstrapped.length === 0 ? {} : { bootstrapped }) };
}
