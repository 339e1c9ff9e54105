import { SeededRandom } from '../support/seeded-random.ts';
import type { CheckInput, PositionSeen, StreamRecord } from './checker/evidence-input.ts';
import { GoodSnapshot, placeOf } from './good-snapshot.ts';
import type { LedgerChange, LedgerEntry } from './writer/ledger.ts';
import { WriterSession } from './writer/writer-session.ts';

const SOURCE = '3e11fa47-71ca-11e1-9e33-c80aa9429562';
const TRANSACTIONS_PER_EPOCH = 40;
const ROWS_BEFORE = 60;
const SNAPSHOT_FROM = 10;

/** A log in which nothing is wrong, and what a plant has to know of it. */
export interface GoodLog extends CheckInput {
  /** Rows that the snapshot rightly left out of its chunks, as they would stand there. */
  readonly overtaken: readonly StreamRecord[];
  /** Table → number of the last transaction before its snapshot ended. */
  readonly completeAfter: ReadonlyMap<string, number>;
}

/** The number of a transaction of a good log. */
export const numberOf = (gtid: string): number => Number(gtid.slice(SOURCE.length + 1)) - 100;

/** A log in which nothing is wrong, made without servers: what a perfect replicator would leave. */
export function goodLog(seed: number, transactions = 120): GoodLog {
  const random = new SeededRandom(seed);
  const sessions = [0, 1].map(
    (index) => new WriterSession({ index, random, database: 'here', hiddenDatabase: 'here_hidden' }),
  );
  const ledger: LedgerEntry[] = [];
  const records: StreamRecord[] = [];
  const positions: PositionSeen[] = [];
  const snapshot = new GoodSnapshot();
  for (const session of sessions)
    for (const { changes } of session.fill(ROWS_BEFORE)) {
      session.keep();
      for (const change of changes) snapshot.source.change(change);
    }
  const before = snapshot.source.all();
  for (let number = 1; number <= transactions; number++) {
    const session = random.pick(sessions);
    const changes = session.plan().flatMap((statement) => statement.changes);
    session.keep();
    const gtid = `${SOURCE}:${100 + number}`;
    const epoch = 1 + Math.floor(number / TRANSACTIONS_PER_EPOCH);
    ledger.push({ gtid, changes, acknowledgedAt: number });
    records.push(...recordsOf(changes, { gtid, epoch, xid: number }));
    const commit = positions.filter((position) => position.epoch === epoch).length;
    positions.push({ offset: 2 * number, epoch, commit, gtidSet: `${SOURCE}:1-${100 + number}` });
    for (const change of changes) if (!change.isHidden) snapshot.change(change);
    if (number >= SNAPSHOT_FROM) records.push(...snapshot.turn(number, epoch));
  }
  return {
    ledger,
    records: numbered(records),
    positions,
    checkpoints: positions.map(({ offset, epoch, commit }) => ({
      at: offset,
      positionsOffset: offset,
      epoch,
      commit,
    })),
    tables: new Map(snapshot.source.all().map(({ table, rows }) => [table, rows])),
    executed: `${SOURCE}:1-${100 + transactions}`,
    baseline: `${SOURCE}:1-100`,
    sources: [SOURCE],
    before,
    snapshots: [...snapshot.completeAfter.keys()],
    overtaken: snapshot.overtaken,
    completeAfter: snapshot.completeAfter,
  };
}

/** By partition, with offsets that have gaps where a transaction's marker would stand. */
export function numbered(records: readonly StreamRecord[]): StreamRecord[] {
  const next = new Map<number, number>();
  return records
    .toSorted((one, other) => one.partition - other.partition)
    .map((record) => {
      const offset = next.get(record.partition) ?? 0;
      next.set(record.partition, offset + 2);
      return { ...record, offset };
    });
}

function recordsOf(
  changes: readonly LedgerChange[],
  { gtid, epoch, xid }: { gtid: string; epoch: number; xid: number },
): StreamRecord[] {
  const last = changes.findLastIndex(({ isHidden }) => !isHidden);
  return [...changes.entries()].flatMap(([index, change]) => {
    const { table, isHidden, op, key, before, after } = change;
    if (isHidden) return [];
    const data = after ?? before ?? {};
    const old = Object.fromEntries(
      Object.entries(before ?? {}).filter(([column, value]) => after !== null && after[column] !== value),
    );
    const mark = index === last ? { commit: true } : { xoffset: index };
    const value = JSON.stringify({
      table,
      type: op,
      xid,
      ...mark,
      data,
      ...(op === 'update' ? { old } : {}),
    });
    return [{ ...placeOf(table, key, data), offset: 0, value, messageId: `${gtid}#${index}`, epoch }];
  });
}
