import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { getHeapStatistics } from 'node:v8';

/** One bounded kind of memory. */
export interface MemoryReading {
  readonly kind: 'heap' | 'cgroup';
  readonly usedBytes: number;
  readonly limitBytes: number;
}

/** The text of a file, or null where it cannot be read. */
export type ReadText = (path: string) => string | null;

const readTextFile: ReadText = (path) => {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null;
  }
};

// cgroup v1 says "no limit" with a number near 2^63.
const noLimitBytes = 2 ** 60;

interface CgroupFiles {
  readonly root: string;
  readonly limit: string;
  readonly usage: string;
  /** Lines of memory.stat that the kernel gives back before it kills: the page cache. */
  readonly reclaimable: readonly string[];
}

const cgroupV2: CgroupFiles = {
  root: '/sys/fs/cgroup',
  limit: 'memory.max',
  usage: 'memory.current',
  reclaimable: ['inactive_file', 'active_file'],
};

const cgroupV1: CgroupFiles = {
  root: '/sys/fs/cgroup/memory',
  limit: 'memory.limit_in_bytes',
  usage: 'memory.usage_in_bytes',
  reclaimable: ['total_inactive_file', 'total_active_file'],
};

/** The process's own groups in /proc/self/cgroup: `0::/path` (v2), `5:memory:/path` (v1). */
function ownGroups(read: ReadText): readonly { files: CgroupFiles; path: string }[] {
  const groups: { files: CgroupFiles; path: string }[] = [];
  for (const line of (read('/proc/self/cgroup') ?? '').split('\n')) {
    const [id = '', controllers = '', path = ''] = line.split(':', 3);
    if (id === '0' && controllers === '') groups.push({ files: cgroupV2, path });
    else if (controllers.split(',').includes('memory')) groups.push({ files: cgroupV1, path });
  }
  return groups;
}

function readGroup(read: ReadText, directory: string, files: CgroupFiles): MemoryReading | null {
  const limitBytes = Number(read(join(directory, files.limit))?.trim() ?? NaN);
  const usageBytes = Number(read(join(directory, files.usage))?.trim() ?? NaN);
  // "max" parses to NaN: no limit.
  if (!Number.isFinite(limitBytes) || limitBytes <= 0 || limitBytes >= noLimitBytes) return null;
  if (!Number.isFinite(usageBytes)) return null;
  let cacheBytes = 0;
  for (const line of (read(join(directory, 'memory.stat')) ?? '').split('\n')) {
    const [name = '', value = ''] = line.split(' ', 2);
    if (files.reclaimable.includes(name)) cacheBytes += Number(value);
  }
  return { kind: 'cgroup', usedBytes: Math.max(0, usageBytes - cacheBytes), limitBytes };
}

/**
 * Memory of the process's cgroup against its limit, version 2 or 1; null where there is none.
 * Page cache is not counted: a spill file must not look like a leak.
 */
export function readCgroupMemory(read: ReadText = readTextFile): MemoryReading | null {
  for (const { files, path } of ownGroups(read)) {
    // In a container the group's own path is often not mounted: its root is then the limit.
    const reading = readGroup(read, join(files.root, path), files) ?? readGroup(read, files.root, files);
    if (reading !== null) return reading;
  }
  return null;
}

/**
 * V8's heap against its limit: V8's own (`--max-old-space-size`) or a lower one of ours.
 * @param limitBytes heap_limit_bytes; null: V8's own
 */
export function readHeapMemory(limitBytes: number | null = null): MemoryReading {
  const { used_heap_size, heap_size_limit } = getHeapStatistics();
  return {
    kind: 'heap',
    usedBytes: used_heap_size,
    limitBytes: Math.min(heap_size_limit, limitBytes ?? Infinity),
  };
}

/** Every bounded kind of memory, as it is now. */
export function readMemory(heapLimitBytes: number | null = null): readonly MemoryReading[] {
  const cgroup = readCgroupMemory();
  const heap = readHeapMemory(heapLimitBytes);
  return cgroup === null ? [heap] : [heap, cgroup];
}
