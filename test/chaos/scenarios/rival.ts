import { join } from 'node:path';
import { startReplica, type ReplicaProcess } from '../../support/replica-process.ts';
import { monotonicEpochMs } from '../../support/monotonic-epoch.ts';
import { waitUntil } from '../../support/wait-until.ts';
import { loggedLines } from '../evidence.ts';
import type { Ground } from '../ground.ts';
import { expectRecovery } from '../recovery.ts';
import type { Scenario } from '../scenario.ts';

const RIVAL_MS = 60_000;
const RIVAL_LIFE_MS = 3000;
const READING = /^reading the binlog$/;

/** A reader of the source that does not belong to the cluster takes our server id. */
function startRival({ folder, place }: Ground): Promise<ReplicaProcess> {
  const { source, serverId, clientId } = place;
  return startReplica({
    name: 'rival',
    folder,
    config: {
      host: source.host,
      port: String(source.port),
      user: source.replicator.user,
      password: source.replicator.password,
      client_id: `${clientId}-rival`,
      replica_server_id: String(serverId),
      producer: 'file',
      output_file: join(folder, 'rival.jsonl'),
      position_file: join(folder, 'rival.position'),
      filter: 'exclude: *.*',
    },
  });
}

const count = ({ everStarted }: Ground, text: RegExp): number =>
  everStarted.reduce((sum, replica) => sum + loggedLines(replica, text), 0);

async function run(ground: Ground): Promise<void> {
  const { faults, notes, isSlice } = ground;
  await ground.startAll();
  await ground.flow(200);
  const readBefore = count(ground, READING);
  faults.add('a rival opens dumps with our server id, again and again');
  const until = monotonicEpochMs() + (isSlice ? 15_000 : RIVAL_MS);
  while (monotonicEpochMs() < until) {
    const rival = await startRival(ground);
    const hasDump = (): boolean => loggedLines(rival, READING) > 0;
    await waitUntil(hasDump, { timeoutMs: 60_000, what: "the rival's dump" });
    await ground.pass(RIVAL_LIFE_MS);
    await rival.stop();
  }
  faults.add('the rival is gone');
  const since = monotonicEpochMs();
  // A replica that was refused looks again every 30 s.
  await expectRecovery(ground, { what: 'the end of the rival', since, limitMs: 35_000, above: null });
  await ground.flow(200);
  const opened = count(ground, READING) - readBefore;
  const ended = count(ground, /^cannot lead now$/);
  notes.figures['dumpsOpenedBesideRival'] = opened;
  notes.bite('our dump was ended by the rival, and the log says so', count(ground, /^SERVER_ID_IN_USE$/) > 0);
  notes.demand(
    `two dumps at most for each step of the back-off: ${opened} opened, ${ended} ended`,
    opened <= 2 * (ended + 1),
  );
}

export const rival: Scenario = {
  id: '13',
  name: 'an outsider reads the source with our server id',
  rounds: 1,
  run,
};
