import { ensureStack } from '../../../scripts/stack/ensure-stack.ts';
import type { SqlServer } from '../../../scripts/stack/stack-info.ts';
import { follow } from '../../support/follow-source.ts';
import type { Flavor } from '../../support/load-table.ts';
import { MariadbProcess } from '../../support/mariadb-process.ts';
import { monotonicEpochMs } from '../../support/monotonic-epoch.ts';
import { MysqlProcess } from '../../support/mysql-process.ts';
import { runProduct } from '../../support/product-command.ts';
import { waitUntil } from '../../support/wait-until.ts';
import { isLogged } from '../evidence.ts';
import { REPLICAS, type Ground } from '../ground.ts';
import { expectRecovery } from '../recovery.ts';
import type { OwnServers, Scenario } from '../scenario.ts';
import { executedGtids } from '../source-view.ts';

type Server = MariadbProcess | MysqlProcess;

interface Group extends OwnServers {
  readonly source: SqlServer;
  readonly first: Server;
  readonly second: Server;
}

const groups = new Map<number, Group>();
const QUIET_MS = 6000;

function described({ host, port, user, password }: Server): SqlServer {
  return { host, port, user, password, replicator: { user, password }, version: '', pid: null };
}

/** A source and a replica of it that follows by GTID. */
async function pair(flavor: Flavor): Promise<Group> {
  await ensureStack({ [flavor]: true }); // installs the server
  const start = (serverId: number): Promise<Server> =>
    flavor === 'mysql'
      ? MysqlProcess.start(serverId)
      : MariadbProcess.start(serverId, { 'log-slave-updates': '1', 'gtid-strict-mode': '1' });
  const [first, second] = [await start(11), await start(12)];
  await follow(flavor, second, first);
  const group: Group = {
    source: described(first),
    first,
    second,
    close: async () => {
      groups.delete(first.port);
      for (const each of [second, first]) await each[Symbol.asyncDispose]();
    },
  };
  groups.set(first.port, group);
  return group;
}

function groupOf({ place }: Ground): Group {
  const group = groups.get(place.source.port);
  if (group === undefined) throw new Error('no pair of servers');
  return group;
}

/** All replicas of the product meet another server from now on. */
function aim(ground: Ground, server: Server): void {
  for (const name of REPLICAS) {
    ground.link(name, 'source').aim(server);
    ground.link(name, 'source').reset();
  }
}

async function isCaughtUp({ flavor }: Ground, from: Server, to: Server): Promise<boolean> {
  const what = flavor === 'mysql' ? '@@GLOBAL.gtid_executed' : '@@GLOBAL.gtid_current_pos';
  const [one, other] = await Promise.all([from, to].map((server) => server.run(`SELECT ${what} AS gtids`)));
  return one?.[0]?.['gtids'] === other?.[0]?.['gtids'];
}

async function catchUp(ground: Ground): Promise<void> {
  const { first, second } = groupOf(ground);
  await waitUntil(() => isCaughtUp(ground, first, second), {
    timeoutMs: 60_000,
    what: 'the second server',
    everyMs: 100,
  });
}

/** Purges the server's binlogs before the newest; again and again, since MariaDB leaves a file alone until its background thread is done with it. */
async function purgeToNewest(server: Server): Promise<void> {
  await server.run('FLUSH BINARY LOGS');
  const isPurged = async (): Promise<boolean> => {
    const logs = await server.run('SHOW BINARY LOGS');
    if (logs.length === 1) return true;
    await server.run(`PURGE BINARY LOGS TO '${String(logs.at(-1)?.['Log_name'])}'`);
    return false;
  };
  await waitUntil(isPurged, { timeoutMs: 60_000, what: 'the binlogs to be purged', everyMs: 100 });
}

/** Everything that was acknowledged is read. */
async function drained({ tail, writer }: Ground): Promise<void> {
  const isRead = (): boolean => tail.records >= writer.ledger.visibleChanges;
  await waitUntil(isRead, { timeoutMs: 60_000, what: 'all rows so far' });
}

async function paused(ground: Ground): Promise<void> {
  ground.writer.pause(true);
  await ground.pass(1500); // the transactions at hand end
}

async function stopReplication(ground: Ground): Promise<void> {
  await groupOf(ground).second.run(ground.flavor === 'mysql' ? 'STOP REPLICA' : 'STOP SLAVE');
}

/** The writer and the check go on with that server. */
function resumeOn(ground: Ground, server: ReturnType<typeof groupOf>['second']): void {
  ground.writer.moveTo(server);
  ground.source = described(server);
  ground.writer.pause(false);
}

export const caughtUp: Scenario = {
  id: '10a',
  name: 'the source fails over to a replica that is caught up',
  rounds: 1,
  servers: pair,
  hasDdl: false,
  config: { source_heartbeat_ms: '500' },
  run: async (ground) => {
    const { first, second } = groupOf(ground);
    const { faults, notes } = ground;
    await ground.startAll();
    await ground.flow(1000);
    await paused(ground);
    await catchUp(ground);
    await stopReplication(ground);
    faults.add('the source is gone, its replica takes its place');
    await first[Symbol.asyncDispose]();
    aim(ground, second);
    resumeOn(ground, second);
    const since = monotonicEpochMs();
    await expectRecovery(ground, { what: 'a failover of the source', since, limitMs: 15_000, above: null });
    await ground.flow(1000);
    notes.bite('the leader lost the source', isLogged(ground, /source was lost/));
  },
};

/** Nothing may be emitted, and no position moved, while the source is refused. */
async function expectRefusal(ground: Ground, code: RegExp): Promise<void> {
  const { notes, tail } = ground;
  const isRefused = (): boolean => isLogged(ground, code);
  const seen = await waitUntil(isRefused, { timeoutMs: 60_000, what: `${code}`, everyMs: 100 }).then(
    () => true,
    () => false,
  );
  notes.bite(`the source was refused with ${code.source}`, seen);
  const { records } = tail;
  const checkpoint = await ground.checkpointGtids();
  await ground.pass(QUIET_MS);
  notes.demand('nothing is emitted from a refused source', tail.records === records);
  notes.demand('the checkpoint stays', (await ground.checkpointGtids()) === checkpoint);
}

export const lagging: Scenario = {
  id: '10b',
  name: 'the source fails over to a replica that lags: refused until it has caught up',
  rounds: 1,
  servers: pair,
  hasDdl: false,
  config: { source_heartbeat_ms: '500' },
  run: async (ground) => {
    const { second } = groupOf(ground);
    const { faults, flavor } = ground;
    await ground.startAll();
    await ground.flow(500);
    await catchUp(ground).catch(() => undefined);
    await stopReplication(ground);
    await ground.flow(500);
    await paused(ground);
    await drained(ground);
    faults.add('failover to a replica that lags');
    aim(ground, second);
    await expectRefusal(ground, /POSITION_NOT_IN_EXECUTED/);
    await second.run(flavor === 'mysql' ? 'START REPLICA' : 'START SLAVE');
    await catchUp(ground);
    await stopReplication(ground);
    faults.add('it has caught up');
    resumeOn(ground, second);
    const since = monotonicEpochMs();
    // A refusal is looked at again every 30 s.
    await expectRecovery(ground, { what: 'the replica that lagged', since, limitMs: 45_000, above: null });
    await ground.flow(500);
  },
};

export const purged: Scenario = {
  id: '10c',
  name: 'the source fails over to a replica that has purged what is needed: blocked, until an operator acts',
  rounds: 1,
  servers: pair,
  hasDdl: false,
  config: { source_heartbeat_ms: '500' },
  run: async (ground) => {
    const { first, second } = groupOf(ground);
    const { faults, notes, flavor } = ground;
    await ground.startAll();
    await ground.flow(500);
    for (const { name } of ground.running) await ground.replica(name).stop();
    await ground.pass(3000); // rows that nobody has read
    await paused(ground);
    await catchUp(ground);
    await purgeToNewest(second);
    faults.add('failover to a replica that has purged its binlogs');
    aim(ground, second);
    for (const name of REPLICAS) await ground.start(name);
    await expectRefusal(ground, /BINLOG_PURGED/);
    const isBlocked = async (): Promise<boolean> =>
      (await ground.statuses()).every(
        ({ role }) => role === 'blocked' || role === 'standby' || role === 'candidate',
      );
    notes.demand('nobody leads', await isBlocked());
    faults.add('the old source again, and an operator who says so');
    aim(ground, first);
    const config = ['--config', ground.replica('a').configFile];
    const got = await runProduct(['position', 'get', '--json', ...config]);
    const { record } = JSON.parse(got.stdout) as { record: { gtidSet: string } };
    const set = await runProduct(['position', 'set', record.gtidSet, ...config]);
    notes.demand(`the operator's command is carried out: ${set.stderr.slice(-200)}`, set.code === 0);
    ground.writer.pause(false);
    const since = monotonicEpochMs();
    await expectRecovery(ground, { what: "an operator's position", since, limitMs: 45_000, above: null });
    notes.demand(
      'the executed set of the source has the position',
      (await executedGtids(first, flavor)) !== '',
    );
  },
};
