import { tableLabel, type SnapshotProgress, type SnapshotTask } from '../model/snapshot-progress.ts';
import { remember } from './progress-steps.ts';

/** What an operator asks for. The id names it: no request is carried out twice. */
export type SnapshotRequest =
  | {
      readonly id: string;
      /** When it was made: clock of the one who asked, milliseconds since 1970. Requests are carried out in this order. */
      readonly at: number;
      readonly action: 'start';
      readonly database: string;
      readonly table: string;
      readonly where: string | null;
      readonly comment: string | null;
    }
  | {
      readonly id: string;
      readonly at: number;
      readonly action: 'pause' | 'resume' | 'cancel';
      /** `database.table`, or the id of a snapshot; null: all. */
      readonly target: string | null;
    };

const isMeant = (task: SnapshotTask, target: string | null): boolean =>
  target === null || task.id === target || (task.table !== null && tableLabel(task.table) === target);

/** A task before its first step. */
export const newTask = (
  asked: Pick<SnapshotTask, 'id' | 'origin' | 'table' | 'where' | 'comment' | 'askedAt' | 'bootstrapRow'>,
): SnapshotTask => ({
  ...asked,
  isPaused: false,
  at: null,
  after: null,
  tablesDone: 0,
  rowsDone: 0,
});

/** The progress with the request carried out; the same where it was carried out before. */
export function carryOut(progress: SnapshotProgress, request: SnapshotRequest): SnapshotProgress {
  const { id } = request;
  if (progress.handled.includes(id) || progress.tasks.some((task) => task.id === id)) return progress;
  const handled = [...progress.handled, id];
  const { tasks } = progress;
  if (request.action === 'start') {
    const { database, table, where, comment, at: askedAt } = request;
    const task = newTask({ id, origin: 'request', table: { database, table }, where, comment, askedAt });
    return { ...progress, tasks: [...tasks, task], handled };
  }
  const { action, target } = request;
  const meant = tasks.filter((task) => isMeant(task, target));
  if (action === 'cancel') {
    const rest = tasks.filter((task) => !meant.includes(task));
    return remember({ ...progress, tasks: rest, handled }, meant);
  }
  const isPaused = action === 'pause';
  return {
    ...progress,
    tasks: tasks.map((task) => (meant.includes(task) ? { ...task, isPaused } : task)),
    handled,
  };
}

/** The snapshot of every table, of a cluster that starts for the first time. */
export function initialProgress(askedAt: number): SnapshotProgress {
  const id = `initial-${askedAt}`;
  const task = newTask({ id, origin: 'initial', table: null, where: null, comment: null, askedAt });
  return { tasks: [task], handled: [] };
}

/** Parses a request as it was stored; null where it is none. */
export function parseRequest(text: string): SnapshotRequest | null {
  try {
    const value = JSON.parse(text) as Record<string, unknown>;
    const isText = (name: string): boolean => typeof value[name] === 'string';
    const isTextOrNull = (name: string): boolean => value[name] === null || isText(name);
    if (!isText('id') || typeof value['at'] !== 'number') return null;
    if (value['action'] === 'start') {
      const isWhole =
        isText('database') && isText('table') && isTextOrNull('where') && isTextOrNull('comment');
      return isWhole ? (value as unknown as SnapshotRequest) : null;
    }
    const isKnown = ['pause', 'resume', 'cancel'].includes(String(value['action']));
    return isKnown && isTextOrNull('target') ? (value as unknown as SnapshotRequest) : null;
  } catch {
    return null;
  }
}
