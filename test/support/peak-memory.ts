import { readFileSync } from 'node:fs';

/** The largest resident set that the process ever had, in bytes: VmHWM of /proc/PID/status (proc(5)). */
export function peakMemoryBytes(pid: number): number {
  const [, kilobytes] = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
  if (kilobytes === undefined) throw new Error(`/proc/${pid}/status has no VmHWM`);
  return Number(kilobytes) * 1024;
}
