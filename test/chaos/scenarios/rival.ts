import { join } from 'node:path';
import { startReplica } from '../../support/replica-process.ts';
import { monotonicEpochMs } from '../../support/monotonic-epoch.ts';
import { loggedLines } from '../evidence.ts';
import type { Ground } from '../ground.ts';
import { expectRecovery } from '../recovery.ts';
import type { Scenario } from '../scenario.ts';

const RIVAL_MS = 60_000;

/** A reader of the source that does not belong to the cluster takes our server id, and insists. */
async function run(ground: Ground): Promise<void> {
  const { faults, folder, notes, place, isSlice } = ground;
  await ground.startAll();
  const { replica: leader, epoch } = await ground.leader();
  await ground.flow(200);
  const { source, serverId, clientId } = place;
  const rival = await startReplica({
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
  faults.add('a rival opens dumps with our server id');
  const read = (): number => loggedLines(ground.replica(leader), /^reading the binlog$/);
  const lost = (): number => loggedLines(ground.replica(leader), /^SERVER_ID_IN_USE$/);
  const readBefore = read();
  await ground.pass(isSlice ? 10_000 : RIVAL_MS);
  await rival.stop();
  faults.add('the rival is gone');
  const since = monotonicEpochMs();
  // Backed off by then; the longest wait stands in the limit.
  await expectRecovery(ground, { what: 'the end of the rival', since, limitMs: 32_000, above: null });
  const opened = read() - readBefore;
  notes.figures['dumpsOpenedBesideRival'] = opened;
  notes.bite('our dump was ended by the rival', lost() > 0);
  notes.demand(
    `one dump for each step of the back-off: ${opened} opened, ${lost()} times ended`,
    opened <= lost() + 1,
  );
  notes.demand('the error says what it is (SERVER_ID_IN_USE)', lost() > 0);
  const now = await ground.leader();
  notes.demand('no change of leader', now.epoch === epoch && now.replica === leader);
}

export const rival: Scenario = {
  id: '13',
  name: 'an outsider reads the source with our server id',
  rounds: 1,
  run,
};
