import { startServer, stopServer } from '../../../scripts/stack/local-servers.ts';
import { withKafkaAdmin } from '../../support/ha-place.ts';
import { scanLog } from '../../support/log-scan.ts';
import { monotonicEpochMs } from '../../support/monotonic-epoch.ts';
import { isLogged, loggedLines } from '../evidence.ts';
import type { Ground } from '../ground.ts';
import { expectRecovery } from '../recovery.ts';
import type { Scenario } from '../scenario.ts';

const TRANSACTION_TIMEOUT_MS = 5000;
const LOST = /KAFKA_(TIMEOUT|UNREACHABLE|RETRIABLE|FENCED)/;

/** Kafka is out of the leader's reach, in the middle of a Kafka transaction, until the brokers have aborted that. */
async function blackHole(ground: Ground): Promise<void> {
  const { failpoints, faults, notes, place } = ground;
  const { replica: leader } = await ground.leader();
  await ground.flow(200);
  const before = await scanLog(place.brokers, place.topic);
  const said = loggedLines(ground.replica(leader), LOST);
  await failpoints.order({ name: 'transaction.sent', action: 'hold', replica: leader }, 30_000);
  const link = ground.link(leader, 'kafka');
  link.hold();
  failpoints.clear();
  faults.add(`${leader} has no way to Kafka, with a transaction open`);
  await ground.pass(TRANSACTION_TIMEOUT_MS + (ground.isSlice ? 3000 : 10_000));
  link.heal();
  faults.add('healed');
  const since = monotonicEpochMs();
  await expectRecovery(ground, { what: 'a black-holed Kafka', since, limitMs: 15_000, above: null });
  await ground.flow(300);
  const after = await scanLog(place.brokers, place.topic);
  notes.bite('a Kafka transaction was aborted', after.abortedRecords > before.abortedRecords);
  notes.bite('the leader met errors of Kafka', loggedLines(ground.replica(leader), LOST) > said);
}

/** Kafka is out of the leader's reach alone: the lease goes to a replica that reaches it, and stays there. */
export async function kafkaAwayForTheLeader(ground: Ground): Promise<void> {
  const { failpoints, faults, notes, place } = ground;
  const { replica: leader, epoch } = await ground.leader();
  await ground.flow(200);
  const before = await scanLog(place.brokers, place.topic);
  await failpoints.order({ name: 'transaction.sent', action: 'hold', replica: leader }, 30_000);
  const link = ground.link(leader, 'kafka');
  link.hold();
  failpoints.clear();
  faults.add(`${leader} alone has no way to Kafka, with a transaction open`);
  const since = monotonicEpochMs();
  await expectRecovery(ground, { what: 'Kafka away for the leader', since, limitMs: 15_000, above: epoch });
  link.heal();
  faults.add('healed');
  await ground.replica(leader).waitForRole('standby', 60_000);
  await ground.flow(100);
  const after = await scanLog(place.brokers, place.topic);
  notes.bite('its Kafka transaction was aborted', after.abortedRecords > before.abortedRecords);
  const { epoch: now } = await ground.leader();
  notes.demand(`the lease goes over once, the epoch went from ${epoch} to ${now}`, now === epoch + 1);
}

const MAX_RSS_MB = 400;

export const kafkaBlackHole: Scenario = {
  id: '8',
  name: 'Kafka is out of reach for longer than a Kafka transaction may last',
  config: { 'kafka.transaction.timeout.ms': String(TRANSACTION_TIMEOUT_MS) },
  rowsPerSecond: 800,
  rounds: 2,
  run: async (ground) => {
    await ground.startAll();
    for (let round = 0; round < (ground.isSlice ? 1 : 3); round++) await blackHole(ground);
    const { peakRssMb } = ground.processes;
    ground.notes.demand(
      `memory stays below ${MAX_RSS_MB} MB, the most was ${peakRssMb.toFixed(0)}`,
      peakRssMb < MAX_RSS_MB,
    );
  },
};

const COORDINATOR_PARTITIONS = 5; // transaction.state.log.num.partitions of the stack

/** Kafka's own rule: the leader of the partition of __transaction_state that the id hashes to (Java's String.hashCode). */
async function coordinatorOf(ground: Ground): Promise<number> {
  const id = `heaviside.${ground.place.clientId}`;
  let hash = 0;
  for (let at = 0; at < id.length; at++) hash = (Math.imul(31, hash) + id.charCodeAt(at)) | 0;
  return leaderOf(ground, '__transaction_state', (hash & 0x7fffffff) % COORDINATOR_PARTITIONS);
}

async function leaderOf({ place }: Ground, topic: string, partition: number): Promise<number> {
  const { topics } = await withKafkaAdmin(place.brokers, (admin) =>
    admin.fetchTopicMetadata({ topics: [topic] }),
  );
  return topics[0]?.partitions.find(({ partitionId }) => partitionId === partition)?.leader ?? 0;
}

/** A broker dies while the leader is about to end a Kafka transaction. */
async function killBroker(ground: Ground): Promise<void> {
  const { failpoints, faults, notes, random } = ground;
  const { replica: leader } = await ground.leader();
  await ground.flow(random.between(50, 200));
  const isCoordinator = random.chance(0.6);
  const node = isCoordinator
    ? await coordinatorOf(ground)
    : await leaderOf(ground, ground.place.topic, random.between(0, 2));
  const said = loggedLines(ground.replica(leader), LOST);
  const point = random.chance(0.5) ? 'transaction.checked' : 'transaction.begun';
  await failpoints.order({ name: point, action: 'hold', replica: leader }, 30_000);
  const name = `kafka3-${node}`;
  // The kill and the end of the hold are told at once: the request goes out before, while or after the broker dies.
  const isBefore = random.chance(0.3);
  if (isBefore) failpoints.clear();
  const since = monotonicEpochMs();
  const stopped = stopServer(name, 'SIGKILL');
  faults.add(
    `SIGKILL of broker ${node} (${isCoordinator ? 'transaction coordinator' : 'leader of a data partition'}) at ${point}`,
  );
  if (!isBefore) {
    await ground.pass(random.between(0, 50));
    failpoints.clear();
  }
  await stopped;
  await expectRecovery(ground, { what: 'the death of a broker', since, limitMs: 15_000, above: null });
  await ground.flow(100);
  notes.biteOnce('the leader met errors of Kafka', loggedLines(ground.replica(leader), LOST) > said);
  await startServer(name);
  faults.add(`broker ${node} is back`);
  await ground.flow(100);
}

export const brokerLoss: Scenario = {
  id: '7',
  name: 'one of three brokers is killed at the end of a Kafka transaction',
  brokers: 3,
  rounds: 6,
  run: async (ground) => {
    await ground.startAll();
    for (let round = 0; round < (ground.isSlice ? 1 : 5); round++) await killBroker(ground);
    ground.notes.bite('a broker was missed', isLogged(ground, LOST));
  },
};
