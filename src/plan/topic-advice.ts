import { adviseBatch, type BatchAdvice } from './batch-plan.ts';
import type { MeasuredTopic } from './measure-topics.ts';
import { advisedPartitions, movedShare } from './partition-plan.ts';
import type { RateMeter } from './rate-meter.ts';

export interface AdviceChoices {
  readonly perPartition: number;
  readonly consumers: number;
  /** kafka_transaction_max_ms */
  readonly gatherMs: number;
}

/** Advice on a topic that was measured. */
export interface TopicAdvice {
  readonly topic: string;
  readonly seconds: number;
  readonly throughput: number;
  readonly meanThroughput: number;
  readonly recordBytes: number;
  readonly tables: RateMeter['tables'];
  readonly byPartition: RateMeter['partitions'];
  readonly currentPartitions: number;
  readonly partitions: number;
  readonly batch: BatchAdvice;
  readonly warnings: readonly string[];
}

/** Less than this is no sample: the busiest ten seconds would be an accident. */
export const leastRecords = 1000;
export const leastSeconds = 30;

/** A partition with more than this many times its share is where a consumer falls behind first. */
const SKEW = 2;

/** Null where too little came to say anything. */
export function adviseTopic(measured: MeasuredTopic, choices: AdviceChoices): TopicAdvice | null {
  const { topic, meter, partitions: current } = measured;
  if (meter.records < leastRecords || meter.seconds < leastSeconds) return null;
  const { all, tables, partitions: byPartition, seconds } = meter;
  const { perPartition, consumers, gatherMs } = choices;
  const partitions = advisedPartitions({ throughput: all.peak, perPartition, consumers });
  const recordBytes = all.bytes / all.records;
  const warnings: string[] = [];
  if (partitions > current) {
    const percent = Math.round(movedShare(current, partitions) * 100);
    warnings.push(
      `from ${current} to ${partitions} partitions about ${percent} % of the keys go to another partition: older records of a key stay where they are, so its order is lost across the change. Heaviside stops with KAFKA_PARTITIONS_CHANGED unless on_partition_change=accept; a new topic (and consumers moved to it) keeps every order`,
    );
  } else if (partitions < current) {
    warnings.push(`${current} partitions are there and do no harm; Kafka cannot take any away`);
  }
  const [busiest] = byPartition;
  if (busiest && current > 1 && busiest.records > (SKEW * all.records) / current) {
    const percent = Math.round((busiest.records / all.records) * 100);
    warnings.push(
      `partition ${busiest.partition} gets ${percent} % of all records: more partitions do not help a key (or table) that fills one; see producer_partition_by`,
    );
  }
  return {
    topic,
    seconds,
    throughput: all.peak,
    meanThroughput: all.mean,
    recordBytes: Math.round(recordBytes),
    tables,
    byPartition,
    currentPartitions: current,
    partitions,
    batch: adviseBatch({
      throughput: all.peak,
      partitions,
      recordBytes,
      largestBytes: all.largestBytes,
      gatherMs,
    }),
    warnings,
  };
}
