import { parseArgs } from 'node:util';
import { ProductPlace } from '../../test/support/product-place.ts';
import { snapshotTrial } from '../../test/support/snapshot-trial.ts';
import { quantile } from '../bench/statistics.ts';
import type { Probe } from '../../test/support/trial-probe.ts';

const USAGE = `usage: npm run test:snapshot -- [--rows N] [--server mysql|mariadb] [--kills K] [--writers W] [--pause MS | --changes N] [--rate ROWS]

  --rows N      rows of the table (100000)
  --kills K     how often the leader is killed while the snapshot is under way (0)
  --writers W   sessions that insert, update and delete meanwhile (4)
  --pause MS    milliseconds that each waits between two statements (2)
  --changes N   in place of it: changed rows a second of all together
  --together N  rows that a statement changes at most (1)
  --rate ROWS   snapshot_max_rows_per_second (0: as fast as it goes)
`;

/** p50, p99 and the largest of what was seen, milliseconds. */
function times(probes: readonly Probe[], of: (probe: Probe) => number): string {
  const values = probes.map(of);
  return [0.5, 0.99, 1].map((part) => quantile(values, part).toFixed(0)).join(' / ');
}

/** Those that did not have to wait for their leader to take over. */
function undisturbed(probes: readonly Probe[]): Probe[] {
  const ledFrom = new Map<number, number>();
  for (const { epoch, arrivedAt } of probes)
    ledFrom.set(epoch, Math.min(arrivedAt, ledFrom.get(epoch) ?? Infinity));
  const firstEpoch = Math.min(...ledFrom.keys());
  return probes.filter(({ epoch, sentAt }) => epoch === firstEpoch || sentAt >= (ledFrom.get(epoch) ?? 0));
}

function latencyLines(before: readonly Probe[], during: readonly Probe[], hasKills: boolean): string[] {
  const line = (name: string, of: (probe: Probe) => number): string => {
    const outside = hasKills ? `, without the failovers ${times(undisturbed(during), of)}` : '';
    return `${name}, p50 / p99 / most ms: before ${times(before, of)}, during ${times(during, of)}${outside}`;
  };
  return [
    line('statement to consumer', ({ sentAt, arrivedAt }) => arrivedAt - sentAt),
    line('the statement alone', ({ sentAt, ackedAt }) => ackedAt - sentAt),
  ];
}

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      rows: { type: 'string', default: '100000' },
      server: { type: 'string', default: 'mysql' },
      kills: { type: 'string', default: '0' },
      writers: { type: 'string', default: '4' },
      pause: { type: 'string', default: '2' },
      changes: { type: 'string' },
      together: { type: 'string', default: '1' },
      rate: { type: 'string', default: '0' },
    },
  });
  const { server } = values;
  if (server !== 'mysql' && server !== 'mariadb') throw new Error(USAGE);
  const startedAt = performance.now();
  const place = await ProductPlace.open('snapshot_trial');
  try {
    const result = await snapshotTrial(place, {
      flavor: server,
      rows: Number(values.rows),
      kills: Number(values.kills),
      writers: Number(values.writers),
      pauseMs: Number(values.pause),
      rowsPerStatement: Number(values.together),
      changesPerSecond: values.changes === undefined ? undefined : Number(values.changes),
      config: { snapshot_max_rows_per_second: values.rate },
      say: (text) =>
        process.stderr.write(`[${((performance.now() - startedAt) / 1000).toFixed(0)} s] ${text}\n`),
    });
    const { seconds } = result;
    const lines = [
      `rows ${result.rows}, by the snapshot ${result.snapshotRows} in ${seconds.toFixed(1)} s: ${Math.round(result.snapshotRows / seconds)} rows/s`,
      `changes meanwhile ${result.changes}: ${Math.round(result.changes / seconds)} a second`,
      `leaders killed ${result.gaps.length}, ${result.killsDuring} of them before it was complete; seconds until records came again: ${result.gaps.map((gap) => gap.toFixed(1)).join(', ') || 'none'}`,
      ...latencyLines(result.before, result.during, result.gaps.length > 0),
      `peak RSS of a replica ${result.peakMib.toFixed(0)} MiB`,
      `rows compared at the end ${result.compared}, faults ${result.faults.length}`,
      ...result.faults,
    ];
    process.stdout.write(`${lines.join('\n')}\n`);
    return result.faults.length === 0 ? 0 : 1;
  } finally {
    await place.close();
  }
}

process.exitCode = await main();
