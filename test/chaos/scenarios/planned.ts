import { scanLog } from '../../support/log-scan.ts';
import { monotonicEpochMs } from '../../support/monotonic-epoch.ts';
import type { Ground } from '../ground.ts';
import { expectRecovery } from '../recovery.ts';
import type { Scenario } from '../scenario.ts';

const HANDOVER_MS = 1000;
const EVERY_MS = 20_000;

/** SIGTERM of the leader, which must leave with exit 0; resolves to its name. */
async function handOver(ground: Ground): Promise<string> {
  const { faults, notes } = ground;
  const { replica: leader, epoch } = await ground.leader();
  await ground.flow(100);
  const process = ground.replica(leader);
  process.kill('SIGTERM');
  faults.add(`SIGTERM ${leader}`);
  const since = monotonicEpochMs();
  await expectRecovery(ground, { what: 'SIGTERM', since, limitMs: HANDOVER_MS, above: epoch });
  const end = await process.exited;
  notes.demand('a planned leave ends with exit 0', end.code === 0);
  notes.bite('another replica led after SIGTERM', (await ground.leader(epoch)).epoch > epoch);
  return leader;
}

async function run(ground: Ground): Promise<void> {
  const { faults, notes, place } = ground;
  await ground.startAll();
  for (let round = 0; round < (ground.isSlice ? 2 : 6); round++) {
    const beganAt = monotonicEpochMs();
    const left = await handOver(ground);
    await ground.start(left);
    await ground.replica(left).waitForRole('standby', 60_000);
    await ground.pass(
      Math.max(0, Math.min(EVERY_MS, ground.isSlice ? 0 : EVERY_MS) - (monotonicEpochMs() - beganAt)),
    );
  }
  faults.add('down to one replica');
  const { replica: leader } = await ground.leader();
  const others = ground.running.filter(({ name }) => name !== leader);
  for (const other of others) await other.stop();
  await ground.flow(200);
  faults.add('up to three again');
  for (const { name } of others) await ground.start(name);
  for (const { name } of others) await ground.replica(name).waitForRole('standby', 60_000);
  await handOver(ground);
  await ground.flow(200);
  const { abortedRecords } = await scanLog(place.brokers, place.topic);
  notes.demand(`no record was aborted by planned changes (${abortedRecords})`, abortedRecords === 0);
}

export const planned: Scenario = {
  id: '12',
  name: 'rolling restarts, three replicas to one and back, SIGTERM every 20 s',
  rounds: 2,
  run,
};
