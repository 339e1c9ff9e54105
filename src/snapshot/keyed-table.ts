import { tableLabel, type SnapshotCursor } from '../model/snapshot-progress.ts';
import { chunkTransaction, marksBefore } from './snapshot-chunk.ts';
import { hasReached } from './stream-place.ts';
import type { StepOutcome, TableStep, WorkContext } from './table-work.ts';
import { TouchedKeys } from './touched-keys.ts';

/**
 * One chunk of a table with a key: open the window, SELECT, wait until the stream has passed the window, write what the
 * stream has not changed in it. The rows that it has changed are in the stream, whole and newer.
 */
export async function readChunk(context: WorkContext, step: TableStep): Promise<StepOutcome> {
  const { boundary } = context;
  const { open, table, reader, cursor } = step;
  const { watch } = open;
  const touched = new TouchedKeys(table, context.createPlan);
  const low = await boundary.next((place) => {
    watch.touched = touched;
    return { value: place };
  });
  try {
    const limit = open.size.rows;
    const chunk = await reader.read(table, { last: cursor.last, limit, low });
    const isLast = chunk.rows.count < limit;
    const written = await writeRows(context, step, { ...chunk, touched, isLast });
    if (written === null) {
      context.stats.discarded++;
      open.size.halve();
      const { unusable } = touched;
      return { kind: 'thrown', isForeign: unusable === 'foreign' || unusable === 'unread' };
    }
    open.size.adapt(chunk.rows, chunk.milliseconds);
    context.stats.wrote(written, chunk.rows.count - written);
    return { kind: 'written', rows: written, isLast };
  } finally {
    if (watch.touched === touched) watch.touched = null;
  }
}

type Chunk = Awaited<ReturnType<TableStep['reader']['read']>> & {
  readonly touched: TouchedKeys;
  readonly isLast: boolean;
};

/** Resolves to how many rows were written; null where the chunk must be read again. */
function writeRows(
  { boundary, state, asInserts }: WorkContext,
  { task, cursor, table, open }: TableStep,
  { rows, high, touched, isLast }: Chunk,
): Promise<number | null> {
  const step = (count: number, last: readonly string[] | null): SnapshotCursor => ({
    ...cursor,
    last,
    chunk: cursor.chunk + 1,
    rows: cursor.rows + count,
  });
  return boundary.next<number | null>(
    (place) => {
      const isUsable = open.watch.touched === touched && touched.unusable === null;
      if (!isUsable || !state.isWanted(task.id)) return { value: null };
      if (!hasReached(place, high)) return 'later';
      if (rows.hasAny(touched.partial)) return { value: null };
      const kept = rows.without(touched.keys);
      const { comment } = task;
      const parts = { table, rows: kept.rows, comment, asInserts, isFirst: cursor.chunk === 0, isLast };
      const marks = marksBefore(parts);
      return {
        value: kept.indexes.length,
        transaction: chunkTransaction({ ...parts, id: `${task.id}:${tableLabel(cursor)}:${cursor.chunk}` }),
        onCut: (nextRowIndex) => {
          const count = Math.max(0, Math.min(kept.indexes.length, nextRowIndex - marks));
          const index = kept.indexes[count - 1];
          state.moveTo(task.id, step(count, index === undefined ? cursor.last : rows.literals(index)));
        },
      };
    },
    (count) => {
      if (count === null) return;
      const end = step(count, rows.count > 0 ? rows.literals(rows.count - 1) : cursor.last);
      if (isLast) state.endTable(task.id, end);
      else state.moveTo(task.id, end);
    },
    true,
  );
}
