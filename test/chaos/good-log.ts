import { SeededRandom } from '../support/seeded-random.ts';
import type { CheckInput, PositionSeen, StreamRecord } from './checker/evidence-input.ts';
import type { LedgerChange, LedgerEntry, Row } from './writer/ledger.ts';
import { WriterSession } from './writer/writer-session.ts';

const SOURCE = '3e11fa47-71ca-11e1-9e33-c80aa9429562';
const PARTITIONS = 3;
const TRANSACTIONS_PER_EPOCH = 40;

/** A log in which nothing is wrong, made without servers: what a perfect replicator would leave. */
export function goodLog(seed: number, transactions = 120): CheckInput {
  const random = new SeededRandom(seed);
  const sessions = [0, 1].map(
    (index) => new WriterSession({ index, random, database: 'here', hiddenDatabase: 'here_hidden' }),
  );
  const ledger: LedgerEntry[] = [];
  const records: StreamRecord[] = [];
  const positions: PositionSeen[] = [];
  const tables = new Map<string, Map<string, Row>>();
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
    for (const { table, isHidden, key, before, after } of changes) {
      if (isHidden) continue;
      const rows = tables.get(table) ?? new Map<string, Row>();
      tables.set(table, rows);
      const text = (row: Row): string => key.map((column) => row[column]).join();
      if (before !== null) rows.delete(text(before));
      if (after !== null) rows.set(text(after), after);
    }
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
    tables: new Map([...tables].map(([name, rows]) => [name, [...rows.values()]])),
    executed: `${SOURCE}:1-${100 + transactions}`,
    baseline: `${SOURCE}:1-100`,
    sources: [SOURCE],
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
    const keyText = JSON.stringify([table, ...key.map((column) => data[column])]);
    const partition = Buffer.from(keyText).reduce((sum, byte) => sum + byte, 0) % PARTITIONS;
    const mark = index === last ? { commit: true } : { xoffset: index };
    const value = JSON.stringify({
      table,
      type: op,
      xid,
      ...mark,
      data,
      ...(op === 'update' ? { old } : {}),
    });
    return [{ partition, offset: 0, key: keyText, value, messageId: `${gtid}#${index}`, epoch }];
  });
}
