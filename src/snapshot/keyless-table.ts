import { tableLabel } from '../model/snapshot-progress.ts';
import type { ChunkRows } from './chunk-rows.ts';
import { chunkTransaction } from './snapshot-chunk.ts';
import { hasReached } from './stream-place.ts';
import type { StepOutcome, TableStep, WorkContext } from './table-work.ts';
import { TouchedKeys } from './touched-keys.ts';

/**
 * A table whose rows cannot be told apart: all of it under one consistent snapshot, written where the stream passes the
 * moment of that snapshot, and the stream waits there until the last row is written. The moment is known only where no
 * change of the table falls between the two looks at the binlog around it, so it is tried until that is so.
 * A pass that breaks off begins anew, with another bootstrap-start.
 */
export async function readPass(context: WorkContext, step: TableStep): Promise<StepOutcome> {
  const { boundary, state, stats } = context;
  const { open, table, reader, task } = step;
  const { watch } = open;
  const touched = new TouchedKeys(table, context.createPlan);
  const low = await boundary.next((place) => {
    watch.touched = touched;
    return { value: place };
  });
  let { cursor } = step;
  let total = 0;
  let isFirst = true;
  let isHeld = false;
  const write = async (rows: ChunkRows, isLast: boolean): Promise<void> => {
    const { comment } = task;
    const parts = { table, rows: rows.all(), comment, asInserts: context.asInserts, isFirst, isLast };
    const id = `${task.id}:${tableLabel(cursor)}:${cursor.chunk}`;
    const end = { ...cursor, chunk: cursor.chunk + 1, rows: total + rows.count };
    await boundary.next(
      () => ({ value: undefined, transaction: chunkTransaction({ ...parts, id }), onCut: () => undefined }),
      () => {
        if (isLast) state.endTable(task.id, end);
        else state.moveTo(task.id, end);
      },
    );
    isFirst = false;
    cursor = end;
    total += rows.count;
    stats.wrote(rows.count, 0);
  };
  try {
    const isRead = await reader.readPass(table, {
      low,
      isUsable: async (high) => {
        isHeld = await boundary.next((place) => {
          const isUntouched = watch.touched === touched && touched.events === 0 && state.isWanted(task.id);
          if (!isUntouched) return { value: false };
          if (!hasReached(place, high)) return 'later';
          boundary.isHolding = true;
          return { value: true };
        });
        return isHeld;
      },
      onRows: write,
    });
    if (isRead) return { kind: 'written', rows: total, isLast: true };
    stats.discarded++;
    return { kind: 'thrown', isForeign: false };
  } finally {
    if (isHeld) boundary.release();
    if (watch.touched === touched) watch.touched = null;
  }
}
