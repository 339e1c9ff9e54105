import { waitUntil } from '../../test/support/wait-until.ts';
import { imageValues } from './release.ts';
import { changesSince, demand, type Stage } from './stage.ts';

const MOST_CHANGES = 2;

const imageOf = (name: string): string[] =>
  Object.entries(imageValues(name)).map(([key, value]) => `image.${key}=${value}`);

const required = (image: string | null): string => image ?? '';

/** The last pod runs the other version and leads; killed, one of this version goes on, and gives it back. */
export async function mixedVersions({ release, options, flow, note }: Stage): Promise<void> {
  const last = `${release.fullName}-2`;
  await release.upgrade([...imageOf(required(options.previousImage)), 'updateStrategy.partition=2'], false);
  await release.rolledOut();
  await release.ready(3);
  await release.switchover(last);
  await flow(options.rows);
  const { epoch } = await release.leader();
  await release.kube.run('delete', 'pod', last, '--wait=false', '--grace-period=0', '--force');
  await release.leader(epoch);
  await flow(options.rows);
  await release.ready(3);
  const versions = new Set((await release.statuses()).map(({ version }) => version));
  note(`versions side by side: ${[...versions].join(', ')}`);
}

export async function rollingUpdate(stage: Stage): Promise<void> {
  const { release, options, note } = stage;
  const { epoch } = await release.leader();
  await release.upgrade([...imageOf(required(options.previousImage)), 'updateStrategy.partition=0']);
  await release.rolledOut();
  const changes = await changesSince(stage, epoch);
  note(`the leader changed ${changes} times`);
  demand(changes <= MOST_CHANGES, `a rolling update changed the leader ${changes} times`);
}

/** The newest revision, before the one that counts now, in which the release had the image. */
async function lastRevisionOf({ release }: Stage, image: string): Promise<number> {
  const history = JSON.parse(await release.helm('history', '--output', 'json')) as { revision: number }[];
  for (const { revision } of history.slice(0, -1).toReversed()) {
    const values = (await release.values(revision)) as { image: { repository: string; tag: string } };
    if (`${values.image.repository}:${values.image.tag}` === image) return revision;
  }
  throw new Error(`no revision of the release has ${image}`);
}

/** Back to the revision before the other version. */
export async function rollBack(stage: Stage): Promise<void> {
  const { release, options, note } = stage;
  const { epoch } = await release.leader();
  const revision = await lastRevisionOf(stage, options.image);
  await release.helm('rollback', String(revision), '--wait', '--timeout', '4m');
  await release.rolledOut();
  const pods = await release.kube.get<{ items: { spec: { containers: { image: string }[] } }[] }>('pods');
  const images = pods.items.flatMap(({ spec }) => spec.containers.map(({ image }) => image));
  demand(!images.includes(required(options.previousImage)), 'a pod still runs the other version');
  note(`back to revision ${revision}; the leader changed ${await changesSince(stage, epoch)} times`);
}

/** A newer version writes positions that this one cannot read: going back stops at the first pod, and says why. */
export async function downgradeRefused({ release, options, flow, note }: Stage): Promise<void> {
  const last = `${release.fullName}-2`;
  await release.upgrade(imageOf(required(options.newerFormatImage)));
  await release.rolledOut();
  await flow(options.rows);
  await release.upgrade(imageOf(options.image), false);
  const look = async (): Promise<string | null> => {
    const refusal = (await release.status(last))?.refusal ?? null;
    return refusal?.code === 'POSITION_UNREADABLE' ? refusal.hint : null;
  };
  const hint = await waitUntil(look, { timeoutMs: 240_000, everyMs: 1000, what: `${last} to refuse` });
  note(`POSITION_UNREADABLE: ${hint}`);
  await flow(options.rows); // the two others go on
  await release.upgrade(imageOf(required(options.newerFormatImage)), false);
  // A StatefulSet waits for a pod that will never be ready, also where its template is put right: it has to be deleted.
  await release.kube.run('delete', 'pod', last);
  await release.ready(3);
}
