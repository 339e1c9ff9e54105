import { wasCutOffBySource, wasRefused } from '../evidence.ts';
import type { Ground } from '../ground.ts';
import type { ReplicaProcess } from '../../support/replica-process.ts';
import { monotonicEpochMs } from '../../support/monotonic-epoch.ts';
import { waitUntil } from '../../support/wait-until.ts';
import { expectRecovery } from '../recovery.ts';
import type { Scenario } from '../scenario.ts';

/** Where the leader is stopped; at `transaction.checked` no check of its own is left before the commit. */
const POINTS = ['moment', 'transaction.begun', 'transaction.sent', 'transaction.checked'] as const;
const STEP_DOWN_MS = 1000;

/** By its own log: on a busy machine the answer of its status page comes half a second late. */
function leftTheLeadAt(replica: ReplicaProcess, wokenAt: number): number {
  const said = replica
    .logLines()
    .find(({ message, time }) => message === 'now candidate' && Date.parse(String(time)) >= wokenAt);
  return said === undefined ? Number.POSITIVE_INFINITY : Date.parse(String(said['time']));
}

/** A leader is stopped for three times its lease, woken, and must do no harm. */
export async function bury(ground: Ground, point: (typeof POINTS)[number]): Promise<void> {
  const { failpoints, faults, notes, random, tail, patience } = ground;
  const { replica: zombie, epoch } = await ground.leader();
  await ground.flow(random.between(50, 300));
  if (point === 'moment') {
    await ground.pass(random.between(0, 300));
    ground.freeze(zombie);
  } else {
    await failpoints.order({ name: point, action: 'stop', replica: zombie }, 30_000);
    ground.noteFrozen(zombie);
    faults.add(`SIGSTOP ${zombie} at ${point}`);
  }
  const stoppedAt = monotonicEpochMs();
  // A successor with another transactional id would have to wait for the end of the zombie's open transaction.
  const limitMs = ground.failoverLimitMs;
  await expectRecovery(ground, { what: `SIGSTOP at ${point}`, since: stoppedAt, limitMs, above: epoch });
  const successor = await ground.recovered(epoch);
  const recordsOfZombie = tail.epochs.get(epoch)?.records ?? 0;
  await ground.pass(Math.max(0, stoppedAt + 3 * ground.ttlMs - monotonicEpochMs()));
  // It cannot ask Redis whose lease it is: only the fence is left. At a moment of chance it may.
  if (point !== 'moment') {
    faults.add(`${zombie} is cut off from Redis`);
    ground.link(zombie, 'redis').cut();
  }
  const wokenAt = Date.now(); // the clock of the replica's log
  ground.thaw(zombie);
  const isDown = async (): Promise<boolean> => {
    const status = await ground.replica(zombie).status();
    return status !== null && status.role !== 'leader';
  };
  await waitUntil(isDown, { timeoutMs: 20_000, what: `${zombie} to step down`, everyMs: 20 });
  const seconds = (leftTheLeadAt(ground.replica(zombie), wokenAt) - wokenAt) / 1000;
  faults.add(`${zombie} stepped down ${seconds.toFixed(2)} s after it woke`);
  notes.demand(
    `a zombie steps down within ${(STEP_DOWN_MS * patience) / 1000} s, it took ${seconds.toFixed(2)} s`,
    seconds * 1000 <= STEP_DOWN_MS * patience,
  );
  await ground.flow(200);
  ground.link(zombie, 'redis').heal();
  const refused = wasRefused(ground.replica(zombie));
  if (point !== 'moment') notes.bite(`stopped at ${point}, the broker refused its write (47 or 90)`, refused);
  else
    notes.bite(
      'woken, the zombie was refused, or cut off, or heard of its lease',
      refused || wasCutOffBySource(ground.replica(zombie)) || (await isDown()),
    );
  notes.demand(
    'nothing of the zombie is seen after it woke',
    tail.epochs.get(epoch)?.records === recordsOfZombie,
  );
  const { epoch: now } = await ground.leader();
  notes.demand(`exactly one step of the epoch, it went from ${epoch} to ${now}`, now === epoch + 1);
  notes.bite('another replica led', successor > epoch);
  await ground.replica(zombie).waitForRole('standby', 60_000);
}

export const zombie: Scenario = {
  id: '2',
  name: 'the leader is stopped past its lease and woken',
  // Longer than the zombie sleeps: its transaction must meet its end by the fence, not by its age.
  config: { 'kafka.transaction.timeout.ms': '60000' },
  rounds: 2,
  run: async (ground) => {
    await ground.startAll();
    for (const point of ground.isSlice ? (['transaction.checked'] as const) : POINTS)
      await bury(ground, point);
  },
};
