import { existsSync, readFileSync } from 'node:fs';

/** As {@link peakMemoryBytes}; null for a process that has ended, also while its exit code waits to be fetched. */
export function peakMemoryIfRunning(pid: number): number | null {
  const status = `/proc/${pid}/status`;
  const [, kilobytes] =
    /^VmHWM:\s+(\d+) kB$/m.exec(existsSync(status) ? readFileSync(status, 'utf8') : '') ?? [];
  return kilobytes === undefined ? null : Number(kilobytes) * 1024;
}

/** The largest resident set that the process ever had, in bytes: VmHWM of /proc/PID/status (proc(5)). */
export function peakMemoryBytes(pid: number): number {
  const bytes = peakMemoryIfRunning(pid);
  if (bytes === null) throw new Error(`/proc/${pid}/status has no VmHWM`);
  return bytes;
}
