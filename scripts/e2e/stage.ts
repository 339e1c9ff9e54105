import { spawn } from 'node:child_process';
import type { SqlTarget } from '../../test/support/load-connection.ts';
import { waitUntil } from '../../test/support/wait-until.ts';
import type { E2eOptions } from './e2e-options.ts';
import type { Release } from './release.ts';
import { serversNode } from './servers.ts';

/** What a scenario plays with. */
export interface Stage {
  readonly options: E2eOptions;
  readonly release: Release;
  /** The source, as this machine reaches it. */
  readonly sql: SqlTarget;
  /** Waits for so many more records. */
  readonly flow: (records: number) => Promise<void>;
  /** Says what was seen, for the report. */
  readonly note: (text: string) => void;
}

/** Throws what a scenario has found to be otherwise than it must be. */
export function demand(isTrue: boolean, what: string): asserts isTrue {
  if (!isTrue) throw new Error(what);
}

/** Runs a hook of the command line on a node. Rejects where it fails. */
export function runHook(command: string, node: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn('bash', ['-c', command], { stdio: 'inherit', env: { ...process.env, NODE: node } });
    child.once('error', reject);
    child.once('exit', (code) =>
      code === 0 ? resolve() : reject(new Error(`${command} (NODE=${node}) ended with ${code}`)),
    );
  });
}

/** Makes a replica lead whose node may be done to: the servers are not on it. @returns the leader and its node */
export async function leaderOnAnotherNode({
  release,
}: Stage): Promise<{ pod: string; node: string; epoch: number }> {
  const kept = await serversNode(release.kube);
  const find = async (): Promise<string | undefined> => {
    const pods = (await release.pods()).filter(({ spec }) => spec.nodeName !== kept);
    return pods[0]?.metadata.name;
  };
  const { replica } = await release.leader();
  if ((await release.node(replica)) === kept) {
    const target = await find();
    demand(target !== undefined, 'all replicas are on the node of the servers');
    await release.switchover(target);
  }
  const { replica: pod, epoch } = await release.leader();
  return { pod, node: await release.node(pod), epoch };
}

export async function nodeIsReady({ release }: Stage, node: string): Promise<void> {
  const look = async (): Promise<boolean> => {
    const { status } = await release.kube.get<{ status: { conditions: { type: string; status: string }[] } }>(
      `node/${node}`,
    );
    return status.conditions.some((each) => each.type === 'Ready' && each.status === 'True');
  };
  await waitUntil(look, { timeoutMs: 240_000, everyMs: 1000, what: `node ${node} to be ready` });
}

/** How often the leader has changed since the epoch. */
export async function changesSince({ release }: Stage, epoch: number): Promise<number> {
  return (await release.leader(epoch - 1)).epoch - epoch;
}
