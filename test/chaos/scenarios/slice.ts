import type { Scenario } from '../scenario.ts';
import { kafkaAwayForTheLeader } from './kafka-loss.ts';
import { killLeader } from './kill.ts';
import { redisAway } from './redis-link.ts';
import { halfOpen, reset, sourceLinkConfig } from './source-link.ts';
import { bury } from './zombie.ts';

/** One cluster meets what matters most, one after the other: short enough for every change of the code. */
export const slice: Scenario = {
  id: 'slice',
  name: 'SIGKILL, zombie, loss of Redis, of Kafka and of the source, in one cluster (--slice)',
  config: {
    ...sourceLinkConfig,
    // As in scenario 2: the zombie's transaction must meet its end by the fence, not by its age.
    'kafka.transaction.timeout.ms': '60000',
    breaker_failure_threshold: '2',
    breaker_reset_ms: '500',
    breaker_step_down_ms: '2000',
  },
  rounds: 1,
  run: async (ground) => {
    await ground.startAll();
    await killLeader(ground, 'transaction.sent');
    await killLeader(ground, 'transaction.ended');
    await bury(ground, 'transaction.checked');
    await redisAway(ground, true);
    await kafkaAwayForTheLeader(ground);
    await halfOpen(ground);
    await reset(ground);
  },
};
