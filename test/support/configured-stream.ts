import { encoderFactory } from '../../src/assembly/encode-settings.ts';
import type { SourceTransaction } from '../../src/model/transaction.ts';
import { type CollectedRecord, CollectingSink } from './collecting-sink.ts';
import { MemoryLog } from './memory-log.ts';
import { loadConfigText } from './load-config-text.ts';

const least = 'user=maxwell\nkafka.bootstrap.servers=localhost:9092\n';

/** The records that a configuration makes of a transaction, from the lines of its file on. */
export async function configuredRecords(
  lines: string,
  source: SourceTransaction,
  more: { partitions?: number; files?: Readonly<Record<string, string>>; log?: MemoryLog } = {},
): Promise<readonly CollectedRecord[]> {
  const { partitions = 1, files = {}, log = new MemoryLog() } = more;
  const { config } = loadConfigText({ file: `${least}${lines}\n`, files });
  const sink = new CollectingSink({ partitions });
  const steps = encoderFactory(config, log)().encode(source, sink);
  while ((await steps.next()).done !== true);
  return sink.records;
}
