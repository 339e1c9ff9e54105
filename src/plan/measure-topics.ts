import { peekLastPosition } from '../checkpoint/positions-topic.ts';
import type { Config } from '../config/config.ts';
import { HeavisideError } from '../errors.ts';
import { committedRecords, type CommittedRecord } from '../kafka/committed-records.ts';
import { offsetAt, partitionOffsets } from '../kafka/fetch-request.ts';
import type { KafkaNetwork } from '../kafka/kafka-network.ts';
import type { Progress } from '../verify/progress.ts';
import { RateMeter } from './rate-meter.ts';

export interface MeasuredTopic {
  readonly topic: string;
  /** Partitions that it has now. */
  readonly partitions: number;
  readonly meter: RateMeter;
}

const patienceMs = 30_000;
/** Database, table and time stand at the start of a record. */
const HEAD_BYTES = 600;
const HEAD = /"database":"((?:[^"\\]|\\.)*)","table":"((?:[^"\\]|\\.)*)"/u;
const TIME = /"ts":(\d{9,12})/u;

/** A record of JSON tells its table, and when the change was committed: after an outage that is not when it was written. */
function describe({ value, timestampMs }: CommittedRecord): { table: string; seconds: number } {
  const head = value?.toString('utf8', 0, HEAD_BYTES) ?? '';
  const [, database, table] = HEAD.exec(head) ?? [];
  const seconds = Number(TIME.exec(head)?.[1] ?? Math.floor(timestampMs / 1000));
  return { table: database === undefined ? '(not JSON)' : `${database}.${table}`, seconds };
}

/**
 * Reads what the cluster wrote to its topics within the last `windowMs`.
 * @throws PLAN_TOO_LITTLE_DATA where it never wrote
 */
export async function measureTopics(
  { position }: Config,
  network: KafkaNetwork,
  { windowMs, progress }: { windowMs: number; progress: Progress },
): Promise<MeasuredTopic[]> {
  const record = await peekLastPosition(network, position.topic, patienceMs);
  const topics = Object.keys(record?.partitions ?? {}).sort();
  if (topics.length === 0)
    throw new HeavisideError('PLAN_TOO_LITTLE_DATA', 'this cluster has not written to any topic yet');
  const since = Date.now() - windowMs;
  const measured: MeasuredTopic[] = [];
  for (const { topic, errorCode, leaders } of await network.refreshMetadata(topics)) {
    if (errorCode !== 0) continue;
    const meter = new RateMeter();
    for (const partition of leaders.keys()) {
      const from = await offsetAt(network, topic, partition, since);
      const { lastStable: to } = await partitionOffsets(network, topic, partition);
      progress.begin(`measuring ${topic}-${partition}`, 'records', Math.max(0, Number(to - from)));
      for await (const records of committedRecords({ network, topic, partition, from, to, patienceMs })) {
        for (const each of records) {
          const bytes = (each.key?.length ?? 0) + (each.value?.length ?? 0);
          meter.add({ ...describe(each), partition, bytes });
        }
        progress.add(records.length);
      }
    }
    measured.push({ topic, partitions: leaders.length, meter });
  }
  progress.end();
  return measured;
}
