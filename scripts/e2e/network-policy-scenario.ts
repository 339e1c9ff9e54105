import { waitUntil } from '../../test/support/wait-until.ts';
import type { Kube } from './kube.ts';
import { HTTP_PORT } from './release.ts';
import { demand, type Stage } from './stage.ts';

const WAIT_MS = 60_000;
const SERVE = `require('node:http').createServer((_, answer) => answer.end('here')).listen(${HTTP_PORT})`;

/** A pod that serves a page, and from which others are asked. */
const visitor = (name: string, image: string, labels: Readonly<Record<string, string>>): object => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name, labels },
  spec: {
    automountServiceAccountToken: false,
    terminationGracePeriodSeconds: 0,
    containers: [{ name: 'visitor', image, imagePullPolicy: 'IfNotPresent', command: ['node', '-e', SERVE] }],
  },
});

async function reaches(kube: Kube, from: string, to: string): Promise<boolean> {
  const { status } = await kube.get<{ status: { podIP: string } }>('pod', to);
  const ask = `fetch('http://${status.podIP}:${HTTP_PORT}/', { signal: AbortSignal.timeout(2000) }).then(() => process.stdout.write('reached'), () => process.stdout.write('not reached'))`;
  return (await kube.run('exec', from, '--', 'node', '-e', ask)) === 'reached';
}

/** The chart's policy on a cluster that enforces it: who may come in and where the replicas may go, and a takeover under it. */
export async function networkPolicy(stage: Stage): Promise<void> {
  const { release, options, note, flow } = stage;
  const { kube } = release;
  for (const [name, labels] of [
    ['stranger', { access: 'none' }],
    ['scraper', { access: 'pages' }],
  ] as const)
    await kube.apply(visitor(name, options.image, labels));
  await kube.run('wait', 'pod/stranger', 'pod/scraper', '--for', 'condition=Ready', '--timeout', '60s');
  const { replica } = await release.leader();
  const look = async (): Promise<Readonly<Record<string, boolean>>> => ({
    'a stranger reaches a replica': await reaches(kube, 'stranger', replica),
    'the scraper reaches a replica': await reaches(kube, 'scraper', replica),
    'a replica reaches a stranger': await reaches(kube, replica, 'stranger'),
  });
  const isAs = async (stranger: boolean, scraper: boolean, out: boolean): Promise<boolean> =>
    JSON.stringify(Object.values(await look())) === JSON.stringify([stranger, scraper, out]);
  demand(await isAs(true, true, true), `without a policy: ${JSON.stringify(await look())}`);
  const policy = 'networkPolicy';
  await release.upgrade([
    `${policy}.enabled=true`,
    `${policy}.ingressFrom[0].podSelector.matchLabels.access=pages`,
    `${policy}.ingressFrom[1].ipBlock.cidr=${options.apiserverCidr ?? ''}`,
    `${policy}.egress[0].to[0].podSelector.matchLabels.part=servers`,
  ]);
  await waitUntil(() => isAs(false, true, false), {
    timeoutMs: WAIT_MS,
    everyMs: 1000,
    what: 'the policy to keep the stranger out and the replicas in',
  });
  note('a stranger is kept out, the scraper is not, and the replicas reach the servers alone');
  await flow(options.rows);
  const { epoch } = await release.leader();
  await kube.run('delete', 'pod', replica, '--wait=false');
  const after = await release.leader(epoch);
  await release.ready(3);
  const standby = (await release.pods()).find(({ metadata }) => metadata.name !== after.replica)?.metadata
    .name;
  const told = await release.heaviside(standby ?? '', 'status');
  demand(!told.includes('lag       unknown'), `a standby does not reach the leader's pages:\n${told}`);
  await flow(options.rows);
  await release.upgrade([`${policy}.enabled=false`]);
  await kube.run('delete', 'pod', 'stranger', 'scraper', '--wait=false');
}
