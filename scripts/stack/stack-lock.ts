import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { isProcess, startTicks } from './server-process.ts';
import { progress } from './progress.ts';

const POLL_MS = 100;
let sequence = 0;

interface Owner {
  readonly pid: number;
  readonly startTicks: string | null;
}

function readOwner(file: string): { text: string; owner: Owner } | undefined {
  try {
    const text = readFileSync(file, 'utf8');
    return { text, owner: JSON.parse(text) as Owner };
  } catch {
    return undefined;
  }
}

function tryLock(file: string, own: string): boolean {
  try {
    linkSync(own, file); // link is atomic and the file appears with its content
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

function removeStale(file: string, seen: string, own: string): void {
  const aside = `${own}.stale`;
  try {
    renameSync(file, aside);
  } catch {
    return;
  }
  // Somebody was faster and the lock moved aside is a living one: it goes back.
  if (readFileSync(aside, 'utf8') !== seen) tryLock(file, aside);
  rmSync(aside, { force: true });
}

/**
 * Runs `work` while this process alone holds the lock file of the stack's folder; others wait, however long it takes.
 * A lock whose owner died is taken over. Not reentrant.
 */
export async function withStackLock<T>(dir: string, work: () => Promise<T>): Promise<T> {
  mkdirSync(dir, { recursive: true });
  const file = join(dir, 'lock');
  sequence += 1;
  const own = `${file}.${process.pid}.${sequence}.${Math.random().toString(36).slice(2)}`;
  writeFileSync(own, JSON.stringify({ pid: process.pid, startTicks: startTicks(process.pid), own }));
  try {
    let told = false;
    while (!tryLock(file, own)) {
      const holder = readOwner(file);
      if (holder !== undefined && !isProcess(holder.owner.pid, holder.owner.startTicks)) {
        removeStale(file, holder.text, own);
        continue;
      }
      if (!told && holder !== undefined && holder.owner.pid !== process.pid) {
        progress('all', `waiting for process ${holder.owner.pid}, which is setting up the stack`);
        told = true;
      }
      await sleep(POLL_MS);
    }
    try {
      return await work();
    } finally {
      rmSync(file, { force: true });
    }
  } finally {
    rmSync(own, { force: true });
  }
}
