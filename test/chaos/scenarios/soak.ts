import { monotonicEpochMs } from '../../support/monotonic-epoch.ts';
import { availability } from '../availability.ts';
import { REPLICAS, type Ground } from '../ground.ts';
import type { Scenario } from '../scenario.ts';
import { onRedis } from './redis-loss.ts';

const SIGKILL = 'SIGKILL of the leader';
const FAULT_MS = 10_000;
const MIN_AVAILABILITY = 0.95;
const MAX_RSS_MB = 400;
const MAX_RSS_SLOPE_MB = 5;
const MAX_FD_SLOPE = 1;

/** A fault of ten seconds or of a moment; what it returns takes it back. */
type Fault = (ground: Ground, leader: string) => Promise<() => Promise<void> | void>;

const onLink =
  (link: 'source' | 'redis' | 'kafka', fault: 'hold' | 'cut' | 'trickle' | 'reset'): Fault =>
  (ground, leader) => {
    ground.link(leader, link)[fault]();
    return Promise.resolve(() => ground.link(leader, link).heal());
  };

const faults: Readonly<Record<string, Fault>> = {
  [SIGKILL]: async (ground, leader) => {
    await ground.kill(leader);
    return async () => void (await ground.start(leader));
  },
  'SIGSTOP of the leader': (ground, leader) => {
    ground.freeze(leader);
    return Promise.resolve(() => ground.thaw(leader));
  },
  'SIGTERM of the leader': async (ground, leader) => {
    ground.replica(leader).kill('SIGTERM');
    await ground.replica(leader).exited;
    return async () => void (await ground.start(leader));
  },
  'no way to Redis': onLink('redis', 'hold'),
  'Redis refuses the leader': onLink('redis', 'cut'),
  'Redis forgets everything': async (ground) => {
    await onRedis(ground.redis.port, (redis) => redis.flushall());
    return () => undefined;
  },
  'Redis is away': async (ground) => {
    await ground.redis.kill();
    return () => ground.redis.restart();
  },
  'no way to Kafka': onLink('kafka', 'hold'),
  'Kafka refuses the leader': onLink('kafka', 'cut'),
  'the connections to Kafka are reset': onLink('kafka', 'reset'),
  'no way to the source': onLink('source', 'hold'),
  'the connections to the source are reset': onLink('source', 'reset'),
  'the source comes one byte at a time': onLink('source', 'trickle'),
};

/** As a supervisor does: starts what has ended by itself, as a leader does whose event loop stood still past its lease. */
async function superviseReplicas(ground: Ground): Promise<number> {
  const ended = REPLICAS.filter((name) => !ground.replica(name).isRunning);
  for (const name of ended) {
    ground.faults.add(`${name} had ended by itself: it is started anew`);
    await ground.start(name);
  }
  return ended.length;
}

async function run(ground: Ground): Promise<void> {
  const { notes, random, tail, writer } = ground;
  await ground.startAll();
  const startedAt = monotonicEpochMs();
  const endsAt = startedAt + ground.minutes * 60_000;
  const names = Object.keys(faults);
  let met = 0;
  let restarted = 0;
  while (monotonicEpochMs() < endsAt) {
    const periodMs = Math.min(ground.faultEveryMs, (ground.minutes * 60_000) / 2);
    const nextAt = monotonicEpochMs() + periodMs;
    await ground.flow(100);
    await ground.pass(random.between(0, 5000));
    const { replica: leader, epoch } = await ground.leader();
    const name = random.chance(ground.killShare) ? SIGKILL : random.pick(names);
    ground.faults.add(`${name} (${leader} leads under epoch ${epoch})`);
    const undo = await faults[name]?.(ground, leader);
    await ground.pass(FAULT_MS);
    await undo?.();
    ground.faults.add('taken back');
    met += 1;
    restarted += await superviseReplicas(ground);
    await ground.flow(100);
    const restMs = Math.min(nextAt, endsAt) - monotonicEpochMs();
    if (restMs > 0) await ground.pass(restMs);
    notes.figures['faults'] = met;
    notes.figures['endedByThemselves'] = restarted;
    ground.faults.add(`${tail.records} rows read, ${writer.ledger.visibleChanges} acknowledged`);
  }
  await ground.flow(50);
  notes.soakMinutes = (monotonicEpochMs() - startedAt) / 60_000;
  notes.bite('a fault was met in the soak', met > 0);
  const share = availability(writer.ledger.entries, tail, startedAt);
  notes.figures['availability'] = Math.round(share * 10_000) / 10_000;
  notes.demand(
    `lag below 30 s in 95 % of the time, it was ${(share * 100).toFixed(2)} %`,
    share >= MIN_AVAILABILITY,
  );
  const { peakRssMb } = ground.processes;
  notes.demand(
    `no replica needs more than ${MAX_RSS_MB} MB, the most was ${peakRssMb.toFixed(0)}`,
    peakRssMb < MAX_RSS_MB,
  );
  const slopes = ground.processes.slopes(240);
  if (slopes === null) return;
  const { rssMb, fds, seconds } = slopes;
  notes.figures['rssMbPerMinute'] = Math.round(rssMb * 100) / 100;
  notes.figures['fdsPerMinute'] = Math.round(fds * 100) / 100;
  notes.demand(
    `memory and descriptors do not grow: ${rssMb.toFixed(2)} MB and ${fds.toFixed(2)} a minute over ${seconds.toFixed(0)} s`,
    rssMb < MAX_RSS_SLOPE_MB && fds < MAX_FD_SLOPE,
  );
}

export const soak: Scenario = { id: '15', name: 'soak with random faults', rounds: 1, run };
