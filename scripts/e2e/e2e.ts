import { e2eUsage, readE2eOptions, type E2eOptions } from './e2e-options.ts';
import { Kube } from './kube.ts';
import { passage, passageConfig } from './passage.ts';
import { imageValues, Release } from './release.ts';
import { isGood, renderRows, type ReportRow } from './report.ts';
import { scenarios } from './scenarios.ts';
import { openServers, type Servers } from './servers.ts';

/*
 * `npm run e2e:k8s`: installs the chart on the cluster of KUBECONFIG, does to it what clusters do, and after each fault
 * compares every row that the source committed with every record in Kafka.
 */

const say = (text: string): void => void process.stderr.write(`[e2e] ${text}\n`);

async function play(release: Release, servers: Servers, options: E2eOptions): Promise<ReportRow[]> {
  const rows: ReportRow[] = [];
  for (const { name, needs, play: act } of scenarios) {
    if (options.only !== null && !options.only.includes(name)) continue;
    const missing = needs?.(options) ?? null;
    if (missing !== null) {
      say(`${name}: left out, it needs ${missing}`);
      rows.push({ name, leftOut: missing });
      continue;
    }
    say(name);
    const notes: string[] = [];
    const note = (text: string): void => {
      notes.push(text);
      say(`  ${text}`);
    };
    try {
      const { rate, rows: count } = options;
      const result = await passage({ name, servers, rate, rows: count }, (flow) =>
        act({ options, release, sql: servers.sql, flow, note }),
      );
      rows.push({ name, notes, result });
    } catch (error) {
      // What follows would stand on a cluster in an unknown state.
      rows.push({ name, notes, failure: error instanceof Error ? error.message : String(error) });
      say(`  FAILED: ${String(error)}`);
      for (const pod of await release.pods().catch(() => []))
        say(await release.kube.run('logs', pod.metadata.name, '--tail', '20').catch(String));
      break;
    }
  }
  return rows;
}

async function main(options: E2eOptions): Promise<boolean> {
  const kube = new Kube(options.namespace);
  const { items } = await kube.get<{ items: { metadata: { name: string } }[] }>('nodes');
  const nodes = items.map(({ metadata }) => metadata.name);
  say(`a cluster of ${nodes.length} nodes: ${nodes.join(', ')}`);
  await kube.run('create', 'namespace', options.namespace);
  const release = new Release(kube, options.release);
  let servers: Servers | null = null;
  try {
    servers = await openServers(kube, options, nodes);
    const startedAt = performance.now();
    await release.install({
      image: imageValues(options.image),
      config: { ...servers.config, ...passageConfig },
      secrets: { password: { existingSecret: 'source', key: 'password' } },
    });
    await release.ready(3);
    const { replica } = await release.leader();
    say(
      `installed: 3 pods ready after ${((performance.now() - startedAt) / 1000).toFixed(1)} s, ${replica} leads`,
    );
    const rows = await play(release, servers, options);
    process.stdout.write(renderRows(rows));
    return rows.every(isGood);
  } finally {
    servers?.close();
    if (options.isKept) say(`everything is left in the namespace ${options.namespace}`);
    else await kube.run('delete', 'namespace', options.namespace, '--wait=false');
  }
}

try {
  const options = readE2eOptions(process.argv.slice(2));
  if (options === null) process.stdout.write(e2eUsage);
  else process.exitCode = (await main(options)) ? 0 : 1;
} catch (error) {
  process.stderr.write(`e2e: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
