import { spawn } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { text } from 'node:stream/consumers';
import { waitUntil } from '../../test/support/wait-until.ts';

const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..', '..');

/** The replicas of docker-compose.ha.yml and the ports of this machine that their pages have. */
const REPLICAS: ReadonlyMap<string, number> = new Map([
  ['heaviside-1', 8081],
  ['heaviside-2', 8082],
  ['heaviside-3', 8083],
]);

/** What is asked of a replica's /status. */
export interface ComposeStatus {
  readonly replica: string;
  readonly role: string;
  readonly epoch: number;
  readonly position?: unknown;
}

/** Runs `docker compose` on the file of this repository; rejects, with what it said, unless it ends with 0. */
export async function compose(envFile: string | null, ...args: readonly string[]): Promise<string> {
  const file = [
    '-f',
    join(ROOT, 'docker-compose.ha.yml'),
    ...(envFile === null ? [] : ['--env-file', envFile]),
  ];
  const child = spawn('docker', ['compose', ...file, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  const ended = new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  const [code, stdout, stderr] = await Promise.all([ended, text(child.stdout), text(child.stderr)]);
  if (code !== 0) throw new Error(`docker compose ${args.join(' ')} ended with ${code}:\n${stderr}`);
  return stdout;
}

/** What the replicas say that answer. */
async function statuses(): Promise<ComposeStatus[]> {
  const asked = [...REPLICAS.values()].map(async (port) => {
    try {
      const answer = await fetch(`http://127.0.0.1:${port}/status`, { signal: AbortSignal.timeout(1000) });
      return (await answer.json()) as ComposeStatus;
    } catch {
      return null;
    }
  });
  return (await Promise.all(asked)).filter((status) => status !== null);
}

/** Waits until a replica leads above the epoch, with a position, while so many others stand by. */
export function leader(above: number, standbys: number): Promise<ComposeStatus> {
  const look = async (): Promise<ComposeStatus | undefined> => {
    const all = await statuses();
    if (all.filter(({ role }) => role === 'standby').length < standbys) return undefined;
    return all.find(({ role, epoch, position }) => role === 'leader' && epoch > above && Boolean(position));
  };
  return waitUntil(look, { timeoutMs: 120_000, what: `a leader above epoch ${above}`, everyMs: 100 });
}
