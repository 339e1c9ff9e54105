import type {
  SnapshotCursor,
  SnapshotProgress,
  SnapshotTableName,
  SnapshotTask,
} from '../model/snapshot-progress.ts';

export const noProgress: SnapshotProgress = { tasks: [], handled: [] };

/** The progress with one task changed; null removes it. */
export function withTask(
  progress: SnapshotProgress,
  id: string,
  change: (task: SnapshotTask) => SnapshotTask | null,
): SnapshotProgress {
  const tasks = progress.tasks.flatMap((task) => (task.id === id ? (change(task) ?? []) : [task]));
  return { ...progress, tasks };
}

export const beginTable = (table: SnapshotTableName, estimatedRows: number): SnapshotCursor => ({
  ...table,
  key: [],
  last: null,
  chunk: 0,
  rows: 0,
  estimatedRows,
});

/** The table at hand is done with: of a task of one table, so is the task. */
export function endTable(task: SnapshotTask): SnapshotTask | null {
  if (task.table !== null || task.at === null) return null;
  const { database, table, rows } = task.at;
  return {
    ...task,
    at: null,
    after: { database, table },
    tablesDone: task.tablesDone + 1,
    rowsDone: task.rowsDone + rows,
  };
}

/** The table at hand is done with, as `at` has it. */
export function withEnd(progress: SnapshotProgress, id: string, at: SnapshotCursor): SnapshotProgress {
  const after = withTask(progress, id, (task) => endTable({ ...task, at }));
  const over = progress.tasks.filter((task) => task.id === id && !after.tasks.some((each) => each.id === id));
  return remember(
    after,
    over.map((task) => ({ ...task, at })),
  );
}

/** Rows of the bootstrap table whose tasks are over are not to be carried out again. */
export function remember(progress: SnapshotProgress, over: readonly SnapshotTask[]): SnapshotProgress {
  const rows = over.flatMap(({ bootstrapRow: row, at }) =>
    row === undefined ? [] : [{ row, rows: at?.rows ?? 0 }],
  );
  return rows.length === 0
    ? progress
    : { ...progress, bootstrapped: [...(progress.bootstrapped ?? []), ...rows] };
}

const order = (a: SnapshotTableName, b: SnapshotTableName): number => {
  if (a.database !== b.database) return a.database < b.database ? -1 : 1;
  return a.table === b.table ? 0 : a.table < b.table ? -1 : 1;
};

/** The table that follows in the order of names. */
export function nextTable(
  tables: readonly SnapshotTableName[],
  after: SnapshotTableName | null,
): SnapshotTableName | null {
  const rest = tables.filter((table) => after === null || order(table, after) > 0);
  return rest.sort(order)[0] ?? null;
}

/** The task that is worked on now: the first that is not paused. */
export function currentTask(progress: SnapshotProgress): SnapshotTask | null {
  return progress.tasks.find(({ isPaused }) => !isPaused) ?? null;
}
