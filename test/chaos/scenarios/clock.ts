import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { aptInstall } from '../../../scripts/stack/install.ts';
import { monotonicEpochMs } from '../../support/monotonic-epoch.ts';
import { wasCutOffBySource, wasRefused } from '../evidence.ts';
import type { Ground } from '../ground.ts';
import { expectRecovery } from '../recovery.ts';
import type { Scenario } from '../scenario.ts';
import { onRedis } from './redis-loss.ts';

const LIBRARIES = ['/usr/lib/x86_64-linux-gnu', '/usr/lib/aarch64-linux-gnu', '/usr/lib64', '/usr/lib'];
const JUMPS_TTL = [2, -2] as const;

/** libfaketime, installed when missing. Throws StackError where it cannot be had. */
async function fakeTimeLibrary(): Promise<string> {
  const find = (): string | undefined =>
    LIBRARIES.map((folder) => join(folder, 'faketime', 'libfaketime.so.1')).find((path) => existsSync(path));
  if (find() === undefined) await aptInstall('libfaketime', ['libfaketime'], 'libfaketime of your system');
  const found = find();
  if (found === undefined) throw new Error('libfaketime.so.1 is not where its package puts it');
  return found;
}

/** A wall clock of a process's own, which jumps when it is told; the monotonic one stays. */
class WallClock {
  readonly env: Readonly<Record<string, string>>;
  readonly #file: string;

  constructor(library: string, file: string) {
    this.#file = file;
    this.jump(0);
    this.env = {
      LD_PRELOAD: library,
      FAKETIME_TIMESTAMP_FILE: file,
      FAKETIME_NO_CACHE: '1',
      FAKETIME_DONT_FAKE_MONOTONIC: '1',
    };
  }

  /** @param seconds ahead of the true time; below 0: behind */
  jump(seconds: number): void {
    writeFileSync(this.#file, `${seconds < 0 ? '' : '+'}${seconds}\n`);
  }
}

/**
 * What a jump of the wall clock of Redis's host does: every expiry comes that much sooner, or later. Made by hand, as
 * redis-server does not run under libfaketime (its allocator reads the clock before the library is ready).
 */
async function jumpOfRedis({ place, redis }: Ground, milliseconds: number): Promise<void> {
  await onRedis(redis.port, async (client) => {
    const key = `heaviside:{${place.clientId}}:lease`;
    const leftMs = await client.pttl(key);
    if (leftMs > 0) await client.pexpire(key, Math.max(1, leftMs - milliseconds));
  });
}

/** Wall clocks jump by twice the lease, forth and back: on the leader, on a standby, on Redis's host. */
async function jumps(ground: Ground): Promise<void> {
  const { faults, folder, notes } = ground;
  const library = await fakeTimeLibrary();
  const own = new Map(
    ['a', 'b', 'c'].map((name) => [name, new WallClock(library, join(folder, `${name}.clock`))]),
  );
  await ground.startAll((name) => own.get(name)?.env ?? {});
  const seconds = ground.ttlMs / 1000;
  const { replica: leader, epoch } = await ground.leader();
  const standby = ['a', 'b', 'c'].find((name) => name !== leader) ?? 'b';
  for (const name of [leader, standby])
    for (const jump of JUMPS_TTL) {
      faults.add(`the wall clock of ${name} jumps by ${jump * seconds} s`);
      own.get(name)?.jump(jump * seconds);
      const since = monotonicEpochMs();
      await expectRecovery(ground, { what: 'a jump of a wall clock', since, limitMs: 2000, above: null });
      await ground.pass(2 * ground.ttlMs);
      await ground.flow(100);
      if (name !== leader) continue;
      // The leader writes its wall clock into the checkpoint.
      const key = `heaviside:{${ground.place.clientId}}:checkpoint`;
      const savedAt = await onRedis(ground.redis.port, (redis) => redis.hget(key, 'savedAt'));
      const aheadMs = Number(savedAt) - Date.now();
      notes.bite(
        'the clock of the leader was another one',
        Math.abs(aheadMs - jump * ground.ttlMs) < ground.ttlMs,
      );
    }
  const still = await ground.leader();
  notes.demand(
    'no lease was lost by a wall clock of our own',
    still.epoch === epoch && still.replica === leader,
  );
  for (const jump of JUMPS_TTL) {
    faults.add(`the wall clock of Redis's host jumps by ${jump * seconds} s`);
    await jumpOfRedis(ground, jump * ground.ttlMs);
    await ground.pass(2 * ground.ttlMs);
    await ground.flow(100); // whoever leads then
  }
}

export const clockJumps: Scenario = {
  id: '11a',
  name: 'wall clocks jump by twice the lease: leader, standby, Redis',
  rounds: 1,
  run: jumps,
};

/** The leader's event loop stands still for longer than its lease, in the middle of a Kafka transaction. */
export const blockedLoop: Scenario = {
  id: '11b',
  name: 'the event loop of the leader is blocked for longer than its lease',
  rounds: 2,
  run: async (ground) => {
    const { failpoints, faults, notes } = ground;
    await ground.startAll();
    for (const point of ['transaction.begun', 'transaction.checked']) {
      const { replica: leader, epoch } = await ground.leader();
      await ground.flow(200);
      const block = {
        name: point,
        action: 'block',
        replica: leader,
        milliseconds: 4 * ground.ttlMs,
      } as const;
      await failpoints.order(block, 30_000);
      faults.add(`the event loop of ${leader} is blocked at ${point}`);
      const since = monotonicEpochMs();
      const limitMs = ground.failoverLimitMs;
      await expectRecovery(ground, { what: 'a blocked event loop', since, limitMs, above: epoch });
      await ground.pass(Math.max(0, since + 4 * ground.ttlMs + 1000 - monotonicEpochMs()));
      const former = ground.replica(leader);
      const isEnded = !former.isRunning;
      notes.bite(
        'the blocked leader was ended by its watchdog, or fenced',
        isEnded || wasRefused(former) || wasCutOffBySource(former),
      );
      if (isEnded) await ground.start(leader);
      await ground.replica(leader).waitForRole('standby', 60_000);
    }
  },
};
