import { waitUntil } from '../../test/support/wait-until.ts';
import { killLeaderProcess } from './kill-process.ts';
import { networkPolicy } from './network-policy-scenario.ts';
import { changesSince, demand, leaderOnAnotherNode, nodeIsReady, runHook, type Stage } from './stage.ts';
import { downgradeRefused, mixedVersions, rollBack, rollingUpdate } from './version-scenarios.ts';
import { verifyAsCronJob } from './verify-scenario.ts';

/** A fault, or an operator's act, under load. */
export interface Scenario {
  readonly name: string;
  /** What the command line must give for it; undefined: nothing. */
  readonly needs?: (options: Stage['options']) => string | null;
  readonly play: (stage: Stage) => Promise<void>;
}

const MOST_CHANGES = 2;

async function deletePod({ release }: Stage): Promise<void> {
  const { replica, epoch } = await release.leader();
  await release.kube.run('delete', 'pod', replica, '--wait=false');
  await release.leader(epoch);
  await release.ready(3);
}

async function partition(stage: Stage): Promise<void> {
  const { release, options, note } = stage;
  const { pod, node, epoch } = await leaderOnAnotherNode(stage);
  const before = await release.pod(pod);
  await runHook(options.hooks.partition ?? '', node);
  const { replica } = await release.leader(epoch);
  note(`${node} cut off, ${pod} goes on in there, ${replica} leads`);
  await stage.flow(options.rows);
  await runHook(options.hooks.heal ?? '', node);
  await nodeIsReady(stage, node);
  await release.ready(3);
  const after = await release.pod(pod);
  const isSame =
    before?.metadata.uid === after?.metadata.uid &&
    before?.status.containerStatuses?.[0]?.containerID === after?.status.containerStatuses?.[0]?.containerID;
  note(isSame ? 'the former leader is the same process still' : 'the former leader was replaced');
  const isStandby = async (): Promise<boolean> => (await release.status(pod))?.role === 'standby';
  await waitUntil(isStandby, { timeoutMs: 60_000, everyMs: 500, what: `${pod} to be a standby` });
}

async function killNode(stage: Stage): Promise<void> {
  const { release, options, note } = stage;
  const { node, epoch } = await leaderOnAnotherNode(stage);
  await runHook(options.hooks.kill ?? '', node);
  note(`${node} dead, ${(await release.leader(epoch)).replica} leads`);
  await stage.flow(options.rows);
  await runHook(options.hooks.start ?? '', node);
  await nodeIsReady(stage, node);
  await release.ready(3);
}

async function changeValue(stage: Stage): Promise<void> {
  const { epoch } = await stage.release.leader();
  await stage.release.upgrade(['config.kafka\\.linger\\.ms=1']);
  await stage.release.rolledOut();
  const changes = await changesSince(stage, epoch);
  stage.note(`the leader changed ${changes} times`);
  demand(changes <= MOST_CHANGES, `a rolling update changed the leader ${changes} times`);
}

async function scale({ release, options, flow }: Stage): Promise<void> {
  for (const count of [1, 3]) {
    await release.upgrade([`replicaCount=${count}`]);
    await release.ready(count);
    await flow(options.rows);
  }
}

async function evict({ release, note }: Stage): Promise<void> {
  const { replica, epoch } = await release.leader();
  const other = (await release.pods()).find(({ metadata }) => metadata.name !== replica)?.metadata.name ?? '';
  demand(await release.kube.evict(replica), `the eviction of ${replica} was refused`);
  const isSecond = await release.kube.evict(other);
  demand(!isSecond, 'a second eviction was granted at once, against the disruption budget');
  note('the second eviction was refused by the disruption budget');
  await release.leader(epoch);
  await release.ready(3);
}

const given = (value: string | null, flag: string): string | null => (value === null ? flag : null);

/** In the order in which they are played: the last leaves a position that the image cannot read. */
export const scenarios: readonly Scenario[] = [
  { name: 'steady', play: async ({ release }) => void (await release.helm('test', '--timeout', '2m')) },
  { name: 'verify', play: verifyAsCronJob },
  { name: 'delete-pod', play: deletePod },
  { name: 'kill-process', play: killLeaderProcess },
  {
    name: 'partition-node',
    needs: ({ hooks }) => given(hooks.partition, '--partition-node') ?? given(hooks.heal, '--heal-node'),
    play: partition,
  },
  {
    name: 'kill-node',
    needs: ({ hooks }) => given(hooks.kill, '--kill-node') ?? given(hooks.start, '--start-node'),
    play: killNode,
  },
  { name: 'change-value', play: changeValue },
  { name: 'scale', play: scale },
  { name: 'evict', play: evict },
  {
    name: 'network-policy',
    needs: ({ apiserverCidr, servers }) =>
      given(apiserverCidr, '--apiserver-cidr') ?? (servers === null ? null : 'servers inside the cluster'),
    play: networkPolicy,
  },
  {
    name: 'mixed-versions',
    needs: ({ previousImage }) => given(previousImage, '--previous-image'),
    play: mixedVersions,
  },
  {
    name: 'rolling-update',
    needs: ({ previousImage }) => given(previousImage, '--previous-image'),
    play: rollingUpdate,
  },
  {
    name: 'rollback',
    needs: ({ previousImage }) => given(previousImage, '--previous-image'),
    play: rollBack,
  },
  {
    name: 'downgrade',
    needs: ({ newerFormatImage }) => given(newerFormatImage, '--newer-format-image'),
    play: downgradeRefused,
  },
];
