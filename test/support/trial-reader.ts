// Reads the topic of a table, keeps the last state of every row, and compares it with the table when it is told to.
import { createConnection } from 'mysql2/promise';
import type { SqlServer } from '../../scripts/stack/stack-info.ts';
import { RowStates } from './row-states.ts';
import { firstMessage, tell } from './script-child.ts';
import { TopicTail } from './topic-tail.ts';

export interface ReaderOptions {
  readonly server: SqlServer;
  readonly table: string;
  readonly brokers: readonly string[];
  readonly topic: string;
  /** The highest id that may come. */
  readonly maxId: number;
}

/** What was read so far. `compared`: the answer to `compare`. */
export type ReaderReport =
  | {
      readonly kind: 'read';
      readonly snapshotRows: number;
      readonly isComplete: boolean;
      /** Whether the row with id 0 has come: the last one of all. */
      readonly hasLast: boolean;
    }
  | { readonly kind: 'compared'; readonly rows: number; readonly faults: readonly string[] };

const ROWS_AT_ONCE = 50_000;

const { server, table, brokers, topic, maxId } = await firstMessage<ReaderOptions>();
const states = new RowStates(maxId);
const tail = await TopicTail.open(brokers, [topic]);
setInterval(() => {
  for (const record of tail.records.splice(0)) states.take(record);
}, 20);
setInterval(() => {
  const { snapshotRows, isComplete } = states;
  tell({ kind: 'read', snapshotRows, isComplete, hasLast: states.has(0) } satisfies ReaderReport);
}, 200);

/** By ranges of the key: the table may be larger than the memory. */
async function compare(): Promise<void> {
  const { host, port, user, password } = server;
  const session = await createConnection({ host, port, user, password, supportBigNumbers: true });
  const faults = states.faults.slice(0, 10);
  let rows = 0;
  for (let last = -1, isMore = true; isMore;) {
    const sql = `SELECT id, ver, v FROM ${table} WHERE id > ${last} ORDER BY id LIMIT ${ROWS_AT_ONCE}`;
    const [found] = await session.query(sql);
    const part = found as { readonly id: number; readonly ver: number; readonly v: string | null }[];
    for (const row of part) {
      const difference = states.difference(row);
      if (difference !== null && faults.length < 20) faults.push(difference);
    }
    rows += part.length;
    last = part.at(-1)?.id ?? last;
    isMore = part.length === ROWS_AT_ONCE;
  }
  if (rows !== states.size) faults.push(`${states.size} rows in the topic, ${rows} at the source`);
  await session.end();
  tell({ kind: 'compared', rows, faults } satisfies ReaderReport);
}

process.on('message', () => void compare());
