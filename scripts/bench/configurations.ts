import type { Peer, ReplayJob } from './peers/peer.ts';

/** What a peer ran with. */
export interface PeerConfiguration {
  readonly name: string;
  readonly version: string;
  readonly guarantee: string;
  readonly configuration: string;
}

/** What each peer runs with, without what differs from run to run. @param dir the stack's folder */
export function configurationsOf(
  peers: readonly Peer[],
  replayed: Pick<ReplayJob, 'load' | 'settings'>,
  dir: string,
): PeerConfiguration[] {
  const job: ReplayJob = { ...replayed, id: 'RUN', folder: 'FOLDER' };
  return peers.map((peer) => ({
    name: peer.name,
    version: peer.version,
    guarantee: peer.guarantee,
    configuration: peer.configuration(job).replaceAll(dir, '.stack'),
  }));
}

/** The same as the end of a page. */
export function configurationSections(configurations: readonly PeerConfiguration[]): string {
  const sections = configurations.map(
    ({ name, version, guarantee, configuration }) =>
      `### ${name} ${version} (${guarantee})\n\n\`\`\`properties\n${configuration}\n\`\`\`\n`,
  );
  return `## Configurations\n\n${sections.join('\n')}`;
}
