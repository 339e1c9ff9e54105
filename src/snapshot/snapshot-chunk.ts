import type { RowsEvent, SnapshotMembers, SourceTransaction } from '../model/transaction.ts';
import type { SnapshotTable } from './snapshot-table.ts';
import type { BinlogCoordinates } from '../model/position.ts';

const NOWHERE: BinlogCoordinates = { file: '', offset: 0 };
const NO_COLUMNS = Buffer.alloc(0);
/** Stands for the one row of a mark. */
const ONE_ROW = Buffer.alloc(1);

export interface ChunkParts {
  /** message_id up to `#`: snapshot id, table and number of the chunk. */
  readonly id: string;
  readonly table: SnapshotTable;
  /** Row images, one behind the other. */
  readonly rows: Buffer;
  readonly comment: string | null;
  /** Plain inserts without marks. */
  readonly asInserts: boolean;
  /** Whether a mark stands before the rows, and behind them. */
  readonly isFirst: boolean;
  readonly isLast: boolean;
}

function allColumns(count: number): Buffer {
  const bitmap = Buffer.alloc((count + 7) >> 3);
  for (let i = 0; i < count; i++) bitmap[i >> 3] = (bitmap[i >> 3] as number) | (1 << (i & 7));
  return bitmap;
}

/** How many marks stand before the rows. */
export const marksBefore = ({ asInserts, isFirst }: Pick<ChunkParts, 'asInserts' | 'isFirst'>): number =>
  isFirst && !asInserts ? 1 : 0;

/** A chunk as the encoder takes it: a transaction of the source that it has never had. */
export function chunkTransaction({
  id,
  table,
  rows,
  comment,
  asInserts,
  isFirst,
  isLast,
}: ChunkParts): SourceTransaction {
  const now = Date.now();
  const { version } = table;
  const event = (type: SnapshotMembers['type'], images: Buffer): RowsEvent => ({
    table: version,
    operation: 'insert',
    timestampSeconds: Math.floor(now / 1000),
    startOffset: 0,
    file: '',
    columnsBefore: NO_COLUMNS,
    columnsAfter: allColumns(version.columns.length),
    rows: images,
    query: null,
    snapshot: { type, comment },
  });
  const events: RowsEvent[] = [];
  if (isFirst && !asInserts) events.push(event('bootstrap-start', ONE_ROW));
  if (rows.length > 0) events.push(event(asInserts ? 'insert' : 'bootstrap-insert', rows));
  if (isLast && !asInserts) events.push(event('bootstrap-complete', ONE_ROW));
  return {
    id,
    gtid: null,
    xid: null,
    serverId: 0,
    threadId: null,
    commitTimestampUs: now * 1000,
    fingerprint: '',
    start: NOWHERE,
    end: NOWHERE,
    hasRows: events.length > 0,
    schemaChange: null,
    memoryBytes: rows.length,
    rowsEvents: async function* () {
      await Promise.resolve();
      yield events;
    },
    dispose: () => undefined,
  };
}
