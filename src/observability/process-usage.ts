import { readFileSync } from 'node:fs';

/** What the process has used since it started. */
export interface ProcessUsage {
  readonly residentBytes: number;
  /** User and system time of all threads. */
  readonly cpuSeconds: number;
  /** Bytes that reached the storage layer; null where /proc does not tell. */
  readonly diskReadBytes: number | null;
  readonly diskWrittenBytes: number | null;
}

function readIoCounters(path: string): ReadonlyMap<string, number> {
  try {
    const lines = readFileSync(path, 'utf8').trim().split('\n');
    return new Map(
      lines.map((line) => {
        const [name = '', value = ''] = line.split(': ', 2);
        return [name, Number(value)];
      }),
    );
  } catch {
    return new Map(); // not Linux, or hidden from us
  }
}

/** @param ioPath the kernel's I/O counters, proc(5) */
export function readProcessUsage(ioPath = '/proc/self/io'): ProcessUsage {
  const { user, system } = process.cpuUsage();
  const io = readIoCounters(ioPath);
  return {
    residentBytes: process.memoryUsage.rss(),
    cpuSeconds: (user + system) / 1e6,
    diskReadBytes: io.get('read_bytes') ?? null,
    diskWrittenBytes: io.get('write_bytes') ?? null,
  };
}
