import { scanLog } from '../../support/log-scan.ts';
import { monotonicEpochMs } from '../../support/monotonic-epoch.ts';
import { waitUntil } from '../../support/wait-until.ts';
import type { Ground } from '../ground.ts';
import { expectNothingHidden, expectRecovery } from '../recovery.ts';
import type { Scenario } from '../scenario.ts';
import { killLeader, standAgain } from './kill.ts';

/** In the order in which they are read. `tickets` has rows that every transaction of the load changes. */
const TABLES = ['accounts', 'tickets', 'pairs', 'shapes', 'bodies'] as const;
const ROWS = 150_000;
/** chunk: nothing but rows of the snapshot is in the Kafka transaction at hand. */
const KILLS = [
  { point: 'moment', isChunk: false },
  { point: 'transaction.sent', isChunk: true },
  { point: 'transaction.ended', isChunk: true },
  { point: 'takeover.read', isChunk: false },
] as const;
const COMPLETE_MS = 600_000;

/** The load stands still while `work` is done, and all that it has written is in the topic. */
async function inQuiet<T>(ground: Ground, work: () => Promise<T>): Promise<T> {
  const { writer, tail } = ground;
  writer.pause(true);
  try {
    await ground.pass(300); // the transactions at hand
    const isRead = (): boolean => tail.records >= writer.ledger.visibleChanges;
    await waitUntil(isRead, { timeoutMs: 60_000, what: 'what the load has written', everyMs: 20 });
    return await work();
  } finally {
    writer.pause(false);
  }
}

/** The leader dies at a point of a Kafka transaction that holds nothing of the load. */
async function killInQuiet(
  ground: Ground,
  point: 'transaction.sent' | 'transaction.ended',
  what: string,
  meanwhile: () => Promise<void> = () => Promise.resolve(),
): Promise<void> {
  const { failpoints, faults, notes } = ground;
  const { replica: leader, epoch } = await ground.leader();
  let beside = Promise.resolve();
  await inQuiet(ground, async () => {
    const hit = failpoints.order({ name: point, action: 'kill', replica: leader }, 30_000);
    beside = meanwhile();
    await Promise.race([hit, beside.then(() => hit)]);
  });
  const since = monotonicEpochMs();
  faults.add(`SIGKILL ${leader} at ${point}: ${what}`);
  notes.kills += 1;
  await ground.replica(leader).exited;
  const limitMs = ground.failoverLimitMs;
  await expectRecovery(ground, { what: `SIGKILL at ${point}, ${what}`, since, limitMs, above: epoch });
  await expectNothingHidden(ground, epoch);
  await beside;
  await standAgain(ground);
}

async function run(ground: Ground): Promise<void> {
  const { faults, notes, place, random, tail, writer } = ground;
  const rows = writer.before.reduce((sum, { rows: { length } }) => sum + length, 0);
  notes.figures['rowsBefore'] = rows;
  await ground.startAll();
  // Taken over, committed, and not yet taken away in Redis: the successor must not carry it out once more.
  await killInQuiet(ground, 'transaction.ended', 'as the request is taken over', () =>
    ground.askForSnapshot(TABLES),
  );
  const isComplete = (): boolean => TABLES.every((table) => tail.complete.has(`${place.database}.${table}`));
  const read = (): number => tail.snapshotOf(() => true);
  const kills = ground.isSlice ? KILLS.slice(0, 2) : KILLS;
  const died: number[] = [];
  for (const [at, { point, isChunk }] of kills.entries()) {
    const goal = (rows * (at + 0.1 + 0.6 * random.next())) / kills.length;
    const isThere = (): boolean => read() >= goal || isComplete();
    await waitUntil(isThere, { timeoutMs: COMPLETE_MS, what: `${Math.round(goal)} rows of the snapshot` });
    faults.add(`${read()} of ${rows} rows of the snapshot are there`);
    const { epoch } = await ground.leader();
    died.push(epoch);
    if (!isChunk) await killLeader(ground, point);
    else {
      const before = await scanLog(place.brokers, place.topic);
      await killInQuiet(ground, point, 'with rows of the snapshot alone');
      const after = await scanLog(place.brokers, place.topic);
      if (point === 'transaction.sent')
        notes.bite('rows of a chunk were aborted', after.abortedRecords > before.abortedRecords);
    }
  }
  await waitUntil(isComplete, { timeoutMs: COMPLETE_MS, what: 'the end of the snapshots' });
  faults.add('the snapshots are complete');
  const isInside = (epoch: number): boolean =>
    tail.snapshotOf((each) => each <= epoch) > 0 && tail.snapshotOf((each) => each > epoch) > 0;
  notes.bite('the leaders died inside the snapshot', died.every(isInside));
  await ground.flow(200);
}

export const snapshot: Scenario = {
  id: '14c',
  name: 'failovers inside a snapshot of 150,000 rows, under writes',
  // Slow enough for all the kills, and chunks that take more than one Kafka transaction.
  config: { snapshot_max_rows_per_second: '4000', kafka_transaction_max_bytes: '65536' },
  rowsPerSecond: 600,
  rowsBefore: ROWS,
  rounds: 2,
  run,
};
