import type { LoadConnection } from './load-connection.ts';
import type { RowChange } from './load-log.ts';
import { verColumn, type StatementPlace } from './load-statement.ts';

/** True for errors that say that the connection is gone. */
export function isLost(error: unknown): boolean {
  const { fatal, code } = error as { fatal?: boolean; code?: string };
  return fatal === true || code === 'PROTOCOL_CONNECTION_LOST' || code === 'ECONNRESET' || code === 'EPIPE';
}

/** A transaction that was under way when its connection broke. */
export interface LostTransaction {
  readonly places: readonly StatementPlace[];
  readonly rows: readonly RowChange[];
  /** Whether its COMMIT had been sent. */
  readonly isEnding: boolean;
  readonly patienceMs: number;
}

/** Connects anew, and tells whether the transaction was committed: the rows of its tables show it. */
export async function isCommitted(connection: LoadConnection, lost: LostTransaction): Promise<boolean> {
  const deadline = performance.now() + lost.patienceMs;
  for (;;) {
    try {
      await connection.reopen(lost.patienceMs);
      return lost.isEnding && (await isPresent(connection, lost));
    } catch (error) {
      if (!isLost(error) || performance.now() > deadline) throw error;
    }
  }
}

/** A row that the transaction as a whole leaves other than it was; `ver` null: no such row. */
interface NetChange {
  readonly place: StatementPlace;
  readonly key: readonly string[];
  readonly verBefore: string | null;
  verAfter: string | null;
}

function netChanges({ places, rows }: LostTransaction): NetChange[] {
  const changes = new Map<string, NetChange>();
  for (const { table, before, after } of rows) {
    const place = places[table];
    if (place === undefined) continue;
    const at = verColumn(place.table);
    // The image before first: a changed primary key takes one row away and puts another.
    for (const [image, ver] of [[before, null] as const, [after, after?.[at] ?? null] as const]) {
      if (image === null) continue;
      const key = image.slice(0, at);
      const identity = `${table} ${key.join(',')}`;
      const known = changes.get(identity);
      const verBefore = image === before ? (before[at] ?? null) : null;
      if (known === undefined) changes.set(identity, { place, key, verBefore, verAfter: ver });
      else known.verAfter = ver;
    }
  }
  return [...changes.values()].filter(({ verBefore, verAfter }) => verBefore !== verAfter);
}

async function isPresent(connection: LoadConnection, lost: LostTransaction): Promise<boolean> {
  const [change] = netChanges(lost);
  if (change === undefined)
    throw new Error('the rows do not tell whether a transaction was committed: none was changed');
  const { place, key, verAfter } = change;
  const where = key.map((text, index) => `${place.table.columns[index]?.name ?? ''}=${text}`).join(' AND ');
  const found = await connection.select(`SELECT CAST(ver AS CHAR) AS ver FROM ${place.name} WHERE ${where}`);
  return (found[0]?.['ver'] ?? null) === verAfter;
}
