import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { audit } from '../../test/support/audit.ts';
import { readWithJava } from '../../test/support/java-reader.ts';
import { readSourceRows } from '../../test/support/source-rows.ts';
import { kafkaJars } from '../stack/kafka.ts';
import { buildProduct } from './build-product.ts';
import { takeDown, whatToTry, writeDemoFile } from './demo-file.ts';
import { demoUsage, readDemoOptions, type DemoOptions } from './demo-options.ts';
import { keptReplica, LEASE_TTL_MS, preparePlace, removePlace, type DemoPlace } from './demo-place.ts';
import { demoLine, isGood, renderVerdict, type DemoFindings } from './demo-verdict.ts';
import { DemoView } from './demo-view.ts';
import { commitLatency } from './latency.ts';
import { openScreen } from './screen.ts';
import { Show, type ShowResult } from './show.ts';

const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
const FOLDER = join(ROOT, '.demo');
const KEPT_LOGS = 5;
const DEMO_FILE = join(FOLDER, 'demo.json');

/** Ctrl-C or SIGTERM. */
class Interruption extends Error {}

async function judge(place: DemoPlace, result: ShowResult, options: DemoOptions): Promise<DemoFindings> {
  const { tail, load, scan, failoverSeconds, switchoverSeconds } = result;
  const { source, kafka, stackDir } = place;
  const records =
    options.reader === 'java'
      ? await readWithJava(await kafkaJars(stackDir), kafka.bootstrapServers, kafka.topic)
      : tail.records;
  const sourceRows = await readSourceRows(source, source.flavor, source.database);
  const pauses = tail.epochs.slice(1).map(({ firstArrivedAt }) => {
    const last = Math.max(
      ...tail.epochs.map((each) => each.lastArrivedAt).filter((at) => at < firstArrivedAt),
    );
    return [last - 1000, firstArrivedAt + LEASE_TTL_MS] as const; // with the time to catch up
  });
  return {
    report: audit({ log: load.log, records, sourceRows }),
    scan,
    failoverSeconds,
    switchoverSeconds,
    latency: commitLatency(load.log, tail.records, pauses),
    reader: options.reader === 'java' ? "Java's console consumer" : "kafkajs's consumer",
  };
}

async function show(options: DemoOptions): Promise<number> {
  mkdirSync(FOLDER, { recursive: true });
  if (await takeDown(DEMO_FILE)) process.stderr.write('[demo] took down what an earlier --keep had left\n');
  const kept = readdirSync(FOLDER).filter((name) => name.startsWith('demo-')); // logs of runs that failed
  for (const name of kept.sort().slice(0, -KEPT_LOGS)) rmSync(join(FOLDER, name), { recursive: true });
  const interrupt = new AbortController();
  process.once('SIGINT', () => {
    interrupt.abort(new Interruption('interrupted; cleaning up'));
    process.once('SIGINT', () => process.exit(130)); // the second time: at once
  });
  process.once('SIGTERM', () => interrupt.abort(new Interruption('terminated')));
  await buildProduct(ROOT);
  const place = await preparePlace(options.flavor, join(FOLDER, 'load.jsonl'));
  const source = options.flavor === 'mysql' ? 'MySQL' : 'MariaDB';
  const view = new DemoView(
    `Heaviside: ${source} ${place.source.version} → Kafka, three replicas, exactly once`,
    options.rows,
  );
  const screen = openScreen();
  const folder = join(FOLDER, place.clientId);
  const played = new Show({ place, options, view, screen, folder, signal: interrupt.signal });
  let isLeftUp = false;
  let isFine = false;
  try {
    const result = await played.play();
    view.now = 'The audit: every row of the source against every record of the topic';
    screen.draw(view);
    const findings = await judge(place, result, options);
    screen.close();
    process.stdout.write(`${renderVerdict(findings)}\n`);
    const line = demoLine(findings);
    if (options.isKept) {
      const left = { ...place, replicas: played.replicas.map(keptReplica), result: line };
      writeDemoFile(DEMO_FILE, left);
      process.stdout.write(`${whatToTry(DEMO_FILE, left)}\n`);
      for (const replica of played.replicas) replica.release();
      isLeftUp = true;
    }
    process.stdout.write(`${JSON.stringify(line)}\n`);
    isFine = isGood(findings);
    return isFine ? 0 : 1;
  } finally {
    screen.close();
    await played.close();
    if (!isLeftUp) {
      await Promise.all(played.replicas.map((replica) => replica.stop()));
      await removePlace(place);
    }
    if (!isFine) process.stderr.write(`[demo] the logs of the replicas are in ${folder}\n`);
    else if (!isLeftUp) rmSync(folder, { recursive: true });
  }
}

async function main(): Promise<number> {
  const options = readDemoOptions(process.argv.slice(2));
  if (options.command === 'show') return show(options);
  if (options.command === 'help') process.stdout.write(demoUsage);
  else process.stdout.write((await takeDown(DEMO_FILE)) ? 'taken down\n' : 'nothing was left up\n');
  return 0;
}

try {
  process.exitCode = await main();
} catch (error) {
  process.stderr.write(`demo: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = error instanceof Interruption ? 130 : 1;
}
