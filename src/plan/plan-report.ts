import type { BatchAdvice } from './batch-plan.ts';
import type { TopicAdvice } from './topic-advice.ts';

const count = (value: number): string =>
  value.toLocaleString('en', { maximumFractionDigits: value < 10 ? 1 : 0 });
const mostTables = 20;

/** `max(10,000 / 1,000, 6)` */
export function formulaText(throughput: number, perPartition: number, consumers: number): string {
  return `max(${count(throughput)} / ${count(perPartition)}, ${consumers})`;
}

export function renderBatch({ batchBytes, lingerMs, reason }: BatchAdvice): string {
  return `kafka.batch.size=${batchBytes}\nkafka.linger.ms=${lingerMs}   # ${reason}\n`;
}

/** The advice on one topic, for people. */
export function renderAdvice(
  advice: TopicAdvice,
  choices: { perPartition: number; consumers: number },
): string {
  const { topic, seconds, throughput, meanThroughput, recordBytes, tables, byPartition } = advice;
  const lines = [
    `${topic}: ${count(throughput)} records/s in the busiest 10 s, ${count(meanThroughput)}/s over ${count(seconds)} s, ${count(recordBytes)} bytes a record`,
    ...tables
      .slice(0, mostTables)
      .map(({ table, mean, peak }) => `  table ${table}: ${count(mean)}/s, at most ${count(peak)}/s`),
    ...(tables.length > mostTables ? [`  … and ${tables.length - mostTables} tables more`] : []),
    ...byPartition.map(
      ({ partition, mean, peak }) => `  partition ${partition}: ${count(mean)}/s, at most ${count(peak)}/s`,
    ),
    `  partitions: ${advice.partitions} = ${formulaText(throughput, choices.perPartition, choices.consumers)}; it has ${advice.currentPartitions}`,
    ...renderBatch(advice.batch)
      .trimEnd()
      .split('\n')
      .map((line) => `  ${line}`),
    ...advice.warnings.map((warning) => `  ! ${warning}`),
  ];
  return `${lines.join('\n')}\n`;
}
