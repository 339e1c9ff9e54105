import { tableLabel, type SnapshotProgress, type SnapshotTask } from '../model/snapshot-progress.ts';

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
      /** Not before: clock of the leader, milliseconds since 1970; null: at once. */
      readonly notBefore: number | null;
      readonly origin: 'request' | 'bootstrap';
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

/** The progress with the request carried out; the same where it was carried out before. */
export function carryOut(progress: SnapshotProgress, request: SnapshotRequest): SnapshotProgress {
  const { id } = request;
  if (progress.handled.includes(id) || progress.tasks.some((task) => task.id === id)) return progress;
  // A row of the bootstrap table is taken where the stream passes it: it cannot come twice.
  const isFromBootstrap = request.action === 'start' && request.origin === 'bootstrap';
  const handled = isFromBootstrap ? progress.handled : [...progress.handled, id];
  if (request.action === 'start') {
    const { database, table, where, comment, notBefore, origin } = request;
    const task: SnapshotTask = {
      id,
      origin,
      table: { database, table },
      where,
      comment,
      isPaused: false,
      at: null,
      after: null,
      tablesDone: 0,
      rowsDone: 0,
      askedAt: request.at,
      notBefore,
    };
    return { tasks: [...progress.tasks, task], handled };
  }
  const { action, target } = request;
  if (action === 'cancel') return { tasks: progress.tasks.filter((task) => !isMeant(task, target)), handled };
  const isPaused = action === 'pause';
  return {
    tasks: progress.tasks.map((task) => (isMeant(task, target) ? { ...task, isPaused } : task)),
    handled,
  };
}

/** The snapshot of every table, of a cluster that starts for the first time. */
export function initialProgress(askedAt: number): SnapshotProgress {
  const task: SnapshotTask = {
    id: `initial-${askedAt}`,
    origin: 'initial',
    table: null,
    where: null,
    comment: null,
    isPaused: false,
    at: null,
    after: null,
    tablesDone: 0,
    rowsDone: 0,
    askedAt,
    notBefore: null,
  };
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
