import { kafkaNetworkFactory } from '../assembly/kafka-settings.ts';
import { duration, integer, number, size } from '../config/option-type.ts';
import { HeavisideError } from '../errors.ts';
import { adviseBatch } from '../plan/batch-plan.ts';
import { measureTopics } from '../plan/measure-topics.ts';
import { advisedPartitions } from '../plan/partition-plan.ts';
import { formulaText, renderAdvice, renderBatch } from '../plan/plan-report.ts';
import { adviseTopic, leastRecords, leastSeconds, type TopicAdvice } from '../plan/topic-advice.ts';
import { Progress } from '../verify/progress.ts';
import { jsonFlag, type Command, type CommandCall } from './command.ts';
import { openCommandLog } from './command-log.ts';

/** What the worked example of Maxwell guides takes for one consumer on one partition. */
const defaultPerPartition = 1000;
const defaultConsumers = 1;
const defaultWindowMs = 600_000;
/** kafka_transaction_max_ms, where no configuration is read. */
const defaultGatherMs = 100;

/** From figures alone, without any server. */
function planFigures({ flags }: CommandCall, throughput: number): number {
  const perPartition = flags.number('--per-partition') ?? defaultPerPartition;
  const consumers = flags.number('--consumers') ?? defaultConsumers;
  const partitions = advisedPartitions({ throughput, perPartition, consumers });
  const recordBytes = flags.number('--record-bytes');
  const batch =
    recordBytes === null
      ? null
      : adviseBatch({
          throughput,
          partitions,
          recordBytes,
          largestBytes: recordBytes,
          gatherMs: defaultGatherMs,
        });
  if (flags.has('--json'))
    process.stdout.write(`${JSON.stringify({ throughput, perPartition, consumers, partitions, batch })}\n`);
  else {
    process.stdout.write(`partitions: ${partitions} = ${formulaText(throughput, perPartition, consumers)}\n`);
    if (batch) process.stdout.write(renderBatch(batch));
    process.stdout.write(
      'More partitions later give keys another partition: start with what the next years need (docs/capacity.md).\n',
    );
  }
  return 0;
}

/** From what the cluster wrote lately. */
async function planMeasured({ flags, load }: CommandCall): Promise<number> {
  const { config } = load();
  if (config.producer.kind !== 'kafka')
    throw new HeavisideError(
      'COMMAND_FAILED',
      `producer=${config.producer.kind} has no topics to measure; give --throughput`,
    );
  const choices = {
    perPartition: flags.number('--per-partition') ?? defaultPerPartition,
    consumers: flags.number('--consumers') ?? defaultConsumers,
    gatherMs: config.kafka.transaction.maxMs,
  };
  const windowMs = flags.number('--window') ?? defaultWindowMs;
  const network = kafkaNetworkFactory(config, openCommandLog(config, 'plan'))();
  const progress = new Progress(process.stderr);
  try {
    const measured = await measureTopics(config, network, { windowMs, progress });
    const advised = measured.map((each) => ({ each, advice: adviseTopic(each, choices) }));
    const advices = advised.flatMap(({ advice }): TopicAdvice[] => (advice ? [advice] : []));
    const tooLittle = advised
      .filter(({ advice }) => advice === null)
      .map(({ each: { topic, meter } }) => `${topic} (${meter.records} records in ${meter.seconds} s)`);
    const least = `at least ${leastRecords} records over ${leastSeconds} s are needed`;
    if (advices.length === 0)
      throw new HeavisideError(
        'PLAN_TOO_LITTLE_DATA',
        `the last ${Math.round(windowMs / 1000)} s hold too little to advise from: ${tooLittle.join(', ')}; ${least}`,
      );
    if (flags.has('--json'))
      process.stdout.write(`${JSON.stringify({ ...choices, topics: advices, tooLittle })}\n`);
    else {
      for (const advice of advices) process.stdout.write(renderAdvice(advice, choices));
      if (flags.number('--per-partition') === null)
        process.stdout.write(
          `--per-partition is taken as ${defaultPerPartition} records/s: measure your own consumer on one partition, and give what it does.\n`,
        );
      if (tooLittle.length > 0) process.stdout.write(`no advice on ${tooLittle.join(', ')}: ${least}\n`);
    }
    return 0;
  } finally {
    progress.end();
    network.destroy();
  }
}

export const planCommand: Command = {
  name: 'plan',
  about:
    'Advises partitions, batch size and linger: from figures without any server, or from what the cluster wrote lately.',
  usages: [
    {
      words: 'plan --throughput N',
      summary: 'max(throughput / per-partition throughput, consumers), without any server.',
    },
    {
      words: 'plan',
      summary: 'Measure the topics of the cluster by table and partition, and advise on each.',
    },
  ],
  flags: {
    '--throughput': { type: number(0.001), summary: 'Records a second at the busiest time.' },
    '--per-partition': {
      type: number(0.001),
      summary: `Records a second that one consumer takes from one partition (default ${defaultPerPartition}).`,
    },
    '--consumers': {
      type: integer(1, 100_000),
      summary: `Consumers of a group that are to work at once (default ${defaultConsumers}).`,
    },
    '--record-bytes': {
      type: size(1),
      summary: 'Mean size of a record, for advice on batches without any server.',
    },
    '--window': {
      type: duration(1000, 30 * 24 * 3_600_000),
      summary: `How far back the topics are measured (default ${defaultWindowMs / 60_000}m).`,
    },
    '--json': jsonFlag,
  },
  exitCodes: [
    { code: 0, meaning: 'The advice stands on stdout.' },
    {
      code: 13,
      meaning: `PLAN_TOO_LITTLE_DATA: no topic holds ${leastRecords} records over ${leastSeconds} s of the window.`,
    },
  ],
  run: (call) => {
    const throughput = call.flags.number('--throughput');
    return throughput === null ? planMeasured(call) : Promise.resolve(planFigures(call, throughput));
  },
};
