import { waitUntil } from '../../test/support/wait-until.ts';
import { demand, type Stage } from './stage.ts';

/*
 * Finds the process of the pod by its cgroup and sends SIGKILL. From inside the container that cannot be done: the kernel
 * keeps it from the first process of a PID namespace. A pod in the node's namespace, as the same user, may.
 */
const killer = (podUid: string): string => `
const { readdirSync, readFileSync } = require('node:fs');
const read = (path) => { try { return readFileSync(path, 'utf8'); } catch { return ''; } };
const uids = [${JSON.stringify(podUid)}, ${JSON.stringify(podUid.replaceAll('-', '_'))}];
const pid = readdirSync('/proc').filter((name) => /^\\d+$/.test(name)).find((name) =>
  uids.some((uid) => read('/proc/' + name + '/cgroup').includes(uid)) &&
  read('/proc/' + name + '/cmdline').includes('dist/main.js'));
if (pid === undefined) process.exit(3);
process.kill(Number(pid), 'SIGKILL');
`;

/** SIGKILL to the leader's process; its container is started again in the same pod. */
export async function killLeaderProcess({ release, options, note }: Stage): Promise<void> {
  const { kube } = release;
  const { replica, epoch } = await release.leader();
  const before = await release.pod(replica);
  demand(before !== undefined, `there is no pod ${replica}`);
  await kube.apply({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'kill-process' },
    spec: {
      hostPID: true,
      nodeName: before.spec.nodeName,
      restartPolicy: 'Never',
      automountServiceAccountToken: false,
      containers: [
        {
          name: 'kill',
          image: options.image,
          imagePullPolicy: 'IfNotPresent',
          command: ['node', '-e', killer(before.metadata.uid)],
          securityContext: { runAsUser: 10_001, runAsGroup: 10_001 },
        },
      ],
    },
  });
  const done = ['--for', 'jsonpath={.status.phase}=Succeeded', '--timeout', '60s'];
  await kube.run('wait', 'pod/kill-process', ...done);
  await kube.run('delete', 'pod/kill-process');
  await release.leader(epoch);
  const restarts = before.status.containerStatuses?.[0]?.restartCount ?? 0;
  const isRestarted = async (): Promise<boolean> =>
    ((await release.pod(replica))?.status.containerStatuses?.[0]?.restartCount ?? 0) > restarts;
  await waitUntil(isRestarted, { timeoutMs: 60_000, everyMs: 500, what: `${replica} to be started again` });
  note(`${replica} was killed and started again in its pod`);
  await release.ready(3);
}
