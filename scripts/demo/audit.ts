import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { audit } from '../../test/support/audit.ts';
import { readWithJava } from '../../test/support/java-reader.ts';
import { readLoadLog } from '../../test/support/load-log.ts';
import { scanLog } from '../../test/support/log-scan.ts';
import { readSourceRows } from '../../test/support/source-rows.ts';
import { TopicTail } from '../../test/support/topic-tail.ts';
import type { TopicRecord } from '../../test/support/topic-record.ts';
import { waitUntil } from '../../test/support/wait-until.ts';
import { kafkaJars } from '../stack/kafka.ts';
import { readDemoFile, type DemoFile } from './demo-file.ts';

const READ_TIMEOUT_MS = 60_000;

async function readWithKafkajs({ kafka }: DemoFile): Promise<readonly TopicRecord[]> {
  const { committedRecords } = await scanLog(kafka.bootstrapServers, kafka.topic);
  const tail = await TopicTail.open(kafka.bootstrapServers, [kafka.topic]);
  try {
    const isRead = (): boolean =>
      [...committedRecords].every(([each, count]) => tail.count(kafka.topic, each) >= count);
    await waitUntil(isRead, { timeoutMs: READ_TIMEOUT_MS, what: 'the reader to reach the end' });
  } finally {
    await tail.close();
  }
  return tail.records;
}

/** Audits what `npm run demo -- --keep` left up, once more and from outside: the report as JSON, exit 0 if it is clean. */
async function main(): Promise<number> {
  const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
  const { values } = parseArgs({
    options: {
      demo: { type: 'string', default: join(root, '.demo', 'demo.json') },
      reader: { type: 'string', default: 'kafkajs' },
    },
  });
  const demo = readDemoFile(values.demo);
  if (demo === null) throw new Error(`there is no ${values.demo}: run "npm run demo -- --keep" first`);
  const { source, kafka, stackDir } = demo;
  const isJava = values.reader === 'java';
  const records = isJava
    ? await readWithJava(await kafkaJars(stackDir), kafka.bootstrapServers, kafka.topic)
    : await readWithKafkajs(demo);
  const sourceRows = await readSourceRows(source, source.flavor, source.database);
  const report = audit({ log: readLoadLog(demo.loadLog), records, sourceRows });
  process.stdout.write(`${JSON.stringify(report)}\n`);
  return report.isClean ? 0 : 1;
}

try {
  process.exitCode = await main();
} catch (error) {
  process.stderr.write(`audit: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
