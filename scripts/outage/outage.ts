import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { outageFaults, runOutage, type OutageOptions } from '../../test/support/outage-run.ts';
import { ProductPlace } from '../../test/support/product-place.ts';

const LOG = 'outage.log';
const USAGE = `usage: npm run test:outage [-- --minutes 5] [--kind cut|silent] [--rows 5000]
One replica under a steady load (rows a second), whose Kafka is away for so long: cut off, or without an answer.
Shows memory, the breaker, the dumps, the recovery, and counts every row.\n`;

const megabytes = (bytes: number): string => `${Math.round(bytes / 1024 / 1024)} MB`;

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      minutes: { type: 'string', default: '5' },
      kind: { type: 'string', default: 'cut' },
      rows: { type: 'string', default: '5000' },
      help: { type: 'boolean' },
    },
  });
  const options: OutageOptions = {
    kind: values.kind === 'silent' ? 'silent' : 'cut',
    outageMs: Number(values.minutes) * 60_000,
    rowsPerSecond: Number(values.rows),
  };
  if (values.help === true || !(options.outageMs > 0) || !(options.rowsPerSecond > 0)) {
    process.stdout.write(USAGE);
    return values.help === true ? 0 : 2;
  }
  const place = await ProductPlace.open('outage');
  try {
    const result = await runOutage(place, options);
    const { rows, rowsDuring, records, distinct, peakBytes, recoverySeconds, catchUpSeconds } = result;
    process.stdout.write(
      `Kafka ${options.kind} for ${values.minutes} min, ${rowsDuring} rows committed meanwhile\n` +
        `  memory          VmHWM ${megabytes(peakBytes)}\n` +
        `  breaker         ${result.breakerStates.join(', ')}\n` +
        `  binlog dumps    ${result.dumps}\n` +
        `  first record    ${recoverySeconds.toFixed(2)} s after the return\n` +
        `  caught up       ${catchUpSeconds.toFixed(1)} s after the return\n` +
        `  rows            ${rows} committed, ${records} in Kafka, lost ${rows - distinct}, duplicated ${records - distinct}\n`,
    );
    const faults = outageFaults(result);
    for (const fault of faults) process.stdout.write(`  FAULT           ${fault}\n`);
    if (faults.length > 0) {
      writeFileSync(LOG, result.log.map((line) => `${JSON.stringify(line)}\n`).join(''));
      process.stdout.write(`  log             ${LOG}\n`);
    }
    process.stdout.write(`${faults.length === 0 ? 1 : 0} passed, ${faults.length} failed\n`);
    return faults.length === 0 ? 0 : 1;
  } finally {
    await place.close();
  }
}

process.exitCode = await main();
