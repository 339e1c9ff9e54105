import { execFileSync } from 'node:child_process';
import { cpus, loadavg } from 'node:os';
import type { StackInfo } from '../stack/stack-info.ts';

/** When, on what and with what was measured. @param loadBefore load average of the machine at the start */
export function machineLines(stack: StackInfo, loadBefore: number): string[] {
  const [cpu] = cpus();
  const commit = execFileSync('git', ['rev-parse', '--short', 'HEAD']).toString().trim();
  return [
    `${new Date().toISOString().slice(0, 16)} UTC, commit ${commit}`,
    `${cpus().length} × ${cpu?.model ?? 'CPU of no name'}, which MySQL, Kafka and Redis share with the peer`,
    `load average of the machine ${loadBefore.toFixed(1)} at the start, ${(loadavg()[0] ?? NaN).toFixed(1)} at the end`,
    `Node.js ${process.version}, MySQL ${stack.mysql?.version ?? ''}, Kafka 4.1.0`,
  ];
}
