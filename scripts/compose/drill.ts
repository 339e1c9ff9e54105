import { parseArgs } from 'node:util';
import { audit } from '../../test/support/audit.ts';
import { withKafkaAdmin } from '../../test/support/ha-place.ts';
import { LoadGenerator } from '../../test/support/load-generator.ts';
import { loadTables } from '../../test/support/load-table.ts';
import { scanLog } from '../../test/support/log-scan.ts';
import { readSourceRows } from '../../test/support/source-rows.ts';
import { gapSeconds, TopicTail } from '../../test/support/topic-tail.ts';
import { waitUntil } from '../../test/support/wait-until.ts';
import { compose, leader } from './compose.ts';
import { createTopics } from '../../test/support/create-topics.ts';

/*
 * `npm run compose:drill`: on a stack of docker-compose.ha.yml that is up, writes rows, kills the leader's container, starts
 * it again, stops the next leader in order, and compares every row of the source with every record of the topics.
 * The findings as one JSON line; exit 0 if nothing is lost, doubled or out of order.
 */

const DATABASE = 'drill';
const PARTITIONS = 4;
const PHASE_ROWS = 500;
const WAIT_MS = 120_000;
const SOURCE = { host: '127.0.0.1', port: 3306, user: 'root', password: 'heaviside' };
const TOPICS = loadTables.filter(({ isHidden }) => !isHidden).map(({ name }) => `${DATABASE}.${name}`);

const usage = `usage: npm run compose:drill -- [--rows N] [--rate N] [--three]
  --rows N   rows that the load writes in all (20000)
  --rate N   rows per second (1000)
  --three    the stack was started with deploy/compose/three.env
`;

function say(text: string): void {
  process.stderr.write(`[drill] ${text}\n`);
}

async function prepareTopics(brokers: readonly string[]): Promise<void> {
  await withKafkaAdmin(brokers, async (admin) => {
    const there = await admin.listTopics();
    const old = TOPICS.filter((topic) => there.includes(topic));
    if (old.length > 0)
      throw new Error(`${old.join(', ')} are there from an earlier drill: docker compose … down --volumes`);
    await createTopics(
      admin,
      TOPICS.map((topic) => ({ topic, numPartitions: PARTITIONS })),
    );
  });
}

async function isDrained(brokers: readonly string[], tail: TopicTail): Promise<boolean> {
  for (const topic of TOPICS) {
    const { committedRecords, isStable } = await scanLog(brokers, topic);
    const isRead = [...committedRecords].every(([partition, count]) => tail.count(topic, partition) >= count);
    if (!isRead || !isStable) return false;
  }
  return true;
}

async function drill(rows: number, rowsPerSecond: number, isThree: boolean): Promise<boolean> {
  const envFile = isThree ? 'deploy/compose/three.env' : null;
  const brokers = (isThree ? [19092, 19093, 19094] : [19092]).map((port) => `127.0.0.1:${port}`);
  const first = await leader(0, 2);
  await prepareTopics(brokers);
  const load = await LoadGenerator.create({
    server: SOURCE,
    flavor: 'mysql',
    database: DATABASE,
    seed: Date.now() % 1_000_000,
    rowsPerSecond,
    totalRows: rows,
  });
  const tail = await TopicTail.open(brokers, TOPICS);
  const seen = async (epoch: number): Promise<void> => {
    const isSeen = (): boolean =>
      tail.epochs.some((each) => each.epoch === epoch && each.records >= PHASE_ROWS);
    await waitUntil(isSeen, { timeoutMs: WAIT_MS, what: `${PHASE_ROWS} records of epoch ${epoch}` });
  };
  try {
    const loading = load.run();
    loading.catch(() => undefined); // awaited below
    await seen(first.epoch);
    say(`SIGKILL for ${first.replica}, which leads under epoch ${first.epoch}`);
    await compose(envFile, 'kill', '-s', 'KILL', first.replica);
    const second = await leader(first.epoch, 1);
    await seen(second.epoch);
    say(`${second.replica} leads under epoch ${second.epoch}; ${first.replica} starts again`);
    await compose(envFile, 'start', first.replica);
    await leader(first.epoch, 2);
    say(`SIGTERM for ${second.replica}`);
    await compose(envFile, 'stop', second.replica);
    const third = await leader(second.epoch, 1);
    await seen(third.epoch);
    await compose(envFile, 'start', second.replica);
    await loading;
    await waitUntil(() => isDrained(brokers, tail), {
      timeoutMs: WAIT_MS,
      what: 'the end of the topics',
      everyMs: 500,
    });
    const sourceRows = await readSourceRows(SOURCE, 'mysql', DATABASE);
    const { findings, isClean, ...counts } = audit({ log: load.log, records: tail.records, sourceRows });
    for (const finding of findings) say(finding);
    const failoverSeconds = gapSeconds(tail.epochs, first.epoch);
    const switchoverSeconds = gapSeconds(tail.epochs, second.epoch);
    process.stdout.write(`${JSON.stringify({ ...counts, failoverSeconds, switchoverSeconds })}\n`);
    return isClean;
  } finally {
    await load.stop();
    await tail.close();
  }
}

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      rows: { type: 'string', default: '20000' },
      rate: { type: 'string', default: '1000' },
      three: { type: 'boolean', default: false },
    },
  });
  const [rows, rate] = [Number(values.rows), Number(values.rate)];
  if (!(rows >= 1) || !(rate >= 1)) throw new Error(usage);
  return (await drill(rows, rate, values.three)) ? 0 : 1;
}

try {
  process.exitCode = await main();
} catch (error) {
  process.stderr.write(`drill: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
