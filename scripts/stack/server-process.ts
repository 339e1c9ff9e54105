import { spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readdirSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { isFree, isListening } from './free-port.ts';
import { StackError } from './stack-error.ts';
import type { ServerEntry } from './stack-file.ts';

const POLL_MS = 50;
const PORT_RELEASE_MS = 5000;

/** How a server is started: its command line and where its output goes. */
export interface ServerCommand {
  readonly command: string;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env?: Readonly<Record<string, string>>;
  /** The file that stdout and stderr are appended to. */
  readonly logFile: string;
  /** Throws or resolves false while the server does not serve yet. */
  readonly isReady: () => Promise<boolean>;
  readonly startTimeoutMs: number;
}

/** Field 22 of /proc/PID/stat (proc(5)), or null where it cannot be read. A zombie counts as gone. */
export function startTicks(pid: number): string | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    // The main thread of a killed server is a zombie while its other threads still hold memory and sockets.
    if (fields[0] === 'Z' && readdirSync(`/proc/${pid}/task`).length <= 1) return null;
    return fields[19] ?? null;
  } catch {
    return null;
  }
}

/** True when the process lives and is the one that had these start ticks (null: any). */
export function isProcess(pid: number, ticks: string | null): boolean {
  if (ticks !== null) return startTicks(pid) === ticks;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** True when the entry's process lives and its port accepts connections. */
export async function isRunning(entry: ServerEntry): Promise<boolean> {
  return entry.pid !== null && isProcess(entry.pid, entry.startTicks) && (await isListening(entry.port));
}

/** Waits until nothing listens on the entry's ports, 5 s at most; resolves to the port that is still taken. */
async function takenPort(entry: ServerEntry): Promise<number | undefined> {
  const deadline = Date.now() + PORT_RELEASE_MS;
  for (;;) {
    const ports = entry.controllerPort === undefined ? [entry.port] : [entry.port, entry.controllerPort];
    const areFree = await Promise.all(ports.map(isFree));
    const taken = ports.find((_, index) => areFree[index] === false);
    if (taken === undefined || Date.now() > deadline) return taken;
    await sleep(POLL_MS);
  }
}

function lastLines(file: string): string {
  try {
    return readFileSync(file, 'utf8').trimEnd().split('\n').slice(-8).join('\n');
  } catch {
    return '(no log)';
  }
}

/**
 * Starts the server as a process of its own that outlives this one, and waits until it serves. Sets the entry's pid,
 * then calls `onSpawn`, so that the pid is on record even if this process dies while it waits.
 * Throws StackError with the log's last lines when it exits or is not ready in time (it is killed then).
 */
export async function startProcess(
  entry: ServerEntry,
  how: ServerCommand,
  onSpawn: () => void,
): Promise<void> {
  for (const port of [entry.port, entry.controllerPort ?? entry.port])
    if (!(await isFree(port)))
      throw new StackError(
        `${entry.name}: its port ${port} is taken by another process; stop that one first`,
      );
  mkdirSync(dirname(how.logFile), { recursive: true });
  const log = openSync(how.logFile, 'a');
  let exit: string | undefined;
  const child = spawn(how.command, how.args, {
    cwd: how.cwd,
    env: { ...process.env, ...how.env },
    detached: true,
    stdio: ['ignore', log, log],
  });
  closeSync(log);
  child.once('error', (error) => (exit = error.message));
  child.once('exit', (code, signal) => (exit = `exit ${code ?? signal}`));
  child.unref();
  entry.pid = child.pid ?? null;
  entry.startTicks = child.pid === undefined ? null : startTicks(child.pid);
  onSpawn();
  const deadline = Date.now() + how.startTimeoutMs;
  while (!(await how.isReady().catch(() => false))) {
    if (exit === undefined && Date.now() > deadline) {
      exit = `not ready within ${how.startTimeoutMs / 1000} s`;
      child.kill('SIGKILL');
    }
    if (exit !== undefined) {
      entry.pid = null;
      throw new StackError(
        `${entry.name} did not start (${exit}); ${how.logFile} ends with:\n${lastLines(how.logFile)}`,
      );
    }
    await sleep(POLL_MS);
  }
}

/** Signals the entry's process and waits until it is gone; SIGKILL after `graceMs`. A stopped entry is no error. */
export async function stopProcess(
  entry: ServerEntry,
  signal: NodeJS.Signals,
  graceMs: number,
): Promise<void> {
  const { pid, startTicks: ticks } = entry;
  if (pid !== null && isProcess(pid, ticks)) {
    process.kill(pid, signal);
    const deadline = Date.now() + graceMs;
    let killed = signal === 'SIGKILL';
    while (isProcess(pid, ticks)) {
      if (!killed && Date.now() > deadline) {
        killed = true;
        process.kill(pid, 'SIGKILL');
      }
      await sleep(POLL_MS);
    }
    await takenPort(entry); // a killed process's last threads hold its sockets a moment longer than its main one
  }
  entry.pid = null;
  entry.startTicks = null;
}
