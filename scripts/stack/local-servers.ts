import { kafkaCommand, warmUpKafka } from './kafka.ts';
import { mariadbCommand } from './mariadb.ts';
import { mysqlCommand } from './mysql.ts';
import { progress } from './progress.ts';
import { redisCommand } from './redis.ts';
import { isProcess, isRunning, startProcess, stopProcess, type ServerCommand } from './server-process.ts';
import { StackError } from './stack-error.ts';
import {
  entryOf,
  groupNames,
  kindOf,
  readStack,
  stackDir,
  writeStack,
  type ServerEntry,
  type StackState,
} from './stack-file.ts';
import { withStackLock } from './stack-lock.ts';

// A clean end takes mysqld a few seconds; a broker whose quorum is gone would wait for minutes.
const GRACE_MS = { mysql: 30_000, mariadb: 30_000, redis: 5_000, kafka: 10_000 } as const;

const KAFKA_GROUPS = ['kafka', 'kafkalinks', 'kafka3'] as const;

async function commandOf(entry: ServerEntry, state: StackState, dir: string): Promise<ServerCommand> {
  switch (entry.kind) {
    case 'mysql':
      return mysqlCommand(entry, dir, state.accounts);
    case 'mariadb':
      return mariadbCommand(entry, dir, state.accounts);
    case 'redis':
      return redisCommand(entry, dir);
    case 'kafka': {
      const group = KAFKA_GROUPS.find((each) => groupNames(each).includes(entry.name)) ?? 'kafka';
      const peers: ServerEntry[] = [];
      for (const name of groupNames(group)) peers.push(await entryOf(state, name));
      return kafkaCommand(entry, dir, { id: state.clusterId, peers });
    }
  }
}

/** Starts the server unless it runs; resolves to true when it had to. */
async function startEntry(entry: ServerEntry, state: StackState, dir: string): Promise<boolean> {
  if (await isRunning(entry)) return false;
  if (entry.pid !== null && isProcess(entry.pid, entry.startTicks)) {
    progress(entry.name, `process ${entry.pid} does not listen on its port: starting it anew`);
    await stopProcess(entry, 'SIGKILL', 0);
  }
  const command = await commandOf(entry, state, dir);
  progress(entry.name, `starting on port ${entry.port}`);
  await startProcess(entry, command, () => writeStack(dir, state));
  writeStack(dir, state);
  progress(entry.name, `${entry.version ?? 'ready'} on port ${entry.port}, pid ${entry.pid}`);
  return true;
}

function isStarted(end: PromiseSettledResult<boolean> | undefined): boolean {
  return end?.status === 'fulfilled' && end.value;
}

/** True when every one of the servers is known and serves, looked up without the lock. */
export async function areRunning(names: readonly string[]): Promise<boolean> {
  const { servers } = readStack(stackDir());
  const checks = names.map(async (name) => {
    const entry = servers[name];
    return entry !== undefined && (await isRunning(entry));
  });
  return (await Promise.all(checks)).every(Boolean);
}

/** Installs what is missing and starts those of the named servers that do not run, side by side. Throws StackError. */
export async function startServers(names: readonly string[]): Promise<StackState> {
  const dir = stackDir();
  return withStackLock(dir, async () => {
    const state = readStack(dir);
    const entries: ServerEntry[] = [];
    for (const name of names) entries.push(await entryOf(state, name)); // one by one: each takes free ports
    writeStack(dir, state);
    const ends = await Promise.allSettled(entries.map((entry) => startEntry(entry, state, dir)));
    writeStack(dir, state);
    const failed = ends.filter((end) => end.status === 'rejected').map((end) => end.reason as Error);
    if (failed.length > 0)
      throw new StackError(failed.map((error) => error.message).join('\n'), { cause: failed[0] });
    const started = new Set(entries.filter((_, index) => isStarted(ends[index])).map((entry) => entry.name));
    for (const group of KAFKA_GROUPS) {
      const nodes = groupNames(group).filter((name) => started.has(name));
      if (nodes.length === groupNames(group).length)
        await warmUpKafka(entries.filter((entry) => nodes.includes(entry.name)));
    }
    return state;
  });
}

/** Starts one stopped server on the port and the data it had; one that runs is left alone. Throws StackError. */
export async function startServer(name: string): Promise<void> {
  kindOf(name);
  await startServers([name]);
}

/**
 * Stops one server of the stack's own by its pid and waits until it is gone; its port and data are kept. SIGTERM by
 * default, SIGKILL after a grace of 5 s (Redis), 10 s (Kafka) or 30 s (SQL). Throws StackError on an unknown name.
 */
export async function stopServer(name: string, signal: 'SIGTERM' | 'SIGKILL' = 'SIGTERM'): Promise<void> {
  const kind = kindOf(name);
  const dir = stackDir();
  await withStackLock(dir, async () => {
    const state = readStack(dir);
    const entry = state.servers[name];
    if (entry === undefined) throw new StackError(`${name} was never started in ${dir}`);
    await stopProcess(entry, signal, GRACE_MS[kind]);
    writeStack(dir, state);
  });
}

/** Stops every server of the stack and keeps ports and data. Resolves to the names of those that ran. */
export async function stopStack(): Promise<string[]> {
  const dir = stackDir();
  return withStackLock(dir, async () => {
    const state = readStack(dir);
    const running = Object.values(state.servers).filter(
      (entry) => entry.pid !== null && isProcess(entry.pid, entry.startTicks),
    );
    await Promise.all(running.map((entry) => stopProcess(entry, 'SIGTERM', GRACE_MS[entry.kind])));
    if (running.length > 0) writeStack(dir, state);
    return running.map((entry) => entry.name);
  });
}
