import type { RowScript } from '../model/row-script.ts';
import type { RunBuffers } from './event-cursor.ts';
import type { PassingOver } from './passed-over-rows.ts';
import type { Tombstones } from './tombstones.ts';

/**
 * What stopped `advance`: the event is at its end; the topic must be looked up; the value writer must be prepared; the sink is
 * full; the row to resume at is reached.
 */
export type RunStop = 'end' | 'topic' | 'values' | 'full' | 'resume';

export interface RunParts extends PassingOver {
  readonly buffers: RunBuffers;
  /** Null where there are none. */
  readonly tombstones: Tombstones | null;
  /** Looks at every row that the filter lets through; null: none does. */
  readonly script: RowScript | null;
}
