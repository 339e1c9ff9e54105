import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it, onTestFinished } from 'vitest';
import { expectClean } from '../support/expect-clean.ts';
import { HaCluster } from '../support/ha-cluster.ts';
import { LEASE_TTL_MS } from '../support/ha-place.ts';
import { productEntry, type ReplicaProcess } from '../support/replica-process.ts';
import { waitUntil } from '../support/wait-until.ts';

/** The entry of a version to come: it writes position records and checkpoints of version 3, and reads 1 too. */
function laterVersion(): string {
  const built = dirname(productEntry());
  const folder = mkdtempSync(join(tmpdir(), 'heaviside-later-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  cpSync(built, join(folder, 'dist'), { recursive: true });
  for (const name of ['package.json', 'node_modules'])
    symlinkSync(join(built, '..', name), join(folder, name));
  const edits = [
    ['checkpoint/position-tracker.js', 'this.snapshot === null ? 1 : 2,', '3,'],
    ['assembly/redis-parts.js', 'v: 1,', 'v: 3,'],
    ['model/position-record.js', 'v === 1 ||', 'v === 1 || v === 3 ||'],
    ['checkpoint/redis-checkpoint-store.js', "v === '1'", "['1', '3'].includes(v)"],
  ] as const;
  for (const [file, from, to] of edits) {
    const path = join(folder, 'dist', file);
    const text = readFileSync(path, 'utf8');
    if (!text.includes(from)) throw new Error(`${file} does not say ${from}`);
    writeFileSync(
      path,
      text.replace(from, () => to),
    );
  }
  return join(folder, 'dist', 'main.js');
}

it('a replica that cannot read the position of a newer version says so, and stays out for as long as that lasts', async () => {
  const cluster = await HaCluster.create({ rowsPerSecond: 300 });
  const later = laterVersion();
  const startLater = async (name: string): Promise<ReplicaProcess> => {
    const former = process.env['HEAVISIDE_TEST_MAIN'] ?? '';
    process.env['HEAVISIDE_TEST_MAIN'] = later;
    try {
      return await cluster.start(name);
    } finally {
      process.env['HEAVISIDE_TEST_MAIN'] = former;
    }
  };
  const first = await cluster.startLedBy('a'); // this version
  cluster.startLoad();
  await cluster.flow(300);
  await (await startLater('b')).waitForRole('standby');
  cluster.replica('a').kill('SIGTERM'); // the rollout: from here the position is of version 3
  await cluster.flowAfter(first.epoch);
  const { epoch } = await cluster.leader(first.epoch);
  await cluster.start('a'); // the downgrade
  const refusal = async (): Promise<unknown> => (await cluster.replica('a').status())?.refusal ?? null;
  const isRefused = async (): Promise<boolean> =>
    ((await refusal()) as { code?: string } | null)?.code === 'POSITION_UNREADABLE';
  await waitUntil(isRefused, { timeoutMs: 30_000, what: 'the older version to refuse the position' });
  expect(await refusal()).toMatchObject({ hint: expect.stringContaining('run that version') });
  const tellsIt = async (): Promise<boolean> =>
    /^replica +a .*\n +waits: POSITION_UNREADABLE: /m.test((await cluster.command('a', 'status')).stdout);
  await waitUntil(tellsIt, { timeoutMs: 30_000, what: '`heaviside status` to say why a waits' });
  expect(await cluster.replica('a').page('/livez')).toBe(200);
  expect(await cluster.replica('a').page('/readyz')).toBe(503);
  await cluster.crash('b');
  await sleep(3 * LEASE_TTL_MS);
  expect(cluster.replica('a').isRunning).toBe(true);
  expect(cluster.tail.epochs.filter((seen) => seen.epoch > epoch)).toEqual([]);
  await startLater('b');
  await cluster.flowAfter(epoch);
  expectClean(await cluster.finish());
});
