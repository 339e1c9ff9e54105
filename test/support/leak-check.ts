/**
 * Fails a test file that leaves timers, sockets, servers, child processes or worker threads behind.
 * What the runner itself holds open is there before the file's first test, and is not counted.
 */
import type { Worker } from 'node:worker_threads';
import { afterAll, beforeAll } from 'vitest';

/** Kinds of process.getActiveResourcesInfo() that somebody must close; unref'd ones are not among them. */
const leakableKinds = [
  'TCPSocketWrap',
  'TCPServerWrap',
  'TLSWrap',
  'PipeWrap',
  'ProcessWrap',
  'UDPWrap',
  'FSEventWrap',
] as const;
/** The runner's own timers are short: none may be left in the end. */
const timerKinds = ['Timeout', 'Immediate'] as const;
/** Sockets need a moment from their end to their close; ioredis's look at a Sentinel keeps a timer of 2 s behind its end. */
const graceMs = 4000;
const lookEveryMs = 10;

const workers = new Set<Worker>();

function countResources(): Map<string, number> {
  const counts = new Map<string, number>();
  for (const kind of process.getActiveResourcesInfo()) counts.set(kind, (counts.get(kind) ?? 0) + 1);
  return counts;
}

function leaksSince(before: ReadonlyMap<string, number>): string[] {
  const counts = countResources();
  const more = [
    ...leakableKinds.map((kind) => ({ kind, count: (counts.get(kind) ?? 0) - (before.get(kind) ?? 0) })),
    ...timerKinds.map((kind) => ({ kind, count: counts.get(kind) ?? 0 })),
    { kind: 'Worker', count: workers.size },
  ];
  return more.filter(({ count }) => count > 0).map(({ kind, count }) => `${count} × ${kind}`);
}

function watchWorker(worker: Worker): void {
  workers.add(worker);
  worker.once('exit', () => workers.delete(worker));
}

let before: ReadonlyMap<string, number> = new Map();

beforeAll(() => {
  process.on('worker', watchWorker);
  before = countResources();
});

afterAll(async () => {
  const deadline = performance.now() + graceMs;
  let leaks = leaksSince(before);
  while (leaks.length > 0 && performance.now() < deadline) {
    await new Promise((resolve) => setTimeout(resolve, lookEveryMs));
    leaks = leaksSince(before);
  }
  process.off('worker', watchWorker);
  if (leaks.length > 0) throw new Error(`the tests of this file left open: ${leaks.join(', ')}`);
});
