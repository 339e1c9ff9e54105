import type { PresenceReport } from '../election/presence-board.ts';

/** Where a replica's pages are, as it says itself. */
export type PagePlace = Pick<PresenceReport, 'host' | 'address' | 'httpPort'> & { readonly replica: string };

/** The leader's own page, by its name or else by its address; null where it cannot be reached from here. */
export async function fetchStatus(leader: PagePlace, path: string): Promise<Record<string, unknown> | null> {
  const { host, address, httpPort } = leader;
  if (httpPort === null) return null;
  for (const each of address === undefined ? [host] : [host, address]) {
    const name = each.includes(':') ? `[${each}]` : each;
    try {
      const url = `http://${name}:${httpPort}${path}status`;
      const answer = await fetch(url, { signal: AbortSignal.timeout(1000) });
      const status = (await answer.json()) as Record<string, unknown>;
      // The same private address may be another machine's here.
      if (status['replica'] === leader.replica) return status;
    } catch {
      continue;
    }
  }
  return null;
}
