import { monotonicEpochMs } from '../../support/monotonic-epoch.ts';
import { waitUntil } from '../../support/wait-until.ts';
import type { Ground } from '../ground.ts';
import type { LiveTail } from '../live-tail.ts';
import { expectRecovery } from '../recovery.ts';
import type { Scenario } from '../scenario.ts';

const LARGE_ROWS = 1_000_000;
const SLICE_ROWS = 50_000;
const KILLS = 3;
const MAX_RSS_MB = 256;

/** Waits for a reader that is slower than the product: what it has yet to read would count as a standstill. */
async function readUpTo(tail: LiveTail): Promise<void> {
  let before = -1;
  const isQuiet = (): boolean => {
    const isSame = tail.records === before;
    before = tail.records;
    return isSame;
  };
  await waitUntil(isQuiet, { timeoutMs: 300_000, what: 'the reader to catch up', everyMs: 1500 });
}

/** The leader dies while a transaction of a million rows is on its way, several times. */
async function large(ground: Ground): Promise<void> {
  const { faults, failpoints, notes, random, tail, writer, processes } = ground;
  await ground.startAll();
  await ground.flow(100);
  const rows = ground.isSlice ? SLICE_ROWS : LARGE_ROWS;
  const before = tail.records;
  writer.writeLarge(rows);
  faults.add(`a transaction of ${rows} rows begins`);
  for (let kill = 0; kill < (ground.isSlice ? 1 : KILLS); kill++) {
    const goal = (rows * (kill + 0.2 + random.next() * 0.4)) / KILLS;
    // The checkpoint tells it sooner than a reader that has to read all the rows.
    const at = await waitUntil(() => ground.committedOfSplit().then((done) => done > goal && done), {
      timeoutMs: 600_000,
      what: 'a part of the large transaction',
      everyMs: 50,
    });
    const { replica, epoch } = await ground.leader();
    await failpoints.order({ name: 'transaction.sent', action: 'hold', replica }, 30_000);
    notes.bite('the leader died inside the transaction', (await ground.committedOfSplit()) > 0);
    await readUpTo(tail);
    await ground.kill(replica);
    failpoints.clear();
    const since = monotonicEpochMs();
    // The successor reads the transaction once more, to where the split was.
    await expectRecovery(ground, {
      what: `SIGKILL after ${at} rows`,
      since,
      limitMs: ground.failoverLimitMs + 10_000,
      above: epoch,
    });
    await ground.start(replica);
  }
  await waitUntil(() => tail.records > before + rows, { timeoutMs: 600_000, what: 'the whole transaction' });
  const { peakRssMb } = processes;
  notes.figures['rssMbAtLargeTransaction'] = Math.round(peakRssMb);
  notes.demand(
    `memory stays below ${MAX_RSS_MB} MB, the most was ${peakRssMb.toFixed(0)}`,
    peakRssMb < MAX_RSS_MB,
  );
}

export const largeTransaction: Scenario = {
  id: '14a',
  name: 'failovers inside a transaction of 1,000,000 rows',
  rowsPerSecond: 100,
  hasDdl: false,
  rounds: 1,
  run: large,
};

/** The leader dies beside ALTER TABLE, again and again. */
export const alterTable: Scenario = {
  id: '14b',
  name: 'failovers beside ALTER TABLE',
  rounds: 2,
  run: async (ground) => {
    const { notes, writer, random } = ground;
    await ground.startAll();
    writer.alterOften();
    for (let kill = 0; kill < 5; kill++) {
      await ground.flow(50);
      const { replica, epoch } = await ground.leader();
      const before = writer.alterations;
      const more = (): boolean => writer.alterations > before;
      await waitUntil(more, { timeoutMs: 60_000, what: 'an ALTER TABLE', everyMs: 1 });
      await ground.pass(random.between(0, 30));
      await ground.kill(replica);
      const since = monotonicEpochMs();
      await expectRecovery(ground, {
        what: 'SIGKILL beside ALTER TABLE',
        since,
        limitMs: ground.failoverLimitMs,
        above: epoch,
      });
      notes.bite('the table was altered while nobody led', writer.alterations > before + 1);
      await ground.start(replica);
    }
  },
};
