import { Kafka, logLevel } from 'kafkajs';
import { audit } from '../../test/support/audit.ts';
import type { AuditReport } from '../../test/support/audit-report.ts';
import { LoadGenerator } from '../../test/support/load-generator.ts';
import { scanLog, type LogScan } from '../../test/support/log-scan.ts';
import { readSourceRows } from '../../test/support/source-rows.ts';
import { TopicTail } from '../../test/support/topic-tail.ts';
import { waitUntil } from '../../test/support/wait-until.ts';
import type { Servers } from './servers.ts';
import { createTopics } from '../../test/support/create-topics.ts';

/** What a fault under load has come to. */
export interface Passage {
  /** Seconds without a record at each change of leader: last record of one epoch to first of the next. */
  readonly takeovers: readonly number[];
  readonly report: AuditReport;
  readonly scan: LogScan;
}

export interface PassageOptions {
  readonly name: string;
  readonly servers: Servers;
  readonly rate: number;
  readonly rows: number;
}

const PARTITIONS = 4;
const WAIT_MS = 240_000;
const RECONNECT_MS = 60_000;

/** The database of a passage; each has its own, and so a topic of its own: `e2e.%{database}`. */
const databaseOf = (name: string): string => `e2e_${name.replaceAll(/\W/gu, '_')}`;

/** The options of the replicas that make the databases of all passages their own. */
export const passageConfig = {
  // The hidden databases of the load begin otherwise.
  filter: 'exclude: *.*, include: /^e2e_.*/.*',
  kafka_topic: 'e2e.%{database}',
  kafka_topic_partitions: PARTITIONS,
  producer_partition_by: 'primary_key',
  output_xoffset: true,
};

async function createTopic(brokers: readonly string[], topic: string): Promise<void> {
  const admin = new Kafka({ brokers: [...brokers], clientId: 'e2e', logLevel: logLevel.NOTHING }).admin();
  await admin.connect();
  try {
    await createTopics(admin, [{ topic, numPartitions: PARTITIONS }]);
  } finally {
    await admin.disconnect();
  }
}

/** Waits until the reader has every committed record and no transaction is open; what is not there then, the audit tells. */
async function drain(tail: TopicTail, servers: Servers, topic: string): Promise<LogScan> {
  const deadline = performance.now() + WAIT_MS;
  for (;;) {
    const scan = await scanLog(servers.brokers, topic);
    const isRead = [...scan.committedRecords].every(([each, count]) => tail.count(topic, each) >= count);
    const isOver = isRead && scan.openTransactions === 0 && scan.isStable;
    if (isOver || performance.now() > deadline) return scan;
  }
}

function silences(tail: TopicTail): number[] {
  const epochs = tail.epochs.toSorted((a, b) => a.epoch - b.epoch);
  return epochs.slice(1).map(({ firstArrivedAt }, index) => {
    const before = epochs[index]?.lastArrivedAt ?? NaN;
    return Math.max(0, (firstArrivedAt - before) / 1000);
  });
}

/**
 * Writes rows, does `fault` to the cluster while they flow, and compares every row of the source with every record.
 * `fault` gets what waits for so many more records to arrive.
 */
export async function passage(
  { name, servers, rate, rows }: PassageOptions,
  fault: (flow: (records: number) => Promise<void>) => Promise<void>,
): Promise<Passage> {
  const database = databaseOf(name);
  const topic = `e2e.${database}`;
  await createTopic(servers.brokers, topic);
  const tail = await TopicTail.open(servers.brokers, [topic]);
  const load = await LoadGenerator.create({
    server: servers.sql,
    flavor: 'mysql',
    database,
    hiddenDatabase: `hidden_${database}`,
    seed: Math.floor(Date.now() / 1000),
    rowsPerSecond: rate,
    reconnectMs: RECONNECT_MS,
  });
  const loading = load.run();
  let loadError: unknown = null;
  loading.catch((error: unknown) => (loadError = error));
  const flow = async (records: number): Promise<void> => {
    const goal = tail.records.length + records;
    const isThere = (): boolean => {
      if (loadError !== null) throw loadError as Error;
      return tail.records.length >= goal;
    };
    await waitUntil(isThere, { timeoutMs: WAIT_MS, what: `${records} more records` });
  };
  try {
    await flow(rows);
    await fault(flow);
    await flow(rows);
    await load.stop();
    await loading;
    const written = load.progress.rows;
    const isThere = (): boolean => tail.records.length >= written;
    await waitUntil(isThere, { timeoutMs: WAIT_MS, what: 'the last rows' }).catch(() => undefined);
    const scan = await drain(tail, servers, topic);
    const sourceRows = await readSourceRows(servers.sql, 'mysql', database);
    return {
      takeovers: silences(tail),
      report: audit({ log: load.log, records: tail.records, sourceRows }),
      scan,
    };
  } finally {
    await load.stop();
    await tail.close();
  }
}
