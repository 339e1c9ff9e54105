import { describe, expect, it } from 'vitest';
import { readCgroupMemory, readHeapMemory } from '../../../src/lifecycle/memory-usage.ts';

const readFrom = (files: Record<string, string>) => (path: string) => files[path] ?? null;

describe('readCgroupMemory', () => {
  it("reads version 2 at the process's own group, without the page cache", () => {
    const read = readFrom({
      '/proc/self/cgroup': '0::/pod/app\n',
      '/sys/fs/cgroup/pod/app/memory.max': '1000\n',
      '/sys/fs/cgroup/pod/app/memory.current': '900\n',
      '/sys/fs/cgroup/pod/app/memory.stat': 'anon 500\ninactive_file 100\nactive_file 50\n',
    });
    expect(readCgroupMemory(read)).toEqual({ kind: 'cgroup', usedBytes: 750, limitBytes: 1000 });
  });

  it('reads the root of the mount where the group has a namespace of its own', () => {
    const read = readFrom({
      '/proc/self/cgroup': '0::/../../pod\n',
      '/sys/fs/cgroup/memory.max': '2000\n',
      '/sys/fs/cgroup/memory.current': '100\n',
    });
    expect(readCgroupMemory(read)).toEqual({ kind: 'cgroup', usedBytes: 100, limitBytes: 2000 });
  });

  it('reads version 1 among other controllers', () => {
    const read = readFrom({
      '/proc/self/cgroup': '12:cpu,cpuacct:/x\n5:memory:/docker/abc\n',
      '/sys/fs/cgroup/memory/docker/abc/memory.limit_in_bytes': '4096\n',
      '/sys/fs/cgroup/memory/docker/abc/memory.usage_in_bytes': '3000\n',
      '/sys/fs/cgroup/memory/docker/abc/memory.stat':
        'cache 9\ntotal_inactive_file 1000\ntotal_active_file 500\n',
    });
    expect(readCgroupMemory(read)).toEqual({ kind: 'cgroup', usedBytes: 1500, limitBytes: 4096 });
  });

  it.each(['max', '9223372036854771712', '0', ''])('sees no limit in %o', (limit) => {
    const read = readFrom({
      '/proc/self/cgroup': '0::/\n',
      '/sys/fs/cgroup/memory.max': limit,
      '/sys/fs/cgroup/memory.current': '100\n',
    });
    expect(readCgroupMemory(read)).toBeNull();
  });

  it('sees none where /proc cannot be read', () => {
    expect(readCgroupMemory(() => null)).toBeNull();
  });
});

describe('readHeapMemory', () => {
  it('is below its limit', () => {
    const { usedBytes, limitBytes } = readHeapMemory();
    expect(usedBytes).toBeGreaterThan(1_000_000);
    expect(usedBytes).toBeLessThan(limitBytes);
  });
});
