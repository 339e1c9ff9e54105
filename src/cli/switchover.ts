import { setTimeout as sleep } from 'node:timers/promises';
import { RedisParts } from '../assembly/redis-parts.ts';
import type { LoadedConfig } from '../config/load.ts';
import { HeavisideError } from '../errors.ts';
import type { Command } from './command.ts';
import { openCommandLog } from './command-log.ts';
import { ReplicaState } from '../replica-state.ts';

/** Milliseconds until another replica must lead. */
const limitMs = 30_000;

/** Asks the leader to leave; resolves to 0 once another one leads. */
async function switchover({ config }: LoadedConfig, target: string | undefined): Promise<number> {
  if (!config.ha.isEnabled)
    throw new HeavisideError('COMMAND_FAILED', 'a switchover needs HA: redis.nodes is not given');
  const log = openCommandLog(config, 'switchover');
  const redis = new RedisParts(config, log, new ReplicaState(config.replicaName, config.source.heartbeatMs));
  try {
    const replicas = await redis.presence.read();
    const [before] = replicas
      .filter(({ role }) => role === 'leader')
      .sort((a, b) => (b.epoch ?? 0) - (a.epoch ?? 0)); // a former leader may still stand there as one
    if (!before) throw new HeavisideError('COMMAND_FAILED', 'no replica leads now');
    if (before.replica === target) {
      process.stdout.write(`${target} leads already under epoch ${before.epoch}\n`);
      return 0;
    }
    if (replicas.length < 2)
      throw new HeavisideError('COMMAND_FAILED', 'there is no other replica to take over');
    if (target !== undefined && !replicas.some(({ replica }) => replica === target)) {
      throw new HeavisideError(
        'COMMAND_FAILED',
        `there is no replica "${target}" now: ${replicas.map(({ replica }) => replica).join(', ')}`,
      );
    }
    const { epoch } = await redis.channel.requestSwitchover(target);
    process.stderr.write(`asked ${before.replica} (epoch ${epoch}) to leave\n`);
    const deadline = performance.now() + limitMs;
    while (performance.now() < deadline) {
      const checkpoint = await redis.checkpoints.load();
      if (checkpoint && checkpoint.epoch > epoch) {
        const leader = (await redis.presence.read()).find(
          ({ role, epoch: theirs }) => role === 'leader' && theirs !== null && theirs > epoch,
        );
        if (leader) {
          process.stdout.write(`${leader.replica} leads under epoch ${leader.epoch}\n`);
          return 0;
        }
      }
      await sleep(100);
    }
    throw new HeavisideError(
      'COMMAND_FAILED',
      `no other replica leads after ${limitMs / 1000} s; see heaviside status`,
    );
  } finally {
    await redis.close();
  }
}

export const switchoverCommand: Command = {
  name: 'switchover',
  about:
    'A planned change of leader: the leader ends its Kafka transaction, saves the position and steps aside.',
  usages: [
    {
      words: 'switchover [REPLICA]',
      summary: 'Ask the leader to leave, and wait until another replica (or the one named) leads.',
    },
  ],
  flags: {},
  exitCodes: [
    { code: 0, meaning: 'Another replica leads.' },
    {
      code: 1,
      meaning: 'COMMAND_FAILED: nobody leads, there is nobody to take over, or nobody did within 30 s.',
    },
  ],
  run: ({ load, words }) => switchover(load(), words[0]),
};
