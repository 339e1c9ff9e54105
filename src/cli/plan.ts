import { number, integer } from '../config/option-type.ts';
import { advisedPartitions, type PlanInput } from '../plan/partition-plan.ts';
import { HeavisideError } from '../errors.ts';
import type { Command, CommandCall } from './command.ts';

const defaultPerPartition = 1000;

function throughput(given: number | null): number {
  if (given === null) throw new HeavisideError('PLAN_TOO_LITTLE_DATA', '--throughput is not given');
  return given;
}

function plan({ flags }: CommandCall): Promise<number> {
  const input: PlanInput = {
    throughput: throughput(flags.number('--throughput')),
    perPartition: flags.number('--per-partition') ?? defaultPerPartition,
    consumers: flags.number('--consumers') ?? 1,
  };
  process.stdout.write(`${advisedPartitions(input)}\n`);
  return Promise.resolve(0);
}

export const planCommand: Command = {
  name: 'plan',
  about: 'Advises how many partitions a topic should have.',
  usages: [{ words: 'plan', summary: 'Advise partitions, batch size and linger.' }],
  flags: {
    '--throughput': { type: number(0.001), summary: 'Records a second at the busiest time.' },
    '--per-partition': {
      type: number(0.001),
      summary: 'Records a second that a consumer takes from one partition.',
    },
    '--consumers': { type: integer(1, 100_000), summary: 'Consumers that are to work at once.' },
  },
  exitCodes: [{ code: 0, meaning: 'The advice stands on stdout.' }],
  run: plan,
};
