import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { isProcess } from '../stack/server-process.ts';
import { removePlace, type DemoPlace, type KeptReplica } from './demo-place.ts';
import type { DemoLine } from './demo-verdict.ts';

/** What --keep leaves on disk. */
export interface DemoFile extends DemoPlace {
  readonly replicas: readonly KeptReplica[];
  readonly result: DemoLine;
}

const GRACE_MS = 10_000;

/** Writes demo.json, readable by its owner only as it holds passwords. */
export function writeDemoFile(path: string, content: DemoFile): void {
  writeFileSync(path, `${JSON.stringify(content, null, 2)}\n`, { mode: 0o600 });
}

/** Reads demo.json; null where there is none. */
export function readDemoFile(path: string): DemoFile | null {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as DemoFile;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}

async function end({ pid, startTicks }: KeptReplica): Promise<void> {
  if (!isProcess(pid, startTicks)) return;
  process.kill(pid, 'SIGTERM');
  const deadline = Date.now() + GRACE_MS;
  while (isProcess(pid, startTicks)) {
    if (Date.now() > deadline) process.kill(pid, 'SIGKILL');
    await sleep(50);
  }
}

/** Ends the replicas that --keep left and removes their database, topics and keys. The servers stay up. */
export async function takeDown(path: string): Promise<boolean> {
  const kept = readDemoFile(path);
  if (kept === null) return false;
  await Promise.all(kept.replicas.map(end));
  await removePlace(kept);
  rmSync(path);
  return true;
}

/** What to try with a demo that was left up. */
export function whatToTry(path: string, { source, kafka, replicas, stackDir }: DemoFile): string {
  const [first] = replicas;
  const config = first?.configFile ?? '';
  const jars = `'${stackDir}/cache/kafka-4.1.0/*'`;
  return `
 Everything is up; ports, topics and credentials stand in ${path}. Try:
   curl -s http://127.0.0.1:${first?.httpPort ?? 0}/status                         who leads, epoch, lag, positions
   node dist/main.js switchover --config ${config}
   kill -9 <pid of the leader>                                    one of ${replicas.map(({ pid }) => pid).join(', ')}
   write to database ${source.database} at ${source.host}:${source.port}, and see it arrive:
   java -cp ${jars} org.apache.kafka.tools.consumer.ConsoleConsumer \\
     --bootstrap-server ${kafka.bootstrapServers.join(',')} --topic ${kafka.topic} --isolation-level read_committed
   npx tsx scripts/demo/audit.ts --reader java                    the audit once more, by Java's consumer
   npm run demo -- --down                                         to end it
`;
}
