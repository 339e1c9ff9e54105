// The snapshot of a table, Heaviside beside Debezium: npm run bench:snapshot -- --help
import { mkdirSync, writeFileSync } from 'node:fs';
import { loadavg } from 'node:os';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { ensureStack } from '../stack/ensure-stack.ts';
import type { StackInfo } from '../stack/stack-info.ts';
import { configurationSections, configurationsOf, type PeerConfiguration } from './configurations.ts';
import { peerFigures, type PeerFigures } from './goal.ts';
import { LoadWriter } from './load.ts';
import { machineLines } from './machine.ts';
import { Measurer, type Measured, type MeasuredPoint } from './measure.ts';
import { DebeziumPeer } from './peers/debezium-peer.ts';
import { HeavisidePeer } from './peers/heaviside-peer.ts';
import type { Peer } from './peers/peer.ts';
import { basePoint } from './plan.ts';
import { STEADY } from './replay.ts';
import { figuresTable, percent } from './report.ts';

const USAGE = `usage: npm run bench:snapshot -- [options]
One table of the bench's base case is read by Heaviside (snapshot_mode=initial) and by Debezium (snapshot.mode=initial), in
turns. The machine should do nothing else.

  --rows N    rows of the table (600000)
  --runs N    runs of each (3)
  --json      the last line is {"heaviside":{…},"debezium":{…},"ratio":…}
  --write     writes docs/bench/snapshot.md
`;

/** From the first committed rows on. */
const FROM_FIRST_ROW = 1e-9;

interface Results {
  readonly measured: readonly Measured[];
  readonly peers: readonly PeerConfiguration[];
  readonly machine: readonly string[];
}

async function measure(stack: StackInfo, { rows, runs }: { rows: number; runs: number }): Promise<Results> {
  if (stack.mysql === undefined) throw new Error('no MySQL in the stack');
  const loadBefore = loadavg()[0] ?? NaN;
  const peers: readonly Peer[] = [
    new HeavisidePeer(stack, 'exactly_once', {
      // Without the two marks of a snapshot, what is counted in the topic is rows alone.
      extra: { snapshot_mode: 'initial', snapshot_as_inserts: 'true' },
      warmShare: FROM_FIRST_ROW,
    }),
    new DebeziumPeer(stack, { isSnapshot: true }),
  ];
  const writer = await LoadWriter.open(stack.mysql);
  try {
    const measurer = new Measurer(
      writer,
      stack.kafka.map(({ host, port }) => `${host}:${port}`),
    );
    const point: MeasuredPoint = { ...basePoint(rows), label: 'snapshot', loadName: 'snapshot' };
    const written = await measurer.load(point.loadName, point.load);
    const load = { ...written, from: await writer.position(), isSnapshot: true };
    measurer.give(point.loadName, load);
    const [heaviside] = peers;
    if (heaviside !== undefined) await measurer.warmUp(point, heaviside);
    await measurer.measure(point, peers, runs);
    return {
      measured: measurer.measured,
      peers: configurationsOf(peers, { load, settings: point.settings }, stack.dir),
      machine: machineLines(stack, loadBefore),
    };
  } finally {
    await writer.close();
  }
}

function markdown(
  { measured, peers, machine }: Results,
  { rows, runs }: { rows: number; runs: number },
): string {
  return `# A snapshot beside Debezium's

Written by the run. To repeat it, on a machine that does nothing else:

\`\`\`
npm run bench:snapshot -- --write --runs ${runs} --rows ${rows}
\`\`\`

${machine.map((line) => `- ${line}`).join('\n')}

One table of the base case of [README.md](README.md) (8 columns, key BIGINT) with ${rows.toLocaleString('en')} rows, nothing else written
meanwhile. Each peer reads it into a topic of its own with 4 partitions, ${runs} runs each in turns, in a process that is new for each run,
after one run that warms the broker up and is not counted. Figures are medians, with the smallest and the largest value seen. Rows/s and CPU
(user and system time of the whole process) are compared from ${percent(STEADY.from)} to ${percent(STEADY.to)} of the rows, as a consumer counts them that reads
committed; those of the whole run are Heaviside's from its first row on, with its warm-up, and Debezium's from 40 % on. Peak RSS is VmHWM over the whole run. After each run every row is counted in Kafka; a run in which one is missing or double
ends the bench. Heaviside writes exactly once, in chunks between which the stream goes on; Debezium at least once, in one
SELECT, and its stream begins behind the last row.

${figuresTable(measured)}

${configurationSections(peers)}`;
}

/** The line of `--json`. */
function summary(measured: readonly Measured[]): object {
  const of = (peer: string): PeerFigures => {
    const found = measured.find((each) => each.peer === peer);
    if (found === undefined) throw new Error(`${peer} was not measured`);
    return peerFigures(found);
  };
  const [heaviside, debezium] = [of('heaviside'), of('debezium')];
  const ratio = heaviside.rowsPerSecond / debezium.rowsPerSecond;
  return { heaviside, debezium, ratio: Number(ratio.toFixed(2)) };
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      rows: { type: 'string', default: '600000' },
      runs: { type: 'string', default: '3' },
      json: { type: 'boolean', default: false },
      write: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return void process.stdout.write(USAGE);
  const options = { rows: Number(values.rows), runs: Number(values.runs) };
  if (!(options.rows >= 1000) || !(options.runs >= 1)) throw new Error(USAGE);
  const results = await measure(await ensureStack({ mysql: true, redisNodes: 1, brokers: 1 }), options);
  process.stdout.write(`${results.machine.join('\n')}\n\n${figuresTable(results.measured)}\n`);
  if (values.write) {
    const folder = fileURLToPath(new URL('../../docs/bench', import.meta.url));
    mkdirSync(folder, { recursive: true });
    writeFileSync(`${folder}/snapshot.md`, markdown(results, options));
  }
  if (values.json) process.stdout.write(`${JSON.stringify(summary(results.measured))}\n`);
}

await main();
