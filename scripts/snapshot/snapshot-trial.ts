import { parseArgs } from 'node:util';
import { ProductPlace } from '../../test/support/product-place.ts';
import { percentile, snapshotTrial } from '../../test/support/snapshot-trial.ts';

const USAGE = `usage: npm run test:snapshot -- [--rows N] [--server mysql|mariadb] [--kills K] [--writers W] [--pause MS] [--rate ROWS]
`;

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      rows: { type: 'string', default: '100000' },
      server: { type: 'string', default: 'mysql' },
      kills: { type: 'string', default: '0' },
      writers: { type: 'string', default: '4' },
      pause: { type: 'string', default: '2' },
      rate: { type: 'string', default: '0' },
    },
  });
  const { server } = values;
  if (server !== 'mysql' && server !== 'mariadb') throw new Error(USAGE);
  const place = await ProductPlace.open('snapshot_trial');
  try {
    const result = await snapshotTrial(place, {
      flavor: server,
      rows: Number(values.rows),
      kills: Number(values.kills),
      writers: Number(values.writers),
      pauseMs: Number(values.pause),
      config: { snapshot_max_rows_per_second: values.rate },
      say: (text) => process.stderr.write(`${text}\n`),
    });
    const { before, during } = result.latencyMs;
    const lines = [
      `rows ${result.rows}, by the snapshot ${result.snapshotRows} in ${result.seconds.toFixed(1)} s: ${Math.round(result.snapshotRows / result.seconds)} rows/s`,
      `changes meanwhile ${result.changes}`,
      `leaders killed ${result.gaps.length}, ${result.killsDuring} of them before it was complete; seconds until records came again: ${result.gaps.map((gap) => gap.toFixed(1)).join(', ') || 'none'}`,
      `latency p50/p99 ms: before ${percentile(before, 0.5).toFixed(0)}/${percentile(before, 0.99).toFixed(0)}, during ${percentile(during, 0.5).toFixed(0)}/${percentile(during, 0.99).toFixed(0)}`,
      `peak RSS of a replica ${result.peakMib.toFixed(0)} MiB`,
      `faults ${result.faults.length}`,
      ...result.faults,
    ];
    process.stdout.write(`${lines.join('\n')}\n`);
    return result.faults.length === 0 ? 0 : 1;
  } finally {
    await place.close();
  }
}

process.exitCode = await main();
