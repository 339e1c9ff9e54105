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
  partitions = 1,
): Promise<readonly CollectedRecord[]> {
  const { config } = loadConfigText({ file: `${least}${lines}\n` });
  const sink = new CollectingSink({ partitions });
  const steps = encoderFactory(config, new MemoryLog())().encode(source, sink);
  while ((await steps.next()).done !== true);
  return sink.records;
}
